"""Values that were taken back from HubSpot: a sync leaves them out while the warehouse wants the very same ones.

They are known again by the key of the user or company, the property and the value, on whichever HubSpot record: one
that was merged or found anew since would get the wrong value otherwise. As soon as a snapshot does not want a value any
more, it is forgotten here, so that it may be wanted again later.
"""

from datetime import datetime

import polars as pl
from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select

from dagster_project.crm.ledger import Acknowledged
from dagster_project.state.tables import undone_values

UNDONE_SCHEMA = {"id": pl.Int64} | dict.fromkeys(("record_key", "property", "value", "run_id"), pl.String)


def read_undone(engine: Engine, object_type: str) -> pl.DataFrame | None:
    """A row per value that was undone (null: emptying was); None where there is none."""
    table = undone_values.c
    query = select(*(table[name] for name in UNDONE_SCHEMA)).where(table.object_type == object_type)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=UNDONE_SCHEMA, orient="row") if rows else None


def count_undone(engine: Engine) -> dict[str, int]:
    """How many values are noted, by object type."""
    table = undone_values.c
    query = select(table.object_type, func.count()).group_by(table.object_type).order_by(table.object_type)
    with engine.connect() as connection:
        return dict(connection.execute(query).tuples().all())


def remember_undone(
    connection: Connection,
    object_type: str,
    taken_back: list[Acknowledged],
    *,
    undone_run_id: str,
    run_id: str,
    undone_at: datetime,
) -> None:
    """Note the values that HubSpot held before these were written, within the caller's transaction.

    A value that is written now is wanted again: whoever undoes an undo wants to be sent what it had taken back. What
    else was noted stays: of two runs taken back one after the other, the warehouse may want what the later one wrote.
    """
    if not taken_back:
        return
    table = undone_values.c
    is_at = (table.object_type == object_type, table.hubspot_id == bindparam("at"), table.property == bindparam("name"))
    is_either = table.value.is_not_distinct_from(bindparam("now")) | table.value.is_not_distinct_from(bindparam("past"))
    # One place at a time: for many in one statement, a database would look through the whole table.
    places = [
        {"at": entry.hubspot_id, "name": entry.property, "now": entry.value, "past": entry.previous}
        for entry in taken_back
    ]
    connection.execute(delete(undone_values).where(*is_at, is_either), places)
    rows = [
        {
            "object_type": object_type,
            "hubspot_id": entry.hubspot_id,
            "property": entry.property,
            "record_key": entry.record_key,
            "value": entry.previous,
            "undone_run_id": undone_run_id,
            "run_id": run_id,
            "undone_at": undone_at,
        }
        for entry in taken_back
    ]
    connection.execute(insert(undone_values), rows)


def forget_undone(engine: Engine, undone: pl.DataFrame | None) -> None:
    """Forget these rows of `read_undone`; what an undo has noted since stays."""
    if undone is None or undone.is_empty():
        return
    table = undone_values.c
    # SQLite gives the number of a row that is gone to another one.
    is_it = (table.id == bindparam("row"), table.run_id == bindparam("by"))
    rows = [{"row": row["id"], "by": row["run_id"]} for row in undone.iter_rows(named=True)]
    with engine.begin() as connection:
        connection.execute(delete(undone_values).where(*is_it), rows)
