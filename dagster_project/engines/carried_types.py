"""Which type a column of DuckDB is carried in; there are few, so that every engine has them all."""

import re

from dagster_project.engines.engine import EngineUnusable

AS_THEY_ARE = {"BLOB", "BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DATE", "VARCHAR"}
# A TIMESTAMP is in UTC everywhere here; a file must say so, or other engines take it for the time on a wall.
INSTANT = "TIMESTAMP WITH TIME ZONE"
OTHERWISE = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "HUGEINT": "DECIMAL(38,0)",
    "JSON": "VARCHAR",
    "UUID": "VARCHAR",
    "TIMESTAMP": INSTANT,
    "TIMESTAMP_S": INSTANT,
    "TIMESTAMP_MS": INSTANT,
    INSTANT: INSTANT,
}
DECIMAL = re.compile(r"DECIMAL\(\d+,\s?\d+\)")


def carried_type(table: str, column: str, type_name: str) -> str:
    """Raises:
    EngineUnusable: A column of this type is not carried.
    """
    if type_name in AS_THEY_ARE or DECIMAL.fullmatch(type_name):
        return type_name
    if type_name in OTHERWISE:
        return OTHERWISE[type_name]
    allowed = ", ".join(sorted({*AS_THEY_ARE, *OTHERWISE, "DECIMAL"}))
    raise EngineUnusable(
        f"{table}.{column} is {type_name}, which is not carried to another engine; allowed are {allowed}."
    )
