"""`make plan`: what a sync would change; sends nothing."""

from dagster_project.crm.associations import describe_missing, find_missing
from dagster_project.crm.breaker import reasons_to_hold
from dagster_project.crm.event_map import read_event_map
from dagster_project.crm.owed_occurrences import describe_owed, find_owed
from dagster_project.crm.planning import describe_plan
from dagster_project.crm.portal_limits import read_limits
from dagster_project.crm.property_map import read_property_map
from dagster_project.crm.syncing import SyncRun, find_unsynced
from dagster_project.privacy.suppression import opt_outs_of
from dagster_project.publish.snapshot import current_snapshot
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state


def main() -> int:
    settings = read_settings()
    snapshot = current_snapshot(settings.published_dir)
    book = read_rules(settings.rules_dir)
    objects, event_map = read_property_map(book, settings.property_prefix), read_event_map(book)
    run = SyncRun(
        snapshot.directory,
        settings.state_dir,
        open_state(settings.state_database_url),
        "plan",
        snapshot.as_of,
        read_opt_outs=lambda: opt_outs_of(settings),
    )
    print(f"Decided as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC (snapshot {snapshot.snapshot_id}). Nothing is sent.\n")
    limits = read_limits(run.engine)
    plans = ((find_unsynced(run, mapped), mapped) for mapped in objects.values())
    print("\n\n".join(describe_plan(changes, reasons_to_hold(changes, mapped), limits) for changes, mapped in plans))
    if objects["contacts"].associated_with is not None:
        print("\n" + describe_missing(find_missing(run)))
    print(f"\n{describe_owed(find_owed(run, event_map), event_map)}")
    return 0
