"""Landing files → raw tables: each file once by its content, each line either a row or in quarantine."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import duckdb

from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.contract import Contract
from dagster_project.landing.files import LandingFile, content_hash, format_of, list_landing, sighting_of
from dagster_project.landing.judging import forget_judged, take_rows
from dagster_project.landing.lines_at_once import coming_lines, take_lines
from dagster_project.landing.readers import read_chunks
from dagster_project.landing.sources import CONTRACTS
from dagster_project.landing.tables import in_one_transaction, next_write_id


@dataclass(frozen=True)
class FileReport:
    """What became of one file. `reasons` counts its quarantined lines by reason code."""

    name: str
    kind: str
    state: Literal["loaded", "refused", "known"]
    loaded_count: int = 0
    quarantined_count: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    detail: str | None = None
    load_id: int | None = None

    @property
    def quarantined_pct(self) -> float:
        """How many of 100 rows of the file went to quarantine."""
        return 100 * self.quarantined_count / max(self.loaded_count + self.quarantined_count, 1)


@dataclass(frozen=True)
class LoadReport:
    """What one visit to the landing folder of a source brought, or to its tables in the warehouse."""

    source: str
    files: list[FileReport]
    is_of_tables: bool = False

    @property
    def loaded(self) -> list[FileReport]:
        return [file for file in self.files if file.state == "loaded"]

    @property
    def refused(self) -> list[FileReport]:
        return [file for file in self.files if file.state == "refused"]

    @property
    def load_ids(self) -> list[int]:
        return [file.load_id for file in self.loaded if file.load_id is not None]

    @property
    def worst(self) -> FileReport | None:
        """The file that was loaded with the largest share of bad lines."""
        return max(self.loaded, key=lambda file: file.quarantined_pct, default=None)

    @property
    def loaded_count(self) -> int:
        return sum(file.loaded_count for file in self.files)

    @property
    def quarantined_count(self) -> int:
        return sum(file.quarantined_count for file in self.files)

    @property
    def reasons(self) -> dict[str, int]:
        """Lines that went to quarantine, by reason code."""
        total: Counter[str] = Counter()
        for file in self.files:
            total.update(file.reasons)
        return dict(sorted(total.items()))


def load_source(
    connection: duckdb.DuckDBPyConnection, landing_dir: Path, source: str, kinds: Sequence[str] | None = None
) -> LoadReport:
    """Load what is new in `<landing_dir>/<source>/`, file by file in name order, one transaction a file.

    Args:
        kinds: Only files of these kinds; all by default.

    A file that cannot be taken is refused whole, stays where it is, and does not hold back the others. It is
    looked at again when its content changes. A name that says no kind is told with the events, so that a visit for each
    kind tells it once.
    """
    listing = list_landing(landing_dir, source)
    reports = [_load_file(connection, file) for file in listing.files if kinds is None or file.kind in kinds]
    if kinds is None or "events" in kinds:
        reports.extend(FileReport(name, "unknown", "refused", detail=why) for name, why in listing.unusable)
    return LoadReport(source, reports)


class FileInMotion(Exception):
    """The file was not the same after it was read as before."""


def _load_file(connection: duckdb.DuckDBPyConnection, file: LandingFile) -> FileReport:
    try:
        sighting = sighting_of(file)
        seen_hash = known_hash(connection, sighting)
        file_hash = seen_hash or content_hash(file.path)
        report = earlier_outcome(connection, file, file_hash) or _take(connection, file, file_hash, sighting)
    except OSError as error:
        return unreadable(file, error.strerror)
    except FileInMotion:
        return in_motion(file)
    if seen_hash is None:
        remember_sighting(connection, sighting, file_hash)
    return report


def unreadable(file: LandingFile, why: str | None) -> FileReport:
    return FileReport(file.name, file.kind, "refused", detail=f"cannot be read: {why}")


def in_motion(file: LandingFile) -> FileReport:
    detail = "it changed while it was read and is looked at again next time; write under another name, then rename"
    return FileReport(file.name, file.kind, "refused", detail=detail)


def remember_sighting(connection: duckdb.DuckDBPyConnection, sighting: tuple, file_hash: str) -> None:
    connection.execute("insert or replace into raw.landing_sightings values (?, ?, ?, ?, ?)", [*sighting, file_hash])


def known_hash(connection: duckdb.DuckDBPyConnection, sighting: tuple) -> str | None:
    """The hash of what a file held when it looked like this."""
    found = connection.sql(
        "select content_hash from raw.landing_sightings "
        "where source = ? and file_name = ? and size_bytes = ? and modified_ns = ?",
        params=sighting,
    ).fetchall()
    return found[0][0] if found else None


def earlier_outcome(connection: duckdb.DuckDBPyConnection, file: LandingFile, file_hash: str) -> FileReport | None:
    """What became of this content before, as this kind of file and in this format.

    The name says how content is read. So content that was refused under another name gets another chance, and so does
    content that was loaded as another kind or in another format.
    """
    known = connection.sql(
        "select file_name, state, reason from raw.landing_files "
        "where content_hash = ? and source = ? and kind = ? and (state = 'loaded' or file_name = ?) order by state",
        params=[file_hash, file.source, file.kind, file.path.name],
    ).fetchall()
    found = [outcome for outcome in known if format_of(outcome[0]) == file.format]
    if not found:
        return None
    first_name, state, reason = found[0]
    if state == "refused":
        return FileReport(file.name, file.kind, "refused", detail=reason)
    detail = None if first_name == file.path.name else f"the same content as {file.source}/{first_name}"
    return FileReport(file.name, file.kind, "known", detail=detail)


def _take(connection: duckdb.DuckDBPyConnection, file: LandingFile, file_hash: str, sighting: tuple) -> FileReport:
    """Read, judge and write, and record it, all in one transaction."""
    contract = CONTRACTS[file.source, file.kind]
    load_id = next_write_id(connection)
    origin = [file_hash, file.source, file.kind, file.path.name]
    try:
        with rows_of(connection, file, contract) as take, in_one_transaction(connection):
            reasons = take(origin, load_id)
            # What was read may be half a file, and not what was hashed: nothing may be remembered about it.
            if sighting_of(file) != sighting:
                raise FileInMotion
            report = record_loaded(connection, file, origin, reasons, load_id)
    except FileRefused as refusal:
        if sighting_of(file) != sighting:
            raise FileInMotion from None
        return record_refused(connection, file, origin, refusal, load_id)
    forget_judged(connection)
    return report


def record_loaded(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    origin: Sequence[str],
    reasons: Counter[str | None],
    load_id: int,
) -> FileReport:
    """Record a file as loaded, in the transaction of the caller; `reasons` as its rows were judged, None: good ones."""
    bad = Counter({reason: count for reason, count in reasons.items() if reason is not None})
    loaded = reasons[None]
    connection.execute(
        "insert into raw.landing_files values (?, ?, ?, ?, 'loaded', ?, ?, null, ?, ?)",
        [*origin, loaded, bad.total(), load_id, load_id],
    )
    return FileReport(file.name, file.kind, "loaded", loaded, bad.total(), dict(sorted(bad.items())), load_id=load_id)


def record_refused(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    origin: Sequence[str],
    refusal: FileRefused,
    load_id: int,
) -> FileReport:
    with in_one_transaction(connection):
        connection.execute(
            "insert into raw.landing_files values (?, ?, ?, ?, 'refused', 0, 0, ?, ?, ?)",
            [*origin, str(refusal), load_id, load_id],
        )
        connection.execute(
            "insert into raw.quarantine values (?, ?, ?, ?, null, ?, ?, ?, null)",
            [*origin, refusal.reason, refusal.detail, load_id],
        )
    return FileReport(file.name, file.kind, "refused", detail=str(refusal))


@contextmanager
def rows_of(connection: duckdb.DuckDBPyConnection, file: LandingFile, contract: Contract) -> Iterator[Callable]:
    """What takes the rows of a file, given their origin and load id, and returns how many had which reason."""
    # Closed last: nothing can be given back in a transaction that has failed.
    if file.format == "jsonl" and not contract.holds_calls:
        with coming_lines(connection) as stream:
            yield partial(take_lines, connection, file, contract, stream)
    else:
        with closing(read_chunks(connection, file, contract)) as chunks:
            yield partial(take_rows, connection, file, contract, chunks)
