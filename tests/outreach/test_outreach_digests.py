"""One message a day and channel tells of what is not urgent: together, once, and the rest in the next."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from action_rows import action_row
from delivery_desk import AFTER_A_CRASH, AFTER_A_PAUSE, Desk
from sqlalchemy import Engine

from dagster_project.outreach import outbox
from dagster_project.outreach.act_run import DeliverySummary
from dagster_project.outreach.slack import Slack
from dagster_project.sandbox.running import Sandbox
from tests.small_snapshot import AS_OF

POST = "chat.postMessage"
ALERTS = "#pql-alerts"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(sandbox, engine, tmp_path)


def low(number: int, **columns: object) -> dict:
    known = {"kind": "slack_digest", "target": ALERTS, "template": "content_icp", "priority": "low"}
    return action_row(number, **{**known, "moment_at": datetime(2026, 11, 20, 8), **columns})


def ids(count: int) -> list[str]:
    return [f"action-{number}-slack_digest-{ALERTS}" for number in range(1, count + 1)]


def at(desk: Desk, text: str) -> DeliverySummary:
    desk.as_of = AS_OF.fromisoformat(f"{text}+00:00")
    return desk.deliver()


def test_what_is_not_urgent_waits_for_the_hour_of_the_digest_and_goes_as_one_message(desk: Desk):
    """The shipped digest leaves at 10:00 in Berlin, which is 9:00 UTC in winter."""
    desk.decide(*(low(number) for number in range(1, 4)))
    assert at(desk, "2026-11-20 08:30").waits == {"leaves at 2026-11-20 09:00 UTC": 3}
    summary = at(desk, "2026-11-20 09:00")
    assert summary.by_kind == {"slack_digest": 3}
    (message,) = desk.sandbox.messages(ALERTS)
    title, *lines = message["text"].splitlines()
    assert title == "3 things to know, none of it urgent"
    assert lines == [f"• Reads up on us: Nora Lindqvist {number} at Brightloom" for number in range(1, 4)]


def test_a_digest_is_settled_together_under_one_id_that_is_known_before_it_leaves(desk: Desk):
    desk.decide(low(1), low(2))
    seen: list[set] = []

    class Watched(Slack):
        def post(self, channel: str, text: str, *others: object) -> dict:
            seen.append({desk.row(action_id)["sent_as"] for action_id in ids(2)})
            return super().post(channel, text, *others)

    desk.slack_kind = Watched
    at(desk, "2026-11-20 09:00")
    (marker,) = desk.posted()
    assert seen == [{marker}]
    rows = [desk.row(action_id) for action_id in ids(2)]
    assert [(row["state"], row["sent_as"]) for row in rows] == [("delivered", marker)] * 2
    assert rows[0]["receipt"] == rows[1]["receipt"]


def test_each_channel_has_a_digest_of_its_own(desk: Desk):
    desk.decide(low(1), low(2, target="#marketing"), low(3))
    at(desk, "2026-11-20 09:00")
    assert [len(desk.texts(channel)) for channel in (ALERTS, "#marketing")] == [1, 1]
    assert len(desk.texts("#marketing")[0].splitlines()) == 2


def test_what_comes_after_the_hour_is_in_the_digest_of_the_next_working_day(desk: Desk):
    desk.decide(low(1))
    at(desk, "2026-11-20 09:00")
    desk.decide(low(1), low(2, moment_at=datetime(2026, 11, 20, 10)))
    assert at(desk, "2026-11-20 10:05").delivered == 0
    assert at(desk, "2026-11-21 09:30").delivered == 0
    assert at(desk, "2026-11-23 09:00").delivered == 1
    assert len(desk.texts(ALERTS)) == 2


def test_a_digest_that_was_late_tells_of_all_that_waited_for_it(desk: Desk):
    desk.decide(low(1))
    at(desk, "2026-11-20 08:30")
    desk.decide(low(1), low(2))
    at(desk, "2026-11-20 08:40")
    assert at(desk, "2026-11-20 11:00").delivered == 2
    assert len(desk.texts(ALERTS)) == 1


def test_more_than_a_message_holds_goes_into_a_second_one(desk: Desk):
    long_name = "N" * 380
    desk.decide(*(low(number, contact_name=f"{number} {long_name}") for number in range(1, 151)))
    assert at(desk, "2026-11-20 09:00").delivered == 150
    first, second = desk.texts(ALERTS)
    assert len(first.splitlines()) + len(second.splitlines()) == 152
    assert len(first) <= 40_000
    assert len({desk.row(action_id)["sent_as"] for action_id in ids(150)}) == 2


@pytest.mark.parametrize("kind", ["reset", "502", "empty_2xx"])
def test_a_digest_whose_answer_was_lost_is_found_and_all_of_it_is_delivered(desk: Desk, kind: str):
    desk.decide(low(1), low(2), low(3))
    desk.sandbox.inject(kind, when="after", path_regex=POST)
    assert at(desk, "2026-11-20 09:00").delivered == 3
    assert len(desk.texts(ALERTS)) == 1


def test_a_digest_that_never_arrived_is_sent_once_with_whatever_waits_by_then(desk: Desk):
    desk.decide(low(1), low(2))
    desk.sandbox.inject("502", path_regex=POST, times=1)
    assert at(desk, "2026-11-20 09:00").unknown == 2
    desk.wait(AFTER_A_PAUSE)
    assert at(desk, "2026-11-20 09:03").put_back == 2
    desk.wait(AFTER_A_PAUSE)
    assert at(desk, "2026-11-20 09:06").delivered == 2
    assert len(desk.texts(ALERTS)) == 1
    assert len(desk.texts(ALERTS)[0].splitlines()) == 3


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_dies_around_a_digest_loses_nothing_and_says_nothing_twice(desk: Desk, moment: str):
    desk.decide(low(1), low(2))

    class Dying(Slack):
        def post(self, channel: str, text: str, *others: object) -> dict:
            if moment == "after":
                super().post(channel, text, *others)
            raise Killed

    desk.slack_kind = Dying
    with pytest.raises(Killed):
        at(desk, "2026-11-20 09:00")
    desk.slack_kind = Slack
    for _ in range(3):
        desk.wait(AFTER_A_CRASH)
        at(desk, "2026-11-20 09:30")
    assert set(desk.states().values()) == {"delivered"}
    assert len(desk.texts(ALERTS)) == 1


def test_of_a_digest_that_another_run_holds_in_part_only_the_rest_is_told(desk: Desk):
    desk.decide(low(1), low(2), low(3))
    at(desk, "2026-11-20 08:30")
    assert outbox.claim(desk.engine, [ids(3)[1]], "another", desk.sandbox.clock.now())
    assert at(desk, "2026-11-20 09:00").delivered == 2
    assert len(desk.texts(ALERTS)[0].splitlines()) == 3


def test_a_line_that_cannot_be_written_holds_back_no_other(desk: Desk):
    desk.decide(low(1), low(2, template=None))
    summary = at(desk, "2026-11-20 09:00")
    assert (summary.delivered, summary.put_back) == (1, 1)
    assert summary.problems == ["sql_handoff for user-2: no template is named: mend trigger_actions.csv"]


def test_a_digest_expires_no_sooner_than_it_could_leave(desk: Desk):
    desk.decide(low(1, expires_hours=1, moment_at=datetime(2026, 11, 20, 10)))
    at(desk, "2026-11-20 10:05")
    assert desk.row(ids(1)[0])["expires_at"] - desk.row(ids(1)[0])["leaves_at"] == timedelta(hours=1)
    assert at(desk, "2026-11-23 09:00").delivered == 1
