"""Raw tables from DuckDB to the engine that builds the models, and what was built back to DuckDB.

Whatever reads the warehouse or what is published finds the same tables, columns and types, whoever built them.
"""

import hashlib
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.engines.carried_types import INSTANT, carried_type
from dagster_project.engines.engine import RAW, Engine, EngineUnusable
from dagster_project.landing.in_tasks import files_elsewhere, loads_elsewhere
from dagster_project.landing.sources import LANDING_TABLES, kinds_in
from dagster_project.landing.tables import VIEWS, in_one_transaction
from dagster_project.sql_quoting import literal, quoted

# What no model reads.
STAYING = {"landing_sightings", "quarantine", "loads_elsewhere", "domains_elsewhere"}
# Rows of these are many, and those of a load never change but by an erasure or a replay: they are carried by load.
BY_LOAD = {table.in_schema: table for table in LANDING_TABLES if "events" in kinds_in(table)[1]}
MOST_NAMED = 3


def carry_in(connection: duckdb.DuckDBPyConnection, engine: Engine) -> list[str]:
    """Bring every raw table, and every view on tables that are in DuckDB already, to the engine.

    What did not change since it was carried last, and is still there, is not carried again.

    Returns:
        What was carried, such as `raw.product_users`; of a table in loads, `raw.product_events, load 7`.
    Raises:
        EngineUnusable: The engine is gone, or a table has a column that cannot be carried.
    """
    done: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for schema in (RAW,) if engine.has_own_sources else (RAW, VIEWS):
            held = engine.carried(schema)
            for name in _tables_in(connection, schema):
                table = f"{schema}.{name}"
                if table in BY_LOAD:
                    done += _carry_loads(connection, engine, table, Path(folder))
                    continue
                columns = columns_carried(connection, table)
                fingerprint = _fingerprint(connection, table, columns)
                if held.get(name) != fingerprint:
                    file = _write(connection, table, columns, Path(folder))
                    engine.take_in(table, columns, file, fingerprint)
                    done.append(table)
    return done


def require_all_here(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises:
    EngineUnusable: Another engine has rows that DuckDB has not, and DuckDB is to build.
    """
    files = [file.name for file in files_elsewhere(connection)]
    if files:
        raise EngineUnusable(
            f"PQL_TARGET is duckdb, and Spark has the rows of {_named(files)}, which are not in warehouse.duckdb: "
            "set PQL_TARGET=spark, or move warehouse.duckdb away, so that every landing file is read again."
        )


@contextmanager
def given_out(engine: Engine, tables: Collection[str]) -> Iterator[dict[str, list[Path]]]:
    """Tables of the engine as Parquet files, which are there until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for place, table in enumerate(tables):
            of_table = Path(folder) / str(place)
            of_table.mkdir()
            files[table] = engine.give_out(table, of_table)
        yield files


def take_back(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[str, Sequence[Path]],
    types: Mapping[str, Mapping[str, str]],
) -> None:
    """Make tables anew from what was given out, all of them or none; those without `types` with what the files have."""
    with in_one_transaction(connection):
        for table, found in files.items():
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            rows = f"read_parquet([{', '.join(map(literal, found))}])"
            columns = ", ".join(
                f"cast({quoted(name)} as {type_name}) as {quoted(name)}"
                for name, type_name in (types.get(table) or _types_found(connection, rows)).items()
            )
            connection.execute(f"create or replace table {table} as select {columns} from {rows}")


def _types_found(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[str, str]:
    described = connection.sql(f"describe select * from {rows}").fetchall()
    found = {name: str(type_name) for name, type_name, *_ in described}
    return {name: "TIMESTAMP" if type_name == INSTANT else type_name for name, type_name in found.items()}


def types_in(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """DuckDB's type of each column of rule files and marts, in their order, by table: what dbt holds them to."""
    types = {}
    for node in manifest["nodes"].values():
        declared = node["config"].get("column_types")
        if node["resource_type"] == "model" and node["config"].get("contract", {}).get("enforced"):
            declared = {name: column["data_type"] for name, column in node["columns"].items()}
        if declared:
            types[f"{node['schema']}.{node['name']}"] = declared
    return types


def _carry_loads(connection: duckdb.DuckDBPyConnection, engine: Engine, table: str, folder: Path) -> list[str]:
    columns = columns_carried(connection, table)
    wanted = _fingerprints_of_loads(connection, table, columns)
    held = engine.carried_loads(table)
    files: dict[int, tuple[Path, str] | None] = {load_id: None for load_id in held if load_id not in wanted}
    for load_id, fingerprint in wanted.items():
        if held.get(load_id) != fingerprint:
            files[load_id] = (_write(connection, table, columns, folder, load_id), fingerprint)
    elsewhere = {load_id for load_id, row_count in loads_elsewhere(connection, BY_LOAD[table]).items() if row_count}
    lost = engine.take_in_loads(table, columns, files, wanted.keys() | elsewhere)
    if lost:
        files_lost = [file.name for file in files_elsewhere(connection, lost)]
        raise EngineUnusable(
            f"The rows of {_named(files_lost)}, which Spark read, are not where it had them. "
            "Bring its folder back (PQL_SPARK_WAREHOUSE, else PQL_DATA_DIR/spark); or move warehouse.duckdb away, so "
            "that every landing file is read again."
        )
    return [f"{table}, load {load_id}" for load_id, carried in files.items() if carried is not None]


def _named(files: Sequence[str]) -> str:
    more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
    return ", ".join(files[:MOST_NAMED]) + more


def _tables_in(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    rows = connection.sql(
        "select table_name from information_schema.tables "
        "where table_catalog = current_database() and table_schema = $schema order by 1",
        params={"schema": schema},
    ).fetchall()
    return [name for (name,) in rows if schema != RAW or name not in STAYING]


def columns_carried(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns of a table with the types in which they are carried."""
    described = connection.sql(f"describe {table}").fetchall()
    return {name: carried_type(table, name, str(type_name)) for name, type_name, *_ in described}


def _fingerprint(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> str:
    (found,) = connection.sql(f"select count(*), sum(hash({_listed(columns)})) from {table}").fetchall()
    return _digest(columns.items(), found)


def _fingerprints_of_loads(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]
) -> dict[int, str]:
    rows = connection.sql(
        f"select load_id, count(*), sum(hash({_listed(columns)})) from {table} group by load_id order by load_id"
    ).fetchall()
    return {load_id: _digest(columns.items(), found) for load_id, *found in rows}


def _digest(*parts: Iterable) -> str:
    return hashlib.sha256(repr([list(part) for part in parts]).encode()).hexdigest()[:16]


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Mapping[str, str],
    folder: Path,
    load_id: int | None = None,
) -> Path:
    file = folder / f"{table}{'' if load_id is None else f'.{load_id}'}.parquet"
    cast = ", ".join(f"cast({quoted(name)} as {type_name}) as {quoted(name)}" for name, type_name in columns.items())
    where = "" if load_id is None else f"where load_id = {load_id}"
    connection.execute(f"copy (select {cast} from {table} {where}) to {literal(file)} (format parquet)")
    return file
