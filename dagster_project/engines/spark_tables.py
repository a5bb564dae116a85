"""Tables of a source that are in Spark already → `in_warehouse.<raw table>` there, of the shape of the raw table.

As with tables that are in DuckDB, every run judges all their rows; what cannot be used is counted, and some of it kept.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dagster_project.engines.carrying import columns_carried
from dagster_project.engines.spark import SparkEngine
from dagster_project.engines.spark_carrying import declared, said_in_spark
from dagster_project.engines.spark_rows import (
    hand_package_to,
    judgements_in,
    lag_of,
    lying_here,
    with_part,
    write_parts,
)
from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.contract import RawTable
from dagster_project.landing.files import LandingFile
from dagster_project.landing.in_tasks import remember_domains
from dagster_project.landing.in_warehouse import keep_some, require_columns_of, view_of
from dagster_project.landing.lag import FROM, TO, ArrivalLag
from dagster_project.landing.loading import FileReport, LoadReport
from dagster_project.landing.one_file import LeaveOut
from dagster_project.landing.one_part import TableAsked, judge_part
from dagster_project.landing.places import Place, PlacesInvalid
from dagster_project.landing.sources import CONTRACTS
from dagster_project.landing.tables import NO_FILE, VIEWS, in_one_transaction
from dagster_project.sql_quoting import literal


def connect_in_spark(
    connection: duckdb.DuckDBPyConnection, engine: SparkEngine, place: Place, table: RawTable, leave_out: LeaveOut
) -> tuple[LoadReport, ArrivalLag | None]:
    """Judge the tables of a source and put what can be used in the place of `in_warehouse.<raw table>`.

    Raises:
        PlacesInvalid: Spark has no such table.
        EngineUnusable: Spark is gone.
    """
    reports, asked = [], []
    for kind in _kinds_there(engine, place):
        if CONTRACTS[place.source, kind].table == table:
            one = TableAsked(place, kind)
            try:
                with engine.telling():
                    require_columns_of(one.contract, place, engine.session.table(one.name).columns)
                asked.append(one)
            except FileRefused as refusal:
                reports.append(FileReport(one.name, kind, "refused", detail=str(refusal)))
    with TemporaryDirectory() as folder:
        told, lag = _judged(connection, engine, asked, table, Path(folder), leave_out)
        reports += [_recorded(connection, one, files) for one, files in zip(asked, told, strict=True)]
    with in_one_transaction(connection):
        connection.execute(f"create schema if not exists {VIEWS}")
        # The rows are Spark's; whoever looks for them here finds none.
        connection.execute(f"create or replace view {view_of(table)} as select * from {table.in_schema} where false")
    return LoadReport(place.source, reports, is_of_tables=True), lag


def _kinds_there(engine: SparkEngine, place: Place) -> list[str]:
    there = engine.tables(place.schema)
    missing = [name for kind, name in place.tables.items() if name != kind and name not in there]
    found = [kind for kind, name in place.tables.items() if name in there]
    if missing or not found:
        wanted = missing or list(place.tables.values())
        raise PlacesInvalid(
            f"in_warehouse, {place.source}: schema {place.schema} of Spark has no table {', '.join(wanted)}; found "
            f"{', '.join(sorted(there)) or 'no table'}"
        )
    return found


def _judged(
    connection: duckdb.DuckDBPyConnection,
    engine: SparkEngine,
    asked: Sequence[TableAsked],
    table: RawTable,
    folder: Path,
    leave_out: LeaveOut,
) -> tuple[list[list[Path]], ArrivalLag | None]:
    """What is told of each table, as Parquet files in `folder`; and how long its events of the last day were on their
    way."""
    there = f"{engine.folder_of(view_of(table))}/{uuid.uuid4().hex}"
    told: list[list[Path]] = []
    with engine.telling():
        context = engine.session.sparkContext
        hand_package_to(context)
        for place, one in enumerate(asked):
            engine.session.table(one.name).write.parquet(f"{there}/given/{place}")
            parts = context.binaryFiles(f"{there}/given/{place}/*.parquet")
            rows = parts.flatMap(_JudgePart(one, leave_out))
            write_parts(engine.session, rows, table, f"{there}/judged/{place}")
            told.append(engine.fetched(f"{there}/judged/{place}/part=told", folder, f"{place}-"))
        engine.files.remove(f"{there}/given")
        lag = _take_place(connection, engine, table, there, len(asked))
    return told, lag


def _take_place(
    connection: duckdb.DuckDBPyConnection, engine: SparkEngine, table: RawTable, there: str, count: int
) -> ArrivalLag | None:
    """Make the table on the good rows, where the earlier one was, and delete those."""
    session, name = engine.session, view_of(table)
    columns = declared(columns_carried(connection, table.in_schema))
    good = [f"{there}/judged/{place}/part=rows" for place in range(count)]
    for place, path in enumerate(path for path in good if engine.files.names(path)):
        engine.files.move(path, f"{there}/rows/part={place}")
    session.sql(f"create schema if not exists {VIEWS}")
    session.sql(f"drop table if exists {name}")
    session.sql(
        f"create table {name} ({columns}, part int) using parquet partitioned by (part) "
        f"location {said_in_spark(f'{there}/rows')}"
    )
    session.sql(f"msck repair table {name}")
    folder, _, own = there.rpartition("/")
    for earlier in engine.files.names(folder):
        if earlier != own:
            engine.files.remove(f"{folder}/{earlier}")
    rows = session.table(name)
    if not {FROM, TO} <= set(rows.columns):
        return None
    return lag_of(rows.where(f"{TO} > (select max({TO}) - interval 1 day from {name})"))


class _JudgePart:
    """Judges the files of a table in tasks."""

    def __init__(self, asked: TableAsked, leave_out: LeaveOut):
        self.asked = asked
        self.leave_out = leave_out

    def __call__(self, found: tuple[str, bytes]) -> Iterator[tuple]:
        named = LandingFile(self.asked.place.source, self.asked.kind, "parquet", Path("part.parquet"))
        with lying_here(named, found[1]) as file:
            yield from with_part(judge_part(self.asked, file.path, self.leave_out), self.asked.contract.table)


def _recorded(connection: duckdb.DuckDBPyConnection, asked: TableAsked, told: Sequence[Path]) -> FileReport:
    """Count every row, and keep some of those that cannot be used in place of those of the last run."""
    reasons: Counter[str | None] = Counter()
    domains: set[str] = set()
    for judgement in judgements_in(told):
        reasons.update(dict(judgement.reasons))
        domains.update(judgement.domains)
    loaded = reasons.pop(None, 0)
    origin = [NO_FILE, asked.place.source, asked.kind]
    with in_one_transaction(connection):
        connection.execute("delete from raw.quarantine where content_hash = ? and source = ? and kind = ?", origin)
        if reasons:
            files = f"read_parquet([{', '.join(map(literal, told))}])"
            rows = f"(select told_reason as reason, told_text as raw_text from {files})"
            keep_some(connection, asked.contract, asked.name, rows)
        remember_domains(connection, sorted(domains))
    return FileReport(asked.name, asked.kind, "loaded", loaded, reasons.total(), dict(sorted(reasons.items())))
