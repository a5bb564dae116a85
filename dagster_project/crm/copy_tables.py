"""The copy of HubSpot in the warehouse: what it says, and how what was read becomes part of it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from dagster_project.crm.association_reading import PAIRS, Pair, PairRead
from dagster_project.crm.copied_objects import DEALS, ENGAGEMENTS, CopiedObject, companies, contacts
from dagster_project.crm.copying import CrmCopy, SalesCopy
from dagster_project.crm.object_reading import CopyState, ObjectRead
from dagster_project.instants import naive
from dagster_project.landing.tables import TableChange, change_rows, in_one_transaction

# Which properties the rules choose does not matter to where records stand.
COPIED = {kind.name: kind for kind in (contacts(), companies(None), DEALS, *ENGAGEMENTS)}
PAIR_NAMES = {pair.name: pair for pair in PAIRS}


def read_past(connection: duckdb.DuckDBPyConnection) -> dict[str, CopyState]:
    """The state of the copy by object type and pair; what is not there was never read."""
    rows = connection.sql(
        "select object_type, record_count, changed_until, read_whole_at, properties from raw.hubspot_copies"
    ).fetchall()
    return {
        name: CopyState(count, _aware(changed_until), _aware(read_whole_at), properties)
        for name, count, changed_until, read_whole_at, properties in rows
    }


@dataclass(frozen=True)
class HeldCopy:
    """Looks into the copy; the warehouse is open for the length of one look.

    Args:
        reading: Opens the warehouse.
    """

    reading: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]

    def ids(self, object_type: str) -> set[str]:
        kind = COPIED[object_type]
        with self.reading() as connection:
            return _texts(connection.execute(f"select hubspot_id from {kind.table} where {_of(kind)}"))

    def associated_from(self, pair: Pair, to_ids: Iterable[str]) -> set[str]:
        wanted = list(to_ids)
        if not wanted:
            return set()
        with self.reading() as connection:
            return _texts(
                connection.execute(
                    "select distinct from_id from raw.hubspot_associations "
                    "where from_type = $from_type and to_type = $to_type and to_id in (select unnest($to_ids))",
                    {"from_type": pair.from_type, "to_type": pair.to_type, "to_ids": wanted},
                )
            )


def store_copy(connection: duckdb.DuckDBPyConnection, crm: CrmCopy, sales: SalesCopy) -> dict[str, int]:
    """Make what was read part of the copy, all in one transaction, and say how many records it holds of each type.

    Rows and the state that says up to when they are good are written together: a copy that was cut off is the old one.
    """
    with in_one_transaction(connection):
        change_rows(
            connection,
            {
                "raw.hubspot_owners": TableChange(crm.owners),
                "raw.hubspot_lifecycle_stages": TableChange(crm.lifecycle_stages),
                "raw.hubspot_contact_emails": _changed_emails(crm),
            },
        )
        read = crm.objects | sales.objects
        for changed in read.values():
            change_rows(connection, _changed_records(changed))
        for pair in sales.pairs:
            change_rows(connection, {"raw.hubspot_associations": _changed_associations(pair)})
        states = {name: changed.state for name, changed in read.items()}
        states |= {pair.pair.name: CopyState(0) for pair in sales.pairs} | {"owners": CopyState(0)}
        counts = {name: _count(connection, name) for name in states}
        change_rows(
            connection, {"raw.hubspot_copies": _changed_states(states, counts, sales.unseen_pairs, crm.started_at)}
        )
        return {name: _count(connection, name) for name in (*COPIED, "owners", "associations")}


def _changed_records(read: ObjectRead) -> dict[str, TableChange]:
    kind = read.kind
    columns, values = tuple(kind.row_type), tuple(kind.row_type.values())
    if not read.is_whole:
        gone = {("hubspot_id", *columns): {(record_id, *values) for record_id in read.ids | read.gone}}
    else:
        gone = {columns: {values}} if columns else None
    merges = [
        {"object_type": kind.name, "merged_id": merged_id, "into_id": into_id}
        for merged_id, into_id in read.merges.items()
    ]
    changes = {
        kind.table: TableChange(read.rows, gone),
        "raw.hubspot_merges": TableChange(
            merges, {("object_type", "merged_id"): {(kind.name, merged_id) for merged_id in read.merges}}
        ),
    }
    ends = {(kind.name, record_id) for record_id in read.gone}
    if ends:
        changes["raw.hubspot_associations"] = TableChange(
            gone={("from_type", "from_id"): ends, ("to_type", "to_id"): ends}
        )
    return changes


def _changed_emails(crm: CrmCopy) -> TableChange:
    contacts, rows = crm.objects["contacts"], crm.contact_emails
    if contacts.is_whole:
        return TableChange(rows)
    # An address is on one contact only: the one that we have just seen it on.
    addresses = {(row["email"],) for row in rows}
    owners = {(record_id,) for record_id in contacts.ids | contacts.gone}
    return TableChange(rows, {("hubspot_id",): owners, ("email",): addresses})


def _changed_associations(read: PairRead) -> TableChange:
    ends = (read.pair.from_type, read.pair.to_type)
    if read.is_whole:
        return TableChange(read.rows, {("from_type", "to_type"): {ends}})
    columns = ("from_type", "to_type", "from_id")
    return TableChange(read.rows, {columns: {(*ends, from_id) for from_id in read.from_ids}})


def _changed_states(
    states: Mapping[str, CopyState], counts: Mapping[str, int], unseen: set[str], copied_at: datetime
) -> TableChange:
    """The new state of what was read.

    Pairs that the token does not let us see lose theirs while their rows stay: what becomes of them from now on is not
    known, so that they are read whole when they can be seen again.
    """
    rows = [
        {
            "object_type": name,
            "copied_at": naive(copied_at),
            "record_count": counts[name],
            "changed_until": naive(state.changed_until),
            "read_whole_at": naive(state.read_whole_at),
            "properties": state.properties,
        }
        for name, state in states.items()
    ]
    return TableChange(rows, {("object_type",): {(name,) for name in [*states, *unseen]}})


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    if name in COPIED:
        source = f"{COPIED[name].table} where {_of(COPIED[name])}"
    elif name in PAIR_NAMES:
        pair = PAIR_NAMES[name]
        source = f"raw.hubspot_associations where from_type = '{pair.from_type}' and to_type = '{pair.to_type}'"
    else:
        source = f"raw.hubspot_{name}"
    ((count,),) = connection.sql(f"select count(*) from {source}").fetchall()
    return count


def _of(kind: CopiedObject) -> str:
    """Which rows of its table are of this type."""
    return " and ".join(f"{column} = '{value}'" for column, value in kind.row_type.items()) or "true"


def _texts(relation: duckdb.DuckDBPyConnection) -> set[str]:
    return {text for (text,) in relation.fetchall()}


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
