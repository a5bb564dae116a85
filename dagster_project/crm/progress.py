"""How far a sync is, in a line every few seconds: records, calls, rate, and how long it still takes."""

import time
from collections.abc import Callable
from math import ceil

from dagster_project.counting import counted

EVERY_SECONDS = 5.0


class SendingProgress:
    """Tells of the first batch, then every few seconds, and of the last one."""

    def __init__(
        self, tell: Callable[[str], None], noun: str, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._noun = noun
        self._total = total
        self._clock = clock
        self._begun = clock()
        self._told_at: float | None = None
        self._untold: str | None = None

    def report(self, acknowledged: int, refused: int, calls: int) -> None:
        now = self._clock()
        line = (
            f"{self._noun}: {acknowledged:,} of {self._total:,} records acknowledged, {refused:,} refused, "
            f"{counted(calls, 'call')}{self._pace(acknowledged + refused, now - self._begun)}"
        )
        if self._told_at is None or now - self._told_at >= EVERY_SECONDS:
            self._told_at, self._untold = now, None
            self._tell(line)
        else:
            self._untold = line

    def finish(self) -> None:
        """Tell the last line, if it was not told yet."""
        if self._untold is not None:
            self._tell(self._untold)
            self._untold = None

    def _pace(self, done: int, seconds: float) -> str:
        """Nothing before there is a pace; a record of which a value was left out is both acknowledged and refused."""
        if seconds <= 0 or done == 0:
            return ""
        left = max(self._total - done, 0) * seconds / done
        return f"; {done / seconds:,.0f} records/s" + (f", about {ceil(left):,} s left" if left > 0 else "")
