"""One landing file, judged by a task on another machine by the code of a load here, in a database of its own."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.contract import Contract, RawTable
from dagster_project.landing.domains import domains_landed
from dagster_project.landing.files import LandingFile
from dagster_project.landing.loading import rows_of
from dagster_project.landing.sources import CONTRACTS
from dagster_project.landing.tables import create_raw_tables, in_one_transaction

# What one task may keep in memory; what is larger goes to the disk of its machine for a while.
MEMORY = "1GB"
ROWS_AT_ONCE = 10_000
TOLD = {
    "told_line": "bigint",
    "told_reason": "string",
    "told_text": "string",
    "told_call": "bigint",
    "told_summary": "string",
}
# Puts rows into the raw table or into quarantine; how many had which reason.
Take = Callable[[duckdb.DuckDBPyConnection], Counter[str | None]]
# Deletes rows that were loaded and may not be kept; how many there were of each table.
LeaveOut = Callable[[duckdb.DuckDBPyConnection], dict[str, int]]
QUARANTINED = "line_number, reason, raw_text, call_number"


@dataclass(frozen=True)
class Asked:
    """A file to judge, its origin (content hash, source, kind, name) and the load that its rows are of."""

    file: LandingFile
    origin: tuple[str, ...]
    load_id: int


@dataclass(frozen=True)
class Judgement:
    """What one file holds.

    Args:
        reasons: How many rows had which reason, as pairs; None: good ones.
        refused: The file is refused whole: reason and detail.
        unreadable: It could not be read at this moment, and why.
        domains: What may be domains in its good rows.
        returned: How many of the good rows are of erased people and were left out, by table.
    """

    reasons: Sequence[tuple[str | None, int]] = ()
    refused: tuple[str, str] | None = None
    unreadable: str | None = None
    domains: Sequence[str] = ()
    returned: dict[str, int] | None = None


def judge_file(asked: Asked, leave_out: LeaveOut) -> Iterator[tuple]:
    """The rows of a file, as `judged_rows` gives them."""
    contract = CONTRACTS[asked.file.source, asked.file.kind]

    def take(connection: duckdb.DuckDBPyConnection) -> Counter[str | None]:
        with rows_of(connection, asked.file, contract) as take_rows, in_one_transaction(connection):
            return take_rows(list(asked.origin), asked.load_id)

    return judged_rows(contract, take, leave_out)


def judged_rows(contract: Contract, take: Take, leave_out: LeaveOut) -> Iterator[tuple]:
    """Rows of three kinds, all with the columns of the raw table and those of `TOLD`, null where a kind has none: good
    rows, what goes to quarantine, and the judgement as JSON.

    Args:
        take: Puts rows into the raw table or into quarantine, and counts them by reason; None: good ones.
    """
    with _own_database() as connection:
        columns = [name for name, _ in raw_columns(connection, contract.table)]
        no_row, nothing_told = (None,) * len(columns), (None,) * len(TOLD)
        judgement = _judged(connection, contract, take, leave_out)
        if judgement.refused is None and judgement.unreadable is None:
            good = f"select {_as_numbers(connection, contract.table)} from {contract.table.in_schema}"
            yield from ((*row, *nothing_told) for row in _read(connection, good))
            bad = f"select {QUARANTINED} from raw.quarantine"
            yield from ((*no_row, *row, None) for row in _read(connection, bad))
        yield (*no_row, None, None, None, None, json.dumps(judgement.__dict__))


def raw_columns(connection: duckdb.DuckDBPyConnection, table: RawTable) -> list[tuple[str, str]]:
    """The columns of a raw table, each with its type."""
    return [(name, str(type_name)) for name, type_name, *_ in connection.sql(f"describe {table.in_schema}").fetchall()]


def _as_numbers(connection: duckdb.DuckDBPyConnection, table: RawTable) -> str:
    """SQL: the columns of a raw table, instants as microseconds since 1970: no time zone of a machine touches those."""
    return ", ".join(
        f"epoch_us({name}) as {name}" if type_name == "TIMESTAMP" else name
        for name, type_name in raw_columns(connection, table)
    )


def _judged(connection: duckdb.DuckDBPyConnection, contract: Contract, take: Take, leave_out: LeaveOut) -> Judgement:
    try:
        reasons = take(connection)
    except FileRefused as refusal:
        return Judgement(refused=(refusal.reason, refusal.detail))
    except OSError as error:
        return Judgement(unreadable=error.strerror or str(error))
    returned = leave_out(connection)
    return Judgement(list(reasons.items()), None, None, domains_landed(connection, contract.source), returned)


@contextmanager
def _own_database() -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"memory_limit": MEMORY, "threads": 1}
        with duckdb.connect(Path(folder) / "judging.duckdb", config=settings) as connection:
            connection.execute("set timezone = 'UTC'")
            create_raw_tables(connection)
            yield connection


def _read(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple]:
    found = connection.execute(query)
    while rows := found.fetchmany(ROWS_AT_ONCE):
        yield from rows
