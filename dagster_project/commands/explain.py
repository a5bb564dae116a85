"""`make explain EMAIL=…`: why somebody has their score, and what sales needs before it gets them."""

import argparse

from dagster_project.publish.snapshot import current_snapshot
from dagster_project.reports.explanation import explain
from dagster_project.settings import read_settings


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make explain", description=__doc__)
    parser.add_argument("email", help="the address of a contact")
    options = parser.parse_args(arguments)
    print(explain(current_snapshot(read_settings().published_dir), options.email))
    return 0
