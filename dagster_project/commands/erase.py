"""`make erase EMAIL=…` or `USER_ID=…`: erase one person from everything that is kept here, and say what went."""

import argparse
import sys
import uuid

from dagster_project.commands.home import prepare_dagster_home

prepare_dagster_home()

import dagster as dg  # noqa: E402 - Dagster reads its home when it is imported

from dagster_project.privacy.erase_words import describe_erased, describe_left, describe_names  # noqa: E402
from dagster_project.privacy.erasing import CannotErase, EraseRun, erase_person  # noqa: E402
from dagster_project.resources.running import postgres_url_of, refuse_beside_runs  # noqa: E402
from dagster_project.settings import read_settings  # noqa: E402
from dagster_project.state.database import open_state  # noqa: E402

UNCONFIRMED = "Nothing was erased. To go on without being asked: YES=1."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make erase", description=__doc__)
    parser.add_argument("--email")
    parser.add_argument("--user-id")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be erased")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(arguments)
    settings, home = read_settings(), prepare_dagster_home()
    with dg.DagsterInstance.get() as instance:
        run = EraseRun(
            settings,
            open_state(settings.state_database_url),
            str(uuid.uuid4()),
            options.email,
            options.user_id,
            home,
            postgres_url_of(instance),
        )
        refuse_beside_runs(instance)
        try:
            found = erase_person(run, write=False)
        except CannotErase as error:
            print(error, file=sys.stderr)
            return 2
        print(describe_names(found))
        print(describe_erased(found, is_dry_run=True))
        if options.dry_run or not (found.erased.counts or found.was_cut_off):
            return 0
        if not options.yes and not _is_confirmed():
            print(UNCONFIRMED, file=sys.stderr)
            return 2
        # A run may have begun while somebody thought about it.
        refuse_beside_runs(instance)
        done = erase_person(run, write=True)
    print(f"\n{describe_erased(done, is_dry_run=False)}\n\n{describe_left(done)}")
    return 0


def _is_confirmed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("\nThis cannot be undone. Erase them? Type yes: ").strip().lower() == "yes"
