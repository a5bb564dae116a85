"""A process that imports everything, waits for one run, executes it and ends.

python -m dagster_project.standby.worker $DAGSTER_HOME
"""

import fcntl
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dagster_project.settings import PROJECT_DIR, read_settings
from dagster_project.standby.places import lock_of, socket_of
from dagster_project.standby.talking import GO, READY, STALE, receive, send

OURS = ("*.py", "*.yaml", "*.csv", "*.j2")
LOOK_FOR_PARENT_SECONDS = 2.0


@dataclass(frozen=True)
class Given:
    """A run to execute: what Dagster says of it, and a file that stays locked as long as this process lives."""

    args: str
    lock: TextIO


class Outdated(Exception):
    """What was imported is not what lies there by now: another process must import it anew."""


def main(home: Path) -> int:
    imported_at = time.time()
    # Whoever starts us may ignore it, and a process that is told to end would wait for ever.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _import_everything()
    given = _waited_for(home, imported_at)
    if given is not None:
        _execute(given)
    return 0


def _waited_for(home: Path, imported_at: float) -> Given | None:
    """The run that this process was given; None: it is to end without one."""
    path, parent = socket_of(home, os.getpid()), os.getppid()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen(1)
        door.settimeout(LOOK_FOR_PARENT_SECONDS)
        try:
            # A parent that was killed ends nobody: whoever waits for runs that nobody will give ends by itself.
            while os.getppid() == parent:
                with suppress(TimeoutError):
                    given = _taken(door, home, imported_at)
                    if given is not None:
                        return given
        except Outdated:
            return None
        finally:
            path.unlink(missing_ok=True)
    return None


def _import_everything() -> None:
    """What a run needs, and each job put together once."""
    import dagster._cli.api  # noqa: F401

    from dagster_project.definitions import defs

    repository = defs.get_repository_def()
    for name in repository.job_names:
        repository.get_job(name)


def _taken(door: socket.socket, home: Path, imported_at: float) -> Given | None:
    """Listen to one caller; None: they had nothing, or gave it to somebody else.

    Raises:
        TimeoutError: Nobody called.
        Outdated: The caller was told to ask somebody else.
    """
    caller, _ = door.accept()
    with caller:
        caller.settimeout(LOOK_FOR_PARENT_SECONDS)
        line = receive(caller)
        if not line:
            return None
        if _newest_change() > imported_at:
            send(caller, STALE)
            raise Outdated
        offered = json.loads(line)
        lock = lock_of(home, offered["run_id"]).open("w+", encoding="ascii")
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        send(caller, READY)
        if receive(caller) == GO:
            return Given(offered["args"], lock)
        Path(lock.name).unlink(missing_ok=True)
        lock.close()
    return None


def _newest_change() -> float:
    """When code, models or rules were changed last, in seconds since 1970."""
    from dagster_project.resources.dbt import newest_source

    folders = (PROJECT_DIR / "dagster_project", read_settings().rules_dir)
    files = (path for folder in folders for pattern in OURS for path in folder.rglob(pattern))
    return max(newest_source(), *(path.stat().st_mtime for path in files))


def _execute(given: Given) -> None:
    from dagster._cli.api import execute_run_command

    try:
        execute_run_command.main(args=[given.args], standalone_mode=False)
    finally:
        Path(given.lock.name).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
