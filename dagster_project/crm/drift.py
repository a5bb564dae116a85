"""Values of ours that HubSpot was read to hold otherwise than it acknowledged them: somebody changed them there.

A row stays open until our value is written over it or HubSpot is read to hold ours again. What is done about it is the
property's `who_wins` in crm_property_map.csv; see `crm.drift_in_diff`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, bindparam, delete, insert, select, update

from dagster_project.crm.ledger import Acknowledged
from dagster_project.state.tables import drift


@dataclass(frozen=True)
class Drifted:
    """One value: what HubSpot acknowledged, what it was read to hold since, how often ours was written over that."""

    hubspot_id: str
    property: str
    record_key: str
    acknowledged: str | None
    found: str | None
    times_rewritten: int = 0


def read_drift(engine: Engine, object_type: str) -> list[Drifted]:
    """The open rows, in the order of record and property."""
    table = drift.c
    query = (
        select(
            table.hubspot_id,
            table.property,
            table.record_key,
            table.acknowledged_value,
            table.found_value,
            table.times_rewritten,
        )
        .where(table.object_type == object_type, table.settled_at.is_(None))
        .order_by(table.hubspot_id, table.property)
    )
    with engine.connect() as connection:
        return [Drifted(*row) for row in connection.execute(query)]


def settle_written(connection: Connection, object_type: str, entries: Sequence[Acknowledged], now: datetime) -> None:
    """Ours was written over what had been found, within the caller's transaction."""
    table = drift.c
    is_it = (table.object_type == object_type, table.hubspot_id == bindparam("at"), table.property == bindparam("name"))
    is_open = (table.object_type == object_type, table.settled_at.is_(None))
    if entries and connection.execute(select(table.hubspot_id).where(*is_open).limit(1)).first():
        places = [{"at": entry.hubspot_id, "name": entry.property} for entry in entries]
        done = {"settled_at": now, "times_rewritten": table.times_rewritten + 1}
        connection.execute(update(drift).where(*is_it, table.settled_at.is_(None)).values(done), places)


def write_down(
    connection: Connection, object_type: str, found: list[Drifted], read_ids: set[str] | None, now: datetime
) -> None:
    """Put what was found in the place of what was known of these records, within the caller's transaction.

    Args:
        read_ids: The records that were read; None: all there are.
    """
    table = drift.c
    is_of_type = table.object_type == object_type
    is_it = (is_of_type, table.hubspot_id == bindparam("at"), table.property == bindparam("name"))
    known = {
        (row.hubspot_id, row.property): row
        for row in connection.execute(select(drift).where(is_of_type))
        if read_ids is None or row.hubspot_id in read_ids
    }
    rows = {(value.hubspot_id, value.property): _row(object_type, value, known, now) for value in found}
    # HubSpot holds ours again, or the record is gone. The row stays, for how often ours was written over this value.
    settled = [{"at": record_id, "name": name} for record_id, name in known.keys() - rows.keys()]
    if settled:
        connection.execute(update(drift).where(*is_it, table.settled_at.is_(None)).values(settled_at=now), settled)
    if rows:
        connection.execute(delete(drift).where(*is_it), [{"at": record_id, "name": name} for record_id, name in rows])
        connection.execute(insert(drift), list(rows.values()))


def _row(object_type: str, value: Drifted, known: Mapping[tuple[str, str], Row], now: datetime) -> dict:
    before = known.get((value.hubspot_id, value.property))
    is_the_same = before is not None and before.found_value == value.found
    return {
        "object_type": object_type,
        "hubspot_id": value.hubspot_id,
        "property": value.property,
        "record_key": value.record_key,
        "acknowledged_value": value.acknowledged,
        "found_value": value.found,
        "times_rewritten": before.times_rewritten if is_the_same else 0,
        "found_at": before.found_at if is_the_same and before.settled_at is None else now,
        "settled_at": None,
    }
