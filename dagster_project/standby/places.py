"""Where processes that wait for a run, and those that have one, are found."""

import fcntl
from pathlib import Path


def sockets_in(home: Path) -> list[Path]:
    """Where processes wait, who waits longest first."""
    return sorted(_folder(home).glob("*.socket"), key=_waiting_since)


def socket_of(home: Path, pid: int) -> Path:
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder / f"{pid}.socket"


def lock_of(home: Path, run_id: str) -> Path:
    """A file that whoever executes the run holds locked as long as it lives, with its process id in it."""
    return _folder(home) / f"{run_id}.run"


def worker_of(home: Path, run_id: str) -> int | None:
    """The process that executes a run; None: it lives no more, or the run was never given to one that waited."""
    path = lock_of(home, run_id)
    try:
        with path.open("r+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read())
            return None
    except FileNotFoundError:
        return None


def _folder(home: Path) -> Path:
    return home / "standby"


def _waiting_since(socket: Path) -> float:
    try:
        return socket.stat().st_mtime
    except FileNotFoundError:
        return 0.0
