"""A run in a process of its own that kills itself: before or after its n-th call that sends something, with kill -9.

Usage: python deliver_and_die.py <state url> <actions.parquet> <sandbox url> <run id> <as of> <now> <before|after> <n>
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from delivery_doors import doors

from dagster_project.outreach.act_run import ActRun, Door
from dagster_project.outreach.calendars import read_calendars
from dagster_project.outreach.delivering import deliver
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.database import open_state


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """A channel that counts what it sends, whatever it is."""

    def __init__(self, channel: object, moment: str, number: int, sent: list[int]):
        self._channel, self._moment, self._number, self._sent = channel, moment, number, sent

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)

    def send(self, prepared: object) -> dict:
        self._sent.append(1)
        is_last = len(self._sent) == self._number
        if is_last and self._moment == "before":
            die()
        try:
            return self._channel.send(prepared)
        finally:
            if is_last:
                die()


def dying(door: Door, moment: str, number: int, sent: list[int]) -> Door:
    def opened(real: Callable[[], object]) -> Dying:
        return Dying(real(), moment, number, sent)

    return replace(door, open=lambda: opened(door.open))


def main(state_url: str, actions: str, url: str, run_id: str, as_of: str, now: str, moment: str, number: str) -> None:
    decided, instant = datetime.fromisoformat(as_of), datetime.fromisoformat(now)
    calendars = read_calendars(read_rules(SHIPPED_RULES_DIR))
    sent: list[int] = []
    found = doors(url, SHIPPED_RULES_DIR, calendars, decided, lambda: instant, lambda _: None)
    run = ActRun(
        Path(actions),
        open_state(state_url),
        run_id,
        decided,
        calendars,
        {name: dying(door, moment, int(number), sent) for name, door in found.items()},
        lambda _: None,
        str,
        lambda: instant,
        is_clock_set=True,
    )
    deliver(run)


if __name__ == "__main__":
    main(*sys.argv[1:])
