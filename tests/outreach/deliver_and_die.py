"""A run in a process of its own that kills itself: before or after its n-th post, with kill -9.

Usage: python deliver_and_die.py <state url> <actions.parquet> <slack url> <run id> <as of> <now> <before|after> <n>
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from dagster_project.outreach.delivering import ActRun, deliver
from dagster_project.outreach.slack import Slack
from dagster_project.state.database import open_state


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(
    state_url: str, actions: str, slack_url: str, run_id: str, as_of: str, now: str, moment: str, number: str
) -> None:
    posts = 0

    class Dying(Slack):
        def post(self, channel: str, text: str, *others: str | None) -> dict:
            nonlocal posts
            posts += 1
            if posts == int(number) and moment == "before":
                die()
            try:
                return super().post(channel, text, *others)
            finally:
                if posts == int(number):
                    die()

    decided, instant = datetime.fromisoformat(as_of), datetime.fromisoformat(now)
    run = ActRun(Path(actions), open_state(state_url), run_id, decided, lambda _: None, str, lambda: instant)
    deliver(run, Dying("token", slack_url, sleep=lambda _: None))


if __name__ == "__main__":
    main(*sys.argv[1:])
