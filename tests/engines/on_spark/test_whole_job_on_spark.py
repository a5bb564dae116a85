"""The whole job with events read and models built by Spark, against the whole job with DuckDB: marts made whole, and
gone on from a day later; tests of the data; what is told. Unit tests of the models run on what it leaves behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.engines.on_spark.builds import failures, for_small_data, opened_spark
from tests.engines.on_spark.running_cluster import RunningCluster, running_cluster
from tests.engines.two_days import NEXT_DAY, Day, two_days, unlike

DAYS = pytest.mark.parametrize("day", [0, 1], ids=["first day", "next day"])
RECORDS = ("landing_files", "quarantine", "email_domains")


@pytest.fixture(scope="module")
def cluster(spark_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def spark_days(spark_home: Path, cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    """The first day in this process, the second on a cluster of which a worker is killed in the middle of the build."""
    from dagster_project.engines.spark_session import close_session

    folder = tmp_path_factory.mktemp("spark_days")
    # That of other tests is open on another folder.
    close_session()
    killing = []

    def on_the_cluster() -> dict[str, str]:
        cluster.wait_until_it_says("Ctrl-C ends it.")
        began = time.time()
        killing.append(cluster.kill("worker-1", lambda: any(made_at > began for made_at in days_made(folder))))
        return {"PQL_SPARK_MASTER": cluster.master, "PQL_SPARK_MEMORY": "1g"}

    days = two_days("spark", folder, for_small_data(folder / "conf"), on_the_cluster)
    killing[0].join(timeout=5)
    assert not killing[0].is_alive(), "the worker was not killed while the models were built"
    cluster.wait_until_it_says("worker-1 had ended, and is started again.")
    return days


@DAYS
def test_marts_and_what_is_told_are_those_of_duckdb(day: int, spark_days: list[Day], duckdb_days: list[Day]):
    assert unlike(duckdb_days[day], spark_days[day]) == {}


@DAYS
@pytest.mark.parametrize("table", RECORDS)
def test_files_are_recorded_as_duckdb_records_them(day: int, table: str, spark_days: list[Day], duckdb_days: list[Day]):
    assert in_raw(spark_days[day], table) == in_raw(duckdb_days[day], table)


def test_spark_alone_has_the_events(spark_days: list[Day], duckdb_days: list[Day]):
    with duckdb.connect(duckdb_days[1].warehouse, read_only=True) as connection:
        ((count,),) = connection.sql("select count(*) from raw.product_events").fetchall()
    with duckdb.connect(spark_days[1].warehouse, read_only=True) as connection:
        found = "select (select count(*) from raw.product_events), sum(row_count) from raw.loads_elsewhere"
        assert connection.sql(found).fetchall() == [(0, count)]


def test_days_without_new_events_are_not_made_again(spark_days: list[Day]):
    first, second = spark_days
    times = days_made(second.warehouse.parent)
    assert sum(time < first.ended_at for time in times) > 100
    assert sum(time > first.ended_at for time in times) >= 4


def test_every_unit_test_of_the_models_passes(spark_days: list[Day], monkeypatch: pytest.MonkeyPatch):
    with opened_spark(spark_days[1].warehouse.parent / "data", monkeypatch) as spark:
        done = spark.dbt("test", "--select", "test_type:unit", as_of=NEXT_DAY)
    assert failures(done) == []
    assert len(done.result.results) > 150


def days_made(folder: Path) -> list[float]:
    """When each day of int_event_days was written."""
    place = folder / "data" / "spark" / "warehouse" / "intermediate.db" / "int_event_days"
    return [file.stat().st_mtime for file in place.glob("happened_on=*/*.parquet")]


def in_raw(day: Day, table: str) -> list[tuple]:
    with duckdb.connect(day.warehouse, read_only=True) as connection:
        return connection.sql(f"select * from raw.{table} order by all").fetchall()
