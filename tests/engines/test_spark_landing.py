"""Spark reads landing files as DuckDB does: the same rows, the same quarantine, the same record, each file once."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.engines.carrying import carry_in, require_all_here
from dagster_project.engines.engine import Engine, EngineUnusable
from dagster_project.engines.spark_ingest import TakenIn, is_read_by_spark, take_in_by_spark
from dagster_project.landing import in_tasks
from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.lag import arrival_lag
from dagster_project.landing.loading import load_source
from dagster_project.landing.replaying import replay_quarantine
from dagster_project.landing.sources import LANDING_TABLES
from dagster_project.landing.sources.product import COMPANIES, EVENTS
from dagster_project.landing.sources.segment import CALLS
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.names import USER, digests
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.settings import SAMPLE_DIR, Settings, SettingsInvalid, read_settings

RECORDS = ("landing_files", "quarantine", "email_domains")
LINE = (
    '{{"event_id": "{0}", "user_id": "u-{0}", "event_type": "opened", "timestamp": "2026-11-01T09:00:00.123456Z", '
    '"email": "{0}@{0}.example"}}\n'
)


@pytest.fixture
def landing(spark_settings: Settings) -> Path:
    """An empty landing folder."""
    shutil.rmtree(spark_settings.landing_dir, ignore_errors=True)
    (spark_settings.landing_dir / "product").mkdir(parents=True)
    return spark_settings.landing_dir


def in_utc() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    create_raw_tables(connection)
    return connection


def take_in(warehouse: duckdb.DuckDBPyConnection, suppressed: Suppressed = NOBODY) -> TakenIn:
    return take_in_by_spark(warehouse, read_settings(), EVENTS, suppressed)


def recorded(warehouse: duckdb.DuckDBPyConnection) -> dict[str, list[tuple]]:
    return {table: warehouse.sql(f"select * from raw.{table} order by all").fetchall() for table in RECORDS}


def rows_in(engine: Engine, warehouse: duckdb.DuckDBPyConnection, table: str = "raw.product_events") -> list[str]:
    """What the models would read in Spark."""
    carry_in(warehouse, engine)
    names = [name for name, *_ in warehouse.sql(f"describe {table}").fetchall()]
    return sorted(repr(tuple(row[name] for name in names)) for row in engine.query(f"select * from {table}"))


def rows_here(warehouse: duckdb.DuckDBPyConnection, table: str = "raw.product_events") -> list[str]:
    return sorted(map(repr, warehouse.sql(f"select * from {table}").fetchall()))


def land_odd_files(folder: Path) -> None:
    """The sample, and files as they should not be."""
    for file in (SAMPLE_DIR / "landing" / "product").glob("events*"):
        shutil.copy(file, folder)
    lines = "".join(LINE.format(name) for name in ("a", "b"))
    files = {
        "events_1_bad_lines.jsonl": f'{lines}nonsense\n{{"event_id": "c"}}\n["no", "object"]\n'.encode(),
        "events_2_latin.jsonl": LINE.format("Ren\xe9").encode("latin-1") + lines.encode(),
        "events_3_no_gzip.jsonl.gz": lines.encode(),
        "events_4_cut_off.jsonl.gz": gzip.compress(lines.encode() * 500)[:200],
        "events_5_twin.jsonl": lines.encode(),
        "events_6_other_twin.jsonl": lines.encode(),
        "events_7_no_header.csv": b"event_id,user_id\ne1,u1\n",
        "events_8_empty.parquet": b"",
        "events_9.xml": b"<events/>",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_the_same_rows_quarantine_and_record_as_from_duckdb(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection
):
    land_odd_files(landing / "product")
    by_duckdb = in_utc()
    report = load_source(by_duckdb, landing, "product", ("events",))
    refresh_email_domains(by_duckdb)

    taken = take_in(warehouse)
    refresh_email_domains(warehouse)

    assert taken.report == report
    assert recorded(warehouse) == recorded(by_duckdb)
    assert rows_in(spark, warehouse) == rows_here(by_duckdb)
    assert taken.lag == arrival_lag(by_duckdb, EVENTS, report.load_ids)
    assert taken.row_count == report.loaded_count
    assert rows_here(warehouse) == []

    again = take_in(warehouse)
    by_then = load_source(by_duckdb, landing, "product", ("events",))
    assert again.report == by_then
    assert (again.report.loaded, again.row_count, again.lag) == ([], taken.row_count, None)
    assert carry_in(warehouse, spark) == []


def test_calls_of_segment_are_taken_apart_as_by_duckdb(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection
):
    calls = [{"type": "identify", "userId": "u1", "traits": {"email": "a@a.example"}}, {"type": "alias"}, "no call"]
    (landing / "segment").mkdir()
    (landing / "segment" / "events_1.jsonl").write_text(json.dumps({"batch": calls, "sentAt": "2026-11-01T09:00:00Z"}))
    by_duckdb = in_utc()
    report = load_source(by_duckdb, landing, "segment")
    assert take_in_by_spark(warehouse, read_settings(), CALLS, NOBODY).report == report
    assert recorded(warehouse) == recorded(by_duckdb)
    assert rows_in(spark, warehouse, "raw.segment_calls") == rows_here(by_duckdb, "raw.segment_calls")


class Killed(BaseException):
    """The process is gone at this moment."""


def test_a_load_that_was_cut_off_before_its_record_is_never_read_and_is_made_anew(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
):
    file = landing / "product" / "events_1.jsonl"
    file.write_text(LINE.format("a") + LINE.format("b"))
    with monkeypatch.context() as killed:
        killed.setattr(in_tasks, "record_loaded", raising(Killed))
        with pytest.raises(Killed):
            take_in(warehouse)
    assert warehouse.sql("from raw.landing_files").fetchall() == []
    assert rows_in(spark, warehouse) == []

    with monkeypatch.context() as killed:
        killed.setattr(in_tasks, "record_loaded", raising(Killed))
        with pytest.raises(Killed):
            take_in(warehouse)
    # Other content comes under the same load id.
    file.write_text(LINE.format("c"))
    assert take_in(warehouse).report.loaded_count == 1
    (row,) = rows_in(spark, warehouse)
    assert "u-c" in row


def raising(error: type[BaseException]) -> Callable:
    def killed(*_: object) -> None:
        raise error

    return killed


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_look(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
):
    file = landing / "product" / "events_1.jsonl"
    file.write_text(LINE.format("a"))
    from dagster_project.engines.spark_landing import SparkTasks

    write_rows = SparkTasks._write

    def write_and_grow(self: SparkTasks, *arguments: object) -> None:
        write_rows(self, *arguments)
        file.write_text(LINE.format("a") + LINE.format("b"))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(SparkTasks, "_write", write_and_grow)
        (report,) = take_in(warehouse).report.files
    assert (report.state, "changed while it was read" in report.detail) == ("refused", True)
    assert rows_in(spark, warehouse) == []
    assert take_in(warehouse).report.loaded_count == 2
    assert len(rows_in(spark, warehouse)) == 2


def test_rows_that_leave_quarantine_stand_beside_those_that_spark_read(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection
):
    (landing / "product" / "events_1.jsonl").write_text(LINE.format("a") + LINE.format("b").replace("u-b", ""))
    take_in(warehouse)
    assert warehouse.sql("select reason from raw.quarantine").fetchall() == [("user_id_missing",)]
    # Somebody mended the kept text; nothing else would make this line good.
    warehouse.execute('update raw.quarantine set raw_text = replace(raw_text, \'"user_id": ""\', \'"user_id": "u-b"\')')
    (landing / "product" / "events_1.jsonl").unlink()
    (replayed,) = replay_quarantine(warehouse, landing)
    assert replayed.loaded_count == 1
    assert [user in row for user, row in zip(("u-a", "u-b"), rows_in(spark, warehouse), strict=True)] == [True, True]


def test_rows_of_erased_people_are_not_taken_in(spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection):
    (landing / "product" / "events_1.jsonl").write_text(LINE.format("a") + LINE.format("b"))
    erased = Suppressed(erased=frozenset(digests("salt", {(USER, "u-a")})), salt="salt")
    taken = take_in(warehouse, erased)
    assert (taken.returned, taken.row_count) == ({"raw.product_events": 1}, 1)
    (row,) = rows_in(spark, warehouse)
    assert "u-b" in row


def test_files_at_a_url_are_read_as_those_in_the_folder(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    elsewhere = tmp_path / "bucket"
    (elsewhere / "product").mkdir(parents=True)
    land_odd_files(elsewhere / "product")
    shutil.copy(SAMPLE_DIR / "landing" / "product" / "companies.csv", elsewhere / "product")
    by_duckdb = in_utc()
    report = load_source(by_duckdb, elsewhere, "product", ("events",))
    companies = load_source(by_duckdb, elsewhere, "product", ("companies",))

    monkeypatch.setenv("PQL_LANDING_URL", f"file://{elsewhere}")
    assert take_in(warehouse).report == report
    assert take_in_by_spark(warehouse, read_settings(), COMPANIES, NOBODY).report == companies
    assert take_in_by_spark(warehouse, read_settings(), COMPANIES, NOBODY).report.loaded == []
    assert take_in(warehouse).report.loaded == []
    assert rows_in(spark, warehouse) == rows_here(by_duckdb)
    assert rows_in(spark, warehouse, "raw.product_companies") == rows_here(by_duckdb, "raw.product_companies")


def test_rows_that_are_lost_are_told_with_their_files(
    spark: Engine, landing: Path, warehouse: duckdb.DuckDBPyConnection
):
    (landing / "product" / "events_1.jsonl").write_text(LINE.format("a"))
    take_in(warehouse)
    spark.forget()
    with pytest.raises(EngineUnusable, match=r"product/events_1\.jsonl.*are not where it had them"):
        carry_in(warehouse, spark)
    with pytest.raises(
        EngineUnusable, match=r"PQL_TARGET is duckdb, and Spark has the rows of product/events_1\.jsonl"
    ):
        require_all_here(warehouse)


def test_events_are_for_spark_and_everything_else_only_where_nobody_else_can_read(monkeypatch: pytest.MonkeyPatch):
    def read_by_spark() -> set[str]:
        return {table.name for table in LANDING_TABLES if is_read_by_spark(read_settings(), table)}

    assert read_by_spark() == set()
    monkeypatch.setenv("PQL_TARGET", "spark")
    assert read_by_spark() == {"product_events", "segment_calls", "mixpanel_events", "amplitude_events"}
    monkeypatch.setenv("PQL_LANDING_URL", "s3a://bucket/landing")
    assert read_by_spark() == {table.name for table in LANDING_TABLES}
    monkeypatch.setenv("PQL_TARGET", "postgres")
    with pytest.raises(SettingsInvalid, match="PQL_LANDING_URL is set, which Spark reads, and PQL_TARGET is postgres"):
        read_by_spark()
