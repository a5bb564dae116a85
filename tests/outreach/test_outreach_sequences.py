"""Enrolments in HubSpot's sequences over real HTTP: by name, with the right sender, and each once."""

from datetime import timedelta
from pathlib import Path

import pytest
from action_rows import action_row
from delivery_desk import AFTER_A_CRASH, AFTER_A_PAUSE, Desk
from sqlalchemy import Engine

from dagster_project.outreach import outbox
from dagster_project.outreach.enqueuing import enqueue_ready
from dagster_project.sandbox.running import Sandbox

ENROL = r"/enrollments$"
MEMBER = "dana.reyes@orbit.example"
ACTION = "action-1-sequence-Came and went"
# Its id among those that a sandbox has without a seed.
CAME_AND_WENT = "503"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    """Dana is on the sales team and owns what is decided; her user in HubSpot has the shared sequences."""
    sandbox.add_owner(MEMBER, "Dana", "Reyes")
    sandbox.add_contacts([{"email": f"user{number}@brightloom.io"} for number in range(1, 4)])
    return Desk(sandbox, engine, tmp_path)


def contact_id(desk: Desk, number: int) -> str:
    return desk.sandbox.contact(f"user{number}@brightloom.io")["id"]


def enrolment(desk: Desk, number: int = 1, target: str = "Came and went", **columns: object) -> dict:
    known = {"hubspot_id": contact_id(desk, number), "owner_email": MEMBER, "template": "came_and_went"}
    return action_row(number, kind="sequence", target=target, trigger_id="came_and_went", **{**known, **columns})


def enrolled(desk: Desk) -> list[tuple[str, str, str]]:
    return [(item["contactId"], item["sequenceName"], item["enrolledByEmail"]) for item in desk.sandbox.enrollments()]


def test_a_contact_is_enrolled_in_the_sequence_of_that_name_by_its_owner(desk: Desk):
    desk.decide(enrolment(desk))
    assert desk.deliver().by_kind == {"sequence": 1}
    assert enrolled(desk) == [(contact_id(desk, 1), "Came and went", MEMBER)]
    assert desk.row(ACTION)["receipt"]["sequence_id"] == desk.sandbox.enrollments()[0]["sequenceId"]


def test_a_sequence_may_be_named_by_its_id(desk: Desk):
    desk.decide(enrolment(desk, target=desk.sandbox.add_sequence("Of the summer")))
    desk.deliver()
    assert enrolled(desk)[0][1] == "Of the summer"


def test_the_opener_is_on_the_contact_before_the_first_mail(desk: Desk):
    desk.decide(enrolment(desk))
    desk.deliver()
    assert desk.sandbox.contact("user1@brightloom.io")["zo_opener"].startswith("Hi Nora, you had set everything up")
    writes = [call["path"] for call in desk.sandbox.requests(writes_only=True)]
    assert [path.rpartition("/")[0].endswith("contacts") for path in writes][-2:] == [True, False]


def test_a_name_that_no_sequence_has_waits_and_says_which_there_are(desk: Desk):
    desk.decide(enrolment(desk, target="Paywal"))
    summary = desk.deliver()
    assert summary.put_back == 1
    assert "no sequence 'Paywal', but Came and went, Nurture, Paywall follow-up" in summary.problems[0]
    desk.sandbox.add_sequence("Paywal")
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1


def test_names_are_asked_once_a_run(desk: Desk):
    desk.decide(*(enrolment(desk, number) for number in (1, 2, 3)))
    desk.deliver()
    lists = [call for call in desk.sandbox.requests() if call["path"].endswith("/sequences/2026-09")]
    assert (len(lists), len(enrolled(desk))) == (1, 3)


def test_more_sequences_than_a_page_are_all_found(desk: Desk):
    for number in range(150):
        desk.sandbox.add_sequence(f"Number {number}")
    desk.decide(enrolment(desk, target="Number 149"))
    assert desk.deliver().delivered == 1


@pytest.mark.parametrize("kind", ["reset", "502"])
def test_an_answer_lost_after_the_enrolment_is_found_in_the_sequence(desk: Desk, kind: str):
    desk.decide(enrolment(desk))
    desk.sandbox.inject(kind, when="after", path_regex=ENROL)
    assert desk.deliver().delivered == 1
    assert len(enrolled(desk)) == 1


def test_an_enrolment_that_was_over_before_anybody_looked_is_found_all_the_same(desk: Desk):
    """The process ended between HubSpot's answer and ours, and the contact replied to the first mail."""
    desk.decide(enrolment(desk))
    enqueue_ready(desk.run())
    assert outbox.claim(desk.engine, [ACTION], "run that dies", desk.sandbox.clock.now())
    body = {"contactId": contact_id(desk, 1), "sequenceId": CAME_AND_WENT, "senderEmail": MEMBER}
    path = "/automation/sequences/{version}/enrollments?userId=60000201"
    desk.hubspot().post(path, body, repeatable=False)
    desk.sandbox.finish_enrollment(contact_id(desk, 1))
    desk.wait(AFTER_A_CRASH)
    assert desk.deliver().delivered == 1
    assert len(enrolled(desk)) == 1


