"""Slack Web API methods: HTTP 200 with `ok: false` for refusals, 429 with Retry-After for too many calls.

Arguments come as JSON, as a form or in the query, as slack-sdk sends them. Sources: Slack docs: the methods' pages,
rate limits.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from .calls import Answer
from .portal import Portal
from .slack_format import MAX_ACCEPTED_TEXT, MAX_TEXT, block_mistakes, metadata_error, stored_text
from .workspace import BOT_ID, BOT_NAME, BOT_USER_ID, TEAM_ID, TEAM_NAME, Channel

HISTORY_DEFAULT, HISTORY_LIMIT = 100, 999
LIST_DEFAULT, LIST_LIMIT = 100, 1_000

Arguments = Mapping[str, Any]
Method = Callable[[Portal, Arguments], Answer]


class SlackRefusal(Exception):
    """`ok: false` with this error code."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.body = {"ok": False, "error": error, **details}


def rate_limited(wait: int) -> Answer:
    return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait)})


def auth_test(portal: Portal, arguments: Arguments) -> Answer:
    return Answer(
        200,
        {
            "ok": True,
            "url": "https://sandbox.slack.com/",
            "team": TEAM_NAME,
            "user": BOT_NAME,
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        },
    )


def users_lookup_by_email(portal: Portal, arguments: Arguments) -> Answer:
    user = portal.workspace.user_by_email(_required(arguments, "email"))
    if user is None:
        raise SlackRefusal("users_not_found")
    return Answer(200, {"ok": True, "user": user})


def conversations_open(portal: Portal, arguments: Arguments) -> Answer:
    users = _required(arguments, "users", "users_list_not_supplied").split(",")
    if len(users) > 1:
        raise SlackRefusal("not_enough_users" if not all(users) else "too_many_users")
    if users[0] not in portal.workspace.users:
        raise SlackRefusal("user_not_found")
    channel, was_open = portal.workspace.direct_channel(users[0])
    known = {"no_op": True, "already_open": True} if was_open else {}
    return Answer(200, {"ok": True, **known, "channel": {"id": channel.id}})


def conversations_list(portal: Portal, arguments: Arguments) -> Answer:
    limit = _number(arguments, "limit", LIST_DEFAULT, LIST_LIMIT)
    hide_archived = str(arguments.get("exclude_archived", "false")).lower() in ("true", "1")
    channels = [
        channel
        for channel in portal.workspace.channels.values()
        if channel.user_id is None and not (hide_archived and channel.is_archived)
    ]
    start = _cursor(arguments)
    following = str(start + limit) if start + limit < len(channels) else ""
    return Answer(
        200,
        {
            "ok": True,
            "channels": [_channel_body(channel) for channel in channels[start : start + limit]],
            "response_metadata": {"next_cursor": following},
        },
    )


def _channel_body(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_im": False,
        "is_private": False,
        "is_archived": channel.is_archived,
        "is_member": channel.bot_is_member,
    }


def conversations_history(portal: Portal, arguments: Arguments) -> Answer:
    """Messages newest first; their metadata only with `include_all_metadata`."""
    channel = portal.workspace.channels.get(_required(arguments, "channel", "channel_not_found"))
    if channel is None:
        raise SlackRefusal("channel_not_found")
    if not channel.bot_is_member:
        raise SlackRefusal("not_in_channel")
    limit = _number(arguments, "limit", HISTORY_DEFAULT, HISTORY_LIMIT)
    oldest, latest = _stamp(arguments, "oldest", "0"), _stamp(arguments, "latest", "9" * 10)
    inclusive = _is_true(arguments, "inclusive")
    found = [
        message
        for _, message in reversed(portal.workspace.messages(channel))
        if oldest < (at := float(message["ts"])) < latest or (inclusive and at in (oldest, latest))
    ]
    start = _cursor(arguments)
    page = found[start : start + limit]
    if not _is_true(arguments, "include_all_metadata"):
        page = [{key: value for key, value in message.items() if key != "metadata"} for message in page]
    has_more = start + limit < len(found)
    body: dict[str, Any] = {"ok": True, "messages": page, "has_more": has_more, "pin_count": 0}
    if has_more:
        body["response_metadata"] = {"next_cursor": str(start + limit)}
    return Answer(200, body)


