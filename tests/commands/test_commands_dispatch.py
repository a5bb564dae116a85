"""`python -m dagster_project <command>` without a process of its own: who is called, and how mistakes end."""

from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.__main__ import main
from dagster_project.commands.where_to_look import print_where_to_look
from dagster_project.settings import PROJECT_DIR
from tests.small_snapshot import desired_contact, person, publish_small


@pytest.fixture
def published(data_dir: Path) -> Path:
    publish_small(
        data_dir / "published",
        score__contact_scores=[person("u1", contact_email="nora@brightloom.io", scored_at=datetime(2026, 11, 20, 9))],
        decide__crm_contacts_desired=[
            desired_contact("u1", "101", pql_score=80),
            desired_contact("u2", None, pql_score=1),
            desired_contact("u3", None, pql_score=1),
        ],
    )
    return data_dir


def test_no_command_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: python -m dagster_project <command>\n  demo ")


def test_a_plan_says_what_would_change_what_is_left_out_and_that_nothing_is_sent(
    published: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["plan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Decided as of 2026-11-20 09:00 UTC (snapshot 20261120T090000Z-")
    assert lines[0].endswith("Nothing is sent.")
    assert "contacts: 1 to update, 0 to find or make, 0 to empty; 1 calls, about 0 s at most." in lines
    assert "| u1 | zo_pql_score | (nothing) | 80 |" in lines
    assert "2 left out: HubSpot does not hold it (crm_objects.csv: unknown_records = update)." in lines
    assert "companies: HubSpot already holds every desired value." in lines


def test_an_explanation_is_printed(published: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["explain", "nora@brightloom.io"]) == 0
    assert capsys.readouterr().out.startswith("nora@brightloom.io (user u1), as of 2026-11-20 09:00 UTC\n")


@pytest.mark.parametrize("command", [["plan"], ["explain", "nora@brightloom.io"]])
def test_before_anything_is_published_it_is_said_what_to_run(
    data_dir: Path, capsys: pytest.CaptureFixture[str], command: list[str]
):
    assert main(command) == 1
    assert capsys.readouterr().err == (
        f"Nothing is published in {data_dir / 'published'} yet; run `make run`, which builds and publishes.\n"
    )


def test_nobody_found_is_one_line(published: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["explain", "who@brightloom.io"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "Nobody has the address who@brightloom.io among the 1 person scored as of 2026-11-20 09:00 UTC.\n"
    )


def test_an_explanation_of_nobody_is_asked_for_an_address(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["explain"])
    assert ended.value.code == 2
    assert "usage: make explain" in capsys.readouterr().err


def test_rules_that_are_sound_are_told_in_english(capsys: pytest.CaptureFixture[str]):
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"The rules in {PROJECT_DIR / 'seeds' / 'rules'} are sound.\n\n")
    assert "A contact is sales qualified when " in out


def test_a_state_of_which_nobody_knows_the_database_is_one_line(
    published: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PQL_STATE_URL", "nosuchdatabase://user:secret@127.0.0.1/state")
    assert main(["plan"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("The state database nosuchdatabase://user:***@127.0.0.1/state")
    assert err.count("\n") == 1


def test_a_bug_of_ours_is_not_taken_for_a_mistake(published: Path):
    for manifest in (published / "published").glob("*/manifest.json"):
        manifest.write_text("[]", encoding="utf-8")
    with pytest.raises(TypeError):
        main(["plan"])


# Where to look


def test_a_data_folder_of_the_project_is_named_as_one_types_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    print_where_to_look()
    assert "  data/published/current/ " in capsys.readouterr().out
    monkeypatch.setenv("PQL_DATA_DIR", "elsewhere/data")
    print_where_to_look()
    assert "  elsewhere/data/published/current/ " in capsys.readouterr().out


def test_a_data_folder_anywhere_else_is_named_in_full(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    print_where_to_look("make more   and more")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["", "Where to look", "  make more   and more"]
    assert lines[-1].startswith(f"  {data_dir}/published/current/ ")
