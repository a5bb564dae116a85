"""Slack: what can be posted where, what is refused, and what is read back."""

from urllib.error import URLError

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError


@pytest.fixture
def slack(sandbox):
    sandbox.add_slack_user("ann@own.co", "Ann Lee")
    return WebClient(token="xoxb-test", base_url=sandbox.slack_url, retry_handlers=[])


def error_of(call, **arguments):
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    return raised.value.response["error"]


def channel_id(slack, name):
    return next(channel["id"] for channel in slack.conversations_list()["channels"] if channel["name"] == name)


def test_the_bot_knows_who_it_is(slack):
    assert slack.auth_test()["team"] == "Sandbox"


def test_without_a_token_nothing_works(sandbox):
    assert httpx.get(f"{sandbox.slack_url}auth.test").json() == {"ok": False, "error": "not_authed"}


def test_a_token_may_come_in_a_form(sandbox):
    answer = httpx.post(f"{sandbox.slack_url}chat.postMessage", data={"token": "x", "channel": "general", "text": "Hi"})
    assert answer.json()["ok"] is True


def test_a_token_can_be_declared_invalid_or_too_narrow(sandbox, slack):
    sandbox.inject("invalid_token", times=1)
    assert error_of(slack.auth_test) == "invalid_auth"
    sandbox.inject("missing_scopes", path_regex="chat", times=1)
    assert error_of(slack.chat_postMessage, channel="#general", text="Hi") == "missing_scope"


def test_an_unknown_method_is_refused(sandbox, slack):
    assert error_of(slack.chat_delete, channel="C1", ts="1") == "unknown_method"


def test_without_a_seed_there_are_four_channels_with_the_bot(slack):
    channels = slack.conversations_list()["channels"]
    assert [channel["name"] for channel in channels] == ["general", "pql-handoff", "pql-alerts", "marketing"]
    assert all(channel["is_member"] for channel in channels)


def test_a_message_is_posted_by_channel_name_and_by_id(sandbox, slack):
    first = slack.chat_postMessage(channel="#pql-handoff", text="One")
    slack.chat_postMessage(channel=first["channel"], text="Two")
    slack.chat_postMessage(channel="marketing", text="Three")
    assert [(message["channel"], message["text"]) for message in sandbox.messages()] == [
        ("#pql-handoff", "One"),
        ("#pql-handoff", "Two"),
        ("#marketing", "Three"),
    ]
    assert [message["text"] for message in sandbox.messages("pql-handoff")] == ["One", "Two"]


def test_a_direct_message_goes_to_the_channel_that_was_opened(sandbox, slack):
    user = slack.users_lookupByEmail(email="Ann@own.co")["user"]
    assert user["profile"]["real_name"] == "Ann Lee"
    opened = slack.conversations_open(users=user["id"])
    assert slack.conversations_open(users=[user["id"]])["channel"] == opened["channel"]
    slack.chat_postMessage(channel=opened["channel"]["id"], text="Hello")
    assert sandbox.messages()[0]["channel"] == "@Ann Lee"
    assert slack.conversations_history(channel=opened["channel"]["id"])["messages"][0]["text"] == "Hello"


def test_an_unknown_person_is_an_ordinary_answer(slack):
    assert error_of(slack.users_lookupByEmail, email="no@own.co") == "users_not_found"
    assert error_of(slack.conversations_open, users="U404") == "user_not_found"


def test_where_nothing_can_be_posted(sandbox, slack):
    sandbox.add_slack_channel("old", is_archived=True)
    sandbox.add_slack_channel("board", bot_is_member=False)
    user_id = slack.users_lookupByEmail(email="ann@own.co")["user"]["id"]
    for channel, error in (
        ("#old", "is_archived"),
        ("#board", "not_in_channel"),
        ("#nowhere", "channel_not_found"),
        (user_id, "channel_not_found"),
    ):
        assert error_of(slack.chat_postMessage, channel=channel, text="Hi") == error
    assert error_of(slack.conversations_history, channel=channel_id(slack, "board")) == "not_in_channel"
    assert error_of(slack.conversations_history, channel="#general") == "channel_not_found"
    assert sandbox.messages() == []


def section(text):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(label, url="https://x.co"):
    return {
        "type": "actions",
        "elements": [{"type": "button", "text": {"type": "plain_text", "text": label}, "url": url}],
    }


@pytest.mark.parametrize(
    "blocks",
    [
        [section("x")] * 51,
        [section("x" * 3_001)],
        [section("")],
        [{"type": "section"}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [button("x" * 76)],
        [button("x", "https://x.co/" + "y" * 3_000)],
        [{"type": "context", "elements": []}],
        [{"type": "poem"}],
        ["text"],
    ],
)
def test_blocks_slack_does_not_take_are_refused(sandbox, slack, blocks):
    assert error_of(slack.chat_postMessage, channel="#general", text="Hi", blocks=blocks) == "invalid_blocks"
    assert sandbox.messages() == []


def test_blocks_within_the_limits_are_taken(sandbox, slack):
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
        section("x" * 3_000),
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}]},
        button("x" * 75),
    ]
    slack.chat_postMessage(channel="#general", text="Hi", blocks=blocks)
    assert sandbox.messages()[0]["blocks"] == blocks


