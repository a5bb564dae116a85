"""`make retry ACTION=…`: owe again what failed or expired; without ACTION or TRIGGER, list it."""

import argparse
from datetime import UTC, datetime

from dagster_project.counting import counted
from dagster_project.masking import masked
from dagster_project.outreach.overview import table_of
from dagster_project.outreach.retrying import GIVEN_UP, retry
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make retry", description=__doc__)
    parser.add_argument("--action", action="append", default=[], metavar="ID", help="an action_id; may be given again")
    parser.add_argument("--trigger", metavar="TRIGGER_ID", help="all of a trigger that failed or expired")
    parser.add_argument("--all", action="store_true", help="all that failed or expired")
    options = parser.parse_args(arguments)
    settings = read_settings()
    engine = open_state(settings.state_database_url)
    if not options.action and options.trigger is None and not options.all:
        print(masked(_listed([row for state in GIVEN_UP for row in table_of(engine, state)])))
        return 0
    now = datetime.now(UTC)
    action_ids = [part for given in options.action for part in given.split()]
    done = retry(engine, settings.as_of or now, now, action_ids=action_ids, trigger_id=options.trigger)
    print(f"{counted(len(done.put_back), 'action')} put back; the next run sends what may leave.")
    for action_id, reason in done.left.items():
        print(f"  {action_id} is left: {reason}")
    return 0


def _listed(rows: list[dict]) -> str:
    if not rows:
        return "Nothing failed or expired."
    lines = [f"  {row['action_id']}  {row['what']}, {row['who']}: {row['why']}" for row in rows]
    return "\n".join(["Failed or expired, and owed again by make retry ACTION=<id>, TRIGGER=<id> or ALL=1:", *lines])
