"""What is done on DuckDB alone: it reads events in the warehouse, or builds in a copy of it."""

from dagster_project.settings import Settings


class OnlyOnDuckDB(Exception):
    """What was asked for is not done with another engine; the message says what to do in place of it."""


def require_duckdb(settings: Settings, what: str, instead: str) -> None:
    """Raises:
    OnlyOnDuckDB: PQL_TARGET names another engine.
    """
    if settings.target != "duckdb":
        raise OnlyOnDuckDB(f"{what} on DuckDB only, and PQL_TARGET is {settings.target}: {instead}")
