"""Tables that are in the warehouse already → views of the shape of the raw tables; what cannot be used is counted.

Nothing is copied but some of the rows that cannot be used, with the reason, so that a person sees them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from dagster_project.landing.chunks import Chunk, FileRefused
from dagster_project.landing.contract import Contract, RawTable
from dagster_project.landing.files import list_landing
from dagster_project.landing.headers import require_columns, told
from dagster_project.landing.judging import judged
from dagster_project.landing.loading import FileReport, LoadReport
from dagster_project.landing.places import Place, PlacesInvalid
from dagster_project.landing.sources import CONTRACTS, kinds_in
from dagster_project.landing.tables import NO_FILE, VIEWS, in_one_transaction
from dagster_project.landing.typed_columns import from_typed_columns
from dagster_project.sql_quoting import literal, quoted

# All of them stand in their table; a person needs some to see what is wrong.
KEPT_PER_REASON = 1_000


def connect_tables(connection: duckdb.DuckDBPyConnection, place: Place, table: RawTable) -> LoadReport:
    """Make the view `in_warehouse.<raw table>` on the tables of a source, and judge all their rows.

    A table that lacks a required column is refused whole and does not hold back the others.

    Raises:
        PlacesInvalid: The source has no table there, or not the one that is named.
    """
    contracts = {kind: CONTRACTS[place.source, kind] for kind in place.tables}
    found = _types_of_tables(connection, place)
    reports, selects = [], []
    for kind, contract in contracts.items():
        if contract.table != table or kind not in found:
            continue
        name = f"{place.schema}.{place.tables[kind]}"
        try:
            rows = rows_of_table(contract, place, f"{quoted(place.schema)}.{quoted(place.tables[kind])}", found[kind])
        except FileRefused as refusal:
            reports.append(FileReport(name, kind, "refused", detail=str(refusal)))
            continue
        reports.append(_counted(connection, contract, rows, name))
        selects.append(_view_of(connection, contract, rows, name))
    with in_one_transaction(connection):
        connection.execute(f"create schema if not exists {VIEWS}")
        view = " union all ".join(selects) or f"select * from {table.in_schema} where false"
        connection.execute(f"create or replace view {view_of(table)} as {view}")
    return LoadReport(place.source, reports, is_of_tables=True)


def view_of(table: RawTable) -> str:
    return f"{VIEWS}.{table.name}"


def files_left_lying(landing_dir: Path, source: str) -> list[FileReport]:
    """Files in the landing folder of a source whose tables are in the warehouse: nobody loads them."""
    listing = list_landing(landing_dir, source)
    why = "it is not loaded: the tables of this source are in the warehouse (in_warehouse in dbt_project.yml)"
    return [FileReport(file.name, file.kind, "refused", detail=why) for file in listing.files]


def forget_tables(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Take away what was kept for a raw table that files fill again."""
    source, kinds = kinds_in(table)
    connection.execute(
        "delete from raw.quarantine where content_hash = ? and source = ? and kind in (select unnest(?))",
        [NO_FILE, source, list(kinds)],
    )


def _types_of_tables(connection: duckdb.DuckDBPyConnection, place: Place) -> dict[str, dict[str, str]]:
    """The columns of each table of the source that is there, with their types, by kind."""
    described = connection.sql(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = ? "
        "and database_name = current_database() order by table_name, column_index",
        params=[place.schema],
    ).fetchall()
    columns: dict[str, dict[str, str]] = {}
    for table, column, type_name in described:
        columns.setdefault(table, {})[column] = str(type_name)
    missing = [name for kind, name in place.tables.items() if name != kind and name not in columns]
    found = {kind: columns[name] for kind, name in place.tables.items() if name in columns}
    if missing or not found:
        wanted = missing or list(place.tables.values())
        there = ", ".join(columns) or "no table"
        raise PlacesInvalid(
            f"in_warehouse, {place.source}: schema {place.schema} has no table {', '.join(wanted)}; found {there}"
        )
    return found


