"""Opening the state database: its schema is brought up to date first, once per process."""

import sqlite3
from functools import cache
from pathlib import Path
from time import monotonic, sleep

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

MIGRATIONS = Path(__file__).parent / "migrations"
# Two processes may open a fresh database at once; one migrates, the other waits for the lock.
MIGRATION_LOCK = 7_719_240
LOCK_PATIENCE_SECONDS = 30.0


class StateUnavailable(Exception):
    """The state database cannot be opened; the message names the place without its password."""


@cache
def open_state(url: str) -> Engine:
    """An engine on the state database, with the newest schema.

    Args:
        url: An SQLAlchemy URL; SQLite files get WAL mode and full durability, their folder is created.
    Raises:
        StateUnavailable: The URL is none, its driver is missing, or the database does not answer, is no state database
            or was written by a newer version.
    """
    address = _parsed(url)
    place = address.set(query={}).render_as_string(hide_password=True)
    try:
        engine = _engine(address, place)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin immediate"))
            if address.database:
                _make_room(Path(address.database), place)
        _migrate(engine)
    except ImportError as error:
        raise StateUnavailable(f"The state database {place} needs a driver: {error}. Install it.") from None
    except CommandError as error:
        raise StateUnavailable(
            f"The state database {place} has a schema that this version does not know ({error}); use the version that "
            "wrote it, or a newer one."
        ) from None
    except (SQLAlchemyError, OSError) as error:
        raise StateUnavailable(f"The state database {place} cannot be used: {error.__cause__ or error}") from None
    return engine


def _parsed(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    # With a bare @ : or / in the password, a part of it would be taken for the host and be shown.
    if address is None or (address.host is not None and url.count("@") > 1):
        raise StateUnavailable(
            "PQL_STATE_URL is no SQLAlchemy URL such as postgresql+psycopg://user:password@host/database; signs like "
            "@ : / in the password are written %40 %3A %2F."
        )
    return address


def _engine(address: URL, place: str) -> Engine:
    try:
        return create_engine(address)
    except (TypeError, ValueError):
        # What the driver says would show the value, and so perhaps a secret.
        raise StateUnavailable(
            f"The state database {place} cannot be used: an option behind the ? of PQL_STATE_URL has a value that its "
            "driver does not take. Correct it or leave it out."
        ) from None


def _make_room(file: Path, place: str) -> None:
    if file.is_dir():
        raise StateUnavailable(
            f"The state database {place} is a folder; name a file in it, such as {file.name}/state.sqlite."
        )
    file.parent.mkdir(parents=True, exist_ok=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
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


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if MigrationContext.configure(connection).get_current_revision() != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
