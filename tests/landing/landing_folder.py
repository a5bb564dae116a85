"""A landing folder, a warehouse, and what became of what was dropped."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.landing.loading import FileReport, LoadReport, load_source
from dagster_project.landing.tables import create_raw_tables


@dataclass(frozen=True)
class Landing:
    """What lies in `folder` for a source is loaded into `connection`."""

    folder: Path
    connection: duckdb.DuckDBPyConnection
    source: str = "product"

    def of(self, source: str) -> "Landing":
        """The same landing folder and warehouse, for another source."""
        return replace(self, source=source)

    def drop(self, name: str, content: bytes) -> Path:
        path = self.folder / self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
        return path

    def drop_table(self, name: str, rows: dict[str, list]) -> Path:
        path = self.folder / self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows).write_parquet(path)
        return path

    def load(self) -> LoadReport:
        return load_source(self.connection, self.folder, self.source)

    def load_one(self) -> FileReport:
        (file,) = self.load().files
        return file

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.sql(sql).fetchall()

    def events(self, columns: str) -> list[tuple]:
        return self.rows(f"select {columns} from raw.product_events order by file_name, line_number")

    def quarantine(self) -> list[tuple]:
        """Line number, reason and raw text, file by file."""
        return self.rows("select line_number, reason, raw_text from raw.quarantine order by file_name, line_number")


def a_warehouse() -> duckdb.DuckDBPyConnection:
    """In memory, with empty raw tables and in UTC, as `open_warehouse` gives it."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    create_raw_tables(connection)
    return connection


def raw_contents(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, list[tuple]]:
    """Everything but the number of a file's last write, which says when it came in and not what it is."""
    left_out = {"landing_files": "exclude (write_id)"}
    return {
        table: connection.sql(f"select * {left_out.get(table, '')} from raw.{table} order by all").fetchall()
        for table in tables
    }
