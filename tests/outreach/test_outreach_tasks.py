"""Tasks in HubSpot over real HTTP: with what they say, for whom, and each once whatever fails."""

from datetime import timedelta
from pathlib import Path

import pytest
from action_rows import action_row
from delivery_desk import AFTER_A_CRASH, AFTER_A_PAUSE, Desk
from sqlalchemy import Engine

from dagster_project.outreach.delivering import deliver
from dagster_project.sandbox.running import Sandbox

CREATE = r"/objects/[^/]+/tasks$"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    """Dana owns what is decided; HubSpot knows her, one company and five people of it."""
    assert sandbox.add_owner("dana@orbit.example", "Dana", "Reyes") == "201"
    sandbox.add_companies([{"name": "Brightloom", "domain": "brightloom.io"}])
    sandbox.add_contacts([{"email": f"user{number}@brightloom.io"} for number in range(1, 6)])
    return Desk(sandbox, engine, tmp_path)


def task(desk: Desk, number: int, **columns: object) -> dict:
    contact = desk.sandbox.contact(f"user{number}@brightloom.io")
    company = desk.sandbox.company("brightloom.io")
    known = {"hubspot_id": contact and contact["id"], "company_hubspot_id": company["id"], "template": "paywall_hit"}
    told = {"trigger_id": "paywall_hit", "feature_name": "automation rules", "colleagues_active": 4}
    return action_row(number, kind="hubspot_task", **{**known, **told, **columns})


def test_a_task_has_subject_body_due_time_priority_owner_contact_and_company(desk: Desk):
    desk.decide(task(desk, 1, score_reasons="Hit the paywall +20"))
    assert desk.deliver().by_kind == {"hubspot_task": 1}
    (made,) = desk.sandbox.tasks()
    assert made["hs_task_subject"] == (
        "High priority: call or email Nora Lindqvist 1 at Brightloom — they tried automation rules today and are "
        "active with 4 colleagues"
    )
    assert made["hs_timestamp"] == "2026-11-20T11:00:00.000Z"
    assert (made["hs_task_priority"], made["hs_task_status"], made["hubspot_owner_id"]) == (
        "HIGH",
        "NOT_STARTED",
        "201",
    )
    assert "<li>Hit the paywall +20</li>" in made["hs_task_body"]
    assert made["hs_task_body"].endswith("<p>Reference: action-1-hubspot_task-owner</p>")
    contact = desk.sandbox.contact("user1@brightloom.io")["id"]
    company = desk.sandbox.company("brightloom.io")["id"]
    assert desk.sandbox.associated("tasks", made["id"], "contacts") == [contact]
    assert desk.sandbox.associated("tasks", made["id"], "companies") == [company]
    assert desk.row("action-1-hubspot_task-owner")["receipt"] == {"task_id": made["id"]}


def test_what_people_wrote_cannot_become_markup_of_a_task(desk: Desk):
    desk.decide(task(desk, 1, contact_name="<img src=x onerror=alert(1)>", company_name="Tom & Co"))
    desk.deliver()
    (made,) = desk.sandbox.tasks()
    assert "<img" not in made["hs_task_body"]
    assert "&lt;img src=x onerror=alert(1)&gt; at Tom &amp; Co" in made["hs_task_body"]


def test_the_opener_stands_on_the_contact_before_the_task_is_made_and_is_written_once(desk: Desk):
    desk.decide(task(desk, 1))
    desk.deliver()
    contact = desk.sandbox.contact("user1@brightloom.io")
    assert contact["zo_opener"].startswith("Hi Nora, you tried automation rules today")
    desk.decide(task(desk, 1, action_id="another", episode=2))
    desk.deliver()
    assert len(desk.sandbox.tasks()) == 2
    writes = [change for change in desk.sandbox.history("contacts", contact["id"]) if "zo_opener" in change["changes"]]
    assert len(writes) == 1


@pytest.mark.parametrize("kind", ["reset", "502", "504"])
def test_an_answer_lost_after_the_task_was_made_is_found_and_counts_as_delivered(desk: Desk, kind: str):
    desk.decide(*(task(desk, number) for number in range(1, 4)))
    desk.sandbox.inject(kind, when="after", path_regex=CREATE)
    assert desk.deliver().delivered == 3
    assert len(desk.sandbox.tasks()) == 3


@pytest.mark.parametrize("kind", ["reset", "502"])
def test_an_answer_lost_before_the_task_was_made_is_looked_for_twice_and_then_sent_once(desk: Desk, kind: str):
    desk.decide(task(desk, 1))
    desk.sandbox.inject(kind, path_regex=CREATE, times=1)
    assert desk.deliver().unknown == 1
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().put_back == 1
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1
    assert len(desk.sandbox.tasks()) == 1


