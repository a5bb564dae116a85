"""`python -m dagster_project <command>` without a process of its own: who is called, and how mistakes end."""

import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.__main__ import main
from dagster_project.commands.where_to_look import print_where_to_look
from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import PROJECT_DIR, SHIPPED_RULES_DIR
from tests.conftest import TOKEN
from tests.small_snapshot import desired_contact, occurrence, person, publish_small


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
        decide__crm_occurrences=[occurrence(1), occurrence(2, hubspot_id=None, matched_by="not_identified")],
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
    (counted,) = (line for line in lines if line.startswith("contacts: "))
    assert counted.startswith("contacts: 1 to update, 0 to find or make, 0 to empty; 1 call, 1 s at most, ")
    assert "| u1 | zo_pql_score | (nothing) | 80 |" in lines
    assert "2 left out: HubSpot does not hold it (crm_objects.csv: unknown_records = update)." in lines
    assert "companies: HubSpot already holds every desired value." in lines
    assert lines[-4:-2] == [
        "events: 1 event to send (paywall_hit 1).",
        "1 left out: nobody knows whose event it is.",
    ]
    assert "| zo_hit_the_paywall (to be made) | contacts | 0 | 0 | 0 |" in lines
    assert lines[-1] == "properties: HubSpot was not asked (HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is)."


def test_a_plan_says_which_properties_would_be_made_and_what_is_in_the_way(
    published: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    sandbox.add_property("contacts", name="zo_pql_score", type="string", fieldType="text")
    before = len(sandbox.requests(writes_only=True))
    assert main(["plan"]) == 0
    told = capsys.readouterr().out
    assert "companies: zo_company_id, zo_company_active_users would be made." in told
    assert "In the way: contacts.zo_pql_score is of type string, the map says number" in told
    assert len(sandbox.requests(writes_only=True)) == before


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


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["recompute", "soon"], "AS_OF is 'soon' and should be an ISO 8601 instant such as 2026-10-01T09:00:00Z.\n"),
        (["explain", "nora@brightloom.io", "--as-of", "9999-01-01"], "AS_OF lies in the future: 9999-01-01 00:00 UTC"),
        (["explain", "nora@brightloom.io", "--rules", "nowhere"], "RULES is 'nowhere' and should be `then`"),
        (["recompute", "2026-10-01", "--rules", "then"], "Which rules were in force on 2026-10-01 00:00 UTC is not"),
        (["recompute", "2026-10-01"], "{data_dir}/warehouse.duckdb is not there yet; run `make run`"),
    ],
)
def test_a_past_moment_that_cannot_be_computed_is_one_line(
    published: Path, capsys: pytest.CaptureFixture[str], command: list[str], told: str
):
    assert main(command) == 1
    err = capsys.readouterr().err
    assert err.startswith(told.format(data_dir=published))
    assert err.count("\n") == 1


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


def test_rules_that_are_sound_are_told_in_english(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"The rules in {PROJECT_DIR / 'seeds' / 'rules'} are sound.\n\n")
    assert "A contact is sales qualified when " in out
    assert out.endswith(
        f"\nLooked at again (without events: {data_dir / 'warehouse.duckdb'} is not there yet)\n  nothing to warn of\n"
    )
    assert not data_dir.exists()


@pytest.fixture
def own_rules(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    monkeypatch.setenv("PQL_RULES_DIR", str(folder))
    return folder


def test_rules_that_are_hardly_meant_are_told_and_no_mistake(own_rules: Path, capsys: pytest.CaptureFixture[str]):
    groups = own_rules / "score_groups.csv"
    groups.write_text(groups.read_text(encoding="utf-8").replace(",pql,100,", ",pql,45,"), encoding="utf-8")
    assert main(["rules"]) == 0
    told = capsys.readouterr().out.partition("Looked at again")[2].splitlines()[1:]
    assert [line.partition(": ")[2].partition(":")[0] for line in told] == [
        "score_bands.csv, row 4",
        "sql_definition.csv, row 3",
        "engagement_rules.csv, row 3",
    ]
    assert all(line.startswith("  warning: ") for line in told)


def test_what_never_came_is_told_from_the_warehouse(
    own_rules: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
):
    data_dir.mkdir()
    with duckdb.connect(data_dir / "warehouse.duckdb") as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_event_meanings as "
            "select 'product' as source, 'logged_in' as source_event, null as event_kind"
        )
        connection.execute(
            "create table intermediate.int_user_event_days as "
            "select timestamp '2026-01-01' as happened_on, 10 as event_count"
        )
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert "\nLooked at again (with the events of 1 day)\n" in out
    assert "engagement_rules.csv, row 2: trial_started is used, and no such event has come in." in out
    assert "row 5: logins_in_7_days is halved in 90 days, and the events cover 1 day." in out
    assert "is_login is used" not in out


def test_rules_with_mistakes_are_told_and_nothing_is_written(
    own_rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (own_rules / "signals.csv").unlink()
    assert main(["rules", "--out", str(tmp_path / "sheet")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("signals.csv: found 'no such file'")
    assert not (tmp_path / "sheet").exists()


def test_the_criteria_are_written_where_one_says(tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["rules", "--out", str(tmp_path / "sheet")]) == 0
    written = ", ".join(
        str(tmp_path / "sheet" / name) for name in ("scoring_rules.csv", "scoring_rules.md", "triggers.md")
    )
    assert capsys.readouterr().out.endswith(f"\nWritten: {written}\n")
    assert "Free trial started" in (tmp_path / "sheet" / "scoring_rules.md").read_text(encoding="utf-8")


def test_a_place_where_nothing_can_be_written_is_told(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "sheet").write_text("a file")
    with pytest.raises(SystemExit) as ended:
        main(["rules", "--out", str(tmp_path / "sheet")])
    assert ended.value.code == 2
    assert f"nothing can be written to {tmp_path / 'sheet'}: File exists" in capsys.readouterr().err


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
