"""The whole job with events read and models built by Spark, against the whole job with DuckDB: marts made whole, and
gone on from a day later; tests of the data; what is told. Unit tests of the models run on what it leaves behind."""

from pathlib import Path

import duckdb
import pytest

from tests.engines.on_spark.builds import JAVA, SMALL, failures, opened_spark
from tests.engines.two_days import NEXT_DAY, Day, two_days, unlike

DAYS = pytest.mark.parametrize("day", [0, 1], ids=["first day", "next day"])
RECORDS = ("landing_files", "quarantine", "email_domains")


@pytest.fixture(scope="module")
def spark_days(spark_home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    from dagster_project.engines.spark_session import close_session

    folder = tmp_path_factory.mktemp("spark_days")
    (folder / "spark-defaults.conf").write_text(SMALL, encoding="utf-8")
    # That of other tests is open on another folder.
    close_session()
    return two_days(
        "spark",
        folder,
        {
            "SPARK_CONF_DIR": str(folder),
            "PQL_SPARK_JAVA_OPTIONS": JAVA,
            "PQL_SPARK_MEMORY": "2500m",
            "PQL_SPARK_PARTITIONS": "1",
        },
    )


@DAYS
def test_marts_and_what_is_told_are_those_of_duckdb(day: int, duckdb_days: list[Day], spark_days: list[Day]):
    assert unlike(duckdb_days[day], spark_days[day]) == {}


@DAYS
@pytest.mark.parametrize("table", RECORDS)
def test_files_are_recorded_as_duckdb_records_them(day: int, table: str, duckdb_days: list[Day], spark_days: list[Day]):
    assert in_raw(spark_days[day], table) == in_raw(duckdb_days[day], table)


def test_spark_alone_has_the_events(spark_days: list[Day], duckdb_days: list[Day]):
    with duckdb.connect(duckdb_days[1].warehouse, read_only=True) as connection:
        ((count,),) = connection.sql("select count(*) from raw.product_events").fetchall()
    with duckdb.connect(spark_days[1].warehouse, read_only=True) as connection:
        found = "select (select count(*) from raw.product_events), sum(row_count) from raw.loads_elsewhere"
        assert connection.sql(found).fetchall() == [(0, count)]


def test_days_without_new_events_are_not_made_again(spark_days: list[Day]):
    first, second = spark_days
    made = second.warehouse.parent / "data" / "spark" / "warehouse" / "intermediate.db" / "int_event_days"
    times = [file.stat().st_mtime for file in made.glob("happened_on=*/*.parquet")]
    assert sum(time < first.ended_at for time in times) > 100
    assert sum(time > first.ended_at for time in times) >= 4


def test_every_unit_test_of_the_models_passes(spark_days: list[Day], monkeypatch: pytest.MonkeyPatch):
    with opened_spark(spark_days[1].warehouse.parent / "data", monkeypatch) as spark:
        done = spark.dbt("test", "--select", "test_type:unit", as_of=NEXT_DAY)
    assert failures(done) == []
    assert len(done.result.results) > 150


def in_raw(day: Day, table: str) -> list[tuple]:
    with duckdb.connect(day.warehouse, read_only=True) as connection:
        return connection.sql(f"select * from raw.{table} order by all").fetchall()
