"""Landing files as Spark reads them: a task a file, in a folder that all its machines see or wherever Hadoop reads."""

import atexit
import hashlib
import json
import os
import shutil
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from dagster_project.engines.engine import LOAD
from dagster_project.engines.spark import SparkPlace
from dagster_project.engines.spark_carrying import INCOMING
from dagster_project.landing.contract import RawTable
from dagster_project.landing.files import (
    LandingFile,
    Listing,
    content_hash,
    is_for_us,
    list_landing,
    listing_of,
    sighting_of,
)
from dagster_project.landing.lag import FROM, TO, ArrivalLag
from dagster_project.landing.one_file import TOLD, Asked, Judgement, LeaveOut, judge_file, raw_columns
from dagster_project.landing.sources import CONTRACTS
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.returning import drop_returned
from dagster_project.privacy.suppression import Suppressed
from dagster_project.settings import PROJECT_DIR
from dagster_project.sql_quoting import literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Whether a file that looks like this was loaded before.
IsKnown = Callable[[LandingFile, tuple], bool]
SUMMARY = "told_summary"
PACKAGE = PROJECT_DIR / "dagster_project"


class SparkTasks:
    """Tasks of Spark on the files of a landing folder.

    Args:
        open_place: Opens the session, when there is something to do.
        landing: A folder that all machines of Spark see under this path, or a URL such as `s3a://bucket/landing`.
        suppressed: Whose rows are left out.
    """

    engine = "spark"

    def __init__(self, open_place: Callable[[], SparkPlace], landing: Path | str, suppressed: Suppressed):
        self._open_place = open_place
        self.landing = landing
        self.leave_out = leaving_out(suppressed)
        self._statuses: dict[str, Any] = {}

    @cached_property
    def place(self) -> SparkPlace:
        place = self._open_place()
        with place.telling():
            hand_package_to(place.session.sparkContext)
        return place

    def listing(self, source: str) -> Listing:
        if isinstance(self.landing, Path):
            return list_landing(self.landing, source)
        with self.place.telling():
            statuses = self.place.files.statuses(f"{self.landing.rstrip('/')}/{source}")
            entries = [(Path(status.getPath().getName()), status) for status in statuses]
            self._statuses |= {f"{source}/{path.name}": status for path, status in entries}
            found = [(path, "a folder" if status.isDirectory() else None) for path, status in entries]
        return listing_of(source, [(path, what_else) for path, what_else in found if is_for_us(path.name)])

    def sighting(self, file: LandingFile) -> tuple[str, str, int, int]:
        if isinstance(self.landing, Path):
            return sighting_of(file)
        with self.place.telling():
            status = self.place.files.status(self._url(file))
            return file.source, file.path.name, status.getLen(), status.getModificationTime() * 1_000_000

    def hashes(self, files: Sequence[LandingFile]) -> list[str | None]:
        if not files:
            return []
        with self.place.telling():
            found = dict(self._on(files).map(_hashed).collect())
        return [found[place] for place in range(len(files))]

    @contextmanager
    def judged(self, asked: Sequence[Asked]) -> Iterator[Mapping[int, tuple[Judgement, list[Path]]]]:
        table = CONTRACTS[asked[0].file.source, asked[0].file.kind].table
        incoming = f"{self.place.folder}/{INCOMING}/{uuid.uuid4().hex}"
        told = {}
        with tempfile.TemporaryDirectory() as folder:
            with self.place.telling():
                self._write(asked, table, incoming)
                good = self.place.files.names(f"{incoming}/part=rows")
                for load_id in (one.load_id for one in asked):
                    name = f"{LOAD}={load_id}"
                    lying = f"{self.place.folder_of(table.in_schema)}/{name}"
                    # Also where there is no good row: an earlier attempt may have left some.
                    self.place.files.remove(lying)
                    if name in good:
                        self.place.files.move(f"{incoming}/part=rows/{name}", lying)
                    told[load_id] = self.place.fetched(f"{incoming}/part=told/{name}", Path(folder), f"{load_id}-")
                self.place.files.remove(incoming)
            yield {load_id: (judgements_in(files)[0], files) for load_id, files in told.items()}

    @contextmanager
    def fetched(self, source: str, kinds: Sequence[str], is_known: IsKnown) -> Iterator[Path]:
        """A landing folder on this machine, while the block lasts, with the files of these kinds that are not known."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / source).mkdir()
            for file in self.listing(source).files:
                sighting = self.sighting(file)
                if file.kind in kinds and not is_known(file, sighting):
                    here = Path(folder) / source / file.path.name
                    with self.place.telling():
                        self.place.files.get(self._url(file), here)
                    # Its own, so that it is known when it is seen again.
                    os.utime(here, ns=(sighting[3], sighting[3]))
            yield Path(folder)

    def lag(self, table: RawTable, load_ids: Sequence[int]) -> ArrivalLag | None:
        """As `arrival_lag`."""
        if not load_ids:
            return None
        folder = self.place.folder_of(table.in_schema)
        with self.place.telling():
            lying = self.place.files.names(folder)
            paths = [f"{folder}/{LOAD}={load_id}" for load_id in load_ids if f"{LOAD}={load_id}" in lying]
            if not paths:
                return None
            rows = self.place.session.read.parquet(*paths)
            if not {FROM, TO} <= set(rows.columns):
                return None
            return lag_of(rows)

    def _write(self, asked: Sequence[Asked], table: RawTable, incoming: str) -> None:
        """Judge every file and write its rows, and what is told of it, in a folder each."""
        judge = _Judge(list(asked), self.leave_out)
        rows = self._on([one.file for one in asked]).flatMap(judge)
        write_parts(self.place.session, rows, table, incoming, LOAD)

    def _on(self, files: Sequence[LandingFile]) -> Any:
        """An RDD of the place of each file, the file, and what it holds where the task cannot open it itself."""
        context = self.place.session.sparkContext
        if isinstance(self.landing, Path):
            return context.parallelize([(place, file, None) for place, file in enumerate(files)], len(files))
        places = {self._url(file): (place, file) for place, file in enumerate(files)}
        contents = context.binaryFiles(",".join(places), len(files))
        return contents.map(lambda found: (*places[found[0]], found[1]))

    def _url(self, file: LandingFile) -> str:
        return self._statuses[file.name].getPath().toString()


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


class _Judge:
    """Judges one file after the other in a task."""

    def __init__(self, asked: list[Asked], leave_out: LeaveOut):
        self.asked = asked
        self.leave_out = leave_out

    def __call__(self, found: tuple[int, LandingFile, bytes | None]) -> Iterator[tuple]:
        place, file, content = found
        with lying_here(file, content) as here:
            asked = replace(self.asked[place], file=here)
            for part, _, *row in with_part(judge_file(asked, self.leave_out), CONTRACTS[file.source, file.kind].table):
                yield (part, asked.load_id, *row)


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


def _hashed(found: tuple[int, LandingFile, bytes | None]) -> tuple[int, str | None]:
    place, file, content = found
    if content is not None:
        return place, hashlib.sha256(content).hexdigest()
    try:
        return place, content_hash(file.path)
    except OSError:
        return place, None


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
