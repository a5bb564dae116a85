"""The same raw tables built by DuckDB and by Spark, and both results in one place."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.engines.carrying import carry_in
from dagster_project.engines.engine import Engine
from dagster_project.engines.opening import opened_engine
from dagster_project.publish.history import HISTORY, restore_history
from dagster_project.publish.snapshot import PUBLISHED_SCHEMAS
from dagster_project.resources.dbt import hand_settings_to_dbt
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import read_settings
from tests.engines.carrying_out import carry_out
from tests.engines.parity import differences
from tests.models.dbt_in_process import build

COLUMNS = (
    "select schema_name, table_name, column_name, data_type from duckdb_columns() "
    f"where schema_name in {tuple(PUBLISHED_SCHEMAS)} order by table_name, column_index"
)
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
# What Spark compiles for each statement pays with millions of rows.
SMALL_DATA = {"spark.sql.codegen.wholeStage": "false"}
# Thousands of plans are made in a process; without room for their classes everything is collected again and again.
JAVA = "-XX:+UseParallelGC -XX:MetaspaceSize=512m"


@dataclass(frozen=True)
class Spark:
    """Spark, open on a data folder of its own, and the environment that says so."""

    data_dir: Path
    environment: pytest.MonkeyPatch
    engine: Engine

    def dbt(self, verb: str, *arguments: str, as_of: str) -> Any:
        """What dbt says of each node; the caller judges."""
        self.use()
        return build(self.data_dir / "target", verb, *arguments, "--vars", json.dumps({"as_of": as_of}))

    def builds(self, warehouse: Path, as_of: str, *arguments: str) -> None:
        """Carry the raw tables of a warehouse in and build."""
        self.use()
        with open_warehouse(warehouse) as connection:
            carry_in(connection, self.engine)
        done = self.dbt("build", *arguments, as_of=as_of)
        assert done.success, done.exception or failures(done)

    def use(self) -> None:
        use(self.environment, "spark", self.data_dir)

    def differences(self, warehouse: Path) -> list[str]:
        """What is not the same in the marts here and in those of a warehouse that DuckDB built."""
        carried = self.data_dir / f"{warehouse.parent.name}.duckdb"
        with duckdb.connect(warehouse, read_only=True) as connection:
            types: dict[str, dict[str, str]] = {}
            for schema, table, column, data_type in connection.sql(COLUMNS).fetchall():
                types.setdefault(f"{schema}.{table}", {})[column] = data_type
        assert len(types) > 20, types.keys()
        with duckdb.connect(carried) as connection:
            connection.execute("set timezone = 'UTC'")
            carry_out(self.engine, connection, list(types), types)
        return differences(warehouse, carried, PUBLISHED_SCHEMAS)


@contextmanager
def opened_spark(data_dir: Path, environment: pytest.MonkeyPatch) -> Iterator[Spark]:
    for name, value in for_small_data(data_dir / "conf").items():
        environment.setenv(name, value)
    use(environment, "spark", data_dir)
    # Another test may have left one open, on a folder of its own.
    from dagster_project.engines.spark_session import close_session

    close_session()
    with opened_engine(read_settings()) as engine:
        yield Spark(data_dir, environment, engine)


def for_small_data(conf: Path) -> dict[str, str]:
    """What the environment says to a Spark of ours that is to be quick with little.

    Args:
        conf: A folder for what Spark reads at its start.
    """
    conf.mkdir(parents=True, exist_ok=True)
    said = "".join(f"{name} {value}\n" for name, value in SMALL_DATA.items())
    (conf / "spark-defaults.conf").write_text(said, encoding="utf-8")
    return {
        "SPARK_CONF_DIR": str(conf),
        "PQL_SPARK_JAVA_OPTIONS": JAVA,
        "PQL_SPARK_MEMORY": "4g",
        "PQL_SPARK_PARTITIONS": "1",
    }


def use(environment: pytest.MonkeyPatch, target: str, data_dir: Path) -> None:
    environment.setenv("PQL_TARGET", target)
    environment.setenv("PQL_DATA_DIR", str(data_dir))
    hand_settings_to_dbt()


def duckdb_builds(data_dir: Path, environment: pytest.MonkeyPatch, as_of: str) -> None:
    use(environment, "duckdb", data_dir)
    done = build(data_dir / "target", "build", *NO_TESTS, "--vars", json.dumps({"as_of": as_of}))
    assert done.success, done.exception or failures(done)


def kept_as_built(data_dir: Path, stage: Path, history: Path | None = None) -> Path:
    """A copy of the warehouse as it is after a build, for Spark to begin with.

    Spark takes the history of scores from what is kept beside the state, so that the copy says what was known before.

    Args:
        history: The folder of the state as it was before the build.
    """
    stage.mkdir(parents=True)
    warehouse = stage / "warehouse.duckdb"
    shutil.copyfile(data_dir / "warehouse.duckdb", warehouse)
    if history is not None:
        with open_warehouse(warehouse) as connection:
            connection.execute(f"drop table {HISTORY}")
            assert restore_history(connection, history) > 0
    return warehouse


def failures(done: Any) -> Sequence[str]:
    bad = [result for result in done.result.results if str(result.status) in ("error", "fail", "runtime error")]
    return [f"{result.node.name}: {str(result.message)[:500]}" for result in bad]
