"""Whatever is wrong with Spark is told in one line that says what to do."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.only_here import OnlyOnDuckDB
from dagster_project.engines.spark_errors import told
from dagster_project.engines.spark_session import PACKAGES, require_java, require_master, require_packages
from dagster_project.publish.recomputing import moment_of, recompute
from dagster_project.settings import PROJECT_DIR, Settings, read_settings


class Py4JNetworkError(Exception):
    """As Java's bridge says that it lost Java."""


def test_no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnusable, match=r"there is no Java: java is not found\. Install Java 17"):
        require_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineUnusable, match="bin/java is not found"):
        require_java()


@pytest.mark.parametrize(("said", "found"), [("1.8.0_412", "is version 8"), ("11.0.2", "is version 11")])
def test_a_java_that_is_too_old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, found: str):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{said}\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineUnusable, match=f"wants Java 17 or later; .*bin/java {found}"):
        require_java()


def test_the_extra_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    spark_session = import_module(require_packages.__module__)
    monkeypatch.setattr(spark_session, "PACKAGES", {"gone_module": "pyspark", "gone.inner": "dbt-spark"})
    with pytest.raises(
        EngineUnusable, match=r'pyspark and dbt-spark cannot be imported: run `pip install "\.\[spark\]"`'
    ):
        require_packages()
    assert set(PACKAGES.values()) == {"pyspark", "dbt-spark"}


@pytest.mark.parametrize("address", ["spark://127.0.0.1:1", "spark://127.0.0.1:no", "spark://127.0.0.1:1,127.0.0.1:2"])
def test_nobody_answers_at_the_address_of_the_master(address: str):
    with pytest.raises(EngineUnusable, match=f"No Spark master answers at {address}. Mend PQL_SPARK_MASTER"):
        require_master(address)


class Alone:
    """A session on a cluster in which nobody works."""

    def __init__(self, executor_count: int):
        self.executor_count = executor_count
        self.looks = 0
        self._jsc = self

    def sc(self) -> "Alone":
        return self

    def isStopped(self) -> bool:  # noqa: N802 - as Java calls it
        self.looks += 1
        return self._jsc is None or self.looks > 3

    def getExecutorMemoryStatus(self) -> "Alone":  # noqa: N802
        return self

    def size(self) -> int:
        # The driver is one of them.
        return 1 + self.executor_count

    def stop(self) -> None:
        self._jsc = None


@pytest.mark.parametrize(("executor_count", "is_ended"), [(0, True), (1, False)])
def test_a_cluster_without_workers_is_given_up(monkeypatch: pytest.MonkeyPatch, executor_count: int, is_ended: bool):
    pytest.importorskip("py4j")
    spark_session = import_module(require_packages.__module__)
    monkeypatch.setattr(spark_session.time, "sleep", lambda seconds: None)
    session = Alone(executor_count)
    spark_session._give_up_without_workers(session, patience_seconds=-1)
    assert (session._jsc is None) == is_ended


def test_without_a_cluster_nobody_need_answer():
    require_master("local[2]")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PQL_SPARK_MASTER", "nonsense", "Spark cannot read PQL_SPARK_MASTER or PQL_SPARK_MEMORY"),
        ("PQL_SPARK_MEMORY", "much", "Spark cannot read PQL_SPARK_MASTER or PQL_SPARK_MEMORY"),
        ("PQL_SPARK_MEMORY", "100m", "Spark has not enough memory. Set PQL_SPARK_MEMORY"),
    ],
)
def test_spark_does_not_start(spark_settings: Settings, tmp_path: Path, variable: str, value: str, said: str):
    environment = os.environ | {"PQL_DATA_DIR": str(tmp_path), variable: value}
    opening = (
        "from dagster_project.engines.opening import opened_engine as opened; "
        "from dagster_project.settings import read_settings\n"
        "try:\n    opened(read_settings()).__enter__()\nexcept Exception as error:\n    print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", opening], env=environment, cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )
    assert ended.stdout.startswith(said)
    assert (ended.stdout.count("\n"), ended.stderr) == (1, "")


@pytest.mark.parametrize(
    ("error", "log", "said"),
    [
        (Py4JNetworkError("Answer from Java side is empty"), "", "Spark is gone: "),
        (
            Py4JNetworkError("Answer from Java side is empty"),
            "java.lang.OutOfMemoryError: Java heap",
            "not enough memory",
        ),
        (ConnectionRefusedError(111, "Connection refused"), "", "Spark is gone: "),
        (RuntimeError("ERROR XSDB6: Another instance of Derby"), "", "Another process has Spark's catalog"),
        (RuntimeError("\nTABLE_OR_VIEW_NOT_FOUND\n\tat org.apache"), "Connection refused", "asked: TABLE_OR_VIEW_NOT"),
        (
            RuntimeError("o12.\nTraceback\nduckdb.IOException: no space\n\n\tat x"),
            "",
            "asked: duckdb.IOException: no space",
        ),
    ],
)
def test_what_java_says_becomes_a_line(tmp_path: Path, error: Exception, log: str, said: str):
    (tmp_path / "spark.log").write_text(log)
    line = str(told(error, tmp_path / "spark.log"))
    assert said in line
    assert "\n" not in line


def test_what_needs_events_in_the_warehouse_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_TARGET", "spark")
    settings = read_settings()
    with pytest.raises(
        OnlyOnDuckDB, match="Scores of a past moment are computed on DuckDB only, and PQL_TARGET is spark"
    ):
        recompute(settings, moment_of(settings, "2026-01-01T00:00:00Z", None))


def test_a_session_that_was_given_up_says_so_and_the_next_one_works(spark_settings: Settings):
    from dagster_project.engines.spark import SparkEngine

    engine = SparkEngine(spark_settings)
    engine.session.sparkContext._jsc.sc().stop()
    with pytest.raises(EngineUnusable, match="Spark is gone: its cluster or its Java process ended, or no worker was"):
        engine.query("select 1")
    engine.close()
    again = SparkEngine(spark_settings)
    assert again.query("select 1 as one") == [{"one": 1}]
    again.close()
