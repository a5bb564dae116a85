"""What the next run would do under a set of rules, held against a real state."""

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine

from dagster_project.crm import ledger
from dagster_project.crm.ledger import Acknowledged
from dagster_project.outreach import outbox
from dagster_project.outreach.outbox_rows import Action
from dagster_project.privacy.opt_outs import OptOut
from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.preview.consequences import Consequences, State, consequences, next_run, unmet
from dagster_project.rules.book import read_rules
from dagster_project.rules.reading import RuleBook
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.small_snapshot import AS_OF, desired_contact, publish_small

SHIPPED = read_rules(SHIPPED_RULES_DIR)
HOUR = timedelta(hours=1)


@pytest.fixture
def publish(tmp_path: Path):
    return lambda **rows: publish_small(tmp_path / "published", **rows)


@pytest.fixture
def state(tmp_path: Path, engine: Engine) -> State:
    return State(engine, tmp_path / "state", AS_OF, "zo_", [OptOut(None, "u9", None)])


def rules_with(folder: Path, file: str, old: str, new: str) -> RuleBook:
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return read_rules(folder)


def found(state: State, before: Snapshot, after: Snapshot, book: RuleBook = SHIPPED) -> Consequences:
    return consequences(next_run(before, SHIPPED, state), next_run(after, book, state))


def action(action_id: str, kind: str = "slack_message", user: str = "u1", hours_ago: int = 1, **columns) -> dict:
    """A row of decide.actions that is of use for two hours."""
    begun = {"moment_at": (AS_OF - hours_ago * HOUR).replace(tzinfo=None), "expires_hours": 2}
    names = {"action_id": action_id, "trigger_id": "paywall_hit", "kind": kind, "target": "owner", "record_key": user}
    return {**names, **begun, "in_working_hours": False, **columns}


def ids(frame: pl.DataFrame, column: str) -> list[str]:
    return sorted(frame[column])


def acknowledge(state: State, user: str, hubspot_id: str, values: dict[str, str]) -> None:
    entries = [Acknowledged(user, hubspot_id, name, value, None) for name, value in values.items()]
    with state.engine.begin() as connection:
        ledger.append(connection, "contacts", entries, run_id="r", as_of=AS_OF, acknowledged_at=AS_OF)


def test_values_that_hubspot_holds_or_would_get_anyway_are_not_caused_by_the_rules(publish, state: State):
    acknowledge(state, "u1", "1", {"zo_pql_score": "20"})
    acknowledge(state, "u3", "3", {"zo_pql_score": "30"})
    scores = {"u1": (10, 20), "u2": (10, 20), "u3": (30, 40), "u4": (10, 10), "u5": (10, 20), "u9": (10, 20)}
    # u5 is no contact in HubSpot, and the rules do not make any; u9 opted out.
    sides = [
        publish(
            decide__crm_contacts_desired=[
                desired_contact(user, None if user == "u5" else user[1:], pql_score=both[side])
                for user, both in scores.items()
            ]
        )
        for side in (0, 1)
    ]
    values = found(state, *sides).values
    assert values.more.select("record_key", "property", "value").rows() == [("u3", "zo_pql_score", "40")]
    assert values.fewer.select("record_key", "value").rows() == [("u1", "10")]
    assert values.otherwise.select("record_key", "value").rows() == [("u2", "20")]


def test_a_sync_beyond_the_limits_is_said_to_be_held(publish, state: State):
    users = [f"u{number}" for number in range(10, 40)]
    for user in users:
        acknowledge(state, user, user[1:], {"zo_pql_score": "20", "zo_combined_score": "20"})
    before, after = (
        publish(
            decide__crm_contacts_desired=[
                desired_contact(user, user[1:], pql_score=score, combined_score=score) for user in users
            ]
        )
        for score in (20, 50)
    )
    assert found(state, before, before).held == ()
    assert any(
        "zo_combined_score would change on 30 of the 30 contacts" in why for why in found(state, before, after).held
    )


