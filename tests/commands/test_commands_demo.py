"""The demo writes to the sandbox and among its own files only; where it cannot be sure of that, it touches nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from dagster_project.commands import demo
from dagster_project.commands.demo import copy_sample, known_portal
from dagster_project.commands.sandboxed import sandbox_environment
from dagster_project.sandbox.errors import PORTAL_ID
from dagster_project.settings import SAMPLE_DIR, read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import portal
from tests.conftest import TOKEN

SAMPLE = {file.name: file.read_bytes() for file in (SAMPLE_DIR / "landing" / "product").iterdir()}


@pytest.fixture
def landing(data_dir: Path) -> Path:
    folder = data_dir / "landing" / "product"
    folder.mkdir(parents=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def belong_to(portal_id: str, base_url: str) -> None:
    """The data folder was used with this portal."""
    row = {"portal_id": portal_id, "base_url": base_url, "recorded_at": datetime(2026, 11, 1, tzinfo=UTC)}
    with open_state(read_settings().state_database_url).begin() as connection:
        connection.execute(insert(portal).values(row))


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """What the demo says when it does not run."""
    assert demo.main() == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


# Refusals


@pytest.mark.parametrize("name", ["HUBSPOT_ACCESS_TOKEN", "SLACK_BOT_TOKEN"])
def test_a_token_is_refused_before_anything_is_touched(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, TOKEN)
    told = refusal(capsys)
    assert told == (
        "The demo writes to the sandbox and never to a real portal: unset HUBSPOT_ACCESS_TOKEN and SLACK_BOT_TOKEN, "
        "or use `make run`.\n"
    )
    assert not data_dir.exists()


def test_the_data_folder_of_another_portal_is_refused(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    belong_to("7", "https://api.hubapi.com")
    told = refusal(capsys)
    assert told.startswith(f"{data_dir} belongs to HubSpot portal 7 (https://api.hubapi.com)")
    assert "make demo PQL_DATA_DIR=/tmp/demo" in told
    assert not (data_dir / "landing").exists()


def test_a_folder_with_somebodys_own_files_is_refused_and_left_as_it_is(
    landing: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
):
    (landing / "events_ours.csv").write_text("event_id\n", encoding="utf-8")
    (landing / "users.csv").write_text("user_id\n", encoding="utf-8")
    before = contents(data_dir)
    assert refusal(capsys) == (
        f"{landing} holds events_ours.csv; the demo would mix its sample company with that. Give it a data folder of "
        "its own: make demo PQL_DATA_DIR=/tmp/demo\n"
    )
    assert contents(data_dir) == before
    assert not (data_dir / "state").exists()


def test_many_files_are_not_all_named(landing: Path, capsys: pytest.CaptureFixture[str]):
    for number in range(5):
        (landing / f"events_{number}.csv").touch()
    assert "holds events_0.csv, events_1.csv, events_2.csv and 2 more;" in refusal(capsys)


@pytest.mark.parametrize("name", ["events_ours.csv.tmp", "notes.txt", "archive"])
def test_whatever_lies_there_and_is_not_the_samples_is_somebodys(
    landing: Path, capsys: pytest.CaptureFixture[str], name: str
):
    if name == "archive":
        (landing / name).mkdir()
    else:
        (landing / name).touch()
    assert f"holds {name};" in refusal(capsys)


@pytest.mark.parametrize("source", ["segment", "mixpanel", "amplitude"])
def test_files_of_another_source_are_somebodys_too(data_dir: Path, capsys: pytest.CaptureFixture[str], source: str):
    folder = data_dir / "landing" / source
    folder.mkdir(parents=True)
    (folder / "users.csv").touch()
    assert refusal(capsys).startswith(f"{folder} holds users.csv; the demo would mix its sample company with that.")


# What it takes as its own


@pytest.mark.parametrize("name", [".DS_Store", ".gitkeep", "users.csv", "users.csv.tmp"])
def test_hidden_files_and_the_samples_names_are_no_reason_to_refuse(landing: Path, name: str):
    (landing / name).write_text("whatever it was", encoding="utf-8")
    assert demo.files_of_others(landing.parent) == []


def test_a_folder_that_is_not_there_yet_holds_nobodys_files(data_dir: Path):
    assert demo.files_of_others(data_dir / "landing") == []


def test_the_portal_of_the_sandbox_is_the_demos_own(data_dir: Path):
    assert known_portal(read_settings()) is None
    belong_to(str(PORTAL_ID), "http://127.0.0.1:9")
    assert known_portal(read_settings()) == (str(PORTAL_ID), "http://127.0.0.1:9")


def test_the_sample_is_copied_whole(data_dir: Path):
    assert copy_sample(data_dir / "landing") == len(SAMPLE)
    assert contents(data_dir / "landing" / "product") == SAMPLE


def test_an_older_copy_of_the_sample_is_renewed_and_an_equal_one_is_left_alone(data_dir: Path):
    copy_sample(data_dir / "landing")
    folder = data_dir / "landing" / "product"
    (folder / "users.csv").write_text("user_id\nsomebody\n", encoding="utf-8")
    for name in SAMPLE:
        os.utime(folder / name, (1, 1))
    copy_sample(data_dir / "landing")
    assert contents(folder) == SAMPLE
    assert {name for name in SAMPLE if (folder / name).stat().st_mtime != 1} == {"users.csv"}


def test_a_demo_names_the_sandbox_for_everything_that_is_sent(monkeypatch: pytest.MonkeyPatch):
    for name, value in sandbox_environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.hubspot_base_url == "http://127.0.0.1:9"
    assert settings.slack_base_url == "http://127.0.0.1:9/api/"
    assert settings.sends_to_hubspot
    assert settings.sends_to_slack
