"""Slack over real HTTP: what is asked how often, what is tried again, and what is never posted twice."""

import logging
import socket
import traceback

import pytest
from canned_slack import Canned, canned_slack

from dagster_project.outreach import slack as slack_module
from dagster_project.outreach.slack import (
    ATTEMPTS,
    REMEDIES,
    TOKEN_ERRORS,
    Slack,
    SlackAnswerLost,
    SlackRefused,
    SlackUnavailable,
    SlackUser,
)
from dagster_project.outreach.slack_text import section, small_print
from dagster_project.sandbox.running import Sandbox
from tests.conftest import TOKEN

ADDRESS = "dana.reyes@orbit.example"
BACKOFF = [0.5, 1.0, 2.0, 4.0]
LONG_AGO = 0.0


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def slack(sandbox: Sandbox, pauses: list[float]) -> Slack:
    """A door to the sandbox whose pauses are written down and pass at once, for the sandbox too."""

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        sandbox.clock.advance(seconds)

    return Slack(TOKEN, sandbox.slack_url, sleep=sleep)


def methods_called(sandbox: Sandbox) -> list[str]:
    return [call["path"].removeprefix("/api/") for call in sandbox.requests()]


def texts(sandbox: Sandbox) -> list[str]:
    return [message["text"] for message in sandbox.messages()]


# The token


def test_a_good_token_passes_the_check(slack: Slack):
    slack.check()


@pytest.mark.parametrize(
    ("fault", "code", "remedy"),
    [
        ("invalid_token", "invalid_auth", "check SLACK_BOT_TOKEN"),
        ("missing_scopes", "missing_scope", "give the app the missing scope and reinstall it"),
    ],
)
def test_a_bad_token_is_refused_with_what_to_do(sandbox: Sandbox, slack: Slack, fault: str, code: str, remedy: str):
    sandbox.inject(fault)
    with pytest.raises(SlackRefused, match=f"Slack says {code}: {remedy}") as refused:
        slack.check()
    assert refused.value.code == code


def test_an_empty_token_is_refused_and_not_tried_again(sandbox: Sandbox, pauses: list[float]):
    with pytest.raises(SlackRefused, match="not_authed"):
        Slack("", sandbox.slack_url, sleep=pauses.append).check()
    assert pauses == []
    assert len(sandbox.requests()) == 1


def test_every_token_error_says_what_to_do():
    assert set(REMEDIES) >= TOKEN_ERRORS


# Who is who, and which channel is whose


def test_a_person_is_looked_up_once(sandbox: Sandbox, slack: Slack):
    user_id = sandbox.add_slack_user(ADDRESS, "Dana")
    assert [slack.user_by_email(ADDRESS) for _ in range(3)] == [SlackUser(user_id, "Dana")] * 3
    assert methods_called(sandbox) == ["users.lookupByEmail"]


def test_nobody_under_an_address_is_an_answer_and_is_asked_once(sandbox: Sandbox, slack: Slack):
    assert [slack.user_by_email(ADDRESS) for _ in range(3)] == [None] * 3
    assert methods_called(sandbox) == ["users.lookupByEmail"]


def test_a_lookup_that_is_not_allowed_is_no_unknown_person(sandbox: Sandbox, slack: Slack):
    sandbox.inject("missing_scopes", path_regex="lookupByEmail", times=1)
    with pytest.raises(SlackRefused, match="missing_scope"):
        slack.user_by_email(ADDRESS)
    sandbox.add_slack_user(ADDRESS, "Dana")
    assert slack.user_by_email(ADDRESS).name == "Dana"


def test_somebody_without_a_display_name_goes_by_the_account_name():
    body = b'{"ok": true, "user": {"id": "U1", "name": "dana.r", "profile": {"display_name": ""}}}'
    with canned_slack(Canned(body)) as canned:
        assert Slack(TOKEN, canned.url).user_by_email(ADDRESS) == SlackUser("U1", "dana.r")


def test_a_direct_channel_is_opened_once(sandbox: Sandbox, slack: Slack):
    user_id = sandbox.add_slack_user(ADDRESS, "Dana")
    assert slack.direct_channel(user_id) == slack.direct_channel(user_id)
    assert methods_called(sandbox) == ["conversations.open"]


