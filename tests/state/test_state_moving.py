"""The state moves from its SQLite file into a Postgres whole, or not at all."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, insert, select

from dagster_project.__main__ import main
from dagster_project.crm.ledger import Acknowledged, append, fold
from dagster_project.settings import read_settings
from dagster_project.state import moving
from dagster_project.state.copying import state_beside
from dagster_project.state.database import StateUnavailable, open_state
from dagster_project.state.moving import CannotMove, move_state
from dagster_project.state.run_log import log_step, steps_of_run
from dagster_project.state.tables import (
    handoffs,
    metadata,
    outbox,
    portal,
    rejections,
    rule_versions,
    sent_occurrences,
    undone_values,
)
from tests.throwaway_postgres import PASSWORD, Cluster

NOW = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)
ODD = "Zoë 東京 😀 \uffff0 a\0b\t\"'\\"


@pytest.fixture
def to(postgres: Cluster) -> Iterator[str]:
    name = postgres.new_database()
    yield postgres.url_with_password(name)
    postgres.drop(name)


@pytest.fixture
def live(data_dir: Path) -> Engine:
    """A state with something of every kind that a database might hold in another way."""
    engine = open_state(read_settings().state_database_url)
    with engine.begin() as connection:
        acknowledge(connection, ODD, None, "", "x" * 10_000)
        connection.execute(insert(portal).values(portal_id="1", base_url="https://a", recorded_at=NOW))
        connection.execute(insert(outbox), [action(number) for number in range(3)])
        handoff = {"handoff_id": "h1", "record_key": "k" * 600, "episode": 2, "owner_reason": "least_recent"}
        connection.execute(
            insert(handoffs).values(handoff | {"handed_off_at": NOW, "run_id": "run", "claimed_at": NOW})
        )
        sent = {"run_id": "run", "sent_at": NOW, "last_occurred_at": NOW, "occurrence_count": 2}
        connection.execute(insert(sent_occurrences), [sent | {"occurrence_ids": ids} for ids in (b"\0\xff" * 16, None)])
        versions = [{"digest": "d", "in_force_from": NOW, "recorded_at": NOW, "files": {"b": ODD, "a": "1,2\r\n"}}]
        connection.execute(insert(rule_versions), versions)
    log_step(
        engine, "run", "sync", NOW, NOW, NOW + timedelta(microseconds=1), {"share": 0.1, "names": [ODD, None, True]}
    )
    return engine


def acknowledge(connection, *values: str | None) -> None:
    entries = [Acknowledged(f"u{number}", str(number), "zo_note", value, None) for number, value in enumerate(values)]
    append(connection, "contacts", entries, run_id="run", as_of=NOW, acknowledged_at=NOW)


def action(number: int) -> dict:
    return {
        "action_id": f"action-{number}",
        "trigger_id": "sql_handoff",
        "kind": "hubspot_task",
        "target": "owner",
        "record_key": "u1",
        "payload": {"facts": {"label": ODD}, "expires_hours": None},
        "state": "delivered",
        "attempts": 1,
        "next_try_at": NOW,
        "expires_at": NOW,
        "receipt": {"task_id": "77"} if number else None,
        "as_of": NOW,
        "updated_at": NOW,
    }


def everything(engine: Engine) -> dict[str, list[tuple]]:
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def move(to: str, tmp_path: Path) -> dict[str, int]:
    tmp_path.joinpath("scratch").mkdir(exist_ok=True)
    return move_state(read_settings().state_database_url, to, tmp_path / "scratch")


def refused(to: str, tmp_path: Path) -> str:
    with pytest.raises(CannotMove) as refusal:
        move(to, tmp_path)
    assert PASSWORD not in str(refusal.value)
    return str(refusal.value)


def test_every_row_arrives_as_it_was_and_the_file_stays_as_it_was(live: Engine, to: str, tmp_path: Path):
    before, file = everything(live), read_settings().state_dir / "state.sqlite"
    bytes_before = hashlib.sha256(file.read_bytes()).hexdigest()
    counts = move(to, tmp_path)
    assert everything(open_state(to)) == before
    assert counts == {name: len(rows) for name, rows in before.items()}
    assert counts["ledger_log"] == 4
    assert hashlib.sha256(file.read_bytes()).hexdigest() == bytes_before
    assert everything(live) == before


def test_what_is_written_next_gets_the_next_number_and_the_folded_ledger_goes_on(live: Engine, to: str, tmp_path: Path):
    folder = read_settings().state_dir
    fold(live, folder, "contacts")
    move(to, tmp_path)
    moved = open_state(to)
    with moved.begin() as connection:
        acknowledge(connection, "changed")
        undone = {"object_type": "contacts", "hubspot_id": "1", "property": "p", "record_key": "u", "run_id": "r"}
        # A table that was empty begins at one, as ever.
        connection.execute(insert(undone_values).values(undone | {"undone_run_id": "r", "undone_at": NOW}))
    went_on = pl.read_parquet(fold(moved, folder, "contacts"))
    anew = pl.read_parquet(fold(moved, tmp_path / "anew", "contacts"))
    assert went_on.equals(anew)
    assert went_on.filter(pl.col("hubspot_id") == "0")["zo_note"].to_list() == ["changed"]
    assert [row[0] for row in everything(moved)["ledger_log"]] == [1, 2, 3, 4, 5]
    assert [row[0] for row in everything(moved)["undone_values"]] == [1]


def test_a_database_that_holds_a_state_is_refused_and_stays_as_it_is(live: Engine, to: str, tmp_path: Path):
    with open_state(to).begin() as connection:
        connection.execute(insert(portal).values(portal_id="2", base_url="https://b", recorded_at=NOW))
    before = everything(open_state(to))
    assert "holds a state already (1 row in portal). Name an empty database" in refused(to, tmp_path)
    assert everything(open_state(to)) == before
    # The file is still the state.
    open_state.cache_clear()
    assert steps_of_run(open_state(read_settings().state_database_url), "run") != {}


def test_a_file_that_somebody_writes_to_meanwhile_is_not_moved(
    live: Engine, to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copied = moving._copied

    def while_others_write(reading, writing, table, on_progress):
        if table is outbox:
            log_step(live, "another", "act", NOW, NOW, NOW, {})
        return copied(reading, writing, table, on_progress)

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_copied", while_others_write)
        assert "somebody wrote to" in refused(to, tmp_path)
    assert not any(everything(open_state(to)).values())
    assert sum(move(to, tmp_path).values()) == sum(len(rows) for rows in everything(live).values())


def test_a_row_that_comes_to_be_another_one_is_found(
    live: Engine, to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    written = moving._count

    def changed(connection, table):
        count = written(connection, table)
        return count - 1 if table is rejections and count == 1 else count

    with live.begin() as connection:
        row = {"object_type": "contacts", "record_key": "u1", "refused_values": {}, "category": "c", "message": "m"}
        connection.execute(
            insert(rejections).values(row | {"tries": 1, "last_try_at": NOW, "next_try_at": NOW, "run_id": "r"})
        )
    monkeypatch.setattr(moving, "_count", changed)
    assert "what was written to rejections is not what was read" in refused(to, tmp_path)
    assert not any(everything(open_state(to)).values())


def test_a_server_that_goes_away_half_way_leaves_nothing_behind(
    live: Engine, to: str, postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copied = moving._copied

    def cut_off(reading, writing, table, on_progress):
        if table is outbox:
            name = to.rpartition("/")[2]
            postgres.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        return copied(reading, writing, table, on_progress)

    monkeypatch.setattr(moving, "_copied", cut_off)
    with pytest.raises(StateUnavailable, match="The connection was lost"):
        move(to, tmp_path)
    assert not any(everything(open_state(to)).values())


def test_whoever_opens_the_file_afterwards_is_told_where_the_state_is(live: Engine, to: str, tmp_path: Path):
    move(to, tmp_path)
    open_state.cache_clear()
    settings = read_settings()
    for opened in (lambda: open_state(settings.state_database_url), lambda: look_beside(settings, tmp_path / "beside")):
        with pytest.raises(StateUnavailable) as told:
            opened()
        assert "is not used any more: the state of this folder was moved to postgresql+psycopg://pql:***@" in str(
            told.value
        )
        assert PASSWORD not in str(told.value)
    assert "was moved to" in refused(to, tmp_path)


def look_beside(settings, folder: Path) -> None:
    with state_beside(settings, folder):
        pass


def test_an_older_file_arrives_with_the_newest_schema_and_stays_old(data_dir: Path, to: str, tmp_path: Path):
    open_state(read_settings().state_database_url).dispose()
    file = read_settings().state_dir / "state.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("update alembic_version set version_num = '0009'")
        connection.commit()
    move(to, tmp_path)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("0009",)]
    assert not everything(open_state(to))["ledger_log"]


def test_without_a_state_there_is_nothing_to_move(data_dir: Path, to: str, tmp_path: Path):
    assert "there is no state in" in refused(to, tmp_path)


def test_a_place_that_is_no_postgres_is_refused(live: Engine, tmp_path: Path):
    message = refused(f"sqlite:///{tmp_path}/other.sqlite", tmp_path)
    assert "other.sqlite is no Postgres, such as postgresql://user:password@host/database." in message
    assert not (tmp_path / "other.sqlite").exists()


def test_a_state_that_is_in_a_postgres_already_is_not_moved(
    data_dir: Path, to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_STATE_URL", to)
    assert "only an SQLite file is moved" in refused(to, tmp_path)


def test_the_command_tells_what_was_moved_and_what_to_do_now(live: Engine, to: str, capsys: pytest.CaptureFixture[str]):
    assert main(["move-state", "--to", to]) == 0
    told = capsys.readouterr().out
    rows = sum(len(rows) for rows in everything(live).values())
    assert f"{rows} rows were moved; each was read back and is the same." in told
    assert "Now set PQL_STATE_URL to the new place, on every machine, and start Dagster." in told
    assert PASSWORD not in told
    assert [path.name for path in read_settings().data_dir.iterdir() if path.name.startswith(".move")] == []
    assert main(["move-state", "--to", to]) == 1
    assert "was moved to" in capsys.readouterr().err


def test_the_command_without_a_place_says_how_to_name_one(live: Engine, capsys: pytest.CaptureFixture[str]):
    assert main(["move-state"]) == 2
    assert capsys.readouterr().err == "Where to? make move-state TO=postgresql://user:password@host/database\n"
