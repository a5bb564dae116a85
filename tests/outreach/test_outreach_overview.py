"""What became of everything that was owed, and how soon handoffs are told."""

from datetime import timedelta
from pathlib import Path

import pytest
from action_rows import CHANNEL, action_row, handoff_row
from delivery_desk import Desk
from sqlalchemy import Engine, update

from dagster_project.outreach.overview import Latency, count_states, read_latency, table_of
from dagster_project.sandbox.running import Sandbox
from dagster_project.state.tables import outbox


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(sandbox, engine, tmp_path)


def told_after(desk: Desk, *minutes: int) -> None:
    """Handoffs that stood in Slack so many minutes after their moment."""
    desk.decide(*(handoff_row(number, target=CHANNEL) for number in range(len(minutes))))
    desk.acknowledge(*range(len(minutes)))
    desk.deliver()
    with desk.engine.begin() as connection:
        for number, passed in enumerate(minutes):
            delivered_at = desk.as_of + timedelta(minutes=passed)
            is_it = outbox.c.action_id == f"action-{number}-{CHANNEL}"
            connection.execute(update(outbox).where(is_it).values(delivered_at=delivered_at))


def test_every_state_is_counted_also_where_nothing_is_in_it(desk: Desk):
    desk.decide(action_row(1, target=CHANNEL), action_row(2), action_row(3, target="#nowhere"))
    desk.deliver()
    assert count_states(desk.engine) == {
        "pending": 1,
        "sending": 0,
        "unknown": 0,
        "delivered": 1,
        "failed": 1,
        "expired": 0,
        "cancelled": 0,
    }


def test_a_table_says_what_for_whom_when_due_and_why_without_addresses(desk: Desk):
    desk.decide(action_row(1))
    desk.deliver()
    (row,) = table_of(desk.engine, "failed")
    assert row == {
        "action_id": "action-1-owner",
        "what": "New SQL: slack message",
        "who": "user-1 at Brightloom",
        "to_whom": "Dana Reyes",
        "moment": "2026-11-20 09:00",
        "due": "2026-11-20 11:00",
        "tries": 1,
        "why": "Slack says users_not_found: the person has no Slack account under this address",
    }


def test_the_time_from_handoff_to_message_is_measured_by_the_clock_of_the_run(desk: Desk):
    told_after(desk, 1, 2, 3)
    assert read_latency(desk.engine, desk.as_of + timedelta(hours=1)) == Latency(3, 120.0, 180.0)


@pytest.mark.parametrize(("slowest", "is_in_time"), [(15, True), (16, False)])
def test_five_of_a_hundred_may_be_later_than_a_quarter_of_an_hour_and_no_more(
    desk: Desk, slowest: int, is_in_time: bool
):
    told_after(desk, *[1] * 17, slowest, slowest, 600)
    latency = read_latency(desk.engine, desk.as_of + timedelta(hours=12))
    assert latency is not None
    assert (latency.p95_seconds, latency.is_in_time) == (slowest * 60, is_in_time)


def test_only_handoffs_of_the_last_day_count(desk: Desk):
    told_after(desk, 1)
    desk.decide(action_row(50, target=CHANNEL))
    desk.deliver()
    assert read_latency(desk.engine, desk.as_of + timedelta(hours=1)).count == 1
    assert read_latency(desk.engine, desk.as_of + timedelta(days=2)) is None


def test_where_the_clock_stands_still_nothing_seems_late(desk: Desk):
    desk.decide(handoff_row(1, target=CHANNEL))
    desk.acknowledge(1)
    desk.wait(timedelta(days=40))
    desk.deliver()
    assert read_latency(desk.engine, desk.as_of + timedelta(hours=1)) == Latency(1, 0.0, 0.0)
