"""A build of the models by another engine, as everything around it sees one by DuckDB."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import duckdb

from dagster_project.engines.carrying import carry_in, given_out, take_back
from dagster_project.engines.engine import OWN_SCHEMAS, Engine
from dagster_project.publish.snapshot import PUBLISHED_SCHEMAS
from dagster_project.resources.dbt import BuildFailed, Look, Query


def forget_own_models(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what DuckDB itself built before another engine took over: it would be taken for what holds now, by an
    erasure as by DuckDB when it takes over again. The history of scores goes on from what is kept beside the state."""
    for schema in OWN_SCHEMAS:
        connection.execute(f"drop schema if exists {schema} cascade")


@contextmanager
def built_by(
    engine: Engine,
    writing: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
    look: Look,
    names: Mapping[str, str],
    types: Mapping[str, Mapping[str, str]],
) -> Iterator[Look]:
    """Carry raw tables in, let the block build, and carry out those marts and rule files that it made; also when the
    build failed, for DuckDB too keeps what it could build. The block builds with the look that it is given.

    Args:
        writing: Opens the warehouse, which is closed while the engine works.
        look: What is told of a table that was made.
        names: `schema.table` by dbt's unique id.
        types: DuckDB's type of each column of what is carried out, by table.
    Raises:
        EngineUnusable: The engine is gone. What it had made is there when it is back.
    """
    with writing() as connection:
        carry_in(connection, engine)
    made: list[str] = []

    def look_and_remember(unique_id: str, query: Query) -> Mapping[str, Any]:
        made.append(names[unique_id])
        return look(unique_id, query)

    try:
        yield look_and_remember
    except BuildFailed:
        # One that is gone says it better than every model for itself.
        engine.query("select 1")
        _carry_out(engine, writing, made, types)
        raise
    _carry_out(engine, writing, made, types)


def _carry_out(
    engine: Engine,
    writing: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
    made: list[str],
    types: Mapping[str, Mapping[str, str]],
) -> None:
    published = [table for table in made if table.partition(".")[0] in PUBLISHED_SCHEMAS]
    with given_out(engine, published) as files, writing() as connection:
        take_back(connection, files, types)
