"""A Spark cluster on this machine, to try what several would do: a master and two workers on loopback, until Ctrl-C."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from dagster_project.engines.engine import EngineUnusable
from dagster_project.engines.profile import output_of
from dagster_project.engines.spark_session import require_java, require_packages
from dagster_project.settings import SettingsInvalid, read_settings

HOST = "127.0.0.1"
MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
SECONDS_TO_START, SECONDS_TO_END, LOOK_SECONDS = 60.0, 20.0, 0.5


@dataclass
class Cluster:
    """Processes of Spark that are started again when they end; their logs and work lie in `folder`."""

    folder: Path
    port: int
    worker_count: int
    memory: str
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"spark://{HOST}:{self.port}"

    def start(self) -> None:
        """Raises:
        EngineUnusable: The port is taken, or the master does not answer.
        """
        if answers(self.port):
            raise EngineUnusable(f"Port {self.port} of {HOST} is taken: make spark PORT=7078")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._start("master")
        until = time.monotonic() + SECONDS_TO_START
        while not answers(self.port):
            if self.processes["master"].poll() is not None or time.monotonic() > until:
                raise EngineUnusable(f"The Spark master does not start; {self._log('master')} says why.")
            time.sleep(LOOK_SECONDS)
        for number in range(1, self.worker_count + 1):
            self._start(f"worker-{number}")

    def look_after(self) -> list[str]:
        """Start again what has ended; its names."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        for name in ended:
            self._start(name)
        return ended

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, name: str) -> None:
        place = ["--host", HOST, "--webui-port", "0"]
        if name == "master":
            arguments = [MASTER, *place, "--port", str(self.port)]
        else:
            work = self.folder / name
            arguments = [WORKER, *place, "--cores", "1", "--memory", self.memory, "--work-dir", str(work), self.address]
        home = spark_home()
        # Its pages, too, are for this machine only.
        environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST}
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(home / "bin" / "spark-class"), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for this process, which then ends the others in order.
                start_new_session=True,
            )

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def run(cluster: Cluster, say: Callable[[str], None]) -> None:
    """Keep a cluster up until somebody ends this process.

    Raises:
        EngineUnusable: It does not start.
    """
    # Also where whoever started it ignores them, as a script does for what it starts beside itself.
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, signal.default_int_handler)
    try:
        cluster.start()
        processes = ", ".join(f"{name} {process.pid}" for name, process in cluster.processes.items())
        say(f"Spark is up at {cluster.address} ({processes}). In another terminal:")
        say(f"  PQL_TARGET=spark PQL_SPARK_MASTER={cluster.address} make run VENV=.venv-spark")
        say("Ctrl-C ends it.")
        while True:
            time.sleep(LOOK_SECONDS)
            for name in cluster.look_after():
                say(f"{name} had ended, and is started again.")
    except KeyboardInterrupt:
        say("Spark ends.")
    finally:
        cluster.stop()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make spark", description=__doc__)
    parser.add_argument("--port", type=int, default=7077)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    try:
        require_packages()
        require_java()
        folder = read_settings().data_dir / "spark" / "cluster"
        # A worker has room for one executor, as the build asks for it.
        memory = output_of("spark")["server_side_parameters"]["spark.executor.memory"]
        run(Cluster(folder, chosen.port, chosen.workers, memory), lambda text: print(text, flush=True))
    except (EngineUnusable, SettingsInvalid) as why:
        print(why, file=sys.stderr)
        return 1
    return 0


def answers(port: int) -> bool:
    """Whether somebody listens there on this machine."""
    try:
        with socket.create_connection((HOST, port), LOOK_SECONDS):
            return True
    except OSError:
        return False


def spark_home() -> Path:
    found = find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
