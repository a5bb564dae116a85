"""The sandbox's clock: the machine's, plus what a test has moved it ahead by."""

import time
from datetime import UTC, datetime


class Clock:
    """Wall time for what is stored, monotonic time for limits; `advance` moves both, so no test has to sleep."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def time(self) -> float:
        return time.time() + self._ahead

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def stamp(self) -> str:
        """Now as HubSpot writes it: `2026-11-20T09:00:00.000Z`."""
        return stamp(self.now())


def stamp(moment: datetime) -> str:
    """An aware datetime as ISO 8601 in UTC with milliseconds and `Z`, the form of every HubSpot answer."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
