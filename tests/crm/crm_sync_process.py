"""One sync of the contacts as a process of its own, so that a test can end it at any moment.

python crm_sync_process.py <HubSpot's address> <folder of the world> <state URL>
"""

import sys
from pathlib import Path

from crm_world import AS_OF, CONTACTS, door

from dagster_project.crm.syncing import SyncRun, sync_object
from dagster_project.state.database import open_state


def main(url: str, folder: str, state_url: str) -> None:
    run = SyncRun(Path(folder) / "snapshot", Path(folder) / "state", open_state(state_url), "process", AS_OF)
    sync_object(run, door(url), CONTACTS, lambda line: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
