"""`make explain EMAIL=…`: why somebody has their score, now or at a past moment, and what would change next."""

import argparse
from contextlib import redirect_stdout

from dagster_project.publish.snapshot import current_snapshot
from dagster_project.reports.explanation import explain
from dagster_project.settings import read_settings


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make explain", description=__doc__)
    parser.add_argument("email", help="the address of a contact")
    parser.add_argument("--as-of", help="a past moment such as 2026-10-01T09:00:00Z; computed where it was not yet")
    parser.add_argument("--rules", help="`then` for the rules in force at that moment, or a folder; today's by default")
    options = parser.parse_args(arguments)
    settings = read_settings()
    if options.as_of is None and options.rules is None:
        print(explain(current_snapshot(settings.published_dir), options.email))
        return 0
    # Only now: this imports dbt and Dagster, which takes longer than an explanation does.
    from dagster_project.publish.recomputing import moment_of, recomputed

    moment = moment_of(settings, options.as_of, options.rules)
    narration = settings.data_dir / "logs" / "last_recompute.log"
    narration.parent.mkdir(parents=True, exist_ok=True)
    with narration.open("w") as log, redirect_stdout(log):
        snapshot = recomputed(settings, moment)
    print(f"With {moment.rules_in_words}:\n\n{explain(snapshot, options.email)}")
    return 0
