"""Messages of handoffs over real HTTP: to whom, when, and each once whatever fails."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from action_rows import CHANNEL, handoff_row
from delivery_desk import AFTER_A_CRASH, AFTER_A_PAUSE, Desk, counted
from sqlalchemy import Engine

from dagster_project.crm.errors import CrmUnavailable
from dagster_project.crm.owners import Owner
from dagster_project.outreach import outbox
from dagster_project.outreach.act_run import DeliverySummary
from dagster_project.outreach.delivering import deliver
from dagster_project.outreach.enqueuing import enqueue_ready, find_owed
from dagster_project.outreach.outbox_rows import Action, open_rows
from dagster_project.outreach.outlook import look_ahead
from dagster_project.outreach.slack import Slack, SlackUnavailable
from dagster_project.privacy.names import normalised
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN

POST = "chat.postMessage"
HISTORY = "conversations.history"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    """Dana Reyes owns what is handed off, and Slack knows her."""
    sandbox.add_slack_user("dana@orbit.example", "Dana")
    return Desk(sandbox, engine, tmp_path)


def test_the_owner_and_the_channel_are_told_in_the_same_words(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1)
    desk.identify(1, "77")
    assert counted(desk.deliver()) == DeliverySummary(owed=2, delivered=2)
    message = (
        "New SQL: Nora Lindqvist 1 at Brightloom (~85 employees)\n"
        "Score 65 - activated 3 days ago, invited 2 teammates, 14 key actions this week\n"
        "Owner: @Dana - first call due within 2 hours\n"
        "Open in HubSpot: https://app.hubspot.com/contacts/1/record/0-1/77"
    )
    assert desk.texts("@Dana") == [message]
    assert desk.texts(CHANNEL) == [message]
    assert set(desk.states().values()) == {"delivered"}


def test_a_delivered_message_has_its_place_in_slack_as_receipt(desk: Desk):
    desk.decide(handoff_row(1, target=CHANNEL))
    desk.acknowledge(1)
    desk.deliver()
    (message,) = desk.sandbox.messages()
    assert desk.row(f"action-1-{CHANNEL}")["receipt"] == {"channel": message["channel_id"], "ts": message["ts"]}


def test_nothing_is_said_before_hubspot_holds_the_handoff(desk: Desk):
    desk.decide_handoffs(3)
    desk.acknowledge(2)
    assert counted(desk.deliver()) == DeliverySummary(owed=6, delivered=2)
    assert {text.splitlines()[0] for text in desk.texts()} == {
        "New SQL: Nora Lindqvist 2 at Brightloom (~85 employees)"
    }
    desk.acknowledge(1, 3)
    assert desk.deliver().delivered == 4


def test_a_second_delivery_posts_nothing_and_asks_slack_nothing(desk: Desk):
    desk.decide_handoffs(2)
    desk.acknowledge(1, 2)
    desk.deliver()
    calls = len(desk.sandbox.requests())
    assert counted(desk.deliver()) == DeliverySummary(owed=4)
    assert len(desk.sandbox.requests()) == calls
    assert len(desk.posted()) == 4


def test_without_anything_owed_slack_is_not_asked(desk: Desk):
    desk.decide()
    assert counted(desk.deliver()) == DeliverySummary()
    assert desk.sandbox.requests() == []


def test_what_is_unknown_of_a_contact_is_left_out_of_the_message(desk: Desk):
    unknown = dict.fromkeys(("company_name", "employee_count", "activated_days_ago", "contact_name"), None)
    desk.decide(handoff_row(1, target=CHANNEL, **unknown))
    desk.acknowledge(1)
    desk.deliver()
    assert desk.texts() == [
        "New SQL: user1@brightloom.io\n"
        "Score 65 - invited 2 teammates, 14 key actions this week\n"
        "Owner: @Dana - first call due within 2 hours"
    ]


def test_what_slack_would_read_as_markup_arrives_as_it_was_written(desk: Desk):
    desk.decide(handoff_row(1, target=CHANNEL, contact_name="<!channel>", company_name="Tom & Co"))
    desk.acknowledge(1)
    desk.deliver()
    assert desk.texts()[0].startswith("New SQL: &lt;!channel&gt; at Tom &amp; Co (~85 employees)")


# Owners


def test_an_owner_who_took_the_contact_at_the_handoff_is_the_one_who_is_told(desk: Desk):
    desk.sandbox.add_slack_user("ruth@orbit.example", "Ruth")
    desk.owners["305"] = Owner("305", None, "ruth@orbit.example", "Ruth Adeyemi")
    desk.decide_handoffs(1)
    desk.acknowledge(1, owner_id="305")
    desk.deliver()
    assert desk.texts("@Dana") == []
    assert [text.splitlines()[2] for text in desk.texts("@Ruth") + desk.texts(CHANNEL)] == [
        "Owner: @Ruth - first call due within 2 hours"
    ] * 2


def test_hubspot_is_asked_about_an_owner_once_an_action_and_not_in_every_run(desk: Desk):
    desk.owners["305"] = Owner("305", None, "ruth@orbit.example", None)
    desk.decide(handoff_row(1, target=CHANNEL))
    desk.acknowledge(1, owner_id="305")
    desk.deliver()
    desk.deliver()
    assert desk.owners_asked == ["305"]
    assert "Owner: ruth@orbit.example - first call" in desk.texts()[0]


def test_while_hubspot_cannot_be_asked_who_took_over_that_message_waits_and_no_other(desk: Desk):
    desk.decide(handoff_row(1, target=CHANNEL), handoff_row(2, target=CHANNEL))
    desk.acknowledge(1)
    desk.acknowledge(2, owner_id="305")

    def away(_: str) -> Owner:
        raise CrmUnavailable("HubSpot cannot be reached")

    summary = deliver(replace(desk.run(), owner_of=away))
    assert summary.delivered == 1
    assert summary.waits == {"somebody took the contact over, and HubSpot cannot be asked who that is": 1}
    assert desk.deliver().delivered == 1


def test_an_owner_who_left_hubspot_leaves_the_message_without_one(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1, owner_id="999")
    summary = desk.deliver()
    assert (summary.delivered, summary.failed) == (1, 1)
    (text,) = desk.texts(CHANNEL)
    assert text.splitlines()[2] == "first call due within 2 hours"


def test_an_owner_without_a_slack_account_is_named_in_the_channel_and_reported(desk: Desk):
    other = {"owner_email": "tom@orbit.example", "owner_name": "Tom Okafor"}
    desk.decide(handoff_row(1, **other), handoff_row(1, target=CHANNEL, **other))
    desk.acknowledge(1)
    summary = desk.deliver()
    assert (summary.delivered, summary.failed) == (1, 1)
    assert summary.problems == [
        "sql_handoff for user-1: Slack says users_not_found: the person has no Slack account under this address"
    ]
    assert "Owner: Tom Okafor - first call due within 2 hours" in desk.texts(CHANNEL)[0]
    assert desk.row("action-1-owner")["state"] == "failed"
    desk.wait(timedelta(days=1))
    assert desk.deliver().failed == 0


# Refusals that somebody can mend


@pytest.mark.parametrize(
    ("channel", "remedy"),
    [
        ({"name": "deals", "is_archived": True}, "is_archived: unarchive the channel or name another"),
        ({"name": "deals", "bot_is_member": False}, "not_in_channel: invite the app to the channel"),
        ({"name": "others"}, "channel_not_found: create the channel or mend its name"),
    ],
)
def test_a_channel_that_cannot_be_posted_to_holds_nobody_else_up(desk: Desk, channel: dict, remedy: str):
    desk.sandbox.add_slack_channel(**channel)
    desk.decide(handoff_row(1, target="#deals"), handoff_row(1), handoff_row(2, target=CHANNEL))
    desk.acknowledge(1, 2)
    summary = desk.deliver()
    assert (summary.delivered, summary.put_back, summary.failed) == (2, 1, 0)
    assert summary.problems[0].startswith(f"sql_handoff for user-1: Slack says {remedy}")
    assert desk.states() == {
        "action-1-#deals": "pending",
        "action-1-owner": "delivered",
        f"action-2-{CHANNEL}": "delivered",
    }


def test_a_message_that_was_put_back_is_sent_once_the_channel_is_there(desk: Desk):
    desk.decide(handoff_row(1, target="#deals"))
    desk.acknowledge(1)
    desk.deliver()
    desk.sandbox.add_slack_channel("deals")
    assert desk.deliver().delivered == 0
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1
    assert desk.posted() == ["action-1-#deals"]


def test_a_message_that_slack_would_cut_or_refuse_is_cut_before_and_arrives(desk: Desk):
    desk.decide(handoff_row(1, target=CHANNEL, contact_name="N" * 120_000))
    desk.acknowledge(1)
    assert desk.deliver().delivered == 1
    (message,) = desk.sandbox.messages()
    assert len(message["text"]) == 40_000
    assert message["text"].endswith("N…")
    assert len(message["blocks"][0]["text"]["text"]) == 3_000


def test_a_token_that_is_not_good_stops_before_anything_is_claimed(desk: Desk):
    desk.decide_handoffs(2)
    desk.acknowledge(1, 2)
    desk.sandbox.inject("invalid_token")
    assert "invalid_auth" in desk.deliver().shut["slack"]
    assert [desk.row(action_id)["attempts"] for action_id in desk.states()] == [0] * 4
    desk.sandbox.clear_faults()
    assert desk.deliver().delivered == 4


def test_a_token_that_is_revoked_on_the_way_loses_nothing(desk: Desk):
    desk.decide_handoffs(3)
    desk.acknowledge(1, 2, 3)

    class Revoked(Slack):
        def post(self, channel: str, text: str, *others: object) -> dict:
            if len(desk.posted()) == 2:
                desk.sandbox.inject("invalid_token")
            return super().post(channel, text, *others)

    assert "invalid_auth" in desk.deliver(Revoked).shut["slack"]
    assert sorted(desk.states().values()) == ["delivered"] * 2 + ["pending"] * 4
    desk.sandbox.clear_faults()
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 4
    assert sorted(desk.posted()) == sorted(desk.states())


def test_a_slack_that_is_away_leaves_everything_as_it_is(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1)
    desk.sandbox.inject("503")
    assert "answers 503" in desk.deliver().shut["slack"]
    desk.sandbox.clear_faults()
    assert desk.deliver().delivered == 2


def test_a_slack_that_asks_to_wait_too_long_gets_the_rest_later(desk: Desk):
    desk.decide(*(handoff_row(number, target=CHANNEL) for number in range(1, 4)))
    desk.acknowledge(1, 2, 3)
    desk.sandbox.set(slack_burst=1, slack_per_second=0.01)
    summary = desk.deliver()
    assert (summary.delivered, summary.put_back) == (1, 2)
    desk.sandbox.set(slack_per_second=1_000.0)
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 2
    assert len(desk.posted()) == 3


# Answers that are lost


@pytest.mark.parametrize("kind", ["reset", "502", "empty_2xx"])
def test_an_answer_lost_after_the_post_is_found_and_counts_as_delivered(desk: Desk, kind: str):
    desk.decide_handoffs(2)
    desk.acknowledge(1, 2)
    desk.sandbox.inject(kind, when="after", path_regex=POST)
    assert counted(desk.deliver()) == DeliverySummary(owed=4, delivered=4)
    assert sorted(desk.posted()) == sorted(desk.states())
    for message in desk.sandbox.messages():
        receipt = desk.row(message["metadata"]["event_payload"]["action_id"])["receipt"]
        assert receipt == {"channel": message["channel_id"], "ts": message["ts"]}


@pytest.mark.parametrize("kind", ["reset", "502", "empty_2xx"])
def test_an_answer_lost_before_the_post_is_looked_for_again_and_then_sent_once(desk: Desk, kind: str):
    desk.decide(handoff_row(1))
    desk.acknowledge(1)
    desk.sandbox.inject(kind, path_regex=POST, times=1)
    assert counted(desk.deliver()) == DeliverySummary(owed=1, unknown=1)
    assert counted(desk.deliver()) == DeliverySummary(owed=1, unknown=1)
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().put_back == 1
    desk.wait(AFTER_A_PAUSE)
    assert counted(desk.deliver()) == DeliverySummary(owed=1, delivered=1)
    assert desk.posted() == ["action-1-owner"]


def test_a_message_that_slack_shows_only_later_is_not_sent_again(desk: Desk):
    """Slack may still be writing it when it is first looked for."""
    desk.decide(handoff_row(1))
    desk.acknowledge(1)
    desk.sandbox.inject("502", when="after", path_regex=POST, times=1)

    class Slow(Slack):
        def find_post(self, channel: str, action_id: str, since: float) -> dict | None:
            return None

    assert desk.deliver(Slow).unknown == 1
    desk.wait(AFTER_A_PAUSE)
    assert counted(desk.deliver()) == DeliverySummary(owed=1, delivered=1)
    assert desk.posted() == ["action-1-owner"]


def test_as_long_as_slack_cannot_be_read_a_message_in_doubt_is_not_sent_again(desk: Desk):
    desk.decide(handoff_row(1))
    desk.acknowledge(1)
    desk.sandbox.inject("502", when="after", path_regex=POST, times=1)
    unreadable = desk.sandbox.inject("missing_scopes", path_regex=HISTORY)
    for _ in range(3):
        summary = desk.deliver()
        assert (summary.unknown, summary.delivered) == (1, 0)
        assert summary.problems[0].startswith("sql_handoff for user-1 may have been sent: Slack says missing")
        desk.wait(timedelta(hours=2))
    assert unreadable.fired == 3
    desk.sandbox.clear_faults()
    assert counted(desk.deliver()) == DeliverySummary(owed=1, delivered=1)
    assert desk.posted() == ["action-1-owner"]


def test_a_message_in_doubt_beyond_its_time_is_given_up_and_reported(desk: Desk):
    """Else a channel that the app was thrown out of would call for a run every hour, for good."""
    desk.decide(handoff_row(1))
    desk.acknowledge(1)
    desk.sandbox.inject("502", path_regex=POST, times=1)
    desk.sandbox.inject("missing_scopes", path_regex=HISTORY)
    desk.deliver()
    desk.as_of += timedelta(hours=49)
    desk.wait(timedelta(hours=49))
    summary = desk.deliver()
    assert (summary.unknown, summary.expired) == (0, 1)
    assert "may have been sent" in summary.problems[0]
    assert "may have been sent" in desk.row("action-1-owner")["problem"]
    assert counted(desk.deliver()) == DeliverySummary(owed=1)


def test_a_message_in_doubt_is_found_in_a_channel_that_was_archived_since(desk: Desk):
    desk.sandbox.add_slack_channel("deals")
    desk.decide(handoff_row(1, target="#deals"))
    desk.acknowledge(1)
    desk.sandbox.inject("502", when="after", path_regex=POST, times=1)
    desk.sandbox.inject("503", path_regex=HISTORY, times=5)
    assert desk.deliver().unknown == 1

    class Archived(Slack):
        def _pages(self, method: str, arguments: dict, key: str):
            for item in super()._pages(method, arguments, key):
                yield item | {"is_archived": True} if key == "channels" else item

    desk.wait(AFTER_A_PAUSE)
    assert counted(desk.deliver(Archived)) == DeliverySummary(owed=1, delivered=1)


# Time


def test_a_message_that_is_too_late_is_not_sent(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1)
    desk.as_of += timedelta(hours=49)
    assert counted(desk.deliver()) == DeliverySummary(owed=2, expired=2)
    assert desk.posted() == []


def test_lateness_is_judged_by_the_clock_of_the_run_and_not_by_the_machines(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1)
    desk.wait(timedelta(days=400))
    assert desk.deliver().delivered == 2


# Runs beside one another, and runs that end


def test_of_two_runs_that_found_the_same_message_one_sends_it(desk: Desk):
    desk.decide_handoffs(2)
    desk.acknowledge(1, 2)
    inner: list[DeliverySummary] = []

    class Overtaken(Slack):
        def check(self) -> None:
            super().check()
            if not inner:
                inner.append(DeliverySummary())
                inner[0] = desk.deliver()

        def post(self, channel: str, text: str, *others: object) -> dict:
            pytest.fail("the other run has sent everything")

    assert desk.deliver(Overtaken).delivered == 0
    assert inner[0].delivered == 4
    assert len(desk.posted()) == 4


def test_a_run_that_slept_before_it_posted_leaves_the_message_to_the_run_that_took_over(desk: Desk):
    desk.decide(handoff_row(1))
    desk.acknowledge(1)
    slept: list[DeliverySummary] = []

    class Asleep(Slack):
        def direct_channel(self, user_id: str) -> str:
            if not slept:
                slept.append(DeliverySummary())
                for _ in range(3):
                    desk.wait(AFTER_A_CRASH)
                    slept.append(desk.deliver())
            return super().direct_channel(user_id)

    summary = desk.deliver(Asleep)
    assert [other.delivered for other in slept] == [0, 0, 1, 0]
    assert summary.delivered == 0
    assert desk.posted() == ["action-1-owner"]


def test_a_run_that_could_not_post_for_long_does_not_reopen_what_another_has_delivered(desk: Desk):
    desk.decide(handoff_row(1))
    desk.acknowledge(1)

    class Stuck(Slack):
        def post(self, channel: str, text: str, *others: object) -> dict:
            for _ in range(2):
                desk.wait(AFTER_A_CRASH)
                desk.deliver()
            raise SlackUnavailable("Slack asked to wait for a very long time")

    desk.deliver(Stuck)
    assert desk.states() == {"action-1-owner": "delivered"}
    desk.wait(timedelta(hours=2))
    desk.deliver()
    assert desk.posted() == ["action-1-owner"]


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", [0, 1, 3])
def test_a_run_that_dies_around_a_post_is_finished_by_the_next_ones(desk: Desk, nth: int, moment: str):
    desk.decide_handoffs(2)
    desk.acknowledge(1, 2)

    class Dying(Slack):
        def post(self, channel: str, text: str, *others: object) -> dict:
            dies = len(desk.posted()) == nth
            if dies and moment == "before":
                raise Killed
            place = super().post(channel, text, *others)
            if dies:
                raise Killed
            return place

    with pytest.raises(Killed):
        desk.deliver(Dying)
    assert sorted(desk.states().values()).count("sending") == 1
    desk.deliver()
    assert sorted(desk.states().values()).count("sending") == 1
    for _ in range(2):
        desk.wait(AFTER_A_CRASH)
        desk.deliver()
    assert set(desk.states().values()) == {"delivered"}
    assert sorted(desk.posted()) == sorted(desk.states())


# What is owed


def unqueued(desk: Desk) -> list[str]:
    """What a run would put into the outbox now."""
    return sorted(item.row["action_id"] for item in find_owed(desk.run())[0] if item.waits_for is None)


def test_what_hubspot_acknowledged_and_no_run_put_in_the_outbox_is_known(desk: Desk):
    desk.decide_handoffs(2)
    assert unqueued(desk) == []
    desk.acknowledge(1)
    assert unqueued(desk) == [f"action-1-{CHANNEL}", "action-1-owner"]
    enqueue_ready(desk.run())
    assert unqueued(desk) == []
    desk.acknowledge(2)
    desk.deliver()
    assert unqueued(desk) == []


def test_putting_in_the_outbox_sends_nothing(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1)
    enqueue_ready(desk.run())
    enqueue_ready(desk.run())
    assert desk.sandbox.requests() == []
    assert [row.state for row in open_rows(desk.engine, desk.sandbox.clock.now())] == ["pending"] * 2


def test_the_message_is_that_of_the_first_decision_even_if_a_later_one_differs(desk: Desk):
    desk.decide(handoff_row(1, combined_score=65))
    desk.acknowledge(1)
    enqueue_ready(desk.run())
    desk.decide(handoff_row(1, combined_score=12))
    desk.deliver()
    assert "Score 65 - " in desk.texts()[0]


def test_what_an_earlier_version_put_into_the_outbox_is_told_as_it_would_have_been(desk: Desk):
    facts = {"contact_name": "Nora Lindqvist", "company_name": "Brightloom", "due_minutes": 120, "owner_name": "Dana"}
    payload = {"facts": facts, "owner_email": "dana@orbit.example"}
    before = Action("before", "sql_handoff", "slack_message", CHANNEL, "user-1", payload, desk.as_of)
    outbox.enqueue(desk.engine, [before], as_of=desk.as_of, now=desk.sandbox.clock.now())
    desk.decide()
    assert desk.deliver().delivered == 1
    assert desk.texts() == ["New SQL: Nora Lindqvist at Brightloom\nOwner: @Dana - first call due within 2 hours"]


# What is not told


def test_neither_token_nor_addresses_stand_in_problems_or_logs(desk: Desk, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    other = {"owner_email": "tom@orbit.example"}
    desk.decide(handoff_row(1, **other), handoff_row(2, target="#nowhere"), handoff_row(3, target=CHANNEL))
    desk.acknowledge(1, 2, 3)
    desk.sandbox.inject("502", path_regex=POST)
    desk.sandbox.inject("503", path_regex=HISTORY)
    summary = desk.deliver()
    assert (summary.failed, summary.put_back, summary.unknown) == (1, 1, 1)
    told = "\n".join(summary.problems) + caplog.text
    assert TOKEN not in told
    assert "@orbit.example" not in told
    assert "@brightloom.io" not in told


# Small print


def test_a_handoff_says_in_small_print_when_a_contact_is_sales_qualified(desk: Desk):
    desk.decide(handoff_row(1))
    desk.acknowledge(1)
    desk.help_text = "Score > 50 & work e-mail"
    desk.deliver()
    (message,) = desk.sandbox.messages()
    section, *_, context = message["blocks"]
    assert section["text"]["text"] == message["text"]
    assert context["elements"] == [{"type": "mrkdwn", "text": "Score &gt; 50 &amp; work e-mail"}]


@pytest.mark.parametrize("name", [("user_id", "user-1"), ("email", "User1@brightloom.io")])
def test_nothing_is_said_of_somebody_who_is_suppressed(desk: Desk, name):
    desk.decide_handoffs(2)
    desk.acknowledge(1, 2)
    desk.suppressed = Suppressed({(name[0], normalised(*name)): "opted_out"})
    assert counted(desk.deliver()) == DeliverySummary(owed=2, delivered=2)
    assert {text.splitlines()[0] for text in desk.texts()} == {
        "New SQL: Nora Lindqvist 2 at Brightloom (~85 employees)"
    }
    assert look_ahead(desk.run()).due == []


def test_a_message_that_waits_is_called_off_when_its_contact_opts_out(desk: Desk):
    desk.decide_handoffs(1)
    desk.acknowledge(1)
    assert enqueue_ready(desk.run())[0] == 2
    desk.suppressed = Suppressed({("email", "user1@brightloom.io"): "opted_out"})
    assert counted(desk.deliver()) == DeliverySummary(cancelled=2)
    assert (desk.texts(), set(desk.states().values())) == ([], {"cancelled"})
    assert desk.row("action-1-owner")["payload"] == {}
    # Also when they are no longer suppressed: what was called off stays so.
    desk.suppressed = NOBODY
    assert counted(desk.deliver()) == DeliverySummary(owed=2)


def test_a_message_in_doubt_about_somebody_who_opted_out_is_not_sent_again(desk: Desk):
    desk.decide(handoff_row(1, target=CHANNEL))
    desk.acknowledge(1)
    enqueue_ready(desk.run())
    action_id = f"action-1-{CHANNEL}"
    assert outbox.claim(desk.engine, [action_id], "run that dies", desk.sandbox.clock.now())
    desk.suppressed = Suppressed({("user_id", "user-1"): "opted_out"})
    for _ in range(3):
        desk.wait(AFTER_A_CRASH)
        desk.deliver()
    assert (desk.texts(), desk.states()) == ([], {action_id: "cancelled"})
