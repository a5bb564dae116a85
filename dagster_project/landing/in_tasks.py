"""New landing files judged by tasks of another engine, many at once. Which file is new, and what became of each, is
known and recorded here as of any other load; good rows stay with the engine, and what is recorded of a load says so.

Rows lie with the engine before their load is recorded, and none of a load that is not recorded are ever read: they are
deleted before the next build (`carry_in`).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb

from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.contract import RawTable
from dagster_project.landing.files import LandingFile, Listing
from dagster_project.landing.loading import (
    FileReport,
    LoadReport,
    earlier_outcome,
    in_motion,
    known_hash,
    record_loaded,
    record_refused,
    remember_sighting,
    unreadable,
)
from dagster_project.landing.one_file import QUARANTINED, Asked, Judgement
from dagster_project.landing.sources import kinds_in
from dagster_project.landing.tables import in_one_transaction, next_write_id
from dagster_project.sql_quoting import literal

# So many files are one job of the engine.
MOST_FILES = 500


class FileTasks(Protocol):
    """The landing folder as the engine sees it, and the engine's tasks on files in it."""

    engine: str

    def listing(self, source: str) -> Listing:
        """What lies in the folder of a source."""

    def sighting(self, file: LandingFile) -> tuple[str, str, int, int]:
        """As `sighting_of`. Raises OSError where the file is gone."""

    def hashes(self, files: Sequence[LandingFile]) -> list[str | None]:
        """SHA-256 of the bytes of each; None where one cannot be read."""

    def judged(self, asked: Sequence[Asked]) -> AbstractContextManager[Mapping[int, tuple[Judgement, list[Path]]]]:
        """By load id what each file holds, and Parquet files of what goes to quarantine, there until the block ends.

        Good rows lie with the engine afterwards, of each load whole, and in the place of any that an earlier attempt
        left there."""


@dataclass(frozen=True)
class _Seen:
    file: LandingFile
    sighting: tuple[str, str, int, int]
    file_hash: str

    @property
    def content(self) -> tuple[str, str, str]:
        return self.file_hash, self.file.kind, self.file.format


def load_in_tasks(
    connection: duckdb.DuckDBPyConnection, tasks: FileTasks, source: str, kinds: Sequence[str]
) -> tuple[LoadReport, dict[str, int]]:
    """Load what is new, as `load_source` does; and how many rows of erased people were left out, by table."""
    listing = tasks.listing(source)
    files = [file for file in listing.files if file.kind in kinds]
    reports: dict[str, FileReport] = {}
    returned: Counter[str] = Counter()
    waiting = list(_seen(connection, tasks, files, reports))
    while waiting:
        batch = _next_batch(connection, waiting, reports)
        if batch:
            returned.update(_take(connection, tasks, batch, reports))
    found = [reports[file.name] for file in files]
    if "events" in kinds:
        found += [FileReport(name, "unknown", "refused", detail=why) for name, why in listing.unusable]
    return LoadReport(source, found), dict(returned)


def loads_elsewhere(connection: duckdb.DuckDBPyConnection, table: RawTable) -> dict[int, int]:
    """How many rows of a raw table another engine has, by load."""
    source, kinds = kinds_in(table)
    rows = connection.sql(
        "select elsewhere.load_id, elsewhere.row_count from raw.loads_elsewhere as elsewhere "
        "join raw.landing_files as files on files.load_id = elsewhere.load_id and files.state = 'loaded' "
        "where files.source = ? and files.kind in (select unnest(?)) order by elsewhere.load_id",
        params=[source, list(kinds)],
    ).fetchall()
    return dict(rows)


class FileElsewhere(NamedTuple):
    """A landing file whose rows another engine has; its name is one such as `product/events_1.jsonl`."""

    load_id: int
    name: str
    content_hash: str
    source: str
    kind: str


def files_elsewhere(connection: duckdb.DuckDBPyConnection, loads: Collection[int] | None = None) -> list[FileElsewhere]:
    """Of these loads or of all, in the order in which they were loaded."""
    rows = connection.sql(
        "select files.load_id, files.source || '/' || files.file_name, files.content_hash, files.source, files.kind "
        "from raw.landing_files as files "
        "join raw.loads_elsewhere as elsewhere on elsewhere.load_id = files.load_id order by 1"
    ).fetchall()
    return [FileElsewhere(*row) for row in rows if loads is None or row[0] in loads]


