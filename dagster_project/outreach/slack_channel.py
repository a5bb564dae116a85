"""Slack as a channel: messages to owners and channels, and one digest a day and channel."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from dagster_project.counting import counted
from dagster_project.outreach.calendars import DIGEST, OWNER_TARGET
from dagster_project.outreach.channel import Bundle
from dagster_project.outreach.errors import RefusedForGood, RefusedForNow
from dagster_project.outreach.messages import Message, Writer, digest_message, digest_pages
from dagster_project.outreach.outbox_rows import Action, OutboxRow
from dagster_project.outreach.slack import TOKEN_ERRORS, Slack, SlackRefused

# No later try can succeed; all other refusals end when somebody mends the channel or the app.
FINAL_REFUSALS = {"users_not_found", "msg_too_long", "no_text", "invalid_blocks"}


@dataclass(frozen=True)
class Posting:
    place: str
    message: Message
    marker: str


class SlackChannel:
    """`writer` puts actions into words."""

    is_repeatable = False

    def __init__(self, slack: Slack, writer: Writer):
        self._slack = slack
        self._writer = writer

    def check(self) -> None:
        with _told_generally():
            self._slack.check()

    def bundles(self, rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
        """Each message alone; of a digest all that is for one channel, cut where a message is full."""
        alone = [[row] for row in rows if row.action.kind != DIGEST]
        by_target: dict[str, list[OutboxRow]] = {}
        for row in rows:
            if row.action.kind == DIGEST:
                by_target.setdefault(row.action.target, []).append(row)
        return [*alone, *(page for found in by_target.values() for page in self._pages(found))]

    def _pages(self, rows: list[OutboxRow]) -> Iterator[list[OutboxRow]]:
        # By trigger and then by age, as people read them.
        rows = sorted(rows, key=lambda row: (row.action.trigger_id, row.action.moment_at or row.next_try_at))
        lines = [self._line(row) for row in rows]
        # A line that cannot be written is sent alone, where it is told.
        yield from ([row] for row, line in zip(rows, lines, strict=True) if line is None)
        written = [(row, line) for row, line in zip(rows, lines, strict=True) if line is not None]
        place = 0
        for count in digest_pages([line for _, line in written]):
            yield [row for row, _ in written[place : place + count]]
            place += count

    def _line(self, row: OutboxRow) -> str | None:
        try:
            return self._writer.digest_line(row)
        except RefusedForNow:
            return None

    def prepare(self, bundle: Bundle) -> Posting:
        with _told_generally():
            first = bundle.rows[0].action
            place = self._place(first)
            if first.kind == DIGEST:
                lines = [self._writer.digest_line(row) for row in bundle.rows]
                message = digest_message(f"{counted(len(lines), 'thing')} to know, none of it urgent", lines)
            else:
                message = self._writer.message(bundle.rows[0], self._owner_called(first))
            return Posting(place, message, bundle.marker)

    def send(self, prepared: Posting) -> dict:
        with _told_generally():
            message = prepared.message
            return self._slack.post(prepared.place, message.text, prepared.marker, message.blocks)

    def find(self, bundle: Bundle, since: datetime) -> dict | None:
        with _told_generally():
            return self._slack.find_post(self._place(bundle.rows[0].action), bundle.marker, since.timestamp())

    def _owner_called(self, action: Action) -> str | None:
        owner_email = action.payload.get("owner_email")
        user = self._slack.user_by_email(owner_email) if owner_email else None
        return f"@{user.name}" if user else None

    def _place(self, action: Action) -> str:
        if action.target != OWNER_TARGET:
            return self._slack.channel_id(action.target)
        owner_email = action.payload.get("owner_email")
        user = self._slack.user_by_email(owner_email) if owner_email else None
        if user is None:
            raise SlackRefused("users_not_found")
        return self._slack.direct_channel(user.user_id)


def slack_door(connect: Callable[[], Slack], writer: Writer) -> Callable[[], SlackChannel]:
    """Opens Slack when there is something for it."""

    def opened() -> SlackChannel:
        with _told_generally():
            return SlackChannel(connect(), writer)

    return opened


@contextmanager
def _told_generally() -> Iterator[None]:
    """What Slack refuses, by what follows from it."""
    try:
        yield
    except SlackRefused as refusal:
        if refusal.code in FINAL_REFUSALS:
            raise RefusedForGood(str(refusal)) from None
        raise RefusedForNow(str(refusal), concerns_all=refusal.code in TOKEN_ERRORS) from None
