"""`make rules`: check every rule file, say in plain English what it defines, and what to look at again."""

import argparse
from pathlib import Path

from dagster_project.rules.book import read_rules
from dagster_project.rules.criteria import write_criteria
from dagster_project.rules.english import describe_rules
from dagster_project.rules.english.words import counted
from dagster_project.rules.lint import lint
from dagster_project.rules.seen import EventsUnknown, SeenEvents, read_seen_events
from dagster_project.settings import Settings, read_settings


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make rules", description=__doc__)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write scoring_rules.md, scoring_rules.csv and triggers.md there"
    )
    options = parser.parse_args(arguments)
    settings = read_settings()
    book = read_rules(settings.rules_dir)
    print(f"The rules in {settings.rules_dir} are sound.\n")
    print(describe_rules(book))

    seen, against = _seen_events(settings)
    warnings = lint(book, seen)
    print(f"\nLooked at again ({against})")
    print("\n".join(f"  {warning}" for warning in warnings) or "  nothing to warn of")
    if options.out is not None:
        try:
            written = write_criteria(book, options.out)
        except OSError as error:
            parser.error(f"nothing can be written to {options.out}: {error.strerror}")
        print("\nWritten: " + ", ".join(str(path) for path in written))
    return 0


def _seen_events(settings: Settings) -> tuple[SeenEvents | None, str]:
    if settings.target != "duckdb":
        return None, f"without events, which {settings.target} has"
    try:
        seen = read_seen_events(settings.warehouse_path)
    except EventsUnknown as unknown:
        return None, f"without events: {unknown}"
    return seen, f"with the events of {counted(seen.span_days or 0, 'day')}"
