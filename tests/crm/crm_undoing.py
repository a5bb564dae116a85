"""Undoing in the small world of these tests."""

from crm_world import AS_OF, CONTACTS, World

from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.undoing import UndoRun, UndoSummary, undo_run
from dagster_project.privacy.suppression import NOBODY, Suppressed

OWN = {property_.name for property_ in CONTACTS.properties if property_.name.startswith("zo_")}


def undo(
    world: World,
    undone: str,
    run_id: str = "undo",
    *,
    mapped: MappedObject = CONTACTS,
    api: HubSpotApi | None = None,
    dry_run: bool = False,
    suppressed: Suppressed = NOBODY,
) -> UndoSummary:
    """Take back what a run wrote on one object type."""
    run = UndoRun(world.engine, world.state_dir, undone, run_id, AS_OF, dry_run, lambda: world.now, suppressed)
    found: list[UndoSummary] = []
    undo_run(run, api or world.api, {mapped.object_type: mapped}, lambda line: None, found.append)
    (summary,) = found
    return summary


def left(summary: UndoSummary) -> list[tuple]:
    """(record key, property, ours, theirs, reason) of what was not taken back."""
    return [(item.record_key, item.property, item.ours, item.theirs, item.why) for item in summary.left]


def held_and_noted(world: World, record_ids: list[str]) -> list[tuple[dict, dict]]:
    """What HubSpot holds of each record, and what the ledger says of it; times as they are written."""
    ledger = world.ledger()
    return [(world.held(record_id), ledger.get(record_id, {})) for record_id in record_ids]
