"""What an engine that builds the models in place of DuckDB can do. Tables are named as in `raw.product_users`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from dagster_project.landing.tables import VIEWS
from dagster_project.publish.snapshot import PUBLISHED_SCHEMAS

RAW = "raw"
# The column by which rows of events are told apart that came at once.
LOAD = "load_id"
# What models make that only other models read.
OWN_SCHEMAS = ("intermediate", "staging")
# All that are carried to or built there; whatever else lies in an engine is somebody else's.
OUR_SCHEMAS = (RAW, VIEWS, *OWN_SCHEMAS, *PUBLISHED_SCHEMAS)


class EngineUnusable(Exception):
    """The engine of PQL_TARGET cannot be used; the message says why and what to do."""


class Engine(Protocol):
    """An engine that is open. `columns` are DuckDB's types by name, in the order of the table; of timestamps in a file
    that is carried in, the type is TIMESTAMP WITH TIME ZONE, and what they say is UTC.

    A fingerprint stands for what a table holds; the engine keeps it with the table, so that both are lost together.
    """

    # Whether it looks for tables of `in_warehouse` itself; else they are in DuckDB, and carried in.
    has_own_sources: bool

    def tables(self, schema: str) -> set[str]:
        """The names, without the schema, of the tables and views that are there."""

    def carried(self, schema: str) -> Mapping[str, str]:
        """The fingerprint of each table of a schema that was carried in, by its name without the schema."""

    def take_in(self, table: str, columns: Mapping[str, str], file: Path, fingerprint: str) -> None:
        """Make the table anew from a Parquet file."""

    def carried_loads(self, table: str) -> Mapping[int, str]:
        """The fingerprint of what was carried in of each load; nothing where the table is not there."""

    def take_in_loads(
        self,
        table: str,
        columns: Mapping[str, str],
        files: Mapping[int, tuple[Path, str] | None],
        loads: Collection[int],
    ) -> set[int]:
        """Put Parquet files, each with its fingerprint, in the place of what was carried in of these loads (None: of it
        nothing is left), and leave no load in the table that is not among `loads`. A missing table is made.

        Returns:
            Those of `loads` of which there is nothing."""

    def give_out(self, table: str, folder: Path) -> list[Path]:
        """Write the table as Parquet files into a folder that is empty."""

    def forget(self) -> None:
        """Everything that was carried in, that the engine read itself or that was built is gone, and nothing else."""

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query by column. Thread: dbt's ask while a build goes on, several at once."""

    def close(self) -> None:
        """Nothing of it is left in this process."""
