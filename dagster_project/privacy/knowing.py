"""Everything that one address or user id leads to: all ids, addresses and contacts of the same person."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
from sqlalchemy import Engine, select

from dagster_project.privacy.names import EMAIL, HUBSPOT, USER, normalised
from dagster_project.privacy.person import Person
from dagster_project.sql_quoting import literal
from dagster_project.state.tables import identities, ledger_log

# What says of one person by two names that they are one: (table, the columns and what kind of name each holds).
LINKS = (
    ("intermediate.int_user_aliases", {"alias_user_id": USER, "user_id": USER}),
    ("intermediate.int_users", {"user_id": USER, "contact_email": EMAIL}),
    ("intermediate.int_contact_matches", {"user_id": USER, "hubspot_id": HUBSPOT}),
    ("raw.product_aliases", {"alias_user_id": USER, "user_id": USER}),
    ("raw.hubspot_contact_emails", {"hubspot_id": HUBSPOT, "email": EMAIL}),
)
# What was said of a user once. It leads from the user to the address, and back where nobody else has it today.
SAID = (
    ("raw.product_users", "user_id", "email"),
    ("raw.product_events", "user_id", "email"),
    ("intermediate.int_user_descriptions", "user_id", "email"),
    ("intermediate.int_user_descriptions", "user_id", "malformed_email"),
)
FULL_NAMES = (
    ("raw.product_users", "user_id", USER),
    ("intermediate.int_people", "user_id", USER),
    ("raw.hubspot_contacts", "hubspot_id", HUBSPOT),
)
MOST_ROUNDS = 20


def known_names(
    connection: duckdb.DuckDBPyConnection,
    engine: Engine,
    snapshot: Path,
    *,
    email: str | None = None,
    user_id: str | None = None,
) -> Person:
    """The person that goes by this address or user id, as far as the warehouse, what is published and the state know.

    Args:
        connection: On the warehouse, or on nothing where there is none.
    """
    names: dict[str, set[str]] = {USER: {user_id} if user_id else set(), EMAIL: set(), HUBSPOT: set()}
    if email:
        names[EMAIL] |= {email.strip().lower(), normalised(EMAIL, email)}
    tables = _tables(connection)
    links = [link for link in LINKS if link[0] in tables]
    desired = snapshot / "decide.crm_contacts_desired.parquet"
    if desired.exists():
        columns = {"record_key": USER, "contact_email": EMAIL, "hubspot_id": HUBSPOT}
        links.append((f"read_parquet({literal(desired)})", columns))
    if email:
        _start_with_what_was_said(connection, tables, names)
    for _ in range(MOST_ROUNDS):
        before = sum(map(len, names.values()))
        for table, columns in links:
            _follow(connection, table, columns, names)
        _follow_state(engine, names)
        if sum(map(len, names.values())) == before:
            break
    _add_what_was_said(connection, tables, names)
    _add_anonymous_ids(connection, tables, names)
    keys = _actor_keys(connection, tables, names)
    full_names = _full_names(connection, tables, names)
    return Person(*(frozenset(found) for found in (names[USER], names[EMAIL], names[HUBSPOT], keys, full_names)))


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.sql("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return {name for (name,) in found}


def _follow(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], names: dict) -> None:
    condition = " or ".join(f"{_text(name, kind)} in (select unnest(${name}))" for name, kind in columns.items())
    values = {name: sorted(names[kind]) for name, kind in columns.items()}
    for row in connection.execute(f"select {', '.join(columns)} from {table} where {condition}", values).fetchall():
        for kind, value in zip(columns.values(), row, strict=True):
            if value:
                names[kind] |= {value.strip().lower(), normalised(EMAIL, value)} if kind == EMAIL else {value}


def _text(column: str, kind: str) -> str:
    return f"lower(trim({column}))" if kind == EMAIL else column


def _follow_state(engine: Engine, names: dict[str, set[str]]) -> None:
    for table in (identities, ledger_log):
        columns = table.c
        is_theirs = columns.record_key.in_(names[USER]) | columns.hubspot_id.in_(names[HUBSPOT])
        query = select(columns.record_key, columns.hubspot_id).where(columns.object_type == "contacts", is_theirs)
        with engine.connect() as connection:
            for user_id, hubspot_id in connection.execute(query.distinct()):
                names[HUBSPOT].add(hubspot_id)
                if table is identities:
                    names[USER].add(user_id)


def _start_with_what_was_said(
    connection: duckdb.DuckDBPyConnection, tables: set[str], names: dict[str, set[str]]
) -> None:
    """An address that nobody has today leads to whoever had it once."""
    if _is_anothers(connection, tables, names[EMAIL], names):
        return
    for table, user_column, column in SAID:
        if table in tables:
            query = (
                f"select distinct {user_column} from {table} where lower(trim({column})) in (select unnest($emails))"
            )
            found = connection.execute(query, {"emails": sorted(names[EMAIL])}).fetchall()
            names[USER] |= {value for (value,) in found if value}


def _add_what_was_said(connection: duckdb.DuckDBPyConnection, tables: set[str], names: dict[str, set[str]]) -> None:
    for table, user_column, column in SAID:
        if table not in tables:
            continue
        query = f"select distinct {column} from {table} where {user_column} in (select unnest($ids)) and {column} <> ''"
        for (value,) in connection.execute(query, {"ids": sorted(names[USER])}).fetchall():
            forms = {value.strip().lower(), normalised(EMAIL, value)}
            if not _is_anothers(connection, tables, forms, names):
                names[EMAIL] |= forms


def _add_anonymous_ids(connection: duckdb.DuckDBPyConnection, tables: set[str], names: dict[str, set[str]]) -> None:
    """Those of browsers that were theirs alone; one that people shared is nobody's name."""
    if "intermediate.int_anonymous_users" in tables:
        found = connection.execute(
            "select anonymous_id from intermediate.int_anonymous_users group by anonymous_id "
            "having bool_and(user_id in (select unnest($ids)))",
            {"ids": sorted(names[USER])},
        ).fetchall()
        names[USER] |= {value for (value,) in found}


def _is_anothers(connection: duckdb.DuckDBPyConnection, tables: set[str], forms: Iterable[str], names: dict) -> bool:
    """Whether the address is by now somebody else's."""
    if "intermediate.int_users" not in tables:
        return False
    found = connection.execute(
        "select 1 from intermediate.int_users where contact_email in (select unnest($forms)) "
        "and user_id not in (select unnest($ids)) limit 1",
        {"forms": sorted(forms), "ids": sorted(names[USER])},
    ).fetchall()
    return bool(found)


def _actor_keys(connection: duckdb.DuckDBPyConnection, tables: set[str], names: dict[str, set[str]]) -> set[int]:
    if "intermediate.int_event_actors" not in tables:
        return set()
    rows = connection.execute(
        "select actor_key from intermediate.int_event_actors where user_id in (select unnest($ids)) "
        "or (user_id is null and anonymous_id in (select unnest($ids)))",
        {"ids": sorted(names[USER])},
    ).fetchall()
    return {key for (key,) in rows}


def _full_names(connection: duckdb.DuckDBPyConnection, tables: set[str], names: dict[str, set[str]]) -> set[str]:
    found = set()
    for table, column, kind in FULL_NAMES:
        if table in tables:
            rows = connection.execute(
                f"select distinct trim(first_name) || ' ' || trim(last_name) from {table} "
                f"where {column} in (select unnest($ids)) and trim(first_name) <> '' and trim(last_name) <> ''",
                {"ids": sorted(names[kind])},
            ).fetchall()
            found |= {name for (name,) in rows}
    return found