def test_messages_that_were_sent_are_late_or_have_no_way_out_are_left_out(publish, state: State, tmp_path: Path):
    sent = Action("sent", "paywall_hit", "slack_message", "owner", "u1", {}, AS_OF + HOUR)
    outbox.enqueue(state.engine, [sent], as_of=AS_OF, now=AS_OF)
    before = publish(decide__actions=[action("both", owner_id="1"), action("gone")])
    after = publish(
        decide__actions=[
            action("both", owner_id="2"),
            action("new"),
            action("sent"),
            action("late", hours_ago=3),
            action("opted_out", user="u9"),
            action("mail", "sequence"),
        ]
    )
    actions = found(state, before, after).actions
    assert [ids(frame, "action_id") for frame in (actions.more, actions.fewer, actions.otherwise)] == [
        ["mail", "new"],
        ["gone"],
        ["both"],
    ]
    off = rules_with(tmp_path / "off", "channels.csv", "sequence,true", "sequence,false")
    assert ids(found(state, before, after, off).actions.more, "action_id") == ["new"]
    # A channel that is switched on sends what both sides owe.
    both = next_run(after, off, state), next_run(after, SHIPPED, state)
    assert ids(consequences(*both).actions.more, "action_id") == ["mail"]


def test_handoffs_ahead_and_returns_are_told_apart(publish, state: State):
    def handoff(handoff_id: str, handoff_state: str, **columns) -> dict:
        return {"handoff_id": handoff_id, "record_key": handoff_id, "handoff_state": handoff_state, **columns}

    def returned(return_id: str) -> dict:
        said = {"return_state": "proposed", "returned_at": AS_OF.replace(tzinfo=None), "return_reason": "quiet"}
        return {"return_id": return_id, "record_key": return_id, "hubspot_id": "1", **said}

    before = publish(
        decide__handoffs=[
            handoff("a", "proposed", owner_id="1"),
            handoff("b", "acknowledged"),
            handoff("c", "proposed"),
        ],
        decide__returns=[returned("x")],
    )
    after = publish(
        decide__handoffs=[handoff("a", "waiting"), handoff("b", "acknowledged"), handoff("d", "in_review")],
        decide__returns=[returned("x"), returned("y")],
    )
    done = found(state, before, after)
    handoffs = done.handoffs
    assert [ids(side, "handoff_id") for side in (handoffs.more, handoffs.fewer, handoffs.otherwise)] == [
        ["d"],
        ["c"],
        ["a"],
    ]
    assert ids(done.returns.more, "return_id") == ["y"]
    assert done.returns.fewer.is_empty()


def test_so_many_returns_that_a_person_must_look_are_counted_and_said_to_be_held(publish, state: State):
    returns = [
        {
            "return_id": f"r{number}",
            "record_key": f"u{number}",
            "hubspot_id": str(number),
            "return_state": "proposed",
            "returned_at": AS_OF.replace(tzinfo=None),
        }
        for number in range(10, 25)
    ]
    queue = [{"record_key": f"u{number}"} for number in range(10, 30)]
    before, after = publish(decide__sales_queue=queue), publish(decide__sales_queue=queue, decide__returns=returns)
    done = found(state, before, after)
    assert done.returns.more.height == 15
    (why,) = done.held
    assert why.startswith("15 of the 20 contacts at sales qualified would go back to marketing at once")
    assert "approve" not in why


def test_members_of_lists_join_and_leave(publish, state: State):
    def member(number: int) -> dict:
        ids = {"record_key": f"u{number}", "hubspot_id": str(number), "matched_by": "email"}
        return {"segment_id": "hot_not_with_sales", "object_type": "contacts", **ids}

    before = publish(decide__segment_members=[member(1), member(2), member(3)])
    after = publish(decide__segment_members=[member(3), member(4)])
    assert found(state, before, after).lists == {"zo_hot_not_with_sales": (1, 2)}
    assert found(state, after, after).lists == {}


def test_only_what_is_missing_is_named(publish):
    def condition(user: str, name: str, is_met: bool | None, value: str | None) -> dict:
        asked = {"property": f"zo_{name}", "operator": ">=", "value": "50", "found": value, "is_met": is_met}
        return {"user_id": user, "condition_id": name, "is_sales_qualified": False, **asked}

    snapshot = publish(
        decide__sales_qualifications=[
            condition("a", "pql", False, "45.0000"),
            condition("a", "team", None, None),
            condition("a", "met", True, "60"),
            condition("b", "pql", False, "1"),
            condition("c", "pql", True, "70"),
        ]
    )
    assert unmet(snapshot, pl.Series(["a", "c"])) == {
        "a": "zo_pql is 45 and should be >= 50; zo_team is not known and should be >= 50"
    }
