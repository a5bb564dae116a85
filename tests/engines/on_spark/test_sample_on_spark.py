"""The sample company on Spark: the marts are DuckDB's, made whole and gone on from, and the models' tests pass."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.sandbox.running import running_sandbox
from dagster_project.settings import SAMPLE_DIR
from tests.conftest import TOKEN, name_nobody
from tests.engines.conftest import NEEDS_SPARK, SPARK_IS_MISSING
from tests.engines.on_spark.builds import NO_TESTS, NO_UNIT_TESTS, Spark, failures, kept_as_built, opened_spark
from tests.whole_run import SAMPLE_AS_OF, Pipeline, reasons

pytestmark = pytest.mark.skipif(SPARK_IS_MISSING, reason=NEEDS_SPARK)
FIRST_AS_OF = "2026-11-02T09:00:00Z"
LATER_FILES = ("events_2026-11.jsonl", "events_2026-11-19_retries.jsonl")


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What DuckDB built of a part of the sample, and then of all of it, with the job as a whole between the two."""
    folder = tmp_path_factory.mktemp("duck")
    crm = SAMPLE_DIR / "crm"
    with running_sandbox(seed=crm) as sandbox, pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        environment.setenv("PQL_TARGET", "duckdb")
        pipeline = Pipeline.in_folder(folder / "data", environment)
        pipeline.use_sandbox(sandbox, TOKEN)
        pipeline.land_sample()
        for name in LATER_FILES:
            shutil.move(pipeline.landing / name, folder / name)
        assert reasons(pipeline.run(as_of=FIRST_AS_OF)) == {}
        first = kept_as_built(pipeline.data_dir, folder / "first")
        shutil.copytree(pipeline.data_dir / "state", folder / "state")
        for name in LATER_FILES:
            shutil.move(folder / name, pipeline.landing / name)
        # Nothing is sent: most of what HubSpot holds would change at once, and that waits for a person.
        assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
        return [first, kept_as_built(pipeline.data_dir, folder / "second", folder / "state")]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    with (
        pytest.MonkeyPatch.context() as environment,
        opened_spark(tmp_path_factory.mktemp("spark"), environment) as spark,
    ):
        yield spark


def test_every_mart_is_duckdbs_after_a_build_of_everything(warehouses: list[Path], spark: Spark):
    spark.builds(warehouses[0], FIRST_AS_OF, *NO_TESTS)
    assert spark.differences(warehouses[0]) == []


def test_every_mart_is_duckdbs_after_more_events_and_every_data_test_passes(warehouses: list[Path], spark: Spark):
    before = days_made(spark)
    spark.builds(warehouses[1], SAMPLE_AS_OF, *NO_UNIT_TESTS)
    assert spark.differences(warehouses[1]) == []
    # Of the days before the new files, those only were made again in which events are delivered once more.
    now = days_made(spark)
    unchanged = [day for day in before if before[day] == now.get(day)]
    assert len(unchanged) > 100
    assert set(now) - set(before)


def test_every_unit_test_of_the_models_passes(spark: Spark):
    done = spark.dbt("test", "--select", "test_type:unit", as_of=SAMPLE_AS_OF)
    assert failures(done) == []
    assert len(done.result.results) > 150


def days_made(spark: Spark) -> dict:
    """When the file of each day of int_event_days was written, by the name of the file."""
    rows = spark.engine.query(
        "select distinct happened_on, _metadata.file_name as file from intermediate.int_event_days"
    )
    return {row["happened_on"]: row["file"] for row in rows}
