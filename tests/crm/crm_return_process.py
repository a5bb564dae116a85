"""One run of returns as a process of its own, so that a test can end it at any moment.

python crm_return_process.py <HubSpot's address> <folder of the world> <state URL> <moment at which it kills itself>
"""

import os
import signal
import sys
from pathlib import Path

from crm_moments import at, watched_door
from crm_returning import LIMITS
from crm_world import AS_OF, CONTACTS

from dagster_project.crm.return_breaker import find_owed_returns
from dagster_project.crm.returning import make_returns
from dagster_project.crm.syncing import SyncRun
from dagster_project.state.database import open_state


def main(url: str, folder: str, state_url: str, last_moment: str) -> None:
    run = SyncRun(Path(folder) / "snapshot", Path(folder) / "state", open_state(state_url), "process", AS_OF)
    name, _, count = last_moment.partition(" #")
    seen: list[str] = []

    def on_moment(moment: str) -> None:
        seen.append(moment)
        if seen.count(name) == int(count or 1):
            at(name, lambda: os.kill(os.getpid(), signal.SIGKILL))(moment)

    make_returns(run, watched_door(url, on_moment), CONTACTS, find_owed_returns(run, LIMITS).due, lambda line: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
