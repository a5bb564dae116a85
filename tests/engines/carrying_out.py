"""What an engine built, in a DuckDB: as a build brings it back."""

from collections.abc import Collection, Mapping

import duckdb

from dagster_project.engines.carrying import given_out, take_back
from dagster_project.engines.engine import Engine


def carry_out(
    engine: Engine,
    connection: duckdb.DuckDBPyConnection,
    tables: Collection[str],
    types: Mapping[str, Mapping[str, str]],
) -> None:
    """Put tables of the engine in the place of those of the same names; `types` by table and column."""
    with given_out(engine, tables) as files:
        take_back(connection, files, types)
