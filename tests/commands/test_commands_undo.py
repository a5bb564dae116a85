"""`make undo`: which runs there are, what taking one back does, and what it does not."""

from pathlib import Path

import pytest

from dagster_project.__main__ import main
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN
from tests.synced_small import SyncedSmall, sync_small


@pytest.fixture
def synced(sandbox: Sandbox, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> SyncedSmall:
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    return sync_small(sandbox, data_dir, TOKEN)


def test_without_a_run_the_last_ones_are_listed(synced: SyncedSmall, capsys: pytest.CaptureFixture[str]):
    assert main(["undo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "The last runs that wrote to HubSpot, the newest first:"
    assert lines[2].endswith(" UTC  second  2 values on contacts")
    assert lines[3].endswith(" UTC  first  4 values on contacts")
    assert lines[-1] == "What an undo would do: make undo RUN=<run id> DRY_RUN=1"


def test_before_any_sync_there_is_nothing_to_list(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["undo"]) == 0
    assert capsys.readouterr().out == "No run has written to HubSpot yet.\n"


def test_an_undo_tells_what_came_back_what_was_left_and_what_the_next_sync_does(
    synced: SyncedSmall, capsys: pytest.CaptureFixture[str]
):
    synced.sandbox.edit("contacts", synced.record_ids[0], zo_pql_score="55")
    assert main(["undo", "second"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    lines = told.out.splitlines()
    assert lines[0] == "contacts: 2 of 2 records looked at"
    assert "contacts: 1 value on 1 record taken back; 2 calls." in lines
    assert "  zo_pql_score: 1" in lines
    assert "1 left: somebody changed it in HubSpot since." in lines
    assert "| u1 | zo_pql_score | 80 | 55 | changed_since |" in lines
    assert "syncs leave it out (reason `undone`)" in lines[-1]
    assert synced.scores() == ["55", "11"]

    undo_id = lines[-1].rpartition("=")[2]
    assert main(["undo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith(f"  {undo_id}  1 value on contacts (took back second)")
    assert lines[3].endswith(f"  second  2 values on contacts (taken back by {undo_id})")
    assert "Left out by syncs because they were undone: 1 value on contacts." in lines

    assert main(["plan"]) == 0
    plan = capsys.readouterr().out
    assert "1 left out: a person undid these values; they are sent when the warehouse wants others." in plan
    assert main(["undo", undo_id]) == 0
    assert synced.scores() == ["55", "81"]


def test_a_dry_run_sends_nothing(synced: SyncedSmall, capsys: pytest.CaptureFixture[str]):
    writes = len(synced.sandbox.requests(writes_only=True))
    assert main(["undo", "second", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "contacts: 2 values on 2 records would be taken back; 1 call." in out
    assert out.endswith("\nThis is a dry run: nothing was sent.\n")
    assert len([call for call in synced.sandbox.requests(writes_only=True) if "batch/update" in call["path"]]) == 2
    assert len(synced.sandbox.requests(writes_only=True)) == writes
    assert synced.scores() == ["80", "81"]


def test_no_address_is_printed(synced: SyncedSmall, capsys: pytest.CaptureFixture[str]):
    synced.sandbox.edit("contacts", synced.record_ids[0], zo_score_reasons="wrote to dana@brightloom.io")
    assert main(["undo", "first"]) == 0
    out = capsys.readouterr().out
    assert "| u1 | zo_score_reasons | a***@brightloom.io | wrote to d***@brightloom.io | changed_since |" in out
    assert "dana@" not in out


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_a_run_that_nobody_knows_is_one_line(
    synced: SyncedSmall, capsys: pytest.CaptureFixture[str], option: list[str]
):
    assert main(["undo", "nobodys", *option]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "No run nobodys is known here; `make undo` lists the last runs that wrote to HubSpot.\n"


@pytest.mark.parametrize("name", ["HUBSPOT_ACCESS_TOKEN", "PQL_DRY_RUN"])
def test_without_a_hubspot_to_ask_nothing_is_taken_back(
    synced: SyncedSmall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
):
    if name == "PQL_DRY_RUN":
        monkeypatch.setenv(name, "true")
    else:
        monkeypatch.delenv(name)
        monkeypatch.delenv("HUBSPOT_BASE_URL")
    assert main(["undo", "second"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Before an undo writes, it asks HubSpot what it holds, and there is no HubSpot to ask: ")
    assert told.err.count("\n") == 1
    assert synced.scores() == ["80", "81"]


def test_an_undo_that_breaks_off_says_how_it_is_finished(synced: SyncedSmall, capsys: pytest.CaptureFixture[str]):
    synced.sandbox.inject("429_daily", path_regex="batch/update")
    assert main(["undo", "second"]) == 1
    told = capsys.readouterr()
    assert "Undo the same run again" in told.out
    assert told.err.count("\n") == 1
    synced.sandbox.clear_faults()
    assert main(["undo", "second"]) == 0
    assert synced.scores() == ["10", "11"]
