"""A cluster of a master and two workers: one process starts and ends it, and a killed worker changes no mart."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.engines import standalone
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import PROJECT_DIR, SAMPLE_DIR
from tests.conftest import name_nobody
from tests.engines.conftest import NEEDS_SPARK, SPARK_IS_MISSING
from tests.engines.on_spark.builds import NO_TESTS, Spark, duckdb_builds, kept_as_built, opened_spark
from tests.whole_run import SAMPLE_AS_OF

pytestmark = pytest.mark.skipif(SPARK_IS_MISSING, reason=NEEDS_SPARK)


class Running:
    """What `make spark` runs, and what it said so far."""

    def __init__(self, folder: Path):
        with socket.socket() as free:
            free.bind((standalone.HOST, 0))
            self.port = free.getsockname()[1]
        self.said = folder / "said.txt"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dagster_project.engines.standalone", "--port", str(self.port)],
                env=os.environ | {"PQL_DATA_DIR": str(folder), "PQL_SPARK_MEMORY": "1g"},
                cwd=PROJECT_DIR,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    @property
    def master(self) -> str:
        return f"spark://{standalone.HOST}:{self.port}"

    def wait_until_it_says(self, text: str) -> str:
        until = time.monotonic() + 2 * standalone.SECONDS_TO_START
        while text not in (said := self.said.read_text()):
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(standalone.LOOK_SECONDS)
        return said

    def pid_of(self, name: str) -> int:
        return int(re.search(rf"{name} (\d+)", self.wait_until_it_says("Ctrl-C ends it."))[1])

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(2 * standalone.SECONDS_TO_END)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    running.wait_until_it_says("Ctrl-C ends it.")
    yield running
    if running.process.poll() is None:
        running.end()


def test_it_says_how_to_build_on_it_and_leaves_nothing_behind(cluster: Running):
    pids = [cluster.pid_of(name) for name in ("master", "worker-1", "worker-2")]
    assert f"PQL_SPARK_MASTER={cluster.master} make run" in cluster.said.read_text()
    assert cluster.end() == 0
    assert not any(is_running(pid) for pid in pids)


def test_without_java_it_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert standalone.main([]) == 1
    said = capsys.readouterr().err
    assert "there is no Java" in said
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind((standalone.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(standalone.EngineUnusable, match=f"Port {port} of 127.0.0.1 is taken"):
            standalone.Cluster(tmp_path, port, 2, "1g").start()


def test_a_worker_that_is_killed_in_the_middle_of_a_build_changes_no_mart(
    cluster: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    name_nobody(monkeypatch)
    warehouse = built_by_duckdb(tmp_path / "duck", monkeypatch)
    with opened_spark(tmp_path / "spark", monkeypatch, cluster.master, memory="1g") as spark:
        killing = threading.Thread(target=kill_in_the_middle, args=[cluster.pid_of("worker-1"), spark], daemon=True)
        killing.start()
        try:
            spark.builds(warehouse, SAMPLE_AS_OF, *NO_TESTS)
        except AssertionError:
            spark.builds(warehouse, SAMPLE_AS_OF, *NO_TESTS)
        killing.join(timeout=5)
        assert not killing.is_alive(), "the worker was not killed while the models were built"
        cluster.wait_until_it_says("worker-1 had ended, and is started again.")
        assert spark.differences(warehouse) == []


def kill_in_the_middle(pid: int, spark: Spark) -> None:
    """As soon as the first of the tables that grow with the events is there; others are made after it."""
    place = spark.data_dir / "spark" / "warehouse" / "intermediate.db" / "int_event_days"
    while not place.exists():
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)


def built_by_duckdb(data_dir: Path, environment: pytest.MonkeyPatch) -> Path:
    data_dir.mkdir()
    with open_warehouse(data_dir / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
        assert load_source(connection, SAMPLE_DIR / "landing", "product").loaded_count > 3
    duckdb_builds(data_dir, environment, SAMPLE_AS_OF)
    return kept_as_built(data_dir, data_dir / "built")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
