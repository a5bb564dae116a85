"""The state for somebody who only looks: whatever is done with it, what HubSpot acknowledged stays as it is."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dagster_project.settings import Settings
from dagster_project.state.database import open_state

COPY = "state.sqlite"


@contextmanager
def state_beside(settings: Settings, folder: Path) -> Iterator[Engine]:
    """The state as it is now, with its folded ledgers copied into `folder`.

    An SQLite file is copied, so that it is neither migrated nor locked; of one that is not there yet, an empty state is
    given. Any other database is opened itself: whoever is given it may only read.

    Raises:
        StateUnavailable: The state cannot be opened.
    """
    folder.mkdir(parents=True)
    for ledger in settings.state_dir.glob("ledger_*.parquet"):
        shutil.copyfile(ledger, folder / ledger.name)
    live = _sqlite_file(settings.state_database_url)
    if live is None:
        yield open_state(settings.state_database_url)
        return
    if live.exists():
        source, copy = sqlite3.connect(f"{live.as_uri()}?mode=ro", uri=True), sqlite3.connect(folder / COPY)
        with closing(source), closing(copy):
            source.backup(copy)
    engine = open_state(f"sqlite:///{folder / COPY}")
    try:
        yield engine
    finally:
        engine.dispose()


def _sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None: it is another one, or none in a file."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return None
    is_file = address.get_backend_name() == "sqlite" and address.database and not address.database.startswith("file:")
    return Path(address.database).resolve() if is_file and address.database != ":memory:" else None