def chat_post_message(portal: Portal, arguments: Arguments) -> Answer:
    channel = portal.workspace.channel(_required(arguments, "channel", "channel_not_found"))
    if channel is None:
        raise SlackRefusal("channel_not_found")
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    if not channel.bot_is_member:
        raise SlackRefusal("not_in_channel")
    text = str(arguments.get("text") or "")
    blocks = _decoded(arguments.get("blocks"), "invalid_blocks_format")
    if not text.strip() and not blocks:
        raise SlackRefusal("no_text")
    if len(text) > MAX_ACCEPTED_TEXT:
        raise SlackRefusal("msg_too_long")
    message: dict[str, Any] = {
        "user": BOT_USER_ID,
        "type": "message",
        "bot_id": BOT_ID,
        "team": TEAM_ID,
        "text": stored_text(text),
    }
    if blocks is not None:
        mistakes = block_mistakes(blocks)
        if mistakes:
            raise SlackRefusal(
                "invalid_blocks", errors=mistakes, response_metadata={"messages": [f"[ERROR] {m}" for m in mistakes]}
            )
        message["blocks"] = blocks
    if (metadata := _decoded(arguments.get("metadata"), "invalid_metadata_format")) is not None:
        if error := metadata_error(metadata):
            raise SlackRefusal(error)
        message["metadata"] = metadata
    if wait := portal.slack_limits.post(channel.id):
        return rate_limited(wait)
    message = portal.workspace.post(channel, message)
    body: dict[str, Any] = {"ok": True, "channel": channel.id, "ts": message["ts"], "message": message}
    if len(text) > MAX_TEXT:
        body["response_metadata"] = {"warnings": ["message_truncated"]}
    return Answer(200, body)


METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "users.lookupByEmail": users_lookup_by_email,
    "conversations.open": conversations_open,
    "conversations.list": conversations_list,
    "conversations.history": conversations_history,
    "chat.postMessage": chat_post_message,
}
LIMITED_READS = {"users.lookupByEmail", "conversations.open", "conversations.history", "conversations.list"}
WRITES = {"chat.postMessage"}
SCOPES = {
    "users.lookupByEmail": "users:read.email",
    "conversations.open": "im:write",
    "conversations.list": "channels:read",
    "conversations.history": "channels:history",
    "chat.postMessage": "chat:write",
}


def answer(portal: Portal, method: str, token: str, arguments: Arguments) -> Answer:
    """Run one method. Any token that is not empty is taken."""
    try:
        if not token:
            raise SlackRefusal("not_authed")
        if method not in METHODS:
            raise SlackRefusal("unknown_method", req_method=method)
        if method in LIMITED_READS and (wait := portal.slack_limits.read(method)):
            return rate_limited(wait)
        return METHODS[method](portal, arguments)
    except SlackRefusal as refusal:
        return Answer(200, refusal.body)


def _required(arguments: Arguments, name: str, error: str | None = None) -> str:
    value = str(arguments.get(name) or "").strip()
    if not value:
        raise SlackRefusal(error or "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing: {name}"]})
    return value


def _decoded(value: Any, error: str) -> Any:
    """Blocks and metadata are JSON inside a form, and plain values inside JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise SlackRefusal(error) from None


def _number(arguments: Arguments, name: str, default: int, most: int) -> int:
    text = str(arguments.get(name) or default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise SlackRefusal("invalid_limit")
    return int(text)


def _cursor(arguments: Arguments) -> int:
    text = str(arguments.get("cursor") or "0")
    if not text.isdecimal():
        raise SlackRefusal("invalid_cursor")
    return int(text)


def _stamp(arguments: Arguments, name: str, default: str) -> float:
    try:
        return float(str(arguments.get(name) or default))
    except ValueError:
        raise SlackRefusal(f"invalid_ts_{name}") from None


def _is_true(arguments: Arguments, name: str) -> bool:
    return str(arguments.get(name, "")).lower() in ("true", "1")
