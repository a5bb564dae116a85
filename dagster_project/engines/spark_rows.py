"""Rows that tasks of Spark judge, by the code of this project: how they come to a task, and what becomes of them."""

import atexit
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from dagster_project.engines.engine import LOAD
from dagster_project.landing.contract import RawTable
from dagster_project.landing.files import LandingFile
from dagster_project.landing.lag import FROM, TO, ArrivalLag
from dagster_project.landing.one_file import TOLD, Judgement, LeaveOut, raw_columns
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.returning import drop_returned
from dagster_project.privacy.suppression import Suppressed
from dagster_project.settings import PROJECT_DIR
from dagster_project.sql_quoting import literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SUMMARY = "told_summary"
PACKAGE = PROJECT_DIR / "dagster_project"


def lag_of(rows: "DataFrame") -> ArrivalLag | None:
    """The lag of rows that say both instants; None where none does."""
    seconds = f"(unix_micros({TO}) - unix_micros({FROM})) / 1e6"
    ((median, most, count),) = (
        rows.where(f"{TO} is not null and {FROM} is not null")
        .selectExpr(f"percentile({seconds}, 0.5)", f"percentile({seconds}, 0.95)", "count(*)")
        .collect()
    )
    return ArrivalLag(round(median, 3), round(most, 3), count) if count else None


def leaving_out(suppressed: Suppressed) -> LeaveOut:
    """What a task does about rows of erased people; of others it need not know."""
    return partial(drop_returned, suppressed=Suppressed(erased=suppressed.erased, salt=suppressed.salt))


def with_part(rows: Iterator[tuple], table: RawTable) -> Iterator[tuple]:
    """Rows of `judged_rows` as `write_parts` takes them: whether they are good comes first, and then their load."""
    place = load_place(table)
    for row in rows:
        yield ("told" if row[place] is None else "rows", row[place], *row[:place], *row[place + 1 :])


def write_parts(session: "SparkSession", rows: Any, table: RawTable, folder: str, *by: str) -> None:
    """Write rows of `with_part` as Parquet, `part=rows` and `part=told`, and within them by other columns."""
    types = _types_of(table)
    named = {name: type_name for name, type_name in types.items() if name != LOAD}
    declared = {name: "string" if type_name == "VARCHAR" else "bigint" for name, type_name in named.items()}
    schema = {"part": "string", LOAD: "bigint", **declared, **TOLD}
    columns = [f"timestamp_micros({name}) as {name}" if named.get(name) == "TIMESTAMP" else name for name in schema]
    text = ", ".join(f"{name} {type_name}" for name, type_name in schema.items())
    frame = session.createDataFrame(rows, text, verifySchema=False).selectExpr(*columns)
    # Two folders a task: nothing has to be sorted first.
    session.conf.set("spark.sql.maxConcurrentOutputFileWriters", 4)
    frame.write.partitionBy("part", *by).parquet(folder)


@cache
def _types_of(table: RawTable) -> dict[str, str]:
    with duckdb.connect() as connection:
        create_raw_tables(connection)
        return dict(raw_columns(connection, table))


def load_place(table: RawTable) -> int:
    return list(_types_of(table)).index(LOAD)


@contextmanager
def lying_here(file: LandingFile, content: bytes | None) -> Iterator[LandingFile]:
    """The file on the machine of the task, under its own name."""
    if content is None:
        yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.path.name
        path.write_bytes(content)
        yield replace(file, path=path)


def judgements_in(files: Sequence[Path]) -> list[Judgement]:
    if not files:
        return []
    with duckdb.connect() as connection:
        texts = connection.sql(
            f"select {SUMMARY} from read_parquet([{', '.join(map(literal, files))}]) where {SUMMARY} is not null"
        ).fetchall()
    return [Judgement(**json.loads(text)) for (text,) in texts]


def hand_package_to(context: Any) -> None:
    """Tasks on other machines run the code of this project; what it needs must be installed there."""
    # Spark reads it from there whenever it starts a worker.
    folder = tempfile.mkdtemp(prefix="pql-package-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    package = Path(folder) / "dagster_project.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for path in sorted(PACKAGE.rglob("*.py")):
            archive.write(path, path.relative_to(PROJECT_DIR))
    before = list(sys.path)
    context.addPyFile(str(package))
    # This process has the code already; and its copy there goes with the session, while others look through the path.
    sys.path[:] = before
