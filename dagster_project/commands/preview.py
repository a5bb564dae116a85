"""`make preview RULES=folder`: what other rules would do to the present data, as Markdown fit for a pull request."""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path

from dagster_project.masking import masked
from dagster_project.settings import read_settings

MOST_MONTHS = 60


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make preview", description=__doc__)
    parser.add_argument("rules", help="a folder with all rule files, or with those only that are to change")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it to a file, too")
    parser.add_argument(
        "--months", type=_months, help="for how many months back the backtest computes scores, 0 for none; 6 by default"
    )
    options = parser.parse_args(arguments)
    settings = read_settings()
    # Only now: this imports dbt and Dagster, which takes longer than it takes to see that an option is wrong.
    from dagster_project.reports.preview.report import MONTHS, preview_rules

    # What is printed is the preview and nothing else, so that it may go on to a file or a comment.
    print("Scoring the present data under both sets of rules; this takes a minute or two.", file=sys.stderr)
    narration = settings.data_dir / "logs" / "last_preview.log"
    narration.parent.mkdir(parents=True, exist_ok=True)
    months = MONTHS if options.months is None else options.months
    with narration.open("w") as log, redirect_stdout(log):
        text = masked(preview_rules(settings, options.rules, months))
    print(text)
    if options.out is not None:
        try:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            parser.error(f"nothing can be written to {options.out}: {error.strerror}")
    return 0


def _months(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_MONTHS:
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number from 0 to {MOST_MONTHS}")
    return int(text)
