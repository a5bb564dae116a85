"""A part of the marts: for those whom new files concern what a build of everybody at this moment would give.

The models' own SQL runs in memory over the rows of these people; the warehouse is only read. What is said of others in
the tables that come out is not whole and is left out.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.concerned.reach import PART, TooManyConcerned, forget, reached, spread, start
from dagster_project.concerned.statements import CLOCK, Statement
from dagster_project.instants import naive
from dagster_project.publish.snapshot import NothingPublished

# What comes out, by the column that says whom a row is about; None: a row is about nobody.
KEPT = {
    "score.contact_scores": ("user_id", "user"),
    "score.company_scores": ("company_id", "company"),
    "decide.crm_contacts_desired": ("record_key", "user"),
    "decide.crm_companies_desired": ("record_key", "company"),
    "decide.crm_associations_missing": ("record_key", "user"),
    "decide.crm_occurrences": ("record_key", "user"),
    "decide.handoffs": ("record_key", "user"),
    "decide.trigger_episodes": ("record_key", "user"),
    "decide.actions": ("record_key", "user"),
    "decide.contacts_suppressed": None,
    "decide.build_info": None,
}
TABLES = tuple(KEPT)
# Rows of events, users and links of others are not read at all; of what a key of ours does not name, all rows are.
OF_PEOPLE = {
    "__events": "user_id in ({user}) or anonymous_id in ({visitor})",
    "__users": "user_id in ({user})",
    "__identity_links": "user_id in ({user}) or other_user_id in ({user}) or anonymous_id in ({visitor}) "
    "or previous_id is not null",
}
SOURCE = re.compile(r'"warehouse"\."(\w+)"\."(\w+)"')


@dataclass(frozen=True)
class Part:
    """Who is in a part: so many people of so many companies, and up to which write files were read for it.

    `left_to_all`: nobody is, and why a build of everybody must look.
    """

    people: int
    companies: int
    read_until: int
    left_to_all: str | None = None


@contextmanager
def built_part(
    connection: duckdb.DuckDBPyConnection, statements: Sequence[Statement], since: int, as_of: datetime
) -> Iterator[Part]:
    """While it lasts, `connection` reads a database in memory with the tables of `KEPT`, for those whom rows concern
    that came after the write `since` and that the last build of everybody did not know. Nothing of the warehouse itself
    is changed.

    Args:
        connection: To the warehouse, under the name `warehouse`.
    Raises:
        NothingPublished: There is no build of everybody to go on from.
    """
    if not _is_built(connection, statements):
        raise NothingPublished("Nobody was scored yet; run `make run`, which builds and publishes.")
    connection.execute(f"attach ':memory:' as {PART}")
    try:
        yield _filled(connection, statements, since, as_of)
    finally:
        connection.execute("use warehouse")
        connection.execute(f"detach {PART}")


def _filled(
    connection: duckdb.DuckDBPyConnection, statements: Sequence[Statement], since: int, as_of: datetime
) -> Part:
    staging = {item.table: item.sql for item in statements if item.is_staging}
    read_until, left_to_all = _read_until(connection), None
    try:
        if start(connection, staging, since, as_of):
            spread(connection, ("warehouse",))
        _build(connection, statements, as_of)
        # What is new may tie people together whom nothing tied before.
        while spread(connection, ("warehouse", PART)):
            _build(connection, statements, as_of)
    except TooManyConcerned as too_many:
        left_to_all = str(too_many)
        forget(connection)
        _build(connection, statements, as_of)
    connection.execute(f"use {PART}")
    for table, key in KEPT.items():
        if key is not None:
            column, kind = key
            connection.execute(f"delete from {table} where {column} is null or {column} not in ({reached(kind)})")
    ((people, companies),) = connection.execute(
        "select (select count(*) from score.contact_scores), (select count(*) from score.company_scores)"
    ).fetchall()
    return Part(people, companies, read_until, left_to_all)


def _build(connection: duckdb.DuckDBPyConnection, statements: Sequence[Statement], as_of: datetime) -> None:
    clock = f"{naive(as_of):%Y-%m-%d %H:%M:%S.%f}"
    models = {item.table for item in statements}
    used = {name for item in statements if not item.is_staging for name in item.reads}
    for schema in sorted({name.partition(".")[0] for name in models | used}):
        connection.execute(f"create schema if not exists {PART}.{schema}")
    for name in sorted(used - models):
        connection.execute(f"create or replace view {PART}.{name} as from warehouse.{name}")
    for item in statements:
        sql = item.sql.replace(CLOCK, clock)
        if not item.is_staging:
            kind = "view" if item.is_view else "table"
            sql = SOURCE.sub(rf'"{PART}"."\1"."\2"', sql)
            connection.execute(f"create or replace {kind} {PART}.{item.table} as ({sql})")
        elif item.table in used:
            condition = next((text for end, text in OF_PEOPLE.items() if item.table.endswith(end)), "true")
            condition = condition.format(user=reached("user"), visitor=reached("visitor"))
            connection.execute(f"create or replace table {PART}.{item.table} as from ({sql}) as rows where {condition}")


def _is_built(connection: duckdb.DuckDBPyConnection, statements: Sequence[Statement]) -> bool:
    there = {
        name
        for (name,) in connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_catalog = 'warehouse'"
        ).fetchall()
    }
    return {item.table for item in statements} <= there


def _read_until(connection: duckdb.DuckDBPyConnection) -> int:
    query = "select coalesce(max(coalesce(write_id, load_id)), 0) from warehouse.raw.landing_files"
    ((last,),) = connection.execute(query).fetchall()
    return last
