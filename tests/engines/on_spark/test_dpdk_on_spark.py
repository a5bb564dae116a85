"""A real log, 185,456 events of an open-source community, half of it and then the rest: the marts are DuckDB's."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.publish.history import CHANGES, KEPT_FILE
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import REAL_DATA, name_nobody
from tests.engines.conftest import NEEDS_SPARK, SPARK_IS_MISSING
from tests.engines.on_spark.builds import NO_TESTS, duckdb_builds, kept_as_built, opened_spark
from tests.real_data.test_dpdk_log import AS_OF, LOG, write_taxonomy

pytestmark = [
    pytest.mark.skipif(SPARK_IS_MISSING, reason=NEEDS_SPARK),
    pytest.mark.skipif(not LOG.exists(), reason=f"real data is not there: {REAL_DATA} (set PQL_REAL_DATA)"),
]
# A day is a partition here, and of the whole log there are thousands: PQL_DPDK_FROM begins later, where time is short.
FROM = os.environ.get("PQL_DPDK_FROM", "2000-01-01")
HALF = "2024-01-01"


def test_every_mart_is_duckdbs_of_half_of_the_log_and_after_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    name_nobody(monkeypatch)
    shutil.copytree(SHIPPED_RULES_DIR, tmp_path / "rules")
    write_taxonomy(tmp_path / "rules" / "event_taxonomy.csv")
    monkeypatch.setenv("PQL_RULES_DIR", str(tmp_path / "rules"))
    halves = [pl.col("timestamp").is_between(pl.lit(FROM), pl.lit(HALF), closed="left"), pl.col("timestamp") >= HALF]
    stages = [f"{HALF}T00:00:00Z", AS_OF.isoformat()]
    duck = tmp_path / "duck"
    warehouses, history = [], None
    for number, (half, as_of) in enumerate(zip(halves, stages, strict=True)):
        land(duck, number, half)
        duckdb_builds(duck, monkeypatch, as_of)
        warehouses.append(kept_as_built(duck, tmp_path / f"stage{number}", history))
        history = keep_history(duck, tmp_path / f"history{number}")
    with opened_spark(tmp_path / "spark", monkeypatch) as spark:
        for warehouse, as_of in zip(warehouses, stages, strict=True):
            spark.builds(warehouse, as_of, *NO_TESTS)
            assert spark.differences(warehouse) == []


def land(data_dir: Path, number: int, half: pl.Expr) -> None:
    folder = data_dir / "landing" / "product"
    folder.mkdir(parents=True, exist_ok=True)
    pl.read_parquet(LOG).filter(half).write_parquet(folder / f"events_{number}.parquet")
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
        report = load_source(connection, data_dir / "landing", "product")
        assert len(report.loaded) == 1


def keep_history(data_dir: Path, folder: Path) -> Path:
    """As publishing keeps it beside the state."""
    folder.mkdir()
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        connection.execute(f"copy {CHANGES} to '{folder / KEPT_FILE}' (format parquet)")
    return folder
