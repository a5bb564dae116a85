"""A Slack workspace: users, channels, direct messages and what was posted to them."""

import json
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .state import Store

TEAM_ID = "T0SANDBOX1"
TEAM_NAME = "Sandbox"
BOT_USER_ID = "U0SANDBOX0"
BOT_ID = "B0SANDBOX0"
BOT_NAME = "pql-pipeline"
DEFAULT_CHANNELS = ("general", "pql-handoff", "pql-alerts", "marketing")


@dataclass
class Channel:
    """A channel, or the direct messages of a user (`user_id` set, no name)."""

    id: str
    name: str
    is_archived: bool
    bot_is_member: bool
    user_id: str | None


class Workspace:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.load()

    def load(self) -> None:
        rows = self._store.rows("select id, name, is_archived, bot_is_member, user_id from slack_channels order by id")
        self.channels = {row[0]: Channel(row[0], row[1], bool(row[2]), bool(row[3]), row[4]) for row in rows}
        rows = self._store.rows("select id, body from slack_users order by id")
        self.users: dict[str, dict[str, Any]] = {user_id: json.loads(body) for user_id, body in rows}
        self._last_ts: dict[str, int] = {
            channel_id: int(ts.replace(".", ""))
            for channel_id, ts in self._store.rows("select channel_id, max(ts) from slack_messages group by channel_id")
        }

    def ensure_defaults(self) -> None:
        """Without a seed there are a few channels with the bot in them."""
        if not self.channels:
            for name in DEFAULT_CHANNELS:
                self.add_channel(name)

    def add_channel(self, name: str, *, is_archived: bool = False, bot_is_member: bool = True) -> Channel:
        return self._save(Channel(self._next_id("C"), name, is_archived, bot_is_member, None))

    def direct_channel(self, user_id: str) -> tuple[Channel, bool]:
        """The direct messages with a user, and whether they were open already."""
        for channel in self.channels.values():
            if channel.user_id == user_id:
                return channel, True
        return self._save(Channel(self._next_id("D"), "", False, True, user_id)), False

    def _next_id(self, prefix: str) -> str:
        taken = sum(channel_id.startswith(prefix) for channel_id in self.channels)
        return f"{prefix}0SANDBOX{taken + 1:03}"

    def _save(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self._store.execute(
            "insert or replace into slack_channels values (?, ?, ?, ?, ?)",
            channel.id,
            channel.name,
            channel.is_archived,
            channel.bot_is_member,
            channel.user_id,
        )
        return channel

    def remove_unused_defaults(self, listed: set[str]) -> None:
        """A seed names the channels: those made without one go, unless something was posted there."""
        for channel in list(self.channels.values()):
            is_default = channel.name in DEFAULT_CHANNELS and channel.name not in listed
            if is_default and channel.id not in self._last_ts:
                del self.channels[channel.id]
                self._store.execute("delete from slack_channels where id = ?", channel.id)

    def channel_named(self, name: str) -> Channel | None:
        bare = name.removeprefix("#")
        return next((channel for channel in self.channels.values() if channel.name == bare != ""), None)

    def channel(self, given: str) -> Channel | None:
        """By id or by name, with or without `#`. A user id is no channel."""
        return self.channels.get(given) or self.channel_named(given)

    def display_name(self, channel: Channel) -> str:
        if channel.user_id is None:
            return f"#{channel.name}"
        user = self.users.get(channel.user_id, {})
        return f"@{user.get('real_name') or user.get('name') or channel.user_id}"

    def add_user(self, email: str, name: str, real_name: str, display_name: str) -> dict[str, Any]:
        user_id = f"U0SANDBOX{len(self.users) + 1:03}"
        user = {
            "id": user_id,
            "team_id": TEAM_ID,
            "name": name,
            "deleted": False,
            "real_name": real_name,
            "is_bot": False,
            "profile": {
                "real_name": real_name,
                "display_name": display_name,
                "email": email.strip().lower(),
                "team": TEAM_ID,
            },
        }
        self.users[user_id] = user
        self._store.execute(
            "insert into slack_users values (?, ?, ?)", user_id, user["profile"]["email"], json.dumps(user)
        )
        return user

    def user_by_email(self, email: str) -> dict[str, Any] | None:
        wanted = email.strip().lower()
        return next((user for user in self.users.values() if user["profile"]["email"] == wanted), None)

    def post(self, channel: Channel, message: dict[str, Any]) -> dict[str, Any]:
        """Add a message with a timestamp no other message of the channel has."""
        stamp = max(int(self._clock.time() * 1_000_000), self._last_ts.get(channel.id, 0) + 1)
        self._last_ts[channel.id] = stamp
        seconds, rest = divmod(stamp, 1_000_000)
        message = {**message, "ts": f"{seconds}.{rest:06}"}
        self._store.execute(
            "insert into slack_messages (channel_id, ts, body) values (?, ?, ?)",
            channel.id,
            message["ts"],
            json.dumps(message),
        )
        return message

    def messages(self, channel: Channel | None = None) -> list[tuple[Channel, dict[str, Any]]]:
        """Messages in the order they were posted, of one channel or of all."""
        rows = self._store.rows(
            "select channel_id, body from slack_messages where channel_id = ? or ? is null order by sequence",
            channel and channel.id,
            channel and channel.id,
        )
        return [(self.channels[channel_id], json.loads(body)) for channel_id, body in rows]
