"""What was given up can be owed again, by a person, and never what may have been sent without looking first."""

from datetime import timedelta
from pathlib import Path

import pytest
from action_rows import CHANNEL, action_row
from delivery_desk import AFTER_A_CRASH, AFTER_A_PAUSE, Desk
from sqlalchemy import Engine

from dagster_project.outreach import outbox
from dagster_project.outreach.enqueuing import enqueue_ready
from dagster_project.outreach.retrying import NothingToRetry, retry
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.sandbox.running import Sandbox

POST, HISTORY = "chat.postMessage", "conversations.history"
OWNER = "action-1-owner"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(sandbox, engine, tmp_path)


def put_back(desk: Desk, *action_ids: str, trigger_id: str | None = None) -> list[str]:
    return retry(
        desk.engine, desk.as_of, desk.sandbox.clock.now(), action_ids=action_ids, trigger_id=trigger_id
    ).put_back


def test_what_failed_is_sent_once_somebody_has_mended_it_and_put_it_back(desk: Desk):
    desk.decide(action_row(1))
    assert desk.deliver().failed == 1
    desk.sandbox.add_slack_user("dana@orbit.example", "Dana")
    desk.as_of += timedelta(days=5)
    assert desk.deliver().delivered == 0
    assert put_back(desk, OWNER) == [OWNER]
    assert desk.row(OWNER)["expires_at"] == desk.as_of + timedelta(hours=48)
    assert desk.deliver().delivered == 1
    assert desk.posted() == [OWNER]


def test_what_expired_is_put_back_by_its_trigger_with_a_new_expiry(desk: Desk):
    desk.decide(*(action_row(number, target=CHANNEL) for number in (1, 2)), action_row(3, trigger_id="other"))
    desk.edit_rules("channels.csv", "slack,true", "slack,false")
    desk.deliver()
    desk.as_of += timedelta(hours=49)
    assert desk.deliver().expired == 3
    desk.edit_rules("channels.csv", "slack,false", "slack,true")
    assert len(put_back(desk, trigger_id="sql_handoff")) == 2
    assert desk.deliver().delivered == 2
    assert desk.row("action-3-owner")["state"] == "expired"


def test_without_a_choice_all_that_was_given_up_is_put_back(desk: Desk):
    desk.decide(action_row(1), action_row(2))
    desk.deliver()
    assert sorted(put_back(desk)) == ["action-1-owner", "action-2-owner"]


def test_what_was_given_up_in_doubt_is_looked_for_before_it_is_sent_again(desk: Desk):
    """It stands in Slack already; only nobody could read that for two days."""
    desk.decide(action_row(1, target=CHANNEL))
    desk.sandbox.inject("502", when="after", path_regex=POST, times=1)
    desk.sandbox.inject("missing_scopes", path_regex=HISTORY)
    desk.deliver()
    desk.as_of += timedelta(hours=49)
    desk.wait(timedelta(hours=49))
    assert desk.deliver().expired == 1
    desk.sandbox.clear_faults()
    action_id = f"action-1-{CHANNEL}"
    assert put_back(desk, action_id) == [action_id]
    assert desk.row(action_id)["state"] == "unknown"
    assert desk.deliver().delivered == 1
    assert len(desk.posted()) == 1


@pytest.mark.parametrize("held", ["sending", "unknown", "delivered", "pending"])
def test_what_is_not_given_up_cannot_be_put_back(desk: Desk, held: str):
    desk.decide(action_row(1, target=CHANNEL))
    action_id = f"action-1-{CHANNEL}"
    enqueue_ready(desk.run())
    now = desk.sandbox.clock.now()
    if held != "pending":
        outbox.claim(desk.engine, [action_id], "run", now)
    if held in ("unknown", "delivered"):
        outbox.settle(desk.engine, [action_id], held, run_id="run", as_of=desk.as_of, now=now)
    before = desk.row(action_id)
    with pytest.raises(NothingToRetry, match=held):
        put_back(desk, action_id)
    assert desk.row(action_id) == before


def test_what_was_called_off_stays_called_off(desk: Desk):
    desk.decide(action_row(1, target=CHANNEL))
    enqueue_ready(desk.run())
    desk.suppressed = Suppressed({("user_id", "user-1"): "opted_out"})
    desk.deliver()
    with pytest.raises(NothingToRetry, match="cancelled"):
        put_back(desk, f"action-1-{CHANNEL}")
    assert put_back_of_nobody(desk)


def put_back_of_nobody(desk: Desk) -> bool:
    with pytest.raises(NothingToRetry, match="nothing failed or expired"):
        put_back(desk)
    return True


def test_what_is_put_back_about_somebody_who_opted_out_since_is_called_off(desk: Desk):
    desk.decide(action_row(1))
    desk.deliver()
    desk.suppressed = Suppressed({("user_id", "user-1"): "opted_out"})
    put_back(desk, OWNER)
    assert desk.deliver().cancelled == 1
    desk.suppressed = NOBODY


def test_an_id_that_nothing_has_is_told(desk: Desk):
    with pytest.raises(NothingToRetry, match="nothing-like-it: there is no such action"):
        put_back(desk, "nothing-like-it")


def test_a_crash_after_it_was_put_back_is_no_second_message(desk: Desk):
    desk.decide(action_row(1, target=CHANNEL))
    desk.sandbox.inject("502", when="after", path_regex=POST, times=1)
    desk.sandbox.inject("503", path_regex=HISTORY, times=5)
    desk.deliver()
    desk.wait(AFTER_A_CRASH)
    with pytest.raises(NothingToRetry):
        put_back(desk, f"action-1-{CHANNEL}")
    desk.wait(AFTER_A_PAUSE)
    desk.deliver()
    assert len(desk.posted()) == 1