def require_columns_of(contract: Contract, place: Place, columns: Sequence[str]) -> None:
    """Raises `FileRefused` where a table lacks a required column, or the one that says when a row was loaded."""
    require_columns(list(columns), contract)
    is_of_events = any(column.table_column == "occurred_at" for column in contract.columns)
    if place.loaded_at and place.loaded_at not in columns and is_of_events:
        raise FileRefused(
            "column_missing",
            f"no column {place.loaded_at}, which in_warehouse names as loaded_at; found {told(list(columns))}",
        )


def rows_of_table(contract: Contract, place: Place, relation: str, types: Mapping[str, str]) -> Chunk:
    """The rows of a table as the judge takes them; in the place of a line number, when they were loaded.

    Args:
        relation: SQL.
        types: Of its columns, as DuckDB describes them.
    """
    require_columns_of(contract, place, list(types))
    loaded_at = "0"
    if place.loaded_at in types:
        loaded_at = f"coalesce(epoch_us(cast({quoted(place.loaded_at)} as timestamp)), 0)"
    # When a row was loaded is bookkeeping, and no property of an event.
    stated = {name: type_name for name, type_name in types.items() if name != place.loaded_at or name in contract.named}
    columns, parsed = from_typed_columns(contract, stated)
    rows = f"""
        select {loaded_at} as line_number, 0 as call_number, row_of as whole, cast(null as varchar) as broken, {columns}
        from {relation} as row_of
    """
    return Chunk(rows, "cast(to_json(whole) as varchar)", parsed)


def _view_of(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: Chunk, name: str) -> str:
    """SQL: the rows that can be used."""
    return f"""
        select {raw_columns_of(connection, contract, name)}
        from ({judged(contract, rows, file_name=literal(name))})
        where reason is null
    """


def raw_columns_of(connection: duckdb.DuckDBPyConnection, contract: Contract, name: str) -> str:
    """SQL: the columns of the raw table, of judged rows of a table; null where tables of this kind have none."""
    bookkeeping = {"file_name": literal(name), "line_number": "0", "load_id": "line_number"}
    found = {column: column for column in contract.raw_columns} | bookkeeping
    columns = [
        f"cast({found.get(column, 'null')} as {type_name}) as {column}"
        for column, type_name, *_ in connection.sql(f"describe {contract.table.in_schema}").fetchall()
    ]
    return ", ".join(columns)


def _counted(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: Chunk, name: str) -> FileReport:
    """Judge every row, and keep some of those that cannot be used in place of those of the last run."""
    in_question = judged(contract, rows, file_name=literal(name))
    reasons = dict(connection.sql(f"select reason, count(*) from ({in_question}) group by reason").fetchall())
    loaded = reasons.pop(None, 0)
    with in_one_transaction(connection):
        connection.execute(
            "delete from raw.quarantine where content_hash = ? and source = ? and kind = ?",
            [NO_FILE, contract.source, contract.kind],
        )
        if reasons:
            keep_some(connection, contract, name, f"({in_question})")
    return FileReport(name, contract.kind, "loaded", loaded, sum(reasons.values()), dict(sorted(reasons.items())))


def keep_some(connection: duckdb.DuckDBPyConnection, contract: Contract, name: str, judged_rows: str) -> None:
    """Put some rows of a table that cannot be used into the quarantine, of each reason the first by their text.

    Args:
        judged_rows: SQL of a relation with `reason` and `raw_text`.
    """
    connection.execute(
        f"""
        insert into raw.quarantine
        select ?, ?, ?, ?, null, reason, raw_text, 0, 0
        from (
            select reason, raw_text, row_number() over (partition by reason order by raw_text) as place
            from {judged_rows} where reason is not null
        )
        where place <= {KEPT_PER_REASON}
        """,
        [NO_FILE, contract.source, contract.kind, name],
    )
