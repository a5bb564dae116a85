"""The state database without a person: what was sent for them, and every mention in what was noted of runs."""

import json
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)

from dagster_project.privacy.person import Erased, Person
from dagster_project.state.tables import (
    erased_names,
    erasures,
    list_log,
    metadata,
    outbox,
    portal,
    privacy_salt,
    rule_versions,
    segment_lists,
)

# They know nobody, or by hashes; what is still to be erased is emptied last.
NOT_OF_PEOPLE = {erased_names, erasures, portal, privacy_salt, rule_versions}


def sent_receipts(connection: Connection, person: Person) -> list[dict]:
    """Where what was sent about the person stands now, in Slack, HubSpot or elsewhere."""
    query = select(outbox.c.receipt).where(_is_theirs(outbox, person), outbox.c.state == "delivered")
    return [receipt for receipt in connection.execute(query).scalars() if receipt]


def erase_state_rows(connection: Connection, person: Person, erased: Erased) -> None:
    """Within the caller's transaction."""
    for table in metadata.sorted_tables:
        if table in NOT_OF_PEOPLE:
            continue
        condition = _is_theirs(table, person)
        gone = 0 if condition is None else connection.execute(delete(table).where(condition)).rowcount
        changed = sum(_take_out(connection, table, column, person) for column in table.columns if _is_text(column))
        erased.add("state", table.name, gone + changed)


def _is_theirs(table: Table, person: Person) -> ColumnElement[bool] | None:
    columns = table.columns
    if table is list_log:
        of_contacts = select(segment_lists.c.list_id).where(segment_lists.c.object_type == "contacts")
        return columns.hubspot_id.in_(person.hubspot_ids) & columns.list_id.in_(of_contacts)
    if "record_key" not in columns:
        return None
    condition = columns.record_key.in_(person.user_ids)
    if "hubspot_id" in columns:
        condition |= columns.hubspot_id.in_(person.hubspot_ids)
    if "object_type" in columns:
        # Events and associations that HubSpot refused are a contact's, too.
        condition = (columns.object_type != "companies") & condition
    return condition


def _is_text(column: Column) -> bool:
    return isinstance(column.type, String | Text | JSON) and not column.primary_key


def _take_out(connection: Connection, table: Table, column: Column, person: Person) -> int:
    text = func.lower(cast(column, Text))
    # As it stands there and, in JSON, as its encoder writes it.
    forms = {form.lower() for word in person.words for form in (word, json.dumps(word)[1:-1])}
    if not forms:
        return 0
    keys = list(table.primary_key.columns)
    found = connection.execute(
        select(column, *keys).where(or_(*(text.contains(form, autoescape=True) for form in forms)))
    )
    changed = 0
    for value, *key in found.all():
        after = _without(person, value)
        if after != value:
            is_it = [known == part for known, part in zip(keys, key, strict=True)]
            connection.execute(update(table).where(*is_it).values({column: after}))
            changed += 1
    return changed


def _without(person: Person, value: Any) -> Any:
    if isinstance(value, str):
        return person.taken_out_of(value)
    if isinstance(value, list):
        return [_without(person, part) for part in value]
    if isinstance(value, dict):
        return {person.taken_out_of(name): _without(person, part) for name, part in value.items()}
    return value
