"""A person goes from Spark too: it gives up everything, and reads what is left again."""

import shutil
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine as StateEngine

from dagster_project.engines.carrying import carry_in
from dagster_project.engines.spark import SparkEngine
from dagster_project.engines.spark_ingest import take_in_by_spark
from dagster_project.landing.sources.product import EVENTS
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.erasing import CannotErase, EraseRun, erase_person
from dagster_project.privacy.suppression import NOBODY, read_suppressed
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import Settings

LINE = '{{"event_id": "{0}", "user_id": "{0}", "event_type": "opened", "timestamp": "2026-11-01T09:00:00Z"}}\n'
USERS = ("u-ada", "u-ada-too", "u-bo")


@pytest.fixture
def landed(spark_settings: Settings) -> Path:
    """A file of events that Spark has read, and what a build there knows of their users."""
    shutil.rmtree(spark_settings.data_dir / "landing", ignore_errors=True)
    spark_settings.warehouse_path.unlink(missing_ok=True)
    file = spark_settings.landing_dir / "product" / "events_1.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("".join(map(LINE.format, USERS)))
    with open_warehouse(spark_settings.warehouse_path) as warehouse:
        create_raw_tables(warehouse)
        take_in_by_spark(warehouse, spark_settings, EVENTS, NOBODY)
        spark = SparkEngine(spark_settings)
        carry_in(warehouse, spark)
    for statement in (
        "create schema if not exists intermediate",
        "drop table if exists intermediate.int_users",
        "drop table if exists intermediate.int_user_aliases",
        "create table intermediate.int_users using parquet as "
        "select 'u-ada' as user_id, 'ada@a.example' as contact_email",
        "create table intermediate.int_user_aliases using parquet as "
        "select 'u-ada-too' as alias_user_id, 'u-ada' as user_id",
    ):
        spark.query(statement)
    return file


def test_nothing_of_an_erased_person_is_left_in_spark(
    spark_settings: Settings, landed: Path, engine_of_state: StateEngine
):
    erasure = erase_person(EraseRun(spark_settings, engine_of_state, "run-1", email="ada@a.example"), write=True)
    assert erasure.person.user_ids == {"u-ada", "u-ada-too"}
    assert "u-ada" not in landed.read_text()
    kept = [path for path in (spark_settings.data_dir / "spark").rglob("*.parquet") if b"u-ada" in path.read_bytes()]
    assert kept == []

    with open_warehouse(spark_settings.warehouse_path) as warehouse:
        taken = take_in_by_spark(warehouse, spark_settings, EVENTS, read_suppressed(engine_of_state))
        spark = SparkEngine(spark_settings)
        assert spark.tables("intermediate") == set()
        carry_in(warehouse, spark)
    assert (taken.row_count, taken.returned) == (1, {})
    assert spark.query("select user_id from raw.product_events") == [{"user_id": "u-bo"}]


def test_nobody_is_erased_while_spark_could_not_read_a_file_again(
    spark_settings: Settings, landed: Path, engine_of_state: StateEngine
):
    content = landed.read_text()
    landed.write_text(content + LINE.format("u-later"))
    with pytest.raises(CannotErase, match=r"Nothing was erased: spark read product/events_1\.jsonl \(1 file\)"):
        erase_person(EraseRun(spark_settings, engine_of_state, "run-1", email="ada@a.example"), write=True)
    assert "u-ada" in landed.read_text()
    with duckdb.connect(spark_settings.warehouse_path, read_only=True) as warehouse:
        assert warehouse.sql("select count(*) from raw.loads_elsewhere").fetchall() == [(1,)]
