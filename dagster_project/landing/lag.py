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


def arrival_lag(connection: duckdb.DuckDBPyConnection, table: RawTable, load_ids: Sequence[int]) -> ArrivalLag | None:
    """The lag of what these loads brought; None where the table holds no events, or no row says both instants."""
    columns = {name for name, *_ in connection.sql(f"describe {table.in_schema}").fetchall()}
    if not load_ids or not {FROM, TO} <= columns:
        return None
    ((median, most, count),) = connection.sql(
        f"with lags as (select epoch({TO}) - epoch({FROM}) as seconds from {table.in_schema} "
        f"where load_id in (select unnest($load_ids)) and {TO} is not null and {FROM} is not null) "
        "select quantile_cont(seconds, 0.5), quantile_cont(seconds, 0.95), count(*) from lags",
        params={"load_ids": list(load_ids)},
    ).fetchall()
    return ArrivalLag(round(median, 3), round(most, 3), count) if count else None
