"""One sync as a process of its own, so that a test can end it at any moment.

python crm_process.py <what is synced> <HubSpot's address> <folder of the world> <state URL> <moment>

It kills itself at the moment of this name, if there is one.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from crm_event_world import EVENTS, EventWorld
from crm_lists import HOT
from crm_moments import at, watched_door
from crm_world import AS_OF, CONTACTS, World

from dagster_project.crm.list_syncing import sync_lists
from dagster_project.crm.occurrence_syncing import sync_occurrences
from dagster_project.crm.syncing import SyncRun, sync_object
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.database import open_state

HERE = Path(__file__).parent
SYNCS: dict[str, Callable[[SyncRun, HubSpotApi], object]] = {
    "contacts": lambda run, api: sync_object(run, api, CONTACTS, lambda line: None),
    "lists": lambda run, api: sync_lists(run, api, [HOT], lambda line: None),
    "events": lambda run, api: sync_occurrences(run, api, EVENTS, lambda line: None),
}


def started(what: str, world: World | EventWorld, folder: Path, moment: str = "") -> subprocess.Popen:
    """A sync of the contacts, the lists or the events of a world that lies in a folder; it is on its way."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    command = [sys.executable, __file__, what, world.sandbox.url, str(folder), str(world.engine.url), moment]
    return subprocess.Popen(command, env=environment, start_new_session=True)


def killed_at(moment: str, what: str, world: World | EventWorld, folder: Path) -> None:
    """A sync that was ended by kill -9 at this moment."""
    process = started(what, world, folder, moment)
    try:
        assert process.wait(timeout=60) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


def main(what: str, url: str, folder: str, state_url: str, moment: str) -> None:
    run = SyncRun(Path(folder) / "snapshot", Path(folder) / "state", open_state(state_url), "process", AS_OF)
    SYNCS[what](run, watched_door(url, at(moment, lambda: os.kill(os.getpid(), signal.SIGKILL))))


if __name__ == "__main__":
    main(*sys.argv[1:])