def test_an_answer_lost_before_the_enrolment_is_looked_for_twice_and_then_sent_once(desk: Desk):
    desk.decide(enrolment(desk))
    desk.sandbox.inject("502", path_regex=ENROL, times=1)
    assert desk.deliver().unknown == 1
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().put_back == 1
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1
    assert len(enrolled(desk)) == 1


def test_who_is_in_another_sequence_waits_until_that_is_over(desk: Desk):
    desk.decide(enrolment(desk, target="Nurture", action_id="first"))
    desk.deliver()
    desk.decide(enrolment(desk, episode=2))
    summary = desk.deliver()
    assert summary.problems == ["came_and_went for user-1: the contact is in the sequence Nurture"]
    desk.sandbox.finish_enrollment(contact_id(desk, 1))
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1
    assert [name for _, name, _ in enrolled(desk)] == ["Nurture", "Came and went"]


def test_who_never_leaves_another_sequence_is_given_up_with_that_reason(desk: Desk):
    desk.decide(enrolment(desk, target="Nurture", action_id="first"))
    desk.deliver()
    desk.decide(enrolment(desk, episode=2))
    desk.deliver()
    desk.as_of += timedelta(hours=49)
    assert desk.deliver().expired == 1
    assert desk.row(ACTION)["problem"] == (
        "its time had passed before it could be sent: the contact is in the sequence Nurture"
    )


def test_somebody_whom_a_colleague_put_into_the_very_sequence_counts_as_enrolled(desk: Desk):
    desk.decide(enrolment(desk))
    desk.edit_rules("channels.csv", "sequence,true", "sequence,false")
    desk.deliver()
    desk.edit_rules("channels.csv", "sequence,false", "sequence,true")
    desk.decide(enrolment(desk, action_id="colleague"), enrolment(desk))
    assert desk.deliver().delivered == 2
    assert len(enrolled(desk)) == 1


@pytest.mark.parametrize(
    ("opted_out", "email", "state", "words"),
    [
        ("true", "user1@brightloom.io", "failed", "the contact unsubscribed from mails"),
        ("", "", "failed", "the contact has no e-mail address"),
    ],
)
def test_what_no_later_try_can_change_is_told_and_given_up(
    desk: Desk, opted_out: str, email: str, state: str, words: str
):
    desk.decide(enrolment(desk))
    desk.sandbox.edit("contacts", contact_id(desk, 1), hs_email_optout=opted_out, email=email)
    assert words in desk.deliver().problems[0]
    assert desk.row(ACTION)["state"] == state


def test_an_inbox_that_is_not_connected_says_what_to_mend(desk: Desk):
    desk.edit_rules(
        "sales_team.csv", f"{MEMBER},account_executives,,", f"{MEMBER},account_executives,sales@orbit.example,"
    )
    desk.decide(enrolment(desk))
    problem = desk.deliver().problems[0]
    assert "sales@orbit.example is no connected inbox of the user" in problem
    assert "sender_email in sales_team.csv" in problem


def test_beyond_the_daily_limit_the_rest_waits_for_tomorrow_and_hubspot_is_not_asked_again(desk: Desk):
    desk.sandbox.set(enrollments_per_sender=1)
    desk.decide(*(enrolment(desk, number) for number in (1, 2, 3)))
    summary = desk.deliver()
    assert (summary.delivered, summary.put_back) == (1, 2)
    assert "has reached what HubSpot lets an inbox enrol in a day" in summary.problems[0]
    asked = [call for call in desk.sandbox.requests() if call["path"].endswith("/enrollments")]
    assert len(asked) == 2
    waiting = desk.row("action-2-sequence-Came and went")
    assert waiting["next_try_at"] - desk.sandbox.clock.now() <= timedelta(hours=24)
    desk.wait(waiting["next_try_at"] - desk.sandbox.clock.now())
    desk.wait(timedelta(hours=2))
    assert desk.deliver().delivered == 1


def test_an_owner_who_is_not_on_the_team_sends_as_hubspot_knows_them(desk: Desk):
    desk.sandbox.add_owner("ruth@orbit.example", "Ruth", "Adeyemi")
    desk.decide(enrolment(desk, owner_id="202", owner_email="ruth@orbit.example"))
    desk.deliver()
    assert enrolled(desk)[0][2] == "ruth@orbit.example"
