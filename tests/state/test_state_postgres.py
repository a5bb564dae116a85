"""The state in a Postgres: its transactions take turns, and one clear message tells what is wrong with it."""

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from state_shape import shape_of

from dagster_project.crm.ledger import Acknowledged, append, newest_id
from dagster_project.settings import PROJECT_DIR, read_settings
from dagster_project.state import postgres as in_postgres
from dagster_project.state.copying import state_beside
from dagster_project.state.database import StateUnavailable, open_state
from dagster_project.state.run_log import log_step, steps_of_run
from dagster_project.state.tables import ledger_log, metadata, runs
from tests.throwaway_postgres import PASSWORD, Cluster

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOBODY_ANSWERS = "Nobody answers there; look at host and port in PQL_STATE_URL, and whether the server runs."
SCRIPT = Path(__file__).with_name("state_open_fresh.py")


@pytest.fixture
def database(postgres: Cluster) -> Iterator[str]:
    name = postgres.new_database()
    yield name
    postgres.drop(name)


@pytest.fixture
def state(postgres: Cluster, database: str) -> Iterator[Engine]:
    engine = open_state(postgres.url(database))
    yield engine
    engine.dispose()


def refusal(url: str) -> str:
    with pytest.raises(StateUnavailable) as raised:
        open_state(url)
    assert PASSWORD not in "".join(traceback.format_exception(raised.value))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def acknowledged(value: str | None, key: str = "u1") -> Acknowledged:
    return Acknowledged(key, "501", "zo_pql_score", value, None)


def write(connection, *entries: Acknowledged) -> None:
    append(connection, "contacts", list(entries), run_id="run", as_of=NOW, acknowledged_at=NOW)


# Its schema


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(state: Engine):
    with state.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_same_keys_and_indexes_too(postgres: Cluster, state: Engine):
    name = postgres.new_database()
    straight = create_engine(postgres.url(name))
    metadata.create_all(straight)
    assert shape_of(state) == shape_of(straight)
    assert set(shape_of(state)) == set(metadata.tables)
    straight.dispose()
    postgres.drop(name)


def test_two_processes_that_open_a_fresh_database_at_once_both_get_the_newest_schema(postgres: Cluster):
    environment = os.environ | {"PYTHONPATH": str(PROJECT_DIR)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, str(SCRIPT)], env=environment, **pipes) for _ in range(2)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for name in [postgres.new_database() for _ in range(5)]:
        for process in processes:
            process.stdin.write(f"{postgres.url(name)}\n")
            process.stdin.flush()
        told = [process.stdout.readline().strip() for process in processes]
        assert told[0] == told[1]
        assert told[0].isdecimal()
    for process in processes:
        process.communicate()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_url_that_names_no_driver_works_as_well(postgres: Cluster, database: str, scheme: str):
    url = postgres.url_with_password(database).replace("postgresql+psycopg", scheme, 1)
    assert steps_of_run(open_state(url), "nobody's") == {}


# What it holds


def test_what_hubspot_took_is_kept_however_long_it_is_and_whatever_is_in_it(state: Engine):
    odd, long = "\uffff0 \uffff1 \uffff\0\0 a\0b\t\"'\\ Zoë 東京 😀", "x" * 100_000
    with state.begin() as connection:
        write(connection, acknowledged(odd), acknowledged(long, key="k" * 700), acknowledged(None))
    log_step(state, "r" * 200, "sync", NOW, NOW, NOW, {"example": odd, "count": 3, "share": 0.25, "none": None})
    with state.connect() as connection:
        rows = connection.execute(select(ledger_log.c.value, ledger_log.c.record_key).order_by(ledger_log.c.id)).all()
    assert [tuple(row) for row in rows] == [(odd, "u1"), (long, "k" * 700), (None, "u1")]
    assert steps_of_run(state, "r" * 200) == {"sync": {"example": odd, "count": 3, "share": 0.25, "none": None}}


def test_what_is_written_is_on_disk_though_the_server_is_set_up_to_wait_for_none(postgres: Cluster, database: str):
    postgres.sql(f"alter database {database} set synchronous_commit = off")
    engine = open_state(postgres.url(database))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"
    engine.dispose()


# Turns