def test_a_channel_is_found_by_its_name_on_any_page(sandbox: Sandbox, slack: Slack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slack_module, "CHANNEL_PAGE", 2)
    wanted = [sandbox.add_slack_channel(f"team-{number}") for number in range(5)]
    assert [slack.channel_id(f"#team-{number}") for number in range(5)] == wanted
    assert slack.channel_id("team-4") == wanted[4]
    # Four channels are there from the start: nine on five pages, read once.
    assert methods_called(sandbox) == ["conversations.list"] * 5


def test_a_channel_that_is_not_there_is_looked_for_once(sandbox: Sandbox, slack: Slack):
    for _ in range(3):
        with pytest.raises(SlackRefused, match="channel_not_found: create the channel or mend its name"):
            slack.channel_id("#nowhere")
    assert methods_called(sandbox) == ["conversations.list"]


def test_a_list_of_channels_that_broke_off_is_read_anew(
    sandbox: Sandbox, slack: Slack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(slack_module, "CHANNEL_PAGE", 3)
    wanted = sandbox.add_slack_channel("last")
    slack_id = sandbox.add_slack_channel("later")
    sandbox.inject("503", path_regex="conversations.list", times=ATTEMPTS)
    with pytest.raises(SlackUnavailable):
        slack.channel_id("last")
    assert slack.channel_id("last") == wanted
    assert slack.channel_id("later") == slack_id


def test_an_archived_channel_says_that_it_is_archived(sandbox: Sandbox, slack: Slack):
    sandbox.add_slack_channel("old", is_archived=True)
    with pytest.raises(SlackRefused, match="is_archived: unarchive the channel or name another"):
        slack.post(slack.channel_id("#old"), "Hi")


def test_of_two_channels_with_one_name_the_living_one_is_meant(sandbox: Sandbox, slack: Slack):
    sandbox.add_slack_channel("sales", is_archived=True)
    living = sandbox.add_slack_channel("sales")
    sandbox.add_slack_channel("sales", is_archived=True)
    assert slack.channel_id("sales") == living


def test_a_channel_without_the_app_says_to_invite_it(sandbox: Sandbox, slack: Slack):
    sandbox.add_slack_channel("board", bot_is_member=False)
    with pytest.raises(SlackRefused, match="not_in_channel: invite the app to the channel"):
        slack.post(slack.channel_id("board"), "Hi")


# Posting, and finding it again


def test_a_post_carries_its_action_and_is_found_by_it(sandbox: Sandbox, slack: Slack):
    channel = slack.channel_id("#pql-handoff")
    slack.post(channel, "Another", "action-0")
    place = slack.post(channel, "New SQL: Nora", "action-1")
    slack.post(channel, "A third", "action-2")
    (message,) = sandbox.messages()[1:2]
    assert message["metadata"] == {"event_type": "pql_action", "event_payload": {"action_id": "action-1"}}
    assert place == {"channel": channel, "ts": message["ts"]}
    assert slack.find_post(channel, "action-1", LONG_AGO) == place


def test_what_was_not_posted_is_not_found(sandbox: Sandbox, slack: Slack):
    channel = slack.channel_id("#pql-handoff")
    slack.post(channel, "New SQL: Nora", "action-1")
    slack.post(channel, "An alert carries no action")
    assert slack.find_post(channel, "action-2", LONG_AGO) is None
    assert slack.find_post(slack.channel_id("#marketing"), "action-1", LONG_AGO) is None


def test_a_post_is_found_on_any_page_and_only_since_the_given_instant(
    sandbox: Sandbox, slack: Slack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(slack_module, "HISTORY_PAGE", 2)
    channel = slack.channel_id("#pql-handoff")
    first = slack.post(channel, "First", "action-first")
    sandbox.clock.advance(60)
    since = sandbox.clock.time()
    for number in range(6):
        slack.post(channel, "Later", f"action-{number}")
    assert slack.find_post(channel, "action-first", LONG_AGO) == first
    assert slack.find_post(channel, "action-first", since) is None
    assert slack.find_post(channel, "action-0", since) is not None


def test_links_in_a_message_are_not_unfolded():
    body = b'{"ok": true, "channel": "C1", "ts": "1.0"}'
    with canned_slack(Canned(body)) as canned:
        assert Slack(TOKEN, canned.url).post("C1", "Hi") == {"channel": "C1", "ts": "1.0"}


# Waiting


def test_a_post_that_was_too_early_waits_as_long_as_slack_says(sandbox: Sandbox, slack: Slack, pauses: list[float]):
    sandbox.set(slack_burst=1, slack_per_second=0.1)
    channel = slack.channel_id("#pql-handoff")
    for number in range(3):
        slack.post(channel, f"Message {number}")
    assert texts(sandbox) == ["Message 0", "Message 1", "Message 2"]
    assert pauses == [10.0, 10.0]


def test_a_post_that_is_always_too_early_is_given_up_and_certainly_not_there(
    sandbox: Sandbox, slack: Slack, pauses: list[float]
):
    channel = slack.channel_id("#pql-handoff")
    sandbox.inject("429", path_regex="chat.postMessage")
    with pytest.raises(SlackUnavailable, match="asks to wait 1 s"):
        slack.post(channel, "Hi")
    assert pauses == [1.0] * (ATTEMPTS - 1)
    assert texts(sandbox) == []


def test_a_pause_longer_than_a_minute_is_left_to_the_next_run(sandbox: Sandbox, slack: Slack, pauses: list[float]):
    sandbox.set(slack_burst=1, slack_per_second=0.01)
    channel = slack.channel_id("#pql-handoff")
    slack.post(channel, "One")
    with pytest.raises(SlackUnavailable, match="asks to wait 1"):
        slack.post(channel, "Two")
    assert pauses == []
    assert texts(sandbox) == ["One"]


@pytest.mark.parametrize("header", ["", "soon", "-5"])
def test_a_retry_after_that_says_no_number_of_seconds_is_a_short_pause(header: str, pauses: list[float]):
    limited = Canned(b'{"ok": false, "error": "ratelimited"}', 429, {"Retry-After": header})
    posted = Canned(b'{"ok": true, "channel": "C1", "ts": "1.0"}')
    with canned_slack(limited, posted) as canned:
        Slack(TOKEN, canned.url, sleep=pauses.append).post("C1", "Hi")
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 1


def test_ratelimited_in_an_ordinary_answer_is_a_pause_too(pauses: list[float]):
    limited = Canned(b'{"ok": false, "error": "ratelimited"}')
    posted = Canned(b'{"ok": true, "channel": "C1", "ts": "1.0"}')
    with canned_slack(limited, posted) as canned:
        Slack(TOKEN, canned.url, sleep=pauses.append).post("C1", "Hi")
    assert pauses == [1.0]


# Answers that are lost


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset", "empty_2xx"])
def test_a_post_without_an_answer_is_never_repeated(
    sandbox: Sandbox, slack: Slack, pauses: list[float], kind: str, when: str
):
    channel = slack.channel_id("#pql-handoff")
    sandbox.inject(kind, when=when, path_regex="chat.postMessage", times=1)
    with pytest.raises(SlackAnswerLost):
        slack.post(channel, "New SQL: Nora", "action-1")
    assert pauses == []
    assert texts(sandbox) == (["New SQL: Nora"] if when == "after" else [])
    assert (slack.find_post(channel, "action-1", LONG_AGO) is not None) == (when == "after")


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset", "empty_2xx"])
def test_a_read_without_an_answer_is_repeated(sandbox: Sandbox, slack: Slack, pauses: list[float], kind: str):
    sandbox.add_slack_user(ADDRESS, "Dana")
    sandbox.inject(kind, path_regex="lookupByEmail", times=2)
    assert slack.user_by_email(ADDRESS).name == "Dana"
    assert pauses == BACKOFF[:2]


@pytest.mark.parametrize("kind", ["502", "reset", "empty_2xx"])
def test_a_read_is_given_up_after_five_tries(sandbox: Sandbox, slack: Slack, pauses: list[float], kind: str):
    sandbox.inject(kind)
    with pytest.raises(SlackUnavailable):
        slack.check()
    assert pauses == BACKOFF
    assert len(sandbox.requests()) == ATTEMPTS


NOT_SLACKS = {
    "a page": Canned(b"<html><body>Sign in to the guest network</body></html>", 200, {"Content-Type": "text/html"}),
    "a forbidding page": Canned(b"<html><body>Blocked</body></html>", 403, {"Content-Type": "text/html"}),
    "a page in latin-1": Canned("<html>Zugang gesperrt für Gäste</html>".encode("latin-1"), 200),
    "nothing": Canned(b"", 200),
    "an empty object": Canned(b"{}", 200),
    "a list": Canned(b"[]", 200),
    "null": Canned(b"null", 200),
    "half an answer": Canned(b'{"ok": true', 200, {"Content-Length": "4000"}),
}


@pytest.mark.parametrize("answer", NOT_SLACKS.values(), ids=NOT_SLACKS)
def test_an_answer_that_is_not_slacks_leaves_open_whether_it_was_posted(answer: Canned, pauses: list[float]):
    with canned_slack(answer) as canned:
        with pytest.raises(SlackAnswerLost):
            Slack(TOKEN, canned.url, sleep=pauses.append).post("C1", "Hi")
        assert canned.calls == ["chat.postMessage"]


@pytest.mark.parametrize("answer", NOT_SLACKS.values(), ids=NOT_SLACKS)
def test_an_answer_that_is_not_slacks_is_asked_for_again_where_that_does_no_harm(answer: Canned, pauses: list[float]):
    with canned_slack(answer, answer, Canned()) as canned:
        Slack(TOKEN, canned.url, sleep=pauses.append).check()
        assert canned.calls == ["auth.test"] * 3


@pytest.mark.parametrize("code", ["internal_error", "fatal_error"])
def test_an_error_inside_slack_leaves_open_whether_it_was_posted(code: str):
    """Slack: "It's possible some aspect of the operation succeeded before the error was raised." """
    with (
        canned_slack(Canned(b'{"ok": false, "error": "%s"}' % code.encode())) as canned,
        pytest.raises(SlackAnswerLost, match=code),
    ):
        Slack(TOKEN, canned.url).post("C1", "Hi")


def test_a_slack_that_does_not_listen_was_not_posted_to(pauses: list[float]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/"
        with pytest.raises(SlackUnavailable, match="cannot be reached"):
            Slack(TOKEN, url, sleep=pauses.append).post("C1", "Hi")
    assert pauses == BACKOFF


# What is not told


@pytest.mark.parametrize("kind", ["invalid_token", "missing_scopes", "502", "reset", "empty_2xx", "429"])
def test_neither_token_nor_addresses_stand_in_errors_or_logs(
    sandbox: Sandbox, slack: Slack, caplog: pytest.LogCaptureFixture, kind: str
):
    caplog.set_level(logging.DEBUG)
    sandbox.inject(kind)
    for call in (lambda: slack.user_by_email(ADDRESS), lambda: slack.post("C1", f"Call {ADDRESS}", "action-1")):
        with pytest.raises((SlackRefused, SlackUnavailable, SlackAnswerLost)) as raised:
            call()
        told = "".join(traceback.format_exception(raised.value)) + caplog.text
        assert TOKEN not in told
        # The lines of this test that the traceback quotes name the constant, never the address.
        assert ADDRESS not in told


# Small print


def blocks(sandbox: Sandbox) -> list[list[dict] | None]:
    return [message.get("blocks") for message in sandbox.messages()]


def test_blocks_stand_in_the_channel_and_the_text_stays_for_notifications(slack: Slack, sandbox: Sandbox):
    shown = [section("New SQL: Nora"), small_print("Why you read this: …")]
    slack.post(slack.channel_id("#pql-handoff"), "New SQL: Nora", "action-1", shown)
    assert (texts(sandbox), blocks(sandbox)) == (["New SQL: Nora"], [shown])


def test_without_blocks_a_message_is_its_text_alone(slack: Slack, sandbox: Sandbox):
    slack.post(slack.channel_id("#pql-handoff"), "New SQL: Nora", "action-1")
    assert blocks(sandbox) == [None]
