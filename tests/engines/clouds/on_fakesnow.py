"""Build the models on fakesnow, which plays Snowflake on DuckDB, and compare marts with those that DuckDB built.

    python -m tests.engines.clouds.on_fakesnow warehouse.duckdb

The file must hold raw tables and what DuckDB built of them. Run in an environment of its own, which has dbt-core,
dbt-snowflake and fakesnow: `make test-snowflake`.
"""

import sys
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.engines.clouds.dbt_by_hand import invoked
from tests.engines.parity import in_order, is_same

PLAIN = ("score", "decide", "report")
TYPES = {"VARCHAR": "varchar", "DOUBLE": "double", "TIMESTAMP": "timestamp_ntz"}
ROWS_AT_ONCE = 500
# What fakesnow cannot build, and why; what reads it is not built either.
NOT_THERE = {
    "int_companies_named": "fakesnow has no arrays of a timestamp and a number",
    "int_events_read": "its hash has no sign, and Snowflake's has one",
}


def main() -> int:
    import fakesnow
    import fakesnow.variables
    import snowflake.connector

    # It takes '$name' between quotes for a variable of the session.
    fakesnow.variables.Variables.inline_variables = lambda _, sql: sql
    warehouse = Path(sys.argv[1])
    with duckdb.connect(warehouse, read_only=True) as built, fakesnow.patch():
        connection = snowflake.connector.connect(database="pql", schema="public")
        cursor = connection.cursor()
        load(built, cursor)
        [(as_of,)] = built.execute("select as_of from decide.build_info").fetchall()
        failures = build(as_of.isoformat())
        told = compare(built, cursor)
    print(f"fakesnow: {len(told['same'])} marts are those of DuckDB: {', '.join(told['same'])}.")
    print(f"{told['missing']} are not built:")
    for name, why in {**NOT_THERE, **failures, **told["apart"]}.items():
        print(f"  {name}: {why}")
    return 1 if told["apart"] or not told["same"] or failures.keys() - NOT_THERE.keys() else 0


def load(built: duckdb.DuckDBPyConnection, cursor) -> None:
    cursor.execute("create schema if not exists raw")
    tables = built.execute("select table_name from information_schema.tables where table_schema = 'raw'").fetchall()
    for (table,) in tables:
        columns = {name: str(kind) for name, kind, *_ in built.execute(f"describe raw.{table}").fetchall()}
        declared = ", ".join(f"{name} {TYPES.get(kind, kind)}" for name, kind in columns.items())
        cursor.execute(f"create or replace table raw.{table} ({declared})")
        rows = built.execute(f"select * from raw.{table}").fetchall()
        for first in range(0, len(rows), ROWS_AT_ONCE):
            values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows[first : first + ROWS_AT_ONCE])
            cursor.execute(f"insert into raw.{table} values {values}")


def literal(value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | Decimal):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def build(as_of: str) -> dict[str, str]:
    """What could not be built, and why."""
    done = invoked("snowflake", as_of, "build", "--exclude-resource-type", "unit_test", "--threads", "1")
    if done.exception:
        raise SystemExit(str(done.exception))
    return {
        result.node.name: " ".join(str(result.message).split())[:300]
        for result in done.result
        if result.status in ("error", "fail")
    }


def compare(built: duckdb.DuckDBPyConnection, cursor) -> dict:
    import snowflake.connector

    same, missing, apart = [], 0, {}
    tables = built.execute(
        "select table_schema, table_name from information_schema.tables where list_contains($1, table_schema) "
        "order by all",
        [list(PLAIN)],
    ).fetchall()
    for schema, table in tables:
        names = [name for name, *_ in built.execute(f"describe {schema}.{table}").fetchall()]
        expected = built.execute(f"select * from {schema}.{table}").fetchall()
        try:
            found = cursor.execute(f"select {', '.join(names)} from {schema}.{table}").fetchall()
        except snowflake.connector.errors.ProgrammingError:
            missing += 1
            continue
        differing = [pair for pair in zip(in_order(expected), in_order(found), strict=False) if not alike(*pair)]
        if len(expected) != len(found):
            apart[f"{schema}.{table}"] = f"{len(found)} rows, expected {len(expected)}"
        elif differing:
            apart[f"{schema}.{table}"] = f"{len(differing)} rows are others, such as {differing[0]}"
        else:
            same.append(f"{schema}.{table}")
    return {"same": same, "missing": missing, "apart": apart}


def alike(one: tuple, other: tuple) -> bool:
    return all(is_same(a, b) for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    sys.exit(main())
