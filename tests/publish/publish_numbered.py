"""Builds that can be told apart: in every mart of a build stands its number."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.publish.snapshot import MANIFEST, Snapshot, publish

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
MARTS = ("decide.actions", "decide.build_info", "report.unmapped_events", "score.contact_scores")


@contextmanager
def warehouse_of_build(number: int) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for schema in ("score", "decide", "report", "raw"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table decide.build_info as select $1::timestamp as as_of", [AS_OF.replace(tzinfo=None)]
        )
        for mart in MARTS:
            if mart != "decide.build_info":
                connection.execute(
                    f"create table {mart} as select $1::integer as build from range($1::integer)", [number]
                )
        yield connection


def publish_build(published_dir: Path, number: int) -> Snapshot:
    with warehouse_of_build(number) as connection:
        return publish(connection, published_dir)


def builds_in(snapshot: Snapshot) -> set[int]:
    """The numbers in all tables of a snapshot; one, if it is of one build."""
    with duckdb.connect() as connection:
        return {
            build
            for table in snapshot.row_counts
            if table != "decide.build_info"
            for (build,) in connection.read_parquet(str(snapshot.path(table))).select("build").fetchall()
        }


def is_complete(directory: Path) -> bool:
    return {file.name for file in directory.iterdir()} == {MANIFEST, *(f"{mart}.parquet" for mart in MARTS)}