def remember_domains(connection: duckdb.DuckDBPyConnection, domains: Collection[str]) -> None:
    """Domains of addresses in rows that another engine has."""
    connection.execute(
        "insert or ignore into raw.domains_elsewhere select unnest(cast(? as varchar[]))", [list(domains)]
    )


def _seen(
    connection: duckdb.DuckDBPyConnection,
    tasks: FileTasks,
    files: Sequence[LandingFile],
    reports: dict[str, FileReport],
) -> Iterator[_Seen]:
    """Each file with the hash of what it holds; of one that cannot be read, a report."""
    sightings = {}
    for file in files:
        try:
            sightings[file.name] = tasks.sighting(file)
        except OSError as error:
            reports[file.name] = unreadable(file, error.strerror)
    hashes = {name: known_hash(connection, sighting) for name, sighting in sightings.items()}
    unknown = [file for file in files if file.name in hashes and hashes[file.name] is None]
    hashes |= {file.name: found for file, found in zip(unknown, tasks.hashes(unknown), strict=True)}
    for file in files:
        file_hash = hashes.get(file.name)
        if file_hash is not None:
            yield _Seen(file, sightings[file.name], file_hash)
        elif file.name not in reports:
            reports[file.name] = unreadable(file, "it is gone, or may not be read")


def _next_batch(
    connection: duckdb.DuckDBPyConnection, waiting: list[_Seen], reports: dict[str, FileReport]
) -> list[tuple[_Seen, Asked]]:
    """Take files from those waiting, in their order: known ones are told, new ones are to be judged.

    Of two with the same content, what becomes of the first decides over the second, which waits for the next batch.
    """
    batch: list[tuple[_Seen, Asked]] = []
    contents: set[tuple] = set()
    first_id = next_write_id(connection)
    while waiting and len(batch) < MOST_FILES and waiting[0].content not in contents:
        seen = waiting.pop(0)
        file = seen.file
        report = earlier_outcome(connection, file, seen.file_hash)
        if report is not None:
            reports[file.name] = report
            remember_sighting(connection, seen.sighting, seen.file_hash)
            continue
        contents.add(seen.content)
        origin = (seen.file_hash, file.source, file.kind, file.path.name)
        batch.append((seen, Asked(file, origin, first_id + len(batch))))
    return batch


def _take(
    connection: duckdb.DuckDBPyConnection,
    tasks: FileTasks,
    batch: Sequence[tuple[_Seen, Asked]],
    reports: dict[str, FileReport],
) -> Counter[str]:
    """Judge files and record what became of each; how many rows of erased people were left out."""
    returned: Counter[str] = Counter()
    with tasks.judged([asked for _, asked in batch]) as judged:
        for seen, asked in batch:
            judgement, quarantined = judged[asked.load_id]
            reports[asked.file.name] = _record(connection, tasks, seen, asked, judgement, quarantined)
            returned.update(judgement.returned or {})
    return returned


def _record(
    connection: duckdb.DuckDBPyConnection,
    tasks: FileTasks,
    seen: _Seen,
    asked: Asked,
    judgement: Judgement,
    quarantined: Sequence[Path],
) -> FileReport:
    file, origin, load_id = asked.file, list(asked.origin), asked.load_id
    if judgement.unreadable is not None:
        return unreadable(file, judgement.unreadable)
    try:
        is_as_seen = tasks.sighting(file) == seen.sighting
    except OSError:
        is_as_seen = False
    if not is_as_seen:
        return in_motion(file)
    if judgement.refused is not None:
        report = record_refused(connection, file, origin, FileRefused(*judgement.refused), load_id)
    else:
        with in_one_transaction(connection):
            report = record_loaded(connection, file, origin, Counter(dict(judgement.reasons)), load_id)
            row_count = report.loaded_count - sum((judgement.returned or {}).values())
            connection.execute("insert into raw.loads_elsewhere values (?, ?, ?)", [load_id, tasks.engine, row_count])
            remember_domains(connection, judgement.domains)
            if quarantined:
                connection.execute(
                    f"insert into raw.quarantine (content_hash, source, kind, file_name, {QUARANTINED}, load_id) "
                    "select ?, ?, ?, ?, told_line, told_reason, told_text, told_call, ? "
                    f"from read_parquet([{', '.join(map(literal, quarantined))}]) where told_reason is not null",
                    [*origin, load_id],
                )
    remember_sighting(connection, seen.sighting, seen.file_hash)
    return report
