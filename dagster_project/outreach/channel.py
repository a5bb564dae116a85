"""What a channel does. Everything else about sending once is the same for all of them: see `delivering`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from dagster_project.outreach.outbox_rows import OutboxRow


@dataclass(frozen=True)
class Bundle:
    """Actions that leave as one. `marker` is what it is found again by: of one action its id."""

    rows: tuple[OutboxRow, ...]
    marker: str
    claimed_at: datetime

    @property
    def action_ids(self) -> list[str]:
        return [row.action.action_id for row in self.rows]


class Channel(Protocol):
    """One way out. All of its methods raise what stands in `outreach.errors` and nothing else.

    `is_repeatable`: the receiver takes a marker once, so that what is in doubt may simply be sent again.
    """

    is_repeatable: bool

    def check(self) -> None:
        """Ask once whether anything gets through at all.

        Raises:
            RefusedForNow, Unavailable: Nothing does; all of it waits.
        """

    def bundles(self, rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
        """Which of these leave together; sends nothing and asks nobody."""

    def prepare(self, bundle: Bundle) -> Any:
        """Find out for whom it is and what it says, so that `send` is one call. Repeating it does no harm.

        Raises:
            RefusedForGood, RefusedForNow, Unavailable: It cannot be sent; nothing was.
        """

    def send(self, prepared: Any) -> dict:
        """Send it, once, and return where it is now.

        Raises:
            RefusedForGood, RefusedForNow, Unavailable: It was not sent.
            AnswerLost: It may have been.
        """

    def find(self, bundle: Bundle, since: datetime) -> dict | None:
        """Where it is, if it was sent since this instant; None where it was not.

        Raises:
            RefusedForGood, RefusedForNow, Unavailable: It cannot be told.
        """
