"""How long events were on their way: from when they happened to when their source received them."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from dagster_project.landing.contract import RawTable

FROM, TO = "occurred_at", "received_at"


@dataclass(frozen=True)
class ArrivalLag:
    """Of the rows that say both instants: the median and what 95 of 100 stay within."""

    p50_seconds: float
    p95_seconds: float
    row_count: int


def arrival_lag_in_table(connection: duckdb.DuckDBPyConnection, view: str) -> ArrivalLag | None:
    """The lag of what a table in the warehouse received in the last day of its rows; None as below."""
    last_day = f"{TO} > (select max({TO}) from {view}) - interval 1 day"
    return _lag(connection, view, last_day) if _says_both(connection, view) else None


def arrival_lag(connection: duckdb.DuckDBPyConnection, table: RawTable, load_ids: Sequence[int]) -> ArrivalLag | None:
    """The lag of what these loads brought; None where the table holds no events, or no row says both instants."""
    if not load_ids or not _says_both(connection, table.in_schema):
        return None
    return _lag(connection, table.in_schema, f"load_id in ({', '.join(map(str, load_ids))})")


def _says_both(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    return {name for name, *_ in connection.sql(f"describe {relation}").fetchall()} >= {FROM, TO}


def _lag(connection: duckdb.DuckDBPyConnection, relation: str, which: str) -> ArrivalLag | None:
    ((median, most, count),) = connection.sql(
        f"with lags as (select epoch({TO}) - epoch({FROM}) as seconds from {relation} "
        f"where {which} and {TO} is not null and {FROM} is not null) "
        "select quantile_cont(seconds, 0.5), quantile_cont(seconds, 0.95), count(*) from lags"
    ).fetchall()
    return ArrivalLag(round(median, 3), round(most, 3), count) if count else None
