"""`make plan`: what a sync would change; sends nothing."""

from dagster_project.crm.breaker import reasons_to_hold
from dagster_project.crm.planning import describe_plan
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
    objects = read_property_map(read_rules(settings.rules_dir), settings.property_prefix)
    run = SyncRun(
        snapshot.directory,
        settings.state_dir,
        open_state(settings.state_database_url),
        "plan",
        snapshot.as_of,
        read_opt_outs=lambda: opt_outs_of(settings),
    )
    print(f"Decided as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC (snapshot {snapshot.snapshot_id}). Nothing is sent.\n")
    plans = ((find_unsynced(run, mapped), mapped) for mapped in objects.values())
    print("\n\n".join(describe_plan(changes, reasons_to_hold(changes, mapped)) for changes, mapped in plans))
    return 0
