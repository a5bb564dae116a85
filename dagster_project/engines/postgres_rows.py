"""Rows between Parquet files and the CSV that Postgres reads and writes. DuckDB turns the one into the other."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from dagster_project.engines.carried_types import INSTANT
from dagster_project.landing.sources import CONTRACTS
from dagster_project.sql_quoting import literal, quoted

# Of the types that are carried, those that Postgres calls otherwise.
OTHERWISE = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "BLOB": "bytea",
    INSTANT: "timestamp without time zone",
}
# How \\u0000 stands in JSON, where the backslash is not itself the second one of two.
NO_CHARACTER = r"((?:^|[^\\])(?:\\\\)*)(?:\\u0000)+"
LONGEST_LINE_BYTES = 1 << 28


def declared(type_name: str) -> str:
    """A type that is carried, as Postgres itself names it."""
    return OTHERWISE.get(type_name, type_name.lower().replace("decimal", "numeric").replace(" ", ""))


def written_for_postgres(parquet: Path, table: str, columns: Mapping[str, str], file: Path) -> None:
    """Write rows as CSV for a table with these columns.

    A null character is left out, for Postgres has none in a text. JSON is written as DuckDB shows an object or a number
    that a model takes out of it; Postgres shows them as they stand there.
    """
    json_columns = _json_columns(table)
    values = ", ".join(_value(name, type_name, name in json_columns) for name, type_name in columns.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {values} from read_parquet({literal(parquet)})) to {literal(file)} "
            "(format csv, header false, force_quote *)"
        )


def written_by_postgres(file: Path, columns: Mapping[str, bool], parquet: Path) -> None:
    """Write what Postgres copied as CSV, with quotes around every value, as texts in a Parquet file.

    Args:
        columns: Whether a column holds bytes, which stay bytes, in the order of the table.
    """
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    values = ", ".join(
        f"from_hex(substring({quoted(name)}, 3)) as {quoted(name)}" if is_bytes else quoted(name)
        for name, is_bytes in columns.items()
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {values} from read_csv({literal(file)}, columns = {{{types}}}, auto_detect = false, "
            "header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
            f"new_line = '\\n', parallel = false, max_line_size = {LONGEST_LINE_BYTES})) "
            f"to {literal(parquet)} (format parquet)"
        )


def _json_columns(table: str) -> set[str]:
    name = table.partition(".")[2]
    contracts = [contract for contract in CONTRACTS.values() if contract.table.name == name]
    columns = [column for contract in contracts for column in contract.columns]
    return {column.table_column for column in columns if column.type == "json" or column.gathers_rest}


def _value(name: str, type_name: str, is_json: bool) -> str:
    column = quoted(name)
    match type_name:
        case "VARCHAR" if is_json:
            written = f"case when json_valid({column}) then cast(json({column}) as varchar) else {column} end"
            return f"regexp_replace({written}, {literal(NO_CHARACTER)}, '\\1', 'g')"
        case "VARCHAR":
            return f"replace({column}, chr(0), '')"
        case "BLOB":
            return f"'\\x' || hex({column})"
        case _ if type_name == INSTANT:
            return f"make_timestamp(epoch_us({column}))"
        case _:
            return column
