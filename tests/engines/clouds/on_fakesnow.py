"""Build the models on fakesnow, which plays Snowflake on DuckDB, and compare marts with those that DuckDB built.

    python tests/engines/clouds/on_fakesnow.py warehouse.duckdb

The file must hold raw tables and what DuckDB built of them. Run in an environment of its own, which has dbt-core,
dbt-snowflake and fakesnow: `make test-snowflake`.
"""

import os
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
PLAIN = ("score", "decide", "report")
TYPES = {"VARCHAR": "varchar", "DOUBLE": "double", "TIMESTAMP": "timestamp_ntz"}
ROWS_AT_ONCE = 500
TOLERANCE = 1e-9
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
    from dbt.cli.main import dbtRunner

    os.environ |= {"PQL_TARGET": "snowflake", "PQL_AS_OF": as_of, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    with tempfile.TemporaryDirectory() as folder:
        places = [
            "--project-dir",
            str(PROJECT),
            "--profiles-dir",
            str(PROJECT),
            "--target-path",
            folder,
            "--log-path",
            folder,
        ]
        done = dbtRunner().invoke(
            ["--quiet", "build", "--exclude-resource-type", "unit_test", "--threads", "1", *places]
        )
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
        differing = [pair for pair in zip(ordered(expected), ordered(found), strict=False) if not alike(*pair)]
        if len(expected) != len(found):
            apart[f"{schema}.{table}"] = f"{len(found)} rows, expected {len(expected)}"
        elif differing:
            apart[f"{schema}.{table}"] = f"{len(differing)} rows are others, such as {differing[0]}"
        else:
            same.append(f"{schema}.{table}")
    return {"same": same, "missing": missing, "apart": apart}


def ordered(rows: list[tuple]) -> list[tuple]:
    def key(row: tuple) -> list[tuple]:
        exact = [value for value in row if not isinstance(value, float)]
        return [(value is None, str(value.normalize() if isinstance(value, Decimal) else value)) for value in exact]

    return sorted(rows, key=lambda row: (key(row), [value for value in row if isinstance(value, float)]))


def alike(one: tuple, other: tuple) -> bool:
    return all(
        abs(a - b) <= TOLERANCE * max(1, abs(a)) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, other, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
