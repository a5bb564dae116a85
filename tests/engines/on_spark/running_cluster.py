"""What `make spark` runs, for tests that build on it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from dagster_project.engines import standalone
from dagster_project.settings import PROJECT_DIR
from tests.ports import free_port


@contextmanager
def running_cluster(folder: Path) -> Iterator["RunningCluster"]:
    """A cluster until the block ends; it may not be ready yet."""
    cluster = RunningCluster(folder)
    yield cluster
    if cluster.process.poll() is None:
        assert cluster.end() == 0, cluster.said.read_text()


class RunningCluster:
    """A master and two workers, and what was said of them so far."""

    def __init__(self, folder: Path):
        self.port = free_port()
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

    def kill(self, name: str, as_soon_as: Callable[[], bool]) -> Thread:
        """End one of its processes at a moment, from a thread that is over then."""
        pid = self.pid_of(name)

        def wait_and_kill() -> None:
            while not as_soon_as():
                time.sleep(0.1)
            os.kill(pid, signal.SIGKILL)

        killing = Thread(target=wait_and_kill, daemon=True)
        killing.start()
        return killing
