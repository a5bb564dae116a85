"""Landing files → raw tables: each file once by its content, each line either a row or in quarantine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb

from dagster_project.landing.contract import Column, Contract
from dagster_project.landing.files import LandingFile, content_hash, list_landing
from dagster_project.landing.finding import filled
from dagster_project.landing.readers import ROWS, FileRefused, read_rows
from dagster_project.landing.sources import CONTRACTS

JUDGED = "landing_judged"
# The database also knows 'epoch', years before Christ and years of six digits, which no product logs.
ISO_8601 = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9][^(]*)?"


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


@dataclass(frozen=True)
class LoadReport:
    """What one visit to the landing folder of a source brought."""

    source: str
    files: list[FileReport]

    @property
    def loaded(self) -> list[FileReport]:
        return [file for file in self.files if file.state == "loaded"]

    @property
    def refused(self) -> list[FileReport]:
        return [file for file in self.files if file.state == "refused"]

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
        sighting = _sighting(file)
        known_hash = _known_hash(connection, sighting)
        file_hash = known_hash or content_hash(file.path)
        report = _earlier_outcome(connection, file, file_hash) or _take(connection, file, file_hash, sighting)
    except OSError as error:
        return FileReport(file.name, file.kind, "refused", detail=f"cannot be read: {error.strerror}")
    except FileInMotion:
        detail = "it changed while it was read and is looked at again next time; write under another name, then rename"
        return FileReport(file.name, file.kind, "refused", detail=detail)
    if known_hash is None:
        connection.execute(
            "insert or replace into raw.landing_sightings values (?, ?, ?, ?, ?)", [*sighting, file_hash]
        )
    return report


def _sighting(file: LandingFile) -> tuple[str, str, int, int]:
    status = file.path.stat()
    return file.source, file.path.name, status.st_size, status.st_mtime_ns


def _known_hash(connection: duckdb.DuckDBPyConnection, sighting: tuple) -> str | None:
    found = connection.sql(
        "select content_hash from raw.landing_sightings "
        "where source = ? and file_name = ? and size_bytes = ? and modified_ns = ?",
        params=sighting,
    ).fetchall()
    return found[0][0] if found else None


def _earlier_outcome(connection: duckdb.DuckDBPyConnection, file: LandingFile, file_hash: str) -> FileReport | None:
    """What became of this content before, as this kind of file.

    The name says how content is read. So content that was refused under another name gets another chance, and so does
    content that was loaded as another kind.
    """
    found = connection.sql(
        "select file_name, state, reason from raw.landing_files "
        "where content_hash = ? and source = ? and kind = ? and (state = 'loaded' or file_name = ?) order by state",
        params=[file_hash, file.source, file.kind, file.path.name],
    ).fetchall()
    if not found:
        return None
    first_name, state, reason = found[0]
    if state == "refused":
        return FileReport(file.name, file.kind, "refused", detail=reason)
    detail = None if first_name == file.path.name else f"the same content as {file.source}/{first_name}"
    return FileReport(file.name, file.kind, "known", detail=detail)


def _take(connection: duckdb.DuckDBPyConnection, file: LandingFile, file_hash: str, sighting: tuple) -> FileReport:
    """Read and judge into temporary tables, then write rows, quarantine and record in one transaction."""
    contract = CONTRACTS[file.source, file.kind]
    ((load_id,),) = connection.sql("select coalesce(max(load_id), 0) + 1 from raw.landing_files").fetchall()
    origin = [file_hash, file.source, file.kind, file.path.name]
    refusal = None
    try:
        read_rows(connection, file, contract)
    except FileRefused as error:
        refusal = error
    # What was read may be half a file, and not what was hashed: nothing may be remembered about it.
    if _sighting(file) != sighting:
        raise FileInMotion
    if refusal is not None:
        with _transaction(connection):
            connection.execute(
                "insert into raw.landing_files values (?, ?, ?, ?, 'refused', 0, 0, ?, ?)",
                [*origin, str(refusal), load_id],
            )
            connection.execute(
                "insert into raw.quarantine values (?, ?, ?, ?, null, ?, ?, ?)",
                [*origin, refusal.reason, refusal.detail, load_id],
            )
        return FileReport(file.name, file.kind, "refused", detail=str(refusal))

    connection.execute(f"create or replace temp table {JUDGED} as {_judged(contract)}", {"file_name": file.path.name})
    counts = connection.sql(f"select reason, count(*) from {JUDGED} group by reason order by reason").fetchall()
    reasons = {reason: count for reason, count in counts if reason is not None}
    loaded = sum(count for reason, count in counts if reason is None)
    names = ", ".join(contract.raw_columns)
    with _transaction(connection):
        connection.execute(
            "insert into raw.quarantine select ?, ?, ?, ?, line_number, reason, raw_text, ? "
            f"from {JUDGED} where reason is not null order by line_number, position",
            [*origin, load_id],
        )
        connection.execute(
            f"insert into {contract.table.in_schema} ({names}, file_name, line_number, load_id) "
            f"select {names}, ?, line_number, ? from {JUDGED} where reason is null order by line_number, position",
            [file.path.name, load_id],
        )
        connection.execute(
            "insert into raw.landing_files values (?, ?, ?, ?, 'loaded', ?, ?, null, ?)",
            [*origin, loaded, sum(reasons.values()), load_id],
        )
    connection.execute(f"drop table {JUDGED}")
    connection.execute(f"drop table {ROWS}")
    return FileReport(file.name, file.kind, "loaded", loaded, sum(reasons.values()), reasons)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _judged(contract: Contract) -> str:
    """SQL: the rows as columns of the raw table with `reason`, the first thing wrong with each, null for good ones."""
    typed, reasons = [], ["when broken is not null then broken"]
    for column in contract.columns:
        value, is_wrong = _typed(column)
        typed.append(f"{value} as {column.table_column}")
        if is_wrong is not None:
            found = column.text_column if column.otherwise is None else column.table_column
            typed.append(f"{found} is not null and {is_wrong} as {column.name}_is_wrong")
            code = "unknown" if column.one_of else "unreadable"
            reasons.append(f"when {column.name}_is_wrong then '{column.name}_{code}'")
        if column.required or column.required_when:
            code = "unknown" if column.one_of else "missing"
            condition = "" if column.required else f"({column.required_when}) and "
            reasons.append(f"when {condition}{column.table_column} is null then '{column.name}_{code}'")
    texts = ", ".join(f"{filled(column.text_column)} as {column.text_column}" for column in contract.columns)
    raw_columns = ", ".join(f"{sql} as {name}" for name, sql in contract.raw_columns.items())
    return f"""
        with filled as (
            select line_number, call_number as position, raw_text, broken, $file_name as file_name, {texts} from {ROWS}
        ),
        typed as (
            select line_number, position, raw_text, broken, {", ".join(typed)} from filled
        )
        select line_number, position, raw_text, case {" ".join(reasons)} end as reason, {raw_columns}
        from typed
        order by line_number, position
    """


def _typed(column: Column) -> tuple[str, str | None]:
    """SQL: the value of a column, and when a text that is there is no such value."""
    text, is_wrong = column.text_column, None
    value = text
    if column.always is not None:
        value = f"'{column.always}'"
    elif column.one_of:
        value = f"case when lower({text}) in {(*column.one_of,)} then lower({text}) end"
        is_wrong = f"{value} is null"
    elif column.type == "word":
        found = text if column.otherwise is None else column.table_column
        is_wrong = f"left({found}, 1) in ('{{', '[') and json_valid({found})"
    elif column.type == "instant":
        # Epoch seconds and milliseconds are digits only; ISO 8601 without a zone is UTC (the session's zone).
        instant = (
            f"case when regexp_full_match({text}, '[0-9]{{10}}') "
            f"then make_timestamptz(cast({text} as bigint) * 1000000) "
            f"when regexp_full_match({text}, '[0-9]{{13}}') then make_timestamptz(cast({text} as bigint) * 1000) "
            f"when regexp_full_match({text}, '{ISO_8601}') then try_cast({text} as timestamptz) end"
        )
        value, is_wrong = f"timezone('UTC', {instant})", f"coalesce(not isfinite({instant}), true)"
    elif column.type == "milliseconds":
        # Of any length: a count that is no instant of our time still says which of two rows came later.
        value = (
            f"case when regexp_full_match({text}, '[0-9]{{1,14}}') then make_timestamp_ms(cast({text} as bigint)) end"
        )
        is_wrong = f"{value} is null"
    elif column.type == "json":
        value = f"case when {text} <> 'null' then {text} end"
        is_wrong = (
            f"coalesce((case when json_valid({text}) then json_type({text}) end) not in ('OBJECT', 'NULL'), true)"
        )
    elif column.type == "whole":
        number = f"try_cast({text} as decimal(38, 10))"
        value = f"try_cast({number} as bigint)"
        is_wrong = f"({value} is null or {number} <> floor({number}) or {number} < 0)"
    elif column.type == "number":
        value = f"try_cast({text} as decimal(38, 4))"
        is_wrong = f"{value} is null"
    if column.otherwise is not None:
        value = f"coalesce({value}, {filled(column.otherwise)})"
    return value, is_wrong
