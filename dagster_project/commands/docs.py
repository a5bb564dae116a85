"""`make docs`: write the pages of docs/ that are made of the rules in force."""

import argparse
from pathlib import Path

from dagster_project.documents.writing import documents
from dagster_project.rules.book import read_rules
from dagster_project.rules.criteria import write_texts
from dagster_project.settings import PROJECT_DIR, read_settings

DOCS_DIR = PROJECT_DIR / "docs"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", default=DOCS_DIR, help="write them there (default: docs/)"
    )
    options = parser.parse_args(arguments)
    settings = read_settings()
    pages = documents(read_rules(settings.rules_dir), settings.property_prefix)
    try:
        written = write_texts(pages, options.out)
    except OSError as error:
        parser.error(f"nothing can be written to {options.out}: {error.strerror}")
    print("Written: " + ", ".join(str(path) for path in written))
    return 0
