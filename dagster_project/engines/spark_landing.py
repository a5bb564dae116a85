"""Landing files as Spark reads them: a task a file, in a folder that all its machines see or wherever Hadoop reads."""

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.engines.engine import LOAD
from dagster_project.engines.spark import SparkPlace
from dagster_project.engines.spark_carrying import INCOMING
from dagster_project.engines.spark_rows import (
    hand_package_to,
    judgements_in,
    lag_of,
    leaving_out,
    lying_here,
    with_part,
    write_parts,
)
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
from dagster_project.landing.one_file import Asked, Judgement, LeaveOut, judge_file
from dagster_project.landing.sources import CONTRACTS
from dagster_project.privacy.suppression import Suppressed

if TYPE_CHECKING:
    pass

# Whether a file that looks like this was loaded before.
IsKnown = Callable[[LandingFile, tuple], bool]


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


def _hashed(found: tuple[int, LandingFile, bytes | None]) -> tuple[int, str | None]:
    place, file, content = found
    if content is not None:
        return place, hashlib.sha256(content).hexdigest()
    try:
        return place, content_hash(file.path)
    except OSError:
        return place, None
