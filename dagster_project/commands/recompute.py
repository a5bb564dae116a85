"""`make recompute AS_OF=…`: what everybody's score was at a past moment, with today's rules or those of then."""

import argparse
from contextlib import redirect_stdout

from dagster_project.masking import masked
from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.account import account_of, as_text
from dagster_project.settings import PROJECT_DIR, read_settings


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make recompute", description=__doc__)
    parser.add_argument("as_of", help="an instant such as 2026-10-01T09:00:00Z")
    parser.add_argument("--rules", help="`then` for the rules in force at that moment, or a folder; today's by default")
    options = parser.parse_args(arguments)
    settings = read_settings()
    # Only now: this imports dbt and Dagster, which takes longer than it takes to see that an option is wrong.
    from dagster_project.publish.recomputing import moment_of, recompute

    moment = moment_of(settings, options.as_of, options.rules)
    print(f"Scoring everybody as of {moment.as_of:%Y-%m-%d %H:%M} UTC with {moment.rules_in_words}.", flush=True)
    narration = settings.data_dir / "logs" / "last_recompute.log"
    narration.parent.mkdir(parents=True, exist_ok=True)
    with narration.open("w") as log, redirect_stdout(log):
        snapshot = recompute(settings, moment)
    print(masked(as_text(account_of({"publish": {}}, snapshot))))
    print(f"\nNothing live was touched. The marts: {shown(snapshot)}/")
    return 0


def shown(snapshot: Snapshot) -> str:
    """Where a snapshot lies, as one types it."""
    folder = snapshot.directory.parent / "current"
    return str(folder.relative_to(PROJECT_DIR) if folder.is_relative_to(PROJECT_DIR) else folder)
