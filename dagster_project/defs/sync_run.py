"""What diff, sync and the sensor work with: the current snapshot, the property map and the state."""

from dagster_project.crm.event_map import EventMap, read_event_map
from dagster_project.crm.property_map import MappedObject, ObjectType, read_property_map
from dagster_project.crm.syncing import SyncRun
from dagster_project.privacy.suppression import opt_outs_of
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings


def mapped_objects() -> dict[ObjectType, MappedObject]:
    """What crm_objects.csv and crm_property_map.csv say now."""
    settings = read_settings()
    return read_property_map(read_rules(settings.rules_dir), settings.property_prefix)


def mapped_events() -> EventMap:
    """What crm_events.csv and the files beside it say now."""
    return read_event_map(read_rules(read_settings().rules_dir))


def sync_run(marts: PublishedMarts, state: State, run_id: str) -> SyncRun:
    """A sync of the snapshot that is current, of everybody or a part; its clock is the snapshot's."""
    snapshot = marts.current()
    return SyncRun(
        snapshot.directory,
        state.folder(),
        state.engine(),
        run_id,
        snapshot.as_of,
        read_opt_outs=lambda: opt_outs_of(read_settings()),
        is_part=marts.is_part,
        later_parts=[part.directory for part in marts.later_parts(snapshot)],
    )
