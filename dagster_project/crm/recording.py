"""What HubSpot answered to a batch → ledger entries; a sync and an undo write them alike."""

from datetime import datetime

from sqlalchemy import Connection

from dagster_project.crm import ledger
from dagster_project.crm.batches import NOT_FOUND, Outcome
from dagster_project.crm.property_map import MappedObject


def append_outcome(
    connection: Connection,
    mapped: MappedObject,
    outcome: Outcome,
    *,
    run_id: str,
    as_of: datetime,
    acknowledged_at: datetime,
) -> list[ledger.Acknowledged]:
    """Write one batch's outcome to the ledger log, within the caller's transaction, and return the values taken."""
    taken = [
        ledger.Acknowledged(update.record_key, hubspot_id, name, value, update.previous.get(name))
        for update, hubspot_id, values in outcome.acknowledged
        for name, value in values.items()
    ]
    # A record that is not there holds nothing: what the ledger says of it would send every update of its user there.
    forgotten = [
        ledger.Acknowledged(item.record_key, item.hubspot_id, property_.name, None, item.previous.get(property_.name))
        for item in (rejection.update for rejection in outcome.rejected if rejection.category == NOT_FOUND)
        if item.hubspot_id is not None
        for property_ in mapped.properties
    ]
    ledger.append(
        connection,
        mapped.object_type,
        taken + forgotten,
        run_id=run_id,
        as_of=as_of,
        acknowledged_at=acknowledged_at,
    )
    return taken
