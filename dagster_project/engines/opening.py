"""The engine that PQL_TARGET names, open for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster_project.engines.engine import Engine
from dagster_project.resources.dbt import hand_settings_to_dbt
from dagster_project.settings import Settings


@contextmanager
def opened_engine(settings: Settings) -> Iterator[Engine | None]:
    """The engine that builds the models, or None where that is DuckDB itself.

    Raises:
        EngineUnusable: It cannot be opened.
    """
    hand_settings_to_dbt()
    engine = _open(settings)
    try:
        yield engine
    finally:
        if engine is not None:
            engine.close()


def _open(settings: Settings) -> Engine | None:
    # What it needs is an extra, and takes a second to import.
    match settings.target:
        case "spark":
            from dagster_project.engines.spark import SparkEngine

            return SparkEngine(settings)
        case "spark_thrift":
            from dagster_project.engines.spark_thrift import ThriftEngine

            return ThriftEngine(settings)
        case "postgres":
            from dagster_project.engines.postgres import PostgresEngine

            return PostgresEngine(settings)
        case _:
            return None
