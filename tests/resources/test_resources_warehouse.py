"""The warehouse file, shared with other processes: waited for, named when the patience ends, and soon given back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from dagster_project.resources.warehouse import Warehouse, WarehouseBusy, WarehouseUnusable, open_warehouse

SCRIPT = Path(__file__).with_name("resources_hold_warehouse.py")


class Holder:
    """Another process that has the file open."""

    def __init__(self, path: Path, access: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(path), access], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "open\n"

    def let_go(self) -> None:
        self.process.stdin.close()
        assert self.process.wait() == 0


@contextmanager
def held(path: Path, access: str = "writing") -> Iterator[Holder]:
    holder = Holder(path, access)
    try:
        with holder.process:
            yield holder
    finally:
        holder.process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A warehouse with one table."""
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("create table numbers as select 42 as number")
    return file


def never(_: float) -> None:
    raise AssertionError("nobody holds the file and somebody waited")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_warehouse_that_another_process_writes_is_waited_for(path: Path, read_only: bool):
    pauses = []
    with held(path) as holder:

        def others_finish(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 4:
                holder.let_go()

        with open_warehouse(path, read_only=read_only, sleep=others_finish) as connection:
            assert connection.sql("select number from numbers").fetchall() == [(42,)]
    assert len(pauses) == 4
    # Often at first, for most are quick, then less and less.
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1


def test_a_writer_waits_for_a_reader_in_another_process_and_a_reader_does_not(path: Path):
    pauses = []
    with held(path, "reading") as holder:
        with open_warehouse(path, read_only=True, sleep=never) as connection:
            assert connection.sql("select number from numbers").fetchall() == [(42,)]

        def others_finish(seconds: float) -> None:
            pauses.append(seconds)
            holder.let_go()

        with open_warehouse(path, sleep=others_finish) as connection:
            connection.execute("insert into numbers values (43)")
    assert len(pauses) == 1


def test_when_the_patience_ends_the_message_names_the_file_and_who_has_it(path: Path):
    pauses = []
    with (
        held(path) as holder,
        pytest.raises(WarehouseBusy) as raised,
        open_warehouse(path, patience_seconds=30, sleep=pauses.append),
    ):
        pytest.fail("the file is held by another process")
    message = str(raised.value)
    assert message.startswith(f"{path} is in use by another process: ")
    assert f"(PID {holder.process.pid})" in message
    assert message.endswith("Close it and run again.")
    assert 30 <= sum(pauses) <= 32
    assert max(pauses) <= 2
    assert raised.value.__suppress_context__


def test_without_patience_nothing_is_waited_for(path: Path):
    with (
        held(path),
        pytest.raises(WarehouseBusy),
        open_warehouse(path, patience_seconds=0, sleep=never),
    ):
        pytest.fail("the file is held by another process")


def test_a_file_that_is_no_warehouse_is_told_at_once_whatever_it_is_called(tmp_path: Path):
    file = tmp_path / "Could not set up.duckdb"
    file.write_text("a shopping list\n" * 1000)
    with (
        pytest.raises(WarehouseUnusable, match="not a valid DuckDB database") as told,
        open_warehouse(file, sleep=never),
    ):
        pytest.fail("it was opened")
    assert str(told.value).startswith(f"{file} cannot be opened as a DuckDB file: ")
    assert "not a valid DuckDB database" in str(told.value)
    assert "Move it away and run again" in str(told.value)


def test_a_warehouse_that_is_not_there_cannot_be_read_and_is_not_made(tmp_path: Path):
    file = tmp_path / "warehouse.duckdb"
    with pytest.raises(WarehouseUnusable, match="run `make run`"), open_warehouse(file, read_only=True, sleep=never):
        pytest.fail("it was opened")
    assert not file.exists()


def test_a_fresh_warehouse_is_made_with_its_folder(tmp_path: Path):
    file = tmp_path / "data" / "of" / "ours" / "warehouse.duckdb"
    with open_warehouse(file, sleep=never) as connection:
        connection.execute("create table numbers as select 1 as number")
    assert file.is_file()


def test_time_is_in_utc_wherever_the_machine_stands(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    with open_warehouse(path, sleep=never) as connection:
        ((zone, hour),) = connection.sql(
            "select current_setting('TimeZone'), hour(timestamptz '2026-11-20 09:00:00+02')"
        ).fetchall()
    assert (zone, hour) == ("UTC", 7)


def test_nothing_is_open_after_the_block_even_if_it_failed(path: Path):
    def fail() -> None:
        with open_warehouse(path) as connection:
            connection.execute("insert into numbers values (43)")
            connection.execute("a slip of the pen")

    # With the frames of the failure still about.
    with pytest.raises(duckdb.ParserException) as raised:
        fail()
    with held(path):
        pass
    assert raised.value
    with open_warehouse(path, read_only=True, sleep=never) as connection:
        assert connection.sql("select count(*) from numbers").fetchall() == [(2,)]


def test_what_is_open_for_reading_cannot_be_written(path: Path):
    with open_warehouse(path, read_only=True) as connection, pytest.raises(duckdb.InvalidInputException):
        connection.execute("insert into numbers values (43)")


def test_the_resource_opens_the_warehouse_of_the_data_folder_and_gives_it_back(data_dir: Path):
    warehouse = Warehouse()
    with warehouse.writing() as connection:
        connection.execute("create table numbers as select 42 as number")
    with held(data_dir / "warehouse.duckdb"):
        pass
    with warehouse.reading() as connection:
        assert connection.sql("select number from numbers").fetchall() == [(42,)]
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute("drop table numbers")
    with held(data_dir / "warehouse.duckdb"):
        pass
