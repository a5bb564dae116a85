"""Slack, in one door: who is who, which channel is whose, posting once, and finding a post again."""

import http.client
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from dagster_project.outreach.errors import AnswerLost, Unavailable

TIMEOUT_SECONDS = 30
LONGEST_PAUSE_SECONDS = 60
ATTEMPTS = 5
HISTORY_PAGE = 100
CHANNEL_PAGE = 200
METADATA_EVENT = "pql_action"
# Slack's word → who must do what.
REMEDIES = {
    "channel_not_found": "create the channel or mend its name in trigger_actions.csv",
    "not_in_channel": "invite the app to the channel",
    "is_archived": "unarchive the channel or name another in trigger_actions.csv",
    "account_inactive": "reinstall the app; its user was deactivated",
    "invalid_auth": "check SLACK_BOT_TOKEN",
    "not_authed": "set SLACK_BOT_TOKEN",
    "token_revoked": "check SLACK_BOT_TOKEN",
    "token_expired": "check SLACK_BOT_TOKEN",
    "missing_scope": "give the app the missing scope and reinstall it",
    "users_not_found": "the person has no Slack account under this address",
}
TOKEN_ERRORS = {"account_inactive", "invalid_auth", "not_authed", "token_revoked", "token_expired", "missing_scope"}
# "It's possible some aspect of the operation succeeded before the error was raised", say Slack's method pages.
UNCERTAIN_ERRORS = {"fatal_error", "internal_error"}


