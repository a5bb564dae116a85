"""The state in an SQLite file: every transaction takes its turn, and is on disk when it is over."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

LOCK_PATIENCE_SECONDS = 30.0


def prepare(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin immediate"))


def sqlite_file(url: str | URL) -> Path | None:
    """The file of an SQLite database; None: it is another one, or none in a file."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return None
    is_file = address.get_backend_name() == "sqlite" and address.database and not address.database.startswith("file:")
    return Path(address.database).resolve() if is_file and address.database != ":memory:" else None


def copy_from(live: sqlite3.Connection, copy: Path) -> None:
    """A file as it is at this moment, what is not yet in the file itself included; it stays as it is."""
    with closing(sqlite3.connect(copy)) as target:
        live.backup(target)


def moved_marker(file: Path) -> Path:
    """Beside a file whose state was moved elsewhere: says where to. The file knows nothing of what was sent since."""
    return file.with_name(f"{file.name}.moved")


def _prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own implicit transactions would begin late and upgrade their lock, which two writers cannot both do.
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout = {LOCK_PATIENCE_SECONDS * 1000:.0f}")
    _use_wal(connection)
    connection.execute("pragma synchronous = full")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Write-ahead mode, which the file keeps.

    While a fresh file is changed to it, SQLite refuses everybody else at once, whatever busy_timeout says.
    """
    last_try = monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            # The low byte is the kind of error; the rest says more about it.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= last_try:
                raise
        sleep(0.02)
