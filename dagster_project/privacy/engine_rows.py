"""A person and another engine than DuckDB: what it knows of them, and how nothing of them is left there.

It gives up everything it holds: what was carried in is carried again, landing files are read again, and the models are
built again, each without the person by then.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

from dagster_project.engines.carrying import given_out, take_back
from dagster_project.engines.engine import Engine
from dagster_project.landing.files import LandingFile, content_hash
from dagster_project.landing.in_tasks import files_elsewhere
from dagster_project.sql_quoting import quoted

# What `known_names` asks, where the models are built there.
KNOWING = (
    "int_user_aliases",
    "int_users",
    "int_contact_matches",
    "int_user_descriptions",
    "int_people",
    "int_anonymous_users",
)
BESIDE = "knowing"


@contextmanager
def knowing(warehouse: duckdb.DuckDBPyConnection, engine: Engine) -> Iterator[None]:
    """While it lasts, `warehouse` reads what the engine knows of people as if it had built it itself."""
    ((own,),) = warehouse.sql("select current_database()").fetchall()
    there = engine.tables("intermediate")
    tables = [f"intermediate.{name}" for name in KNOWING if name in there]
    warehouse.execute(f"attach ':memory:' as {BESIDE}")
    warehouse.execute(f"use {BESIDE}")
    try:
        with given_out(engine, tables) as files:
            take_back(warehouse, files, {})
        for schema, name in _tables_of(warehouse, own):
            if f"{schema}.{name}" not in tables:
                warehouse.execute(f"create schema if not exists {schema}")
                warehouse.execute(f"create view {schema}.{name} as from {quoted(own)}.{schema}.{name}")
        yield
    finally:
        warehouse.execute(f"use {quoted(own)}")
        warehouse.execute(f"detach {BESIDE}")


def files_that_are_missing(
    warehouse: duckdb.DuckDBPyConnection, lying: Mapping[str, LandingFile], rewritten: Mapping[str, str]
) -> list[str]:
    """Files that the engine has read and could not read again, because they do not lie there as they were.

    Args:
        lying: What lies in the landing folder, by name.
        rewritten: What an erasure that was cut off made of files: hash by name.
    """
    missing = []
    for file in files_elsewhere(warehouse):
        known = {file.content_hash, rewritten.get(file.name)}
        if file.name not in lying or content_hash(lying[file.name].path) not in known:
            missing.append(file.name)
    return sorted(missing)


def loads_forgotten(warehouse: duckdb.DuckDBPyConnection) -> None:
    """What the engine has read counts as never loaded, so that the next run reads it again."""
    loads = "(select load_id from raw.loads_elsewhere)"
    warehouse.execute(
        "delete from raw.landing_sightings where (source, file_name) in "
        f"(select (source, file_name) from raw.landing_files where load_id in {loads})"
    )
    for table in ("raw.quarantine", "raw.landing_files"):
        warehouse.execute(f"delete from {table} where load_id in {loads}")
    for table in ("raw.loads_elsewhere", "raw.domains_elsewhere"):
        warehouse.execute(f"delete from {table}")


def _tables_of(warehouse: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str]]:
    return warehouse.sql(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = $catalog and table_type = 'BASE TABLE' order by 1, 2",
        params={"catalog": catalog},
    ).fetchall()
