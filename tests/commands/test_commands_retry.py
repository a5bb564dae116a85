"""`make retry`: lists what failed or expired, and owes it again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dagster_project.__main__ import main
from dagster_project.outreach import outbox
from dagster_project.outreach.outbox_rows import Action
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import outbox as table

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def state(data_dir: Path) -> Engine:
    """Two actions that failed, of two triggers, and one that is in doubt."""
    engine = open_state(read_settings().state_database_url)
    for name, trigger, became in (
        ("one", "paywall_hit", "failed"),
        ("two", "sql_handoff", "failed"),
        ("three", "sql_handoff", "unknown"),
    ):
        action = Action(name, trigger, "slack_message", "owner", "u1", {}, NOW + timedelta(hours=1))
        outbox.enqueue(engine, [action], as_of=NOW, now=NOW)
        outbox.claim(engine, [name], "run", NOW)
        outbox.settle(engine, [name], became, run_id="run", as_of=NOW, now=NOW, problem="no account of a@b.example")
    return engine


def states(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {row.action_id: row.state for row in connection.execute(select(table))}


def test_without_a_choice_it_lists_what_was_given_up_and_changes_nothing(state, capsys):
    assert main(["retry"]) == 0
    told = capsys.readouterr().out
    assert "one  paywall_hit: slack message, u1: no account of a***@b.example" in told
    assert "three" not in told
    assert states(state) == {"one": "failed", "two": "failed", "three": "unknown"}


@pytest.mark.parametrize(
    ("choice", "owed"),
    [
        (["--action", "one"], {"one"}),
        (["--action", "one two"], {"one", "two"}),
        (["--trigger", "sql_handoff"], {"two"}),
        (["--all"], {"one", "two"}),
    ],
)
def test_what_is_chosen_is_owed_again(state, capsys, choice: list[str], owed: set[str]):
    assert main(["retry", *choice]) == 0
    assert {action_id for action_id, found in states(state).items() if found == "pending"} == owed
    assert f"{len(owed)} action" in capsys.readouterr().out


def test_what_is_in_doubt_is_told_and_left(state, capsys):
    assert main(["retry", "--action", "three one"]) == 0
    assert "three is left: it is unknown" in capsys.readouterr().out
    assert main(["retry", "--action", "three"]) == 1
    assert "Nothing was put back: three: it is unknown." in capsys.readouterr().err


def test_where_nothing_was_given_up_it_says_so(data_dir, capsys):
    assert main(["retry"]) == 0
    assert "Nothing failed or expired." in capsys.readouterr().out
