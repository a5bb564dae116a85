"""Which rows of a table are a person's: by the names of its columns, whatever tables there are.

A row is the person's where a column of ids or addresses holds one of their names. Any other text in which a name
stands is somebody else's row: the name is taken out of it and the row stays.
"""

from collections.abc import Mapping

import duckdb

from dagster_project.privacy.person import Person
from dagster_project.sql_quoting import literal, quoted

USER_COLUMNS = {
    "user_id",
    "alias_user_id",
    "canonical_user_id",
    "other_user_id",
    "stated_user_id",
    "given_up_id",
    "record_key",
    "contact_id",
    "subject_key",
    "distinct_id",
    "anonymous_id",
    "device_id",
    "previous_id",
}
EMAIL_COLUMNS = {"email", "contact_email", "email_as_written", "malformed_email"}
# What a line said, as it was put aside: nothing tells whose each part is, so that the whole of it goes.
WHOLE_TEXTS = {"raw_text", "subject"}
NAMES, CHANGED = "erased_person", "without_person"


def hand_over(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Give a connection the names of the person as a temporary table."""
    connection.execute(f"create or replace temp table {NAMES} (kind varchar, name varchar, key ubigint)")
    rows = [("user_id", value, None) for value in person.user_ids]
    rows += [("email", value, None) for value in person.emails]
    rows += [("hubspot_id", value, None) for value in person.hubspot_ids]
    rows += [("actor_key", None, value) for value in person.actor_keys]
    if rows:
        connection.executemany(f"insert into {NAMES} values (?, ?, ?)", rows)


def is_theirs(person: Person, table: str, columns: Mapping[str, str]) -> str:
    """SQL: whether a row is the person's; `false` where no column could tell.

    Args:
        table: Its name tells whose HubSpot ids stand in it.
        columns: Name → type.
    """
    texts = {name for name, type_name in columns.items() if type_name == "VARCHAR"}
    # Ids of companies, and of records in HubSpot that are none of persons, are other people's numbers.
    is_of_companies = "compan" in table and "user_id" not in texts
    conditions = []
    if not is_of_companies:
        conditions += [_in("user_id", quoted(name)) for name in sorted(texts & USER_COLUMNS)]
        if "hubspot_id" in texts and ("contact" in table or texts & {"user_id", "record_key"}):
            conditions.append(_in("hubspot_id", "hubspot_id"))
    conditions += [_in("email", f"lower(trim({name}))") for name in sorted(texts & EMAIL_COLUMNS)]
    if {"merged_id", "into_id"} <= texts:
        conditions += [_in("hubspot_id", "merged_id"), _in("hubspot_id", "into_id")]
    if "object_type" in texts and conditions:
        conditions = [f"object_type = 'contacts' and ({' or '.join(conditions)})"]
    if {"from_type", "from_id", "to_type", "to_id"} <= texts:
        conditions += [f"({end}_type = 'contacts' and {_in('hubspot_id', f'{end}_id')})" for end in ("from", "to")]
    if columns.get("actor_key") == "UBIGINT":
        conditions.append(f"actor_key in (select key from {NAMES} where kind = 'actor_key')")
    conditions += [_mentions(person, name) for name in sorted(texts & WHOLE_TEXTS)]
    return " or ".join(conditions) or "false"


def take_out_mentions(connection: duckdb.DuckDBPyConnection, person: Person, relation: str) -> int:
    """Take the names out of the texts of a table, whosever rows these are; how many rows changed."""
    texts = [name for name, type_name in described(connection, relation).items() if type_name == "VARCHAR"]
    changed: set[int] = set()
    for name in texts:
        found = connection.sql(f'select rowid, "{name}" from {relation} where {_mentions(person, name)}').fetchall()
        rows = [(row_id, text, person.taken_out_of(text)) for row_id, text in found]
        rows = [(row_id, after) for row_id, before, after in rows if after != before]
        if rows:
            connection.execute(f"create or replace temp table {CHANGED} (id bigint, text varchar)")
            connection.executemany(f"insert into {CHANGED} values (?, ?)", rows)
            connection.execute(
                f'update {relation} set "{name}" = {CHANGED}.text from {CHANGED} where {relation}.rowid = {CHANGED}.id'
            )
            changed |= {row_id for row_id, _ in rows}
    return len(changed)


def described(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {name: str(kind) for name, kind, *_ in connection.sql(f"describe select * from {relation}").fetchall()}


def _in(kind: str, expression: str) -> str:
    return f"coalesce({expression} in (select name from {NAMES} where kind = '{kind}'), false)"


def _mentions(person: Person, column: str) -> str:
    if person.sql_pattern is None:
        return "false"
    return f"coalesce(regexp_matches({quoted(column)}, {literal(person.sql_pattern)}), false)"
