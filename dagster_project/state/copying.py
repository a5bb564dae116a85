"""The state for somebody who only looks: whatever is done with it, what HubSpot acknowledged stays as it is."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from dagster_project.settings import Settings
from dagster_project.state.database import open_state, refuse_if_moved
from dagster_project.state.sqlite import copy_from, sqlite_file

COPY = "state.sqlite"


@contextmanager
def state_beside(settings: Settings, folder: Path) -> Iterator[Engine]:
    """The state as it is now, with its folded ledgers copied into `folder`.

    An SQLite file is copied, so that it is neither migrated nor locked; of one that is not there yet, an empty state is
    given. Any other database is opened itself, and a Postgres refuses whatever would be written.

    Raises:
        StateUnavailable: The state cannot be opened.
    """
    folder.mkdir(parents=True)
    for ledger in settings.state_dir.glob("ledger_*.parquet"):
        shutil.copyfile(ledger, folder / ledger.name)
    live = sqlite_file(settings.state_database_url)
    if live is None:
        yield open_state(settings.state_database_url).execution_options(postgresql_readonly=True)
        return
    refuse_if_moved(live)
    if live.exists():
        with closing(sqlite3.connect(f"{live.as_uri()}?mode=ro", uri=True)) as source:
            copy_from(source, folder / COPY)
    engine = open_state(f"sqlite:///{folder / COPY}")
    try:
        yield engine
    finally:
        engine.dispose()
