"""`make plan`: what a sync would change; sends nothing."""

from dagster_project.crm.associations import describe_missing, find_missing
from dagster_project.crm.breaker import reasons_to_hold
from dagster_project.crm.errors import CrmError
from dagster_project.crm.event_map import read_event_map
from dagster_project.crm.list_changes import describe_list_changes, find_list_changes, read_segment_lists
from dagster_project.crm.owed_occurrences import describe_owed, find_owed
from dagster_project.crm.planning import describe_plan, describe_returns
from dagster_project.crm.portal_limits import read_limits
from dagster_project.crm.property_map import MappedObject, ObjectType, read_property_map
from dagster_project.crm.property_survey import describe_survey, survey
from dagster_project.crm.return_breaker import ReturnLimits, find_owed_returns
from dagster_project.crm.sales_queue import count_in_review
from dagster_project.crm.syncing import SyncRun, find_unsynced
from dagster_project.masking import masked
from dagster_project.privacy.suppression import opt_outs_of
from dagster_project.publish.parts import parts_since
from dagster_project.publish.snapshot import current_snapshot
from dagster_project.rules.book import read_rules
from dagster_project.settings import Settings, read_settings
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
        later_parts=[part.directory for part in parts_since(settings.parts_dir, snapshot)],
    )
    print(f"Decided as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC (snapshot {snapshot.snapshot_id}). Nothing is sent.\n")
    limits = read_limits(run.engine)
    plans = ((find_unsynced(run, mapped), mapped) for mapped in objects.values())
    print("\n\n".join(describe_plan(changes, reasons_to_hold(changes, mapped), limits) for changes, mapped in plans))
    print(f"\n{describe_returns(find_owed_returns(run, ReturnLimits.of(book)), count_in_review(run.snapshot_dir))}")
    if objects["contacts"].associated_with is not None:
        print("\n" + describe_missing(find_missing(run)))
    lists = find_list_changes(run, read_segment_lists(book, settings.property_prefix))
    print(f"\n{describe_list_changes(lists)}")
    print(f"\n{describe_owed(find_owed(run, event_map), event_map)}")
    print(f"\n{_properties(settings, run, objects)}")
    return 0


def _properties(settings: Settings, run: SyncRun, objects: dict[ObjectType, MappedObject]) -> str:
    """Which properties HubSpot would get, and which are in the way; HubSpot is read and not written."""
    if not settings.sends_to_hubspot:
        return "properties: HubSpot was not asked (HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is)."
    # Only now: this imports Dagster, which takes longer than a plan does.
    from dagster_project.resources.hubspot import HubSpot

    try:
        found = survey(HubSpot().connect(run.engine), objects.values())
    except CrmError as error:
        return f"properties: not known; {masked(str(error))}"
    return "properties: all are there." if found.is_as_mapped else f"properties:\n{describe_survey(found)}"