class SlackRefused(Exception):
    """Slack answered that this cannot be done; `code` is Slack's word for it."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(f"Slack says {code}: {REMEDIES.get(code, 'see the error list of the Slack method')}")


class SlackUnavailable(Unavailable):
    """Slack kept asking to wait or could not be reached; nothing was posted."""


class SlackAnswerLost(AnswerLost):
    """The request left and no answer came: whether it was posted is not known."""


@dataclass(frozen=True)
class SlackUser:
    user_id: str
    name: str


class Slack:
    """The calls this project makes. Only what was certainly not carried out is tried again.

    The SDK's own retries are off: its default repeats a post whose answer was lost, and the message stands twice.
    """

    def __init__(self, token: str, base_url: str, sleep: Callable[[float], None] = time.sleep):
        self._client = WebClient(
            token=token, base_url=base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=_silent_logger()
        )
        self._sleep = sleep
        self._users: dict[str, SlackUser | None] = {}
        self._direct_channels: dict[str, str] = {}
        self._channels: dict[str, str] | None = None

    def check(self) -> None:
        """Ask whether the token is good.

        Raises:
            SlackRefused: It is not; the code says why.
        """
        self._call("auth.test", {}, is_read=True)

    def user_by_email(self, email: str) -> SlackUser | None:
        """The Slack user with this address, or None; asked once per object."""
        if email not in self._users:
            try:
                user = self._call("users.lookupByEmail", {"email": email}, is_read=True)["user"]
            except SlackRefused as refusal:
                if refusal.code != "users_not_found":
                    raise
                self._users[email] = None
            else:
                profile = user.get("profile") or {}
                self._users[email] = SlackUser(user["id"], profile.get("display_name") or user["name"])
        return self._users[email]

    def direct_channel(self, user_id: str) -> str:
        if user_id not in self._direct_channels:
            opened = self._call("conversations.open", {"users": user_id}, is_read=True)
            self._direct_channels[user_id] = opened["channel"]["id"]
        return self._direct_channels[user_id]

    def channel_id(self, name: str) -> str:
        """The id of a public or private channel the app can see, by its name with or without `#`.

        An archived one too: nothing can be posted there, which Slack says itself, and what was posted is still found.
        """
        if self._channels is None:
            listed = {"types": "public_channel,private_channel", "limit": CHANNEL_PAGE}
            channels = sorted(
                self._pages("conversations.list", listed, "channels"), key=lambda channel: not channel["is_archived"]
            )
            # Archived ones come first, so that a living channel of the same name takes their place.
            self._channels = {channel["name"]: channel["id"] for channel in channels}
        wanted = name.removeprefix("#")
        if wanted not in self._channels:
            raise SlackRefused("channel_not_found")
        return self._channels[wanted]

    def post(self, channel: str, text: str, action_id: str | None = None, blocks: Sequence[dict] | None = None) -> dict:
        """Post a message and return its place: `{"channel", "ts"}`.

        Where there are `blocks`, they are what people see in the channel; notifications show the text alone.

        Raises:
            SlackRefused, SlackUnavailable: It was not posted.
            SlackAnswerLost: It may have been.
        """
        arguments: dict = {"channel": channel, "text": text, "unfurl_links": False}
        if blocks:
            arguments["blocks"] = list(blocks)
        if action_id is not None:
            arguments["metadata"] = {"event_type": METADATA_EVENT, "event_payload": {"action_id": action_id}}
        answer = self._call("chat.postMessage", arguments, is_read=False)
        return {"channel": answer["channel"], "ts": answer["ts"]}

    def find_post(self, channel: str, action_id: str, since: float) -> dict | None:
        """The message that was posted for an action since an instant (epoch seconds), or None if there is none."""
        asked = {"channel": channel, "oldest": f"{since:.6f}", "limit": HISTORY_PAGE, "include_all_metadata": "true"}
        for message in self._pages("conversations.history", asked, "messages"):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("action_id") == action_id:
                return {"channel": channel, "ts": message["ts"]}
        return None

    def _pages(self, method: str, arguments: dict, key: str) -> Iterator[dict]:
        cursor = ""
        while True:
            page = self._call(method, arguments | ({"cursor": cursor} if cursor else {}), is_read=True)
            yield from page[key]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _call(self, method: str, arguments: dict, *, is_read: bool) -> dict:
        body = {"params": arguments} if is_read else {"json": arguments}
        problem = ""
        for attempt in range(1, ATTEMPTS + 1):
            pause = 0.5 * 2 ** (attempt - 1)
            try:
                return self._client.api_call(method, **body).data
            except SlackApiError as error:
                status, code = error.response.status_code, _code(error.response.data)
                if status == 429 or code == "ratelimited":
                    # A rate-limited request was not carried out, so repeating it is safe.
                    pause = _asked_pause(error.response.headers.get("Retry-After"))
                    problem = f"asks to wait {pause:.0f} s"
                    if pause > LONGEST_PAUSE_SECONDS:
                        break
                elif status >= 500 or code is None or code in UNCERTAIN_ERRORS:
                    problem = f"answers {status} {code}" if code else f"answers {status} and nothing of its own"
                    if not is_read:
                        raise SlackAnswerLost(f"{method}: Slack {problem}") from None
                else:
                    raise SlackRefused(code) from None
            except (SlackClientError, http.client.HTTPException, OSError, ValueError) as error:
                problem = "cannot be reached" if isinstance(error, OSError) else "answers nothing that can be read"
                if not is_read and not _never_left(error):
                    raise SlackAnswerLost(f"{method}: the answer was lost") from None
            if attempt < ATTEMPTS:
                self._sleep(pause)
        raise SlackUnavailable(f"Slack {problem}; what is owed waits for the next run.")


def _code(data: object) -> str | None:
    """Slack's word for a refusal; None where the answer is not Slack's, such as a page of a proxy."""
    code = data.get("error") if isinstance(data, dict) else None
    # The SDK puts a sentence of its own there for an answer that is no JSON.
    return code if isinstance(code, str) and " " not in code else None


def _asked_pause(header: str | None) -> float:
    """Seconds; one where the header is missing or says no number."""
    try:
        return max(float(header or 1), 0.0)
    except ValueError:
        return 1.0


def _silent_logger() -> logging.Logger:
    """The SDK logs what it sends, and what it raises too, with addresses in it; the caller says it in its own words."""
    logger = logging.getLogger("dagster_project.outreach.slack_sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def _never_left(error: Exception) -> bool:
    reason = getattr(error, "reason", error)
    return isinstance(reason, ConnectionRefusedError)
