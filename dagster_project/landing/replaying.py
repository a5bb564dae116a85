"""What is in quarantine, judged again: what is good by now becomes rows, the rest stays."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing.chunks import Chunk, FileRefused
from dagster_project.landing.contract import Contract
from dagster_project.landing.files import LandingFile, content_hash, format_of, list_landing, sighting_of
from dagster_project.landing.json_lines import read_kept_lines
from dagster_project.landing.judging import JUDGED, count_judged, forget_judged, judge, take_rows, write_judged
from dagster_project.landing.readers import read_chunks
from dagster_project.landing.sources import CONTRACTS, SOURCES
from dagster_project.landing.tables import NO_FILE, in_one_transaction, next_write_id

REPLAYED = "landing_replayed"
OF_FILE = "content_hash = ? and source = ? and kind = ? and file_name = ?"


@dataclass(frozen=True)
class ReplayedFile:
    """What became of the quarantine of one file.

    Args:
        loaded_count: Rows that were made of it.
        bad_count: What was judged again and stays, because something is still wrong with it.
        kept_count: What stays because it cannot be judged again; `detail` says why.
    """

    name: str
    kind: str
    loaded_count: int
    bad_count: int
    kept_count: int
    detail: str | None = None


@dataclass(frozen=True)
class _Aside:
    """A file that has something in quarantine: the whole of it, or lines."""

    content_hash: str
    source: str
    kind: str
    file_name: str
    load_id: int
    is_whole_file: bool
    count: int

    @property
    def origin(self) -> list[str]:
        return [self.content_hash, self.source, self.kind, self.file_name]

    def outcome(self, loaded: int = 0, bad: int = 0, kept: int = 0, why: str | None = None) -> ReplayedFile:
        return ReplayedFile(f"{self.source}/{self.file_name}", self.kind, loaded, bad, kept, why)


class _CannotBeReplayed(Exception):
    """Why what is in quarantine cannot be judged again."""


def replay_quarantine(connection: duckdb.DuckDBPyConnection, landing_dir: Path) -> list[ReplayedFile]:
    """Judge again whatever is in quarantine, file by file in the order of their loads, one transaction a file.

    Read from the landing file while that lies there unchanged; else from the text that was kept, where that is all that
    is needed to read it: lines of JSON. Rows get the file name, line number and load id they would have had. Rows of
    tables in the warehouse are none of it: every run judges them again.
    """
    found = connection.sql(
        "select content_hash, source, kind, file_name, load_id, bool_or(line_number is null), count(*) "
        "from raw.quarantine where content_hash <> $no_file group by all order by load_id",
        params={"no_file": NO_FILE},
    ).fetchall()
    files = {file.name: file for source in SOURCES for file in list_landing(landing_dir, source).files}
    replayed = []
    for aside in (_Aside(*row) for row in found):
        try:
            replayed.append(_replay(connection, aside, files.get(f"{aside.source}/{aside.file_name}")))
        except _CannotBeReplayed as error:
            replayed.append(aside.outcome(kept=aside.count, why=str(error)))
        finally:
            forget_judged(connection)
            connection.execute(f"drop table if exists {REPLAYED}")
    return replayed


def _replay(connection: duckdb.DuckDBPyConnection, aside: _Aside, file: LandingFile | None) -> ReplayedFile:
    contract = CONTRACTS.get((aside.source, aside.kind))
    if contract is None:
        raise _CannotBeReplayed(f"no contract says any more what {aside.source}/{aside.kind}* holds")
    if aside.is_whole_file:
        return _take_whole_file(connection, aside, file, contract)
    why = None
    try:
        with _chunks_of_file(connection, aside, file, contract) as chunks:
            loaded, bad, kept = _take_lines(connection, aside, contract, chunks)
    except FileRefused as error:
        raise _CannotBeReplayed(str(error)) from None
    except _CannotBeReplayed as error:
        why = str(error)
        lines = _whole_lines(connection, aside, contract)
        if not lines:
            raise
        with closing(read_kept_lines(connection, lines, contract)) as chunks, in_one_transaction(connection):
            loaded, bad, kept = _take_lines(connection, aside, contract, chunks)
    return aside.outcome(loaded, bad, kept, (why or "the file holds no such line") if kept else None)


def _take_lines(
    connection: duckdb.DuckDBPyConnection, aside: _Aside, contract: Contract, chunks: Iterable[Chunk]
) -> tuple[int, int, int]:
    """Put in place of what is aside what is judged of it now, in the transaction of the caller.

    Returns:
        How many rows are good, how many are still bad, and how many that are aside the chunks do not hold.
    """
    reasons: Counter[str | None] = Counter()
    kept = aside.count
    for chunk in chunks:
        judge(connection, contract, aside.file_name, chunk, keep_texts=True)
        # A line that was put aside whole may hold several calls by now. What an earlier version put aside has no
        # number.
        connection.execute(
            f"create or replace temp table {REPLAYED} as "
            "select aside.rowid as aside_id, judged.rowid as judged_id "
            f"from (select rowid, * from raw.quarantine where {OF_FILE}) as aside "
            f"join {JUDGED} as judged on judged.line_number = aside.line_number and ("
            "aside.call_number = 0 or aside.call_number = judged.call_in_line "
            "or (aside.call_number is null and aside.raw_text = judged.raw_text))",
            aside.origin,
        )
        connection.execute(f"delete from {JUDGED} where rowid not in (select judged_id from {REPLAYED})")
        ((judged_count,),) = connection.sql(f"select count(distinct aside_id) from {REPLAYED}").fetchall()
        kept -= judged_count
        reasons.update(count_judged(connection))
        connection.execute(f"delete from raw.quarantine where rowid in (select aside_id from {REPLAYED})")
        write_judged(connection, contract, aside.origin, aside.load_id)
    loaded = reasons.pop(None, 0)
    bad = reasons.total()
    connection.execute(
        "update raw.landing_files set loaded_count = loaded_count + ?, quarantined_count = ?, write_id = ? "
        f"where {OF_FILE} and state = 'loaded'",
        [loaded, bad + kept, next_write_id(connection), *aside.origin],
    )
    return loaded, bad, kept


def _take_whole_file(
    connection: duckdb.DuckDBPyConnection, aside: _Aside, file: LandingFile | None, contract: Contract
) -> ReplayedFile:
    """Load a file that was refused, as if it had been taken when it was seen first."""
    loaded_names = connection.sql(
        "select file_name from raw.landing_files "
        "where content_hash = ? and source = ? and kind = ? and state = 'loaded'",
        params=[aside.content_hash, aside.source, aside.kind],
    ).fetchall()
    twins = [name for (name,) in loaded_names if format_of(name) == format_of(aside.file_name)]
    if twins:
        raise _CannotBeReplayed(f"the same content was loaded from {aside.source}/{twins[0]}")
    try:
        with _chunks_of_file(connection, aside, file, contract) as chunks:
            connection.execute(f"delete from raw.quarantine where {OF_FILE}", aside.origin)
            reasons = take_rows(connection, file, contract, chunks, aside.origin, aside.load_id)
            loaded = reasons.pop(None, 0)
            connection.execute(
                "update raw.landing_files set state = 'loaded', loaded_count = ?, quarantined_count = ?, "
                f"reason = null, write_id = ? where {OF_FILE}",
                [loaded, reasons.total(), next_write_id(connection), *aside.origin],
            )
    except FileRefused as error:
        return aside.outcome(bad=aside.count, why=str(error))
    return aside.outcome(loaded, reasons.total())


@contextmanager
def _chunks_of_file(
    connection: duckdb.DuckDBPyConnection, aside: _Aside, file: LandingFile | None, contract: Contract
) -> Iterator[Iterator[Chunk]]:
    """The chunks of a landing file, in a transaction that stands if it was and is still the one that was put aside."""
    if file is None or file.kind != aside.kind:
        raise _CannotBeReplayed("the file is no longer in the landing folder")
    try:
        sighting = sighting_of(file)
        if content_hash(file.path) != aside.content_hash:
            raise _CannotBeReplayed("the file under this name has other content now")
        with closing(read_chunks(connection, file, contract)) as chunks, in_one_transaction(connection):
            yield chunks
            if sighting_of(file) != sighting:
                raise _CannotBeReplayed("the file changed while it was read")
    except OSError as error:
        raise _CannotBeReplayed(f"the file cannot be read: {error.strerror}") from None


def _whole_lines(connection: duckdb.DuckDBPyConnection, aside: _Aside, contract: Contract) -> Sequence[tuple[int, str]]:
    """Lines of JSON that can be read again as they were kept, each with its number.

    Not one of the calls of a line: what the line said of all its calls is in the file alone. Not bytes that are no
    UTF-8: the text says what they were, in other signs.
    """
    if format_of(aside.file_name) != "jsonl":
        return []
    is_whole_line = "call_number = 0" if contract.holds_calls else "coalesce(call_number, 0) = 0"
    return connection.sql(
        f"select line_number, raw_text from raw.quarantine where {OF_FILE} and {is_whole_line} "
        "and reason <> 'not_utf8' order by line_number",
        params=aside.origin,
    ).fetchall()
