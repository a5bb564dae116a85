"""However a load ends, each file is in the warehouse whole or not at all, and the next load makes it good."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from landing_dying import Died, DyingConnection, finding_test_modules
from landing_folder import Landing
from landing_lines import as_lines, event

from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import PROJECT_DIR

TABLES = ("landing_files", "landing_sightings", "quarantine", "product_events")
FILES = {
    "events_1.jsonl": as_lines(event("e1"), "broken", event("e2")),
    "events_2.csv": b"colour\nred\n",
}
LOADS_A_LARGE_FILE = """
import sys
from pathlib import Path
from landing_dying import TellingConnection
from dagster_project.landing import loading
from dagster_project.resources.warehouse import open_warehouse

with open_warehouse(Path(sys.argv[1])) as connection:
    loading.load_source(TellingConnection(connection), Path(sys.argv[2]), "product")
print("done", flush=True)
"""


def tables(connection) -> dict[str, list[tuple]]:
    return {table: connection.sql(f"select * from raw.{table} order by all").fetchall() for table in TABLES}


def contents(warehouse: Path) -> dict[str, list[tuple]]:
    with open_warehouse(warehouse, read_only=True) as connection:
        return tables(connection)


def load(warehouse: Path, folder: Path) -> None:
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)
        load_source(connection, folder, "product")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        Landing(tmp_path / "landing", None).drop(name, content)
    return tmp_path / "landing"


def assert_files_are_whole(found: dict[str, list[tuple]]) -> None:
    """What the record says of a file is what the tables hold of it; of a file without a record they hold nothing."""
    rows, aside = {}, {}
    for row in found["product_events"]:
        rows[row[-3]] = rows.get(row[-3], 0) + 1
    for row in found["quarantine"]:
        aside[row[3]] = aside.get(row[3], 0) + (row[4] is not None)
    recorded = {row[3]: row for row in found["landing_files"]}
    assert rows == {name: row[5] for name, row in recorded.items() if row[5]}
    assert aside == {name: row[6] for name, row in recorded.items() if row[6] or row[4] == "refused"}


def test_a_load_that_dies_between_any_two_statements_leaves_whole_files_and_is_made_good(tmp_path, folder):
    empty, clean = tmp_path / "empty.duckdb", tmp_path / "clean.duckdb"
    load(empty, tmp_path / "nothing")
    load(clean, folder)
    expected, statements, seen, died = contents(clean), 0, set(), True
    while died:
        warehouse = tmp_path / f"{statements}.duckdb"
        shutil.copyfile(empty, warehouse)
        with open_warehouse(warehouse) as connection:
            died = dies_after(statements, connection, folder)
        with open_warehouse(warehouse) as connection:
            found = tables(connection)
            assert_files_are_whole(found)
            seen.add(len(found["landing_files"]))
            load_source(connection, folder, "product")
            assert tables(connection) == expected
        statements += 1
    assert statements > 15
    assert seen == {0, 1, 2}


def dies_after(statements: int, connection, folder: Path) -> bool:
    try:
        load_source(DyingConnection(connection, statements), folder, "product")
    except Died:
        return True
    return False


def test_a_load_that_is_killed_in_a_large_file_leaves_nothing_of_it_and_is_made_good(tmp_path):
    landing = Landing(tmp_path / "landing", None)
    landing.drop("events_1.jsonl", as_lines(event("e0"), "broken"))
    landing.drop("events_2.jsonl", as_lines(*(event(f"e{n}") if n % 10 else "broken" for n in range(30_000))))
    warehouse, clean = tmp_path / "killed.duckdb", tmp_path / "clean.duckdb"
    load(warehouse, tmp_path / "empty")
    program = [sys.executable, "-c", LOADS_A_LARGE_FILE, warehouse, landing.folder]
    with subprocess.Popen(
        program, cwd=PROJECT_DIR, env=finding_test_modules(), stdout=subprocess.PIPE, text=True
    ) as child:
        # Twice for the small file, which has a bad line, and once for the large one.
        assert [child.stdout.readline() for _ in range(3)] == ["now\n"] * 3
        os.kill(child.pid, signal.SIGKILL)
        assert child.stdout.read() == ""
    assert child.returncode == -signal.SIGKILL

    found = contents(warehouse)
    assert [row[3] for row in found["landing_files"]] == ["events_1.jsonl"]
    assert_files_are_whole(found)
    load(warehouse, landing.folder)
    load(clean, landing.folder)
    assert contents(warehouse) == contents(clean)
    assert len(contents(clean)["product_events"]) == 27_001
