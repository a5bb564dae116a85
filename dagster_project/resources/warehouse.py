"""The DuckDB file, open only inside a `with` block: any open reader or writer locks other writers out."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb

from dagster_project.settings import read_settings

# A dbt build of the demo takes seconds, one of a hundred million events minutes; a person's query may take longer.
LOCK_PATIENCE_SECONDS = 120.0


class WarehouseBusy(Exception):
    """Another process kept the warehouse file open; the message names it."""


class WarehouseUnusable(Exception):
    """The warehouse file is not there to be read, or is none; the message says what to do."""


@contextmanager
def open_warehouse(
    path: Path,
    *,
    read_only: bool = False,
    patience_seconds: float = LOCK_PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in UTC.

    Raises:
        WarehouseBusy: The lock was not given up within `patience_seconds`.
        WarehouseUnusable: There is no file to read, or it is no DuckDB file.
    """
    connection = _connect(path, read_only, patience_seconds, sleep)
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _connect(
    path: Path, read_only: bool, patience_seconds: float, sleep: Callable[[float], None]
) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    waited, pause = 0.0, 0.05
    while True:
        try:
            return duckdb.connect(path, read_only=read_only)
        except duckdb.IOException as error:
            # The path stands in every message, and may have the word in it too.
            if "Could not set lock" not in str(error):
                raise WarehouseUnusable(_remedy(path, error)) from None
            if waited >= patience_seconds:
                raise WarehouseBusy(f"{path} is in use by another process: {error}. Close it and run again.") from None
        sleep(pause)
        waited += pause
        pause = min(pause * 2, 2.0)


def _remedy(path: Path, error: duckdb.Error) -> str:
    if not path.exists():
        return f"{path} is not there yet; run `make run`, which makes it."
    return (
        f"{path} cannot be opened as a DuckDB file: {error}. Move it away and run again: the warehouse is made anew "
        "from the landing files and the state."
    )


class Warehouse(dg.ConfigurableResource):
    """Opens the warehouse of `PQL_DATA_DIR`; nothing is open between two `with` blocks."""

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_warehouse(read_settings().warehouse_path) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_warehouse(read_settings().warehouse_path, read_only=True) as connection:
            yield connection
