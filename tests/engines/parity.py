"""Whether two warehouses hold the same marts: what one engine built, and what another one did."""

import math
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

# Of a sum or a quotient of floats, engines may take the parts in another order. Points, counts, texts and instants are
# exact everywhere.
TOLERANCE = 1e-9
BUILT = ("rules", "score", "decide", "report")
# When HubSpot was copied, by the clock on the wall.
OF_THE_MOMENT = {("decide.sales_queue", "activity_copied_at")}
SHOWN = 5


def differences(expected: Path, found: Path, schemas: Iterable[str] = BUILT) -> list[str]:
    """What differs between the tables of two warehouse files, in words; of each table the first few rows."""
    with duckdb.connect(expected, read_only=True) as one, duckdb.connect(found, read_only=True) as other:
        tables = _tables(one, schemas)
        told = [f"{table}: is not there" for table in sorted(tables - _tables(other, schemas))]
        told += [f"{table}: is there too" for table in sorted(_tables(other, schemas) - tables)]
        for table in sorted(tables & _tables(other, schemas)):
            told += _differences_in(table, one, other)
    return told


def _tables(connection: duckdb.DuckDBPyConnection, schemas: Iterable[str]) -> set[str]:
    rows = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables where list_contains($1, table_schema)",
        [list(schemas)],
    ).fetchall()
    return {name for (name,) in rows}


def _differences_in(table: str, one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection) -> list[str]:
    columns = _columns(one, table)
    if columns != _columns(other, table):
        return [f"{table}: columns are {_columns(other, table)}, expected {columns}"]
    expected, found = _rows(one, table), _rows(other, table)
    if len(expected) != len(found):
        return [f"{table}: {len(found)} rows, expected {len(expected)}"]
    names = [name for name, _ in columns]
    told = []
    for wanted, got in zip(expected, found, strict=True):
        cells = zip(names, wanted, got, strict=True)
        differing = [
            f"{name} is {b!r}, expected {a!r}"
            for name, a, b in cells
            if (table, name) not in OF_THE_MOMENT and not is_same(a, b)
        ]
        if differing:
            told.append(f"{table}, row {wanted[:3]!r}: {'; '.join(differing)}")
    return told[:SHOWN]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return [(name, type_name) for name, type_name, *_ in connection.execute(f"describe {table}").fetchall()]


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple]:
    return in_order(connection.execute(f"select * from {table}").fetchall())


def in_order(rows: Iterable[tuple]) -> list[tuple]:
    """Rows in the same order whichever engine they are of: by whatever is exact, and by floats at the end."""
    return sorted(
        rows, key=lambda row: ([_order(value) for value in row if not isinstance(value, float)], _floats(row))
    )


def _order(value: Any) -> tuple[bool, str]:
    return value is None, str(value.normalize() if isinstance(value, Decimal) else value)


def _floats(row: tuple) -> list[float]:
    return [round(value, 6) for value in row if isinstance(value, float)]


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same: floats to a billionth, all others exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other
