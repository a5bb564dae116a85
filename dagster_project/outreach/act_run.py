"""What a delivery works with, and what it came to."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from dagster_project.crm.owners import Owner
from dagster_project.outreach.calendars import CHANNEL_OF, Calendars
from dagster_project.outreach.channel import Channel
from dagster_project.privacy.suppression import NOBODY, Suppressed


@dataclass(frozen=True)
class Door:
    """A way out: opened when there is something for it, or closed, and then `closed` says what would open it."""

    open: Callable[[], Channel] | None
    closed: str = ""


@dataclass(frozen=True)
class ActRun:
    """What a delivery works with.

    `as_of`: the clock of the run, by which actions leave, are late, and working hours are kept; `now` is the machine's,
    for claims and pauses. `is_clock_set`: `as_of` was given and stands still. `doors`: by channel.
    `owner_of` asks HubSpot about an owner the snapshot does not know. `suppressed`: people about whom nothing is said
    any more, also where it is in the outbox already.
    """

    snapshot_actions: Path
    engine: Engine
    run_id: str
    as_of: datetime
    calendars: Calendars
    doors: Mapping[str, Door]
    owner_of: Callable[[str], Owner | None]
    record_url: Callable[[str], str | None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_clock_set: bool = False
    suppressed: Suppressed = NOBODY

    def door(self, kind: str) -> Door:
        return self.doors[CHANNEL_OF[kind]]

    def time(self) -> datetime:
        """By the clock of the run, right now."""
        return self.as_of if self.is_clock_set else max(self.now(), self.as_of)


@dataclass
class DeliverySummary:
    """What one delivery came to, in actions; `by_kind`: those that were delivered, `waits`: the others, by why.

    `shut`: channels through which nothing got, with the reason.
    """

    owed: int = 0
    delivered: int = 0
    put_back: int = 0
    failed: int = 0
    expired: int = 0
    cancelled: int = 0
    unknown: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    shut: dict[str, str] = field(default_factory=dict)
