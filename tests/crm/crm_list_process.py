"""One sync of a list as a process of its own, so that a test can end it at any moment.

python crm_list_process.py <HubSpot's address> <folder of the world> <state URL> <moment at which it kills itself>
"""

import os
import signal
import sys
from pathlib import Path

from crm_lists import HOT
from crm_moments import at, watched_door
from crm_world import AS_OF

from dagster_project.crm.list_syncing import sync_lists
from dagster_project.crm.syncing import SyncRun
from dagster_project.state.database import open_state


def main(url: str, folder: str, state_url: str, last_moment: str) -> None:
    run = SyncRun(Path(folder) / "snapshot", Path(folder) / "state", open_state(state_url), "process", AS_OF)
    on_moment = at(last_moment, lambda: os.kill(os.getpid(), signal.SIGKILL))
    sync_lists(run, watched_door(url, on_moment), [HOT], lambda line: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
