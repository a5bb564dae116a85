"""`make move-state TO=postgresql://…`: move the state out of its SQLite file into a Postgres, all of it or nothing."""

import argparse
import sys
import tempfile
from getpass import getpass
from pathlib import Path

from dagster_project.commands.home import prepare_dagster_home

prepare_dagster_home()

import dagster as dg  # noqa: E402 - Dagster reads its home when it is imported

from dagster_project.resources.running import runs_under_way  # noqa: E402
from dagster_project.settings import read_settings  # noqa: E402
from dagster_project.state.database import place_of  # noqa: E402
from dagster_project.state.moving import CannotMove, move_state  # noqa: E402


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make move-state", description=__doc__)
    parser.add_argument("--to", metavar="URL", help="an empty Postgres; without it, it is asked for and not shown")
    to = parser.parse_args(arguments).to or _asked_for()
    if not to:
        print("Where to? make move-state TO=postgresql://user:password@host/database", file=sys.stderr)
        return 2
    settings = read_settings()
    prepare_dagster_home()
    with dg.DagsterInstance.get() as instance:
        if runs := runs_under_way(instance):
            raise CannotMove(f"Nothing was moved: {runs}, which may write to the state. Stop Dagster first.")
    print(f"To {place_of(to)}:")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".move-") as scratch:
        counts = move_state(settings.state_database_url, to, Path(scratch), print)
    print(
        f"{sum(counts.values()):,} rows were moved; each was read back and is the same. The file stays as it was and "
        "is not used any more.\nNow set PQL_STATE_URL to the new place, on every machine, and start Dagster."
    )
    return 0


def _asked_for() -> str:
    # Not shown, and in no list of commands that were typed or processes that run: there is a password in it.
    return getpass("PQL_STATE_URL of the empty Postgres: ").strip() if sys.stdin.isatty() else ""
