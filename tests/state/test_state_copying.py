"""Somebody who only looks gets a copy of the state, and the state stays as it is."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select

from dagster_project.settings import read_settings
from dagster_project.state.copying import state_beside
from dagster_project.state.database import StateUnavailable, open_state
from dagster_project.state.tables import identities

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ROW = {"object_type": "contacts", "record_key": "u1", "hubspot_id": "1", "matched_by": "email", "recorded_at": NOW}


def count(engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(identities)).scalar()


def test_what_is_done_with_the_copy_does_not_reach_the_state(data_dir: Path, tmp_path: Path):
    settings = read_settings()
    live = open_state(settings.state_database_url)
    with live.begin() as connection:
        connection.execute(insert(identities).values(ROW))
    (settings.state_dir / "ledger_contacts.parquet").write_bytes(b"folded")
    file = settings.state_dir / "state.sqlite"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    with state_beside(settings, tmp_path / "copy") as engine:
        # What was written last may still lie in the write-ahead log.
        assert count(engine) == 1
        with engine.begin() as connection:
            connection.execute(delete(identities))
        assert count(engine) == 0
        assert (tmp_path / "copy" / "ledger_contacts.parquet").read_bytes() == b"folded"
        (tmp_path / "copy" / "ledger_contacts.parquet").write_bytes(b"anew")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert count(live) == 1
    assert (settings.state_dir / "ledger_contacts.parquet").read_bytes() == b"folded"


def test_a_state_that_is_not_there_yet_is_empty_and_stays_away(data_dir: Path, tmp_path: Path):
    with state_beside(read_settings(), tmp_path / "copy") as engine:
        assert count(engine) == 0
    assert not read_settings().state_dir.exists()


def test_an_address_that_is_none_is_told_as_everywhere(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_STATE_URL", "no address")
    with pytest.raises(StateUnavailable), state_beside(read_settings(), tmp_path / "copy"):
        pass
