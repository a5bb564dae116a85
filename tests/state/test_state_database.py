"""Opening the state database: the newest schema, whoever else opens it; one clear message when it cannot be opened."""

import os
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text
from state_shape import shape_of

from dagster_project.settings import PROJECT_DIR
from dagster_project.state import sqlite
from dagster_project.state.database import MIGRATIONS, StateUnavailable, open_state
from dagster_project.state.run_log import steps_of_run
from dagster_project.state.tables import metadata

PASSWORD = "correct-horse"
SCRIPT = Path(__file__).with_name("state_open_fresh.py")
FRESH_DATABASES = 40


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """In a file, wherever the state of other tests is kept."""
    return open_state(url_of(tmp_path / "state.sqlite"))


def newest_revision() -> str:
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def refusal(url: str) -> str:
    with pytest.raises(StateUnavailable) as raised:
        open_state(url)
    # What the message hides must not come back with the error that led to it.
    assert PASSWORD not in "".join(traceback.format_exception(raised.value))
    return str(raised.value)


@contextmanager
def opening_process() -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def test_two_processes_that_open_a_fresh_database_at_once_both_get_the_newest_schema(tmp_path: Path):
    with opening_process() as one, opening_process() as other:
        for number in range(FRESH_DATABASES):
            # The folder is fresh too.
            line = f"{url_of(tmp_path / str(number) / 'state.sqlite')}\n"
            for process in (one, other):
                process.stdin.write(line)
                process.stdin.flush()
            told = [process.stdout.readline().strip() for process in (one, other)]
            assert told == [newest_revision()] * 2


def test_a_fresh_database_that_somebody_else_is_writing_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as somebody:
        somebody.execute("begin immediate")
        pauses = []

        def others_finish(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                somebody.execute("rollback")

        monkeypatch.setattr(sqlite, "sleep", others_finish)
        assert steps_of_run(open_state(url_of(file)), "nobody's") == {}
    assert len(pauses) == 3


def test_a_database_that_is_never_given_up_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite, "LOCK_PATIENCE_SECONDS", 0.0)
    file = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as somebody:
        somebody.execute("begin exclusive")
        message = refusal(url_of(file))
    assert message == f"The state database {url_of(file)} cannot be used: database is locked"


def test_every_connection_writes_ahead_and_waits_for_the_disk(engine: Engine):
    # Two at a time: the second is no reused one.
    with engine.connect() as first:
        settings = {name: first.exec_driver_sql(f"pragma {name}").scalar() for name in ("journal_mode", "synchronous")}
        with closing(engine.raw_connection()) as second:
            [(synchronous,)] = second.cursor().execute("pragma synchronous").fetchall()
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert synchronous == 2


def test_a_reader_sees_the_state_while_another_writes(tmp_path: Path):
    file = tmp_path / "state.sqlite"
    with open_state(url_of(file)).connect() as writer:
        writer.execute(text("insert into portal values ('1', 'https://a', '2026-11-20 09:00:00.000000')"))
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
            assert reader.execute("select count(*) from portal").fetchall() == [(0,)]
        writer.commit()
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
            assert reader.execute("select count(*) from portal").fetchall() == [(1,)]


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_same_keys_and_indexes_too(engine: Engine, tmp_path: Path):
    straight = create_engine(url_of(tmp_path / "straight.sqlite"))
    metadata.create_all(straight)
    assert shape_of(engine) == shape_of(straight)
    assert set(shape_of(engine)) == set(metadata.tables)
    straight.dispose()


def test_a_database_that_is_up_to_date_is_opened_as_it_is(tmp_path: Path):
    url = url_of(tmp_path / "state.sqlite")
    with open_state(url).begin() as connection:
        connection.execute(text("insert into portal values ('1', 'https://a', '2026-11-20 09:00:00.000000')"))
    open_state.cache_clear()
    with open_state(url).connect() as connection:
        assert connection.execute(text("select portal_id from portal")).fetchall() == [("1",)]


def test_a_process_opens_a_database_once(tmp_path: Path):
    url = url_of(tmp_path / "state.sqlite")
    assert open_state(url) is open_state(url)


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path):
    url = url_of(tmp_path / "state.sqlite")
    with open_state(url).begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    open_state.cache_clear()
    message = refusal(url)
    assert message.startswith(f"The state database {url} has a schema that this version does not know")
    assert "'9999'" in message
    assert message.endswith("use the version that wrote it, or a newer one; or give the state a database of its own.")
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [("9999",)]


def test_a_database_of_another_program_is_refused_and_gets_no_table(tmp_path: Path):
    file = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("create table runs (id integer)")
    assert refusal(url_of(file)) == f"The state database {url_of(file)} cannot be used: table runs already exists"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("runs",)]


def test_a_folder_in_the_place_of_the_file_is_named_with_what_to_write_instead(tmp_path: Path):
    folder = tmp_path / "state"
    folder.mkdir()
    assert refusal(url_of(folder)) == (
        f"The state database {url_of(folder)} is a folder; name a file in it, such as state/state.sqlite."
    )


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path):
    (tmp_path / "state").write_text("a note")
    url = url_of(tmp_path / "state" / "state.sqlite")
    message = refusal(url)
    assert message.startswith(f"The state database {url} cannot be used: ")
    assert message.endswith(f"File exists: '{tmp_path / 'state'}'")


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path):
    file = tmp_path / "state.sqlite"
    file.write_text("a shopping list\n" * 100)
    assert refusal(url_of(file)) == f"The state database {url_of(file)} cannot be used: file is not a database"
    assert file.read_text().startswith("a shopping list\n")


@pytest.mark.parametrize(
    "url",
    [
        "state.sqlite",
        "",
        f"postgresql+psycopg://pql:{PASSWORD}@host:port/state",
        f"postgresql+psycopg://pql:half@{PASSWORD}@host/state",
        f"postgresql+psycopg:/pql:{PASSWORD}@host/state",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated_and_the_message_shows_how_one_looks(url: str):
    message = refusal(url)
    assert message.startswith(
        "PQL_STATE_URL is no SQLAlchemy URL such as postgresql+psycopg://user:password@host/database; "
    )
    assert PASSWORD not in message


@pytest.mark.parametrize(
    ("scheme", "driver"), [("mysql+pymysql", "pymysql"), ("oracle+oracledb", "oracledb"), ("mssql+pymssql", "pymssql")]
)
def test_a_missing_driver_is_named_and_the_password_is_not(scheme: str, driver: str):
    message = refusal(f"{scheme}://pql:{PASSWORD}@127.0.0.1/state?token={PASSWORD}")
    assert message == (
        f"The state database {scheme}://pql:***@127.0.0.1/state needs a driver: No module named '{driver}'. Install it."
    )


def test_a_kind_of_database_that_nobody_knows_is_named():
    message = refusal(f"papyrus://pql:{PASSWORD}@host/state")
    assert message.startswith("The state database papyrus://pql:***@host/state cannot be used: ")
    assert "papyrus" in message.partition(" cannot be used: ")[2]


def test_an_option_that_the_driver_does_not_take_is_told_without_its_value(tmp_path: Path):
    url = url_of(tmp_path / "state.sqlite")
    message = refusal(f"{url}?timeout={PASSWORD}")
    assert message == (
        f"The state database {url} cannot be used: an option behind the ? of PQL_STATE_URL has a value that its driver "
        "does not take. Correct it or leave it out."
    )
