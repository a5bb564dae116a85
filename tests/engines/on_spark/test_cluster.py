"""A cluster of a master and two workers, which one process starts and ends. The whole job is tried on one in
test_whole_job_on_spark.py, and a worker killed meanwhile."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.engines import standalone
from tests.engines.conftest import NEEDS_SPARK, SPARK_IS_MISSING
from tests.engines.on_spark.running_cluster import RunningCluster, running_cluster

pytestmark = pytest.mark.skipif(SPARK_IS_MISSING, reason=NEEDS_SPARK)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RunningCluster]:
    with running_cluster(tmp_path) as cluster:
        cluster.wait_until_it_says("Ctrl-C ends it.")
        yield cluster


def test_it_says_how_to_build_on_it_and_leaves_nothing_behind(cluster: RunningCluster):
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


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
