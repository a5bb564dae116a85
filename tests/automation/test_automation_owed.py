"""When act is asked for: while something is due, without waiting for a sync; and why the rest waits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from automation_outside import NOW, Outside
from automation_ticks import asked, said, tick

from dagster_project.defs.automation import act_job, owed_actions
from dagster_project.outreach import outbox
from tests.outreach.action_rows import action_row, handoff_row
from tests.small_snapshot import AS_OF


@pytest.fixture
def outside(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    return Outside(data_dir, monkeypatch)


def look(instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    return tick(owed_actions, instance)


def test_nothing_is_asked_for_before_a_build_is_published(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    assert said(look(instance)) == "No build has been published yet."


def test_without_anything_owed_it_says_so(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to()
    assert said(look(instance)) == "Nothing is owed."


def test_what_is_due_is_asked_for_with_its_reason(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to(action_row(1), action_row(2))
    request = asked(look(instance))
    assert request.tags == {"pql/reason": "2 actions due"}
    assert request.run_key.startswith("act-2026-11-20T09-")
    assert owed_actions.job_name == act_job.name


def test_what_waits_is_told_with_how_much_waits_for_what(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to(
        *(handoff_row(number) for number in (1, 2)),
        action_row(3, not_before_minutes=60),
        action_row(4, kind="webhook", target="enrichment"),
    )
    assert said(look(instance)) == (
        "Nothing is due; 4 wait: 2 HubSpot has not acknowledged the handoff yet, 1 its not-before has not come, "
        "1 no webhook is sent: ENRICHMENT_WEBHOOK_URL is not set, or PQL_DRY_RUN is."
    )


def test_a_handoff_that_hubspot_holds_is_due_although_no_run_put_it_in_the_outbox(
    instance: dg.DagsterInstance, outside: Outside
):
    outside.go_live()
    outside.owe_to(handoff_row(1), handoff_row(2))
    outside.acknowledge_handoff(1)
    assert asked(look(instance)).tags["pql/reason"].startswith("1 action due; 1 wait: 1 HubSpot has not acknowledged")


def test_an_action_is_due_from_its_minute_on(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to(action_row(1, moment_at=datetime(2026, 11, 20, 9), not_before_minutes=30))
    assert isinstance(look(instance), dg.SkipReason)
    outside.at(NOW + timedelta(minutes=10))
    asked(look(instance))


def test_without_slack_what_is_owed_waits_for_its_token(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live(slack=False)
    outside.owe_to(action_row(1))
    assert "1 nothing is posted: SLACK_BOT_TOKEN is not set" in said(look(instance))


@pytest.mark.parametrize("state", ["pending", "unknown"])
def test_what_was_tried_is_work_anew(instance: dg.DagsterInstance, outside: Outside, state: str):
    outside.go_live()
    outside.owe_to()
    action_id = outside.owe()
    key = asked(look(instance)).run_key
    outside.try_in_vain(action_id, state)
    again = asked(look(instance)).run_key
    assert again != key
    assert asked(look(instance)).run_key == again


def test_what_was_just_tried_is_left_alone_until_its_pause_is_over(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to()
    action_id = outside.owe()
    outbox.claim(outside.engine, [action_id], "run", NOW)
    assert isinstance(look(instance), dg.SkipReason)
    outbox.settle(outside.engine, [action_id], "pending", run_id="run", as_of=AS_OF, now=NOW, problem="Slack is away")
    assert said(look(instance)) == "Nothing is due; 1 wait: 1 Slack is away."
    outside.at(NOW + outbox.FIRST_RETRY)
    asked(look(instance))


def test_what_is_too_late_is_asked_for_so_that_it_is_told(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live(slack=False)
    outside.owe_to()
    outside.owe()
    assert isinstance(look(instance), dg.SkipReason)
    outside.at(NOW + timedelta(hours=49))
    asked(look(instance))


def test_marts_of_an_earlier_version_are_told(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to(action_row(1))
    path = (outside.published_dir / "current").resolve() / "decide.actions.parquet"
    pl.read_parquet(path).drop("moment_at").write_parquet(path)
    assert said(look(instance)).startswith("Cannot tell: The published marts are of an earlier version")


def test_while_acting_is_under_way_nothing_is_asked_for(instance: dg.DagsterInstance, outside: Outside):
    outside.go_live()
    outside.owe_to(action_row(1))
    instance.add_run(dg.DagsterRun(job_name="act", status=dg.DagsterRunStatus.STARTED))
    assert said(look(instance)) == "Acting is under way; looking again at the next tick."
