"""When an action leaves, is due and expires; what waits says why, and a channel can be switched off at once."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from action_rows import CHANNEL, action_row
from delivery_desk import AFTER_A_PAUSE, Desk, counted
from sqlalchemy import Engine

from dagster_project.outreach.act_run import DeliverySummary
from dagster_project.outreach.outlook import look_ahead
from dagster_project.outreach.owed import ActionsOutdated
from dagster_project.sandbox.running import Sandbox
from tests.small_snapshot import AS_OF

# Of sales_team.csv: Lisbon, 8 to 18 on working days.
DANA = "dana.reyes@orbit.example"
FRIDAY_EVENING = datetime(2026, 11, 20, 19)


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    sandbox.add_slack_user(DANA, "Dana")
    return Desk(sandbox, engine, tmp_path)


def owed(number: int = 1, **columns: object) -> dict:
    return action_row(number, **{"owner_email": DANA, **columns})


def at(desk: Desk, text: str) -> DeliverySummary:
    desk.as_of = AS_OF.fromisoformat(f"{text}+00:00")
    return desk.deliver()


# Not before


def test_an_action_is_decided_anew_until_its_not_before_has_come(desk: Desk):
    desk.decide(owed(not_before_minutes=60, combined_score=12))
    assert at(desk, "2026-11-20 09:59").waits == {"its not-before has not come": 1}
    assert desk.states() == {}
    desk.decide(owed(not_before_minutes=60, combined_score=65))
    assert at(desk, "2026-11-20 10:00").delivered == 1
    assert "Score 65" in desk.texts()[0]


def test_what_is_not_owed_any_more_when_its_time_comes_never_leaves(desk: Desk):
    desk.decide(owed(not_before_minutes=60))
    at(desk, "2026-11-20 09:30")
    desk.decide()
    assert counted(at(desk, "2026-11-20 10:30")) == DeliverySummary()


def test_a_return_is_told_once_hubspot_holds_it(desk: Desk):
    desk.decide(owed(target=CHANNEL, template="returned_to_marketing", return_id="return-1"))
    assert desk.deliver().waits == {"HubSpot has not acknowledged the return yet": 1}
    desk.acknowledge_return(1)
    assert desk.deliver().delivered == 1


def test_what_was_never_acknowledged_in_time_expires_and_says_so(desk: Desk):
    desk.decide(owed(handoff_id="handoff-1"))
    desk.deliver()
    assert at(desk, "2026-11-22 09:01").expired == 1
    assert desk.row("action-1-owner")["problem"] == (
        "its time had passed before it could be sent: HubSpot has not acknowledged the handoff yet"
    )
    desk.acknowledge(1)
    assert at(desk, "2026-11-22 09:02").delivered == 0


# Working hours


def test_in_the_evening_it_waits_until_the_owner_works_and_says_until_when(desk: Desk):
    desk.decide(owed(moment_at=FRIDAY_EVENING, in_working_hours=True))
    assert list(at(desk, "2026-11-20 19:05").waits) == ["its not-before has not come"]
    assert at(desk, "2026-11-22 12:00").delivered == 0
    assert at(desk, "2026-11-23 08:00").delivered == 1


def test_what_may_leave_at_any_hour_does_not_wait(desk: Desk):
    desk.decide(owed(moment_at=FRIDAY_EVENING))
    assert at(desk, "2026-11-20 19:05").delivered == 1


def test_due_and_expiry_count_from_when_the_owner_next_works(desk: Desk):
    desk.decide(owed(moment_at=FRIDAY_EVENING, in_working_hours=True, due_minutes=120, expires_hours=24))
    at(desk, "2026-11-23 08:00")
    row = desk.row("action-1-owner")
    assert f"{row['due_at']:%d %H:%M}" == "23 10:00"
    assert f"{row['expires_at']:%d %H:%M}" == "24 08:00"


def test_a_not_before_in_a_weekend_is_the_next_morning_and_the_deadline_stays_within_working_hours(desk: Desk):
    desk.decide(owed(in_working_hours=True, not_before_minutes=1_440, due_minutes=1_440, expires_hours=96))
    assert at(desk, "2026-11-21 12:00").delivered == 0
    assert at(desk, "2026-11-23 08:00").delivered == 1
    assert f"{desk.row('action-1-owner')['due_at']:%d %H:%M}" == "23 18:00"


def test_what_was_in_time_and_could_not_be_sent_before_the_evening_goes_in_the_morning(desk: Desk):
    desk.decide(owed(moment_at=datetime(2026, 11, 20, 17, 50), in_working_hours=True))
    desk.sandbox.inject("503")
    at(desk, "2026-11-20 17:55")
    desk.sandbox.clear_faults()
    desk.wait(AFTER_A_PAUSE)
    summary = at(desk, "2026-11-20 18:05")
    assert (summary.delivered, list(summary.waits)) == (
        0,
        ["work begins again on Mon 23 Nov at 08:00 (Europe/Lisbon)"],
    )
    assert at(desk, "2026-11-23 08:00").delivered == 1


def test_what_hubspot_acknowledged_only_in_the_evening_is_not_put_in_the_outbox_before_the_morning(desk: Desk):
    desk.decide(owed(handoff_id="handoff-1", in_working_hours=True))
    desk.acknowledge(1)
    assert list(at(desk, "2026-11-20 18:05").waits) == ["work begins again on Mon 23 Nov at 08:00 (Europe/Lisbon)"]
    assert look_ahead(desk.run()).due == []
    assert at(desk, "2026-11-23 08:00").delivered == 1


def test_a_channel_has_the_hours_of_its_row_and_not_those_of_an_owner(desk: Desk):
    desk.decide(owed(target=CHANNEL, in_working_hours=True))
    assert at(desk, "2026-11-20 17:30").delivered == 0
    assert at(desk, "2026-11-20 16:30").delivered == 1


def test_somebody_who_is_not_on_the_team_has_the_hours_of_the_channel(desk: Desk):
    desk.sandbox.add_slack_user("ruth@orbit.example", "Ruth")
    desk.decide(owed(owner_email="ruth@orbit.example", in_working_hours=True, moment_at=datetime(2026, 11, 20, 6)))
    assert at(desk, "2026-11-20 06:30").delivered == 0
    assert at(desk, "2026-11-20 07:00").delivered == 1


def test_a_long_absence_is_waited_for_and_does_not_let_it_expire(desk: Desk):
    away = "priya.nair@orbit.example"
    desk.sandbox.add_slack_user(away, "Priya")
    desk.decide(owed(owner_email=away, in_working_hours=True))
    assert at(desk, "2026-11-26 09:00").delivered == 0
    assert at(desk, "2026-11-30 08:00").delivered == 1


# The kill switch


def test_a_channel_that_is_switched_off_sends_nothing_and_says_why_it_waits(desk: Desk):
    desk.decide(owed(1), owed(2, kind="webhook", target="enrichment", template=None))
    desk.edit_rules("channels.csv", "slack,true", "slack,false")
    summary = desk.deliver()
    assert summary.by_kind == {"webhook": 1}
    assert summary.waits == {"switched off in channels.csv (slack)": 1}
    assert desk.row("action-1-owner")["problem"] == "switched off in channels.csv (slack)"
    assert desk.row("action-1-owner")["attempts"] == 0


def test_what_was_in_the_outbox_when_the_switch_was_turned_stays_there_too(desk: Desk):
    desk.decide(owed(1))
    desk.sandbox.inject("503")
    desk.deliver()
    desk.sandbox.clear_faults()
    desk.edit_rules("channels.csv", "slack,true", "slack,false")
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 0
    desk.edit_rules("channels.csv", "slack,false", "slack,true")
    assert desk.deliver().delivered == 1


def test_what_waits_for_a_switch_expires_in_its_time_and_says_what_it_waited_for(desk: Desk):
    desk.decide(owed(1))
    desk.edit_rules("channels.csv", "slack,true", "slack,false")
    desk.deliver()
    assert at(desk, "2026-11-22 09:01").expired == 1
    assert desk.row("action-1-owner")["problem"].endswith(
        "before it could be sent: switched off in channels.csv (slack)"
    )


def test_a_template_that_is_broken_holds_back_its_own_actions_alone(desk: Desk):
    desk.edit_rules(
        "templates/pricing_3x.j2",
        "{% block text %}",
        "{% block text %}{{ 1 // (employee_count or 1) }}{{ 1 // ((employee_count or 1) - 77) }}",
    )
    desk.decide(owed(1, template="pricing_3x", employee_count=77), owed(2))
    summary = desk.deliver()
    assert (summary.delivered, summary.put_back) == (1, 1)
    assert "templates/pricing_3x.j2 cannot be rendered: integer division or modulo by zero" in summary.problems[0]


# What was decided by an earlier version


def test_marts_of_an_earlier_version_say_what_to_do(desk: Desk):
    desk.decide(owed())
    pl.read_parquet(desk.actions).drop("moment_at", "return_id").write_parquet(desk.actions)
    with pytest.raises(ActionsOutdated, match="build them anew"):
        desk.deliver()


def test_what_a_list_in_hubspot_does_is_not_sent_by_us(desk: Desk):
    desk.decide(owed(1, kind="segment", target="hit_the_paywall", template=None))
    assert counted(desk.deliver()) == DeliverySummary()


def test_an_owner_who_took_over_used_nobodys_turn(desk: Desk):
    desk.decide(owed(1, handoff_id="handoff-1"), owed(2, handoff_id="handoff-2"))
    desk.acknowledge(1)
    desk.acknowledge(2, owner_id="305")
    desk.deliver()
    ours, theirs = desk.row("action-1-owner"), desk.row("action-2-owner")
    assert (ours["owner_id"], ours["pool"], ours["turn"]) == ("201", "emea", 1)
    assert (theirs["owner_id"], theirs["pool"], theirs["turn"]) == ("305", None, None)
    assert (ours["subject_key"], ours["episode"], ours["priority"]) == ("user-1", 1, "high")
    assert ours["due_at"] - ours["moment_at"] == timedelta(hours=2)