@contextmanager
def waiting_writer(postgres: Cluster, state: Engine, value: str) -> Iterator[threading.Thread]:
    """Somebody who writes to the ledger at the same time, and has to wait."""

    def work() -> None:
        with state.begin() as connection:
            write(connection, acknowledged(value))

    writer = threading.Thread(target=work)
    writer.start()
    waits = f"select 1 from pg_stat_activity where wait_event = 'advisory' and datname = '{state.url.database}'"
    while not postgres.sql(waits):
        assert writer.is_alive()
        time.sleep(0.01)
    yield writer
    writer.join()


def test_numbers_of_the_ledger_become_visible_in_their_order(postgres: Cluster, state: Engine):
    """A fold goes on after the largest number it has seen: a smaller one that came later would be lost to it."""
    with state.connect() as first:
        write(first, acknowledged("first"))
        with waiting_writer(postgres, state, "second"):
            first.commit()
    with state.connect() as connection:
        values = connection.execute(select(ledger_log.c.value).order_by(ledger_log.c.id)).scalars().all()
    assert values == ["first", "second"]


def test_whoever_waited_for_a_turn_sees_what_was_written_before_it(postgres: Cluster, state: Engine):
    seen = []

    def look() -> None:
        with state.begin() as connection:
            seen.append(connection.execute(select(func.count()).select_from(ledger_log)).scalar())

    with state.connect() as first:
        write(first, acknowledged("first"))
        with waiting_writer(postgres, state, "second"):
            looker = threading.Thread(target=look)
            looker.start()
            first.commit()
    looker.join()
    assert seen[0] >= 1


def test_a_process_that_was_frozen_in_its_turn_holds_nobody_up_and_writes_nothing(
    postgres: Cluster, state: Engine, monkeypatch: pytest.MonkeyPatch
):
    short = in_postgres.TAKE_TURN.replace(f"'{in_postgres.IDLE_SECONDS}s'", "'200ms'")
    monkeypatch.setattr(in_postgres, "TAKE_TURN", short)
    with state.connect() as frozen:
        write(frozen, acknowledged("frozen"))
        with waiting_writer(postgres, state, "other"):
            pass
        with pytest.raises(StateUnavailable, match="idle-in-transaction"):
            write(frozen, acknowledged("too late"))
    with state.connect() as connection:
        assert connection.execute(select(ledger_log.c.value)).scalars().all() == ["other"]


def test_a_turn_that_never_comes_is_told(postgres: Cluster, state: Engine, monkeypatch: pytest.MonkeyPatch):
    short = in_postgres.TAKE_TURN.replace(f"'{in_postgres.LOCK_PATIENCE_SECONDS}s'", "'100ms'")
    monkeypatch.setattr(in_postgres, "TAKE_TURN", short)
    with state.connect() as holder:
        write(holder, acknowledged("held"))
        with pytest.raises(StateUnavailable, match="Another process has held the state for 30 seconds"):
            newest_id(state, "contacts")


# A server that goes away


def end_connections(postgres: Cluster, database: str) -> None:
    postgres.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'")


def test_a_server_that_was_restarted_between_two_transactions_is_not_noticed(
    postgres: Cluster, database: str, state: Engine
):
    assert newest_id(state, "contacts") == 0
    end_connections(postgres, database)
    assert newest_id(state, "contacts") == 0


def test_a_connection_that_is_lost_in_a_transaction_is_told_and_nothing_of_it_is_written(
    postgres: Cluster, database: str, state: Engine
):
    with state.connect() as connection:
        write(connection, acknowledged("lost"))
        end_connections(postgres, database)
        with pytest.raises(StateUnavailable) as lost:
            write(connection, acknowledged("lost too"))
    assert str(lost.value).endswith("The connection was lost; a later run goes on where this one stopped.")
    assert newest_id(state, "contacts") == 0


def test_an_error_of_the_database_shows_no_value(state: Engine):
    with pytest.raises(DBAPIError) as raised, state.begin() as connection:
        connection.execute(insert(runs), [{"run_id": "nora@brightloom.example"}])
    # What Postgres itself says of a row stays out of our part; here a column is missing, so that it says none.
    assert "parameters hidden" in str(raised.value)


# What is wrong with it


def test_a_server_that_is_not_there_is_told(postgres: Cluster):
    url = f"postgresql://pql:{PASSWORD}@127.0.0.1:1/state"
    message = refusal(url)
    assert message.startswith("The state database postgresql://pql:***@127.0.0.1:1/state cannot be used: ")
    assert message.endswith(NOBODY_ANSWERS)


