"""`make undo RUN=…`: take back what one sync wrote, where HubSpot still holds it; without RUN, list the last ones."""

import argparse
import sys
import uuid
from datetime import UTC, datetime

from dagster_project.crm.errors import CrmError
from dagster_project.crm.property_map import read_property_map
from dagster_project.crm.undo_words import describe_runs, describe_undo
from dagster_project.crm.undoing import NOBODY_TO_ASK, UndoImpossible, UndoRun, UndoSummary, undo_run
from dagster_project.crm.undone import count_undone
from dagster_project.crm.written import read_last_runs
from dagster_project.masking import masked
from dagster_project.privacy.suppression import suppressed_now
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state

LISTED_RUNS = 10


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make undo", description=__doc__)
    parser.add_argument("run_id", nargs="?", help="the run to take back, a sync or an undo")
    parser.add_argument("--dry-run", action="store_true", help="ask HubSpot what it holds, and send nothing")
    options = parser.parse_args(arguments)
    settings = read_settings()
    engine = open_state(settings.state_database_url)
    if options.run_id is None:
        print(describe_runs(read_last_runs(engine, LISTED_RUNS), count_undone(engine)))
        return 0
    # Only now: this imports Dagster, which takes longer than a list does.
    from dagster_project.resources.hubspot import HubSpot

    hubspot = HubSpot()
    as_of = settings.as_of or datetime.now(UTC)
    run = UndoRun(
        engine,
        settings.state_dir,
        options.run_id.strip(),
        str(uuid.uuid4()),
        as_of,
        options.dry_run,
        suppressed=suppressed_now(settings, engine),
    )
    objects = read_property_map(read_rules(settings.rules_dir), settings.property_prefix)
    summaries: list[UndoSummary] = []
    try:
        if hubspot.is_dry_run:
            raise UndoImpossible(NOBODY_TO_ASK)
        undo_run(run, hubspot.connect(engine), objects, print, summaries.append)
    except UndoImpossible as error:
        print(error, file=sys.stderr)
        return 2
    except CrmError:
        if summaries:
            print(masked(describe_undo(run, summaries)))
            print("\nNot all of it was done. Undo the same run again: what is back already is not written twice.")
        raise
    print(masked(describe_undo(run, summaries)))
    return 0