def test_a_task_is_found_on_the_contact_that_its_own_was_merged_into(desk: Desk):
    desk.decide(task(desk, 1))
    desk.sandbox.inject("502", when="after", path_regex=CREATE, times=1)
    desk.sandbox.inject("503", path_regex="associations", times=10)
    assert desk.deliver().unknown == 1
    desk.sandbox.clear_faults()
    survivor, merged = (desk.sandbox.contact(f"user{number}@brightloom.io")["id"] for number in (2, 1))
    desk.sandbox.merge("contacts", survivor, merged)
    desk.wait(timedelta(hours=1))
    assert desk.deliver().delivered == 1
    assert len(desk.sandbox.tasks()) == 1


def test_a_task_among_very_many_is_found(desk: Desk):
    contact = desk.sandbox.contact("user1@brightloom.io")["id"]
    for number in desk.sandbox.add_records("tasks", [{"hs_timestamp": "2026-11-20T09:00:00Z"}] * 120):
        desk.sandbox.associate("tasks", number, "contacts", contact)
    desk.decide(task(desk, 1))
    desk.sandbox.inject("502", when="after", path_regex=CREATE, times=1)
    assert desk.deliver().delivered == 1
    assert len(desk.sandbox.tasks()) == 121


def test_a_contact_that_is_gone_is_told_and_not_tried_again(desk: Desk):
    desk.decide(task(desk, 1), task(desk, 2))
    gone = desk.sandbox.contact("user1@brightloom.io")["id"]
    desk.sandbox.archive("contacts", gone)
    summary = desk.deliver()
    assert (summary.delivered, summary.failed) == (1, 1)
    assert summary.problems == [f"paywall_hit for user-1: HubSpot does not hold contact {gone} any more"]


def test_an_owner_who_left_is_told_and_the_task_waits_for_another(desk: Desk):
    desk.decide(task(desk, 1))
    desk.sandbox.archive_owner("201")
    summary = desk.deliver()
    assert (summary.delivered, summary.put_back) == (0, 1)
    assert "owner 201 was deactivated in HubSpot" in summary.problems[0]
    assert desk.sandbox.tasks() == []


def test_what_nobody_owns_waits_and_says_so(desk: Desk):
    desk.decide(task(desk, 1, owner_id=None, owner_email=None, owner_name=None))
    assert "nobody owns the contact" in desk.deliver().problems[0]


def test_a_task_about_somebody_hubspot_does_not_hold_waits_until_it_does(desk: Desk):
    desk.decide(task(desk, 1, hubspot_id=None))
    assert desk.deliver().waits == {"HubSpot does not hold the contact yet": 1}
    assert desk.states() == {}
    desk.identify(1, desk.sandbox.contact("user1@brightloom.io")["id"])
    assert desk.deliver().delivered == 1


def test_a_token_without_the_scope_shuts_the_tasks_and_nothing_else(desk: Desk):
    desk.sandbox.add_slack_user("dana@orbit.example", "Dana")
    desk.decide(task(desk, 1), task(desk, 2), action_row(3))
    desk.sandbox.inject("missing_scopes", path_regex="/tasks")
    summary = desk.deliver()
    assert summary.by_kind == {"slack_message": 1}
    assert "crm.objects.tasks.write" in summary.shut["hubspot_task"]
    assert [desk.row(f"action-{number}-hubspot_task-owner")["attempts"] for number in (1, 2)] == [1, 0]


def test_a_hubspot_that_is_away_leaves_tasks_as_they_are_and_slack_is_told(desk: Desk):
    desk.sandbox.add_slack_user("dana@orbit.example", "Dana")
    desk.decide(task(desk, 1), action_row(2))
    desk.sandbox.inject("503", path_regex="/(crm|account-info)/")
    summary = desk.deliver()
    assert (summary.by_kind, list(summary.shut)) == ({"slack_message": 1}, ["hubspot_task"])
    desk.sandbox.clear_faults()
    desk.wait(AFTER_A_CRASH)
    assert desk.deliver().delivered == 1


def test_a_task_is_due_as_the_owner_works(desk: Desk):
    """Lisbon, Friday 17:30: half an hour is left, and the rest of the two hours is Monday's."""
    member = {"owner_email": "dana.reyes@orbit.example", "in_working_hours": True}
    desk.as_of = desk.as_of.replace(hour=17, minute=30)
    desk.decide(task(desk, 1, moment_at=desk.as_of.replace(tzinfo=None), **member))
    deliver(desk.run())
    assert desk.sandbox.tasks()[0]["hs_timestamp"] == "2026-11-23T09:30:00.000Z"