def test_a_host_that_nobody_knows_is_told(postgres: Cluster):
    message = refusal(f"postgresql://pql:{PASSWORD}@no-such-host.invalid/state")
    assert message.endswith(NOBODY_ANSWERS)


def test_a_wrong_password_is_told_and_not_shown(postgres: Cluster, database: str):
    message = refusal(postgres.url_with_password(database, password=f"not-{PASSWORD}"))
    assert f"postgresql+psycopg://pql:***@127.0.0.1:{postgres.port}/{database} cannot be used: " in message
    assert message.endswith(
        'password authentication failed for user "pql". User or password in PQL_STATE_URL is wrong.'
    )


def test_a_missing_password_is_told(postgres: Cluster, database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    message = refusal(postgres.url_with_password(database).replace(f":{PASSWORD}", ""))
    assert message.endswith("The server wants a password, and PQL_STATE_URL has none.")


def test_a_database_that_is_not_there_is_told_with_how_to_make_it(postgres: Cluster):
    message = refusal(postgres.url_with_password("nowhere"))
    assert message.endswith(
        'database "nowhere" does not exist. Make it with createdb --encoding UTF8, owned by the user of PQL_STATE_URL.'
    )


def test_a_user_who_may_make_no_tables_is_told(postgres: Cluster, database: str):
    postgres.sql(f"drop role if exists guest; create role guest login password '{PASSWORD}'")
    message = refusal(postgres.url_with_password(database, user="guest"))
    assert "permission denied for schema public" in message
    assert message.endswith("owner of the database: alter database … owner to ….")


def test_a_database_of_another_encoding_is_refused(postgres: Cluster):
    postgres.sql("create database latin template template0 encoding 'LATIN1' locale 'C'")
    message = refusal(postgres.url("latin"))
    postgres.drop("latin")
    assert "has the encoding LATIN1, which cannot hold every name" in message


def test_a_database_of_another_program_is_refused_and_gets_no_table(postgres: Cluster, database: str):
    postgres.sql("create table runs (id integer)", database)
    message = refusal(postgres.url(database))
    assert message.endswith('relation "runs" already exists. Give the state a database of its own.')
    tables = postgres.sql("select tablename from pg_tables where schemaname = 'public'", database)
    assert tables == [("runs",)]


def test_the_database_that_dagster_uses_is_refused(postgres: Cluster, database: str):
    """It keeps its version in a table of the same name."""
    postgres.sql("create table alembic_version (version_num varchar(32))", database)
    postgres.sql("insert into alembic_version values ('29b539ebc72a')", database)
    message = refusal(postgres.url(database))
    assert "'29b539ebc72a'" in message
    assert message.endswith("use the version that wrote it, or a newer one; or give the state a database of its own.")


@pytest.mark.parametrize("option", ["conect_timeout", "connect_timeout", "sslmode"])
def test_an_option_that_the_driver_does_not_take_is_told_without_its_value(
    postgres: Cluster, database: str, option: str
):
    message = refusal(f"{postgres.url_with_password(database)}?{option}={PASSWORD}")
    assert message.endswith(
        "cannot be used: an option behind the ? of PQL_STATE_URL has a value that its driver does not take. Correct it "
        "or leave it out."
    )


def test_a_missing_driver_is_told_with_where_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    message = refusal(f"postgresql://pql:{PASSWORD}@127.0.0.1/state")
    assert message.startswith("The state database postgresql://pql:***@127.0.0.1/state needs a driver: ")
    assert message.endswith("The extra postgres brings it: make setup EXTRAS=postgres.")


# Somebody who only looks


def test_somebody_who_only_looks_cannot_change_the_state(
    postgres: Cluster, state: Engine, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log_step(state, "run", "sync", NOW, NOW, NOW, {"sent": 1})
    monkeypatch.setenv("PQL_STATE_URL", postgres.url(state.url.database))
    with state_beside(read_settings(), tmp_path / "beside") as looking:
        assert steps_of_run(looking, "run") == {"sync": {"sent": 1}}
        with pytest.raises(DBAPIError, match="read-only transaction"), looking.begin() as connection:
            connection.execute(text("delete from runs"))
    log_step(state, "run", "act", NOW, NOW, NOW, {})
    assert list(steps_of_run(state, "run")) == ["sync", "act"]
