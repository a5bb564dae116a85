"""Runs are given to processes that wait for one: each run once, to one that is up to date, and nobody is waited for."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import LaunchRunContext, WorkerStatus

from dagster_project.commands.home import prepare_dagster_home
from dagster_project.settings import PROJECT_DIR
from dagster_project.standby import worker
from dagster_project.standby.keeping import WAITING, standby
from dagster_project.standby.launcher import GIVEN_TO, StandbyRunLauncher, offered
from dagster_project.standby.places import lock_of, socket_of, sockets_in, worker_of
from dagster_project.standby.worker import Given

PATIENCE_SECONDS = 120


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: that of a socket has at most 107 letters."""
    return tmp_path_factory.mktemp("h")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def waiting(home: Path, imported_at: float) -> Iterator[list[Given | None]]:
    """Somebody in this process who waits; what they were given."""
    given: list[Given | None] = []
    thread = threading.Thread(target=lambda: given.append(worker._waited_for(home, imported_at)))
    thread.start()
    until(lambda: bool(sockets_in(home)))
    yield given
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_a_run_is_given_to_whoever_waits_and_to_nobody_else(home: Path):
    with waiting(home, time.time() + 60) as given:
        assert [offered(path, "run-1", "what to do") for path in sockets_in(home)] == [True]
    (first,) = given
    assert first is not None
    assert first.args == "what to do"
    assert worker_of(home, "run-1") == os.getpid()
    first.lock.close()
    assert worker_of(home, "run-1") is None
    assert sockets_in(home) == []


def test_whoever_imported_what_has_changed_since_takes_no_run_and_ends(home: Path):
    with waiting(home, 0.0) as given:
        assert [offered(path, "run-1", "what to do") for path in sockets_in(home)] == [False]
    assert given == [None]
    assert worker_of(home, "run-1") is None


def test_an_offer_that_is_taken_back_is_no_run(home: Path):
    with waiting(home, time.time() + 60) as given:
        (path,) = sockets_in(home)
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(str(path))
            door.sendall(b'{"run_id": "run-1", "args": "what to do"}\n')
            assert door.recv(100) == b"ready\n"
            assert worker_of(home, "run-1") is not None
        until(lambda: not lock_of(home, "run-1").exists())
        assert offered(path, "run-2", "something else")
    assert given[0] is not None
    assert given[0].args == "something else"


def test_where_a_process_was_killed_while_it_waited_nobody_takes_the_run(home: Path):
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(socket_of(home, 1)))
    assert [offered(path, "run-1", "what to do") for path in sockets_in(home)] == [False]


def test_the_folder_in_which_processes_wait_is_for_its_owner_alone(home: Path):
    assert socket_of(home, 1).parent.stat().st_mode & 0o777 == 0o700


def test_where_the_name_of_a_socket_would_be_too_long_nobody_waits_and_nothing_fails(tmp_path: Path):
    home = tmp_path / ("a" * 110)
    with standby(home):
        time.sleep(1)
        assert sockets_in(home) == []
    assert not [thread for thread in threading.enumerate() if thread.name == "standby"]


# The whole way, as make dev goes it


@pytest.fixture
def instance(home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    prepare_dagster_home()
    (home / "dagster.yaml").write_text((PROJECT_DIR / "dagster_project" / "instance.yaml").read_text())
    with dg.DagsterInstance.get() as found:
        yield found


def begun(instance: dg.DagsterInstance, job: str, run_config: dict) -> dg.DagsterRun:
    repository = ReconstructableRepository.for_module("dagster_project.definitions", "defs", str(PROJECT_DIR))
    recon = repository.get_reconstructable_job(job)
    run = instance.create_run_for_job(
        recon.get_definition(), run_config=run_config, job_code_origin=recon.get_python_origin()
    )
    launcher = instance.run_launcher
    assert isinstance(launcher, StandbyRunLauncher)
    launcher.launch_run(LaunchRunContext(run, None))
    return run


def test_a_run_is_executed_by_a_process_that_waited_and_another_one_takes_its_place(
    instance: dg.DagsterInstance, home: Path
):
    with standby(home):
        until(lambda: len(sockets_in(home)) == WAITING)
        before = set(sockets_in(home))
        run = begun(instance, "explain_score", {"ops": {"tell_why": {"config": {"email": "nobody@example.com"}}}})
        until(lambda: instance.get_run_by_id(run.run_id).is_finished)
        # Nothing was published, and that is said; it was executed.
        assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
        assert instance.get_run_by_id(run.run_id).tags[GIVEN_TO] == "yes"
        until(lambda: len(sockets_in(home)) == WAITING and set(sockets_in(home)) != before)
        assert not lock_of(home, run.run_id).exists()
    assert sockets_in(home) == []


def test_a_process_that_is_killed_over_its_run_is_noticed(instance: dg.DagsterInstance, home: Path):
    run = dg.DagsterRun(job_name="act", tags={GIVEN_TO: "yes"})
    path = lock_of(home, run.run_id)
    path.parent.mkdir()
    holds = "import fcntl, os, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); "
    holds += "f.write(str(os.getpid())); f.flush(); print('held', flush=True); time.sleep(600)"
    held = subprocess.Popen([sys.executable, "-c", holds, str(path)], stdout=subprocess.PIPE)
    assert held.stdout is not None
    held.stdout.readline()
    launcher = instance.run_launcher
    assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
    held.send_signal(signal.SIGKILL)
    held.wait()
    assert launcher.check_run_worker_health(run).status == WorkerStatus.FAILED
    # Of a run that the code server executes the code server knows.
    assert launcher.check_run_worker_health(dg.DagsterRun(job_name="act")).status == WorkerStatus.RUNNING


def test_who_keeps_processes_ends_them_where_they_were_started_not_to_listen(
    home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    try:
        with standby(home):
            until(lambda: len(sockets_in(home)) == WAITING)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert sockets_in(home) == []


def test_beside_a_daemon_of_ones_own_processes_wait_too_and_end_with_who_keeps_them(
    home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    command = [sys.executable, "-W", "ignore", "-m", "dagster_project.standby"]
    keeper = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True)
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == f"2 processes wait for runs of {home} (Ctrl-C ends them)\n"
    until(lambda: len(sockets_in(home)) == WAITING)
    keeper.terminate()
    assert keeper.wait(PATIENCE_SECONDS) == 0
    assert sockets_in(home) == []
