"""Make the sample company: `python seeds/sample/generate.py`. The same arguments give the same files.

The stories are written by hand (`stories_*.py`), the crowd around them is drawn from the seed (`crowd.py`).
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import stories_handoffs
import stories_oddities
import stories_scores
from cast import Cast
from chance import Chance
from crm import write_crm
from crowd import crowd
from landing import instant, write_landing
from readme import write_readme

SAMPLE_DIR = Path(__file__).resolve().parent
CROWD_SIZE = 205


def main() -> None:
    given = _arguments().parse_args()
    stories = [*stories_scores.stories(), *stories_handoffs.stories(), *stories_oddities.stories()]
    others = crowd(Chance(given.seed), given.users, given.as_of)
    cast = sum(stories, start=Cast()) + others
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "as_of.txt").write_text(f"{instant(given.as_of)}\n", encoding="utf-8", newline="\n")
    write_landing(given.out / "landing" / "product", cast, given.as_of, stories_scores.GOLDEN_USER_ID)
    write_crm(given.out / "crm", cast, others, given.as_of)
    write_readme(given.out / "README.md", SAMPLE_DIR, given.as_of)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make the sample company.")
    parser.add_argument("--out", type=Path, default=SAMPLE_DIR, help="folder to write to (default: beside this file)")
    parser.add_argument("--seed", type=int, default=20261120, help="of the crowd; the stories do not change")
    parser.add_argument(
        "--as-of", type=_moment, default="2026-11-20T09:00:00Z", help="ISO 8601; everything is dated back from here"
    )
    parser.add_argument("--users", type=_count, default=CROWD_SIZE, help="people without a story, more for benchmarks")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of users; allowed: 0 or more")
    return int(text)


if __name__ == "__main__":
    main()
