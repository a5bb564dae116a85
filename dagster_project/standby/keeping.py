"""Keeps processes that wait for a run, and replaces each once its run is over."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.settings import PROJECT_DIR
from dagster_project.standby.places import socket_of

# Two, so that a run that comes while another is under way finds one too.
WAITING = 2
LOOK_EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 20.0
MOST_PID = 9_999_999
# Of the address of a Unix socket, on macOS; Linux has four letters more.
LONGEST_SOCKET = 103
# A process that ends at once, over and over, is not started as fast as it ends.
PAUSE_AFTER_FAILURE_SECONDS = 30.0


@contextmanager
def standby(home: Path) -> Iterator[None]:
    """While it lasts, processes wait for runs of this Dagster home; where their sockets would have too long a name,
    none do, and runs are started as ever.
    """
    if len(os.fsencode(socket_of(home, MOST_PID))) > LONGEST_SOCKET:
        yield
        return
    over = threading.Event()
    workers: list[subprocess.Popen] = []
    keeper = threading.Thread(target=_keep, args=(home, workers, over), name="standby", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            _end(worker)
            _forget(home, worker)


def _keep(home: Path, workers: list[subprocess.Popen], over: threading.Event) -> None:
    while True:
        ended = [worker for worker in workers if worker.poll() is not None]
        for worker in ended:
            _forget(home, worker)
            workers.remove(worker)
        if any(worker.returncode for worker in ended) and over.wait(PAUSE_AFTER_FAILURE_SECONDS):
            return
        while len(workers) < WAITING:
            workers.append(_started(home))
        if over.wait(LOOK_EVERY_SECONDS):
            return


def _end(worker: subprocess.Popen) -> None:
    """A run that is under way has this long to say that it was ended."""
    try:
        worker.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _forget(home: Path, worker: subprocess.Popen) -> None:
    """One that was killed left its socket behind."""
    socket_of(home, worker.pid).unlink(missing_ok=True)


def _started(home: Path) -> subprocess.Popen:
    command = [sys.executable, "-W", "ignore", "-m", "dagster_project.standby.worker", str(home)]
    return subprocess.Popen(command, cwd=PROJECT_DIR, stdin=subprocess.DEVNULL, start_new_session=True)
