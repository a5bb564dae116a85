"""However a replay ends, each line is a row or in quarantine, and the next replay makes it good."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from landing_dying import Died, DyingConnection, finding_test_modules
from landing_folder import Landing, raw_contents
from landing_lines import as_lines, event
from landing_mended import mend

from dagster_project.landing.loading import load_source
from dagster_project.landing.replaying import replay_quarantine
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import PROJECT_DIR

TABLES = ("landing_files", "quarantine", "product_events")
LATE = {"timestamp": None, "at": "2026-11-20T10:00:00Z"}
REPLAYS = """
import sys
from pathlib import Path
import pytest
from landing_dying import TellingConnection
from landing_mended import mend
from dagster_project.landing.replaying import replay_quarantine
from dagster_project.resources.warehouse import open_warehouse

mend(pytest.MonkeyPatch(), "product", "events", "timestamp", "at")
with open_warehouse(Path(sys.argv[1])) as connection:
    replay_quarantine(TellingConnection(connection), Path(sys.argv[2]))
print("done", flush=True)
"""


def contents(connection) -> dict[str, list[tuple]]:
    return raw_contents(connection, TABLES)


def load(warehouse: Path, folder: Path) -> dict[str, list[tuple]]:
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)
        load_source(connection, folder, "product")
        return contents(connection)


def assert_no_line_is_lost_or_twice(found: dict[str, list[tuple]], lines: set[tuple]) -> None:
    """Of a file that was loaded, every line is a row or in quarantine, and the record counts both."""
    rows = [row[-3:-1] for row in found["product_events"]]
    aside = [row[3:5] for row in found["quarantine"] if row[4] is not None]
    loaded = {row[3] for row in found["landing_files"] if row[4] == "loaded"}
    assert sorted(rows + aside) == sorted(line for line in lines if line[0] in loaded)
    for _, _, _, name, state, row_count, aside_count, *_ in found["landing_files"]:
        assert row_count == len([row for row in rows if row[0] == name])
        assert aside_count == len([row for row in aside if row[0] == name])
        assert (state == "refused") == (name in {row[3] for row in found["quarantine"] if row[4] is None})


def test_a_replay_that_dies_between_any_two_statements_loses_nothing_and_is_made_good(tmp_path, monkeypatch):
    landing = Landing(tmp_path / "landing", None)
    landing.drop("events_1.jsonl", as_lines(event("e1"), "broken", event("e2", **LATE), event("e3", **LATE)))
    landing.drop("events_2.csv", b"event_id,user_id,event_type,at\ne4,u1,logged_in,2026-11-20\ne5,u1,logged_in,\n")
    lines = {("events_1.jsonl", number) for number in (1, 2, 3, 4)} | {("events_2.csv", number) for number in (2, 3)}
    aside = tmp_path / "aside.duckdb"
    load(aside, landing.folder)
    mend(monkeypatch, "product", "events", "timestamp", "at")
    expected = load(tmp_path / "clean.duckdb", landing.folder)
    statements, seen, died = 0, set(), True
    while died:
        warehouse = tmp_path / f"{statements}.duckdb"
        shutil.copyfile(aside, warehouse)
        with open_warehouse(warehouse) as connection:
            died = dies_after(statements, connection, landing.folder)
        with open_warehouse(warehouse) as connection:
            found = contents(connection)
            assert_no_line_is_lost_or_twice(found, lines)
            seen.add(len(found["product_events"]))
            replay_quarantine(connection, landing.folder)
            assert contents(connection) == expected
        statements += 1
    assert statements > 15
    assert seen == {1, 3, 4}


def dies_after(statements: int, connection, folder: Path) -> bool:
    try:
        replay_quarantine(DyingConnection(connection, statements), folder)
    except Died:
        return True
    return False


def test_a_replay_that_is_killed_in_a_large_file_leaves_it_as_it_was_and_is_made_good(tmp_path, monkeypatch):
    landing = Landing(tmp_path / "landing", None)
    landing.drop("events_1.jsonl", as_lines(event("e0", **LATE), "broken"))
    many = [event(f"e{number}", **(LATE if number % 3 else {})) for number in range(30_000)]
    landing.drop("events_2.jsonl", as_lines(*many))
    warehouse = tmp_path / "killed.duckdb"
    before = load(warehouse, landing.folder)
    program = [sys.executable, "-c", REPLAYS, warehouse, landing.folder]
    with subprocess.Popen(
        program, cwd=PROJECT_DIR, env=finding_test_modules(), stdout=subprocess.PIPE, text=True
    ) as child:
        # Once for the small file and once for the large one.
        assert [child.stdout.readline() for _ in range(2)] == ["now\n", "now\n"]
        os.kill(child.pid, signal.SIGKILL)
        assert child.stdout.read() == ""
    assert child.returncode == -signal.SIGKILL

    with open_warehouse(warehouse) as connection:
        found = contents(connection)
        of_large = [row for row in before["product_events"] if row[-3] == "events_2.jsonl"]
        assert [row for row in found["product_events"] if row[-3] == "events_2.jsonl"] == of_large
        assert len(found["product_events"]) == len(before["product_events"]) + 1
        assert len(found["quarantine"]) == len(before["quarantine"]) - 1
    mend(monkeypatch, "product", "events", "timestamp", "at")
    with open_warehouse(warehouse) as connection:
        replay_quarantine(connection, landing.folder)
        assert contents(connection) == load(tmp_path / "clean.duckdb", landing.folder)