def test_a_message_needs_text_or_blocks_and_has_an_end(sandbox, slack):
    assert error_of(slack.api_call, api_method="chat.postMessage", json={"channel": "#general"}) == "no_text"
    assert error_of(slack.chat_postMessage, channel="#general", text="x" * 100_001) == "msg_too_long"
    slack.chat_postMessage(channel="#general", text="x" * 40_001)
    assert len(sandbox.messages()[0]["text"]) == 40_000


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("A & B < C > D", "A &amp; B &lt; C &gt; D"),
        ("A &amp; B &lt; C", "A &amp; B &lt; C"),
        ("<https://x.co/a?b=1&amp;c=2|Open> <@U123> <!here>", "<https://x.co/a?b=1&amp;c=2|Open> <@U123> <!here>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_text_is_kept_escaped_as_slack_keeps_it(sandbox, slack, sent, stored):
    slack.chat_postMessage(channel="#general", text=sent)
    assert sandbox.messages()[0]["text"] == stored


def test_metadata_comes_back_only_when_it_is_asked_for(sandbox, slack):
    metadata = {"event_type": "pql_handoff", "event_payload": {"action_id": "a1"}}
    channel = slack.chat_postMessage(channel="#pql-handoff", text="Hi", metadata=metadata)["channel"]
    assert "metadata" not in slack.conversations_history(channel=channel)["messages"][0]
    (message,) = slack.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert message["metadata"] == metadata
    assert sandbox.messages()[0]["metadata"] == metadata


@pytest.mark.parametrize(
    "metadata", [{"event_type": "x"}, {"event_payload": {}}, {"event_type": 1, "event_payload": {}}]
)
def test_metadata_of_another_form_is_refused(slack, metadata):
    error = error_of(slack.chat_postMessage, channel="#general", text="Hi", metadata=metadata)
    assert error == "invalid_metadata_format"


def test_history_is_read_newest_first_between_two_times_and_in_pages(sandbox, slack):
    sandbox.set(slack_burst=10)
    stamps = [slack.chat_postMessage(channel="#general", text=str(number))["ts"] for number in range(5)]
    assert len(set(stamps)) == 5
    channel = channel_id(slack, "general")

    def texts(**arguments):
        return [message["text"] for message in slack.conversations_history(channel=channel, **arguments)["messages"]]

    assert texts() == ["4", "3", "2", "1", "0"]
    assert texts(oldest=stamps[1]) == ["4", "3", "2"]
    assert texts(oldest=stamps[1], inclusive=True) == ["4", "3", "2", "1"]
    assert texts(latest=stamps[1]) == ["0"]
    first = slack.conversations_history(channel=channel, limit=2)
    assert first["has_more"] is True
    assert texts(limit=2, cursor=first["response_metadata"]["next_cursor"]) == ["2", "1"]


def test_a_channel_takes_a_burst_and_then_about_a_message_a_second(sandbox, slack):
    def post(channel="#general"):
        return slack.chat_postMessage(channel=channel, text="Hi")

    for _ in range(5):
        post()
    with pytest.raises(SlackApiError) as raised:
        post()
    assert raised.value.response.status_code == 429
    assert raised.value.response["error"] == "ratelimited"
    assert raised.value.response.headers["Retry-After"] == "1"
    post("#marketing")
    sandbox.clock.advance(1)
    post()
    assert len(sandbox.messages("general")) == 6


def test_a_workspace_takes_so_many_messages_a_minute(sandbox, slack):
    sandbox.set(slack_workspace_per_minute=1)
    slack.chat_postMessage(channel="#general", text="Hi")
    with pytest.raises(SlackApiError) as raised:
        slack.chat_postMessage(channel="#marketing", text="Hi")
    assert int(raised.value.response.headers["Retry-After"]) > 50


def test_reading_is_limited_per_method(sandbox, slack):
    sandbox.set(slack_reads_per_minute=2)
    for _ in range(2):
        slack.users_lookupByEmail(email="ann@own.co")
    assert error_of(slack.users_lookupByEmail, email="ann@own.co") == "ratelimited"
    assert slack.conversations_history(channel=channel_id(slack, "general"))["messages"] == []


def test_an_answer_can_be_lost_after_the_message_was_posted(sandbox, slack):
    sandbox.inject("reset", when="after", path_regex="chat.postMessage", times=1)
    with pytest.raises((ConnectionError, URLError)):
        slack.chat_postMessage(channel="#general", text="Hi")
    assert len(sandbox.messages()) == 1


def test_the_sdks_default_retry_posts_a_lost_message_twice(sandbox):
    sandbox.inject("reset", when="after", path_regex="chat.postMessage", times=1)
    WebClient(token="xoxb-test", base_url=sandbox.slack_url).chat_postMessage(channel="#general", text="Hi")
    assert len(sandbox.messages()) == 2


@pytest.mark.parametrize("kind", ["500", "503"])
def test_slack_can_fail(sandbox, slack, kind):
    sandbox.inject(kind)
    with pytest.raises(SlackApiError):
        slack.auth_test()


def test_slack_calls_are_in_the_request_log(sandbox, slack):
    slack.chat_postMessage(channel="#general", text="Hi")
    (entry,) = sandbox.requests(writes_only=True)
    assert (entry["service"], entry["path"], entry["status"]) == ("slack", "/api/chat.postMessage", 200)
