"""`make demo`: the whole job once, on the sample company, against the sandbox."""

import filecmp
import os
import shutil
import sys
from pathlib import Path

from sqlalchemy import select

from dagster_project.commands.sandboxed import sandbox_beside, sandbox_environment
from dagster_project.commands.where_to_look import print_where_to_look
from dagster_project.landing.sources import SOURCES
from dagster_project.sandbox.errors import PORTAL_ID
from dagster_project.settings import SAMPLE_DIR, Settings, read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import portal

MOST_NAMES = 3


def main() -> int:
    settings = read_settings()
    if settings.hubspot_access_token is not None or settings.slack_bot_token is not None:
        print(
            "The demo writes to the sandbox and never to a real portal: unset HUBSPOT_ACCESS_TOKEN and "
            "SLACK_BOT_TOKEN, or use `make run`.",
            file=sys.stderr,
        )
        return 2
    for source in SOURCES:
        if others := files_of_others(settings.landing_dir, source):
            print(
                f"{settings.landing_dir / source} holds {_listed(others)}; the demo would mix its sample company with "
                "that. Give it a data folder of its own: make demo PQL_DATA_DIR=/tmp/demo",
                file=sys.stderr,
            )
            return 2
    if (known := known_portal(settings)) is not None and known[0] != str(PORTAL_ID):
        print(
            f"{settings.data_dir} belongs to HubSpot portal {known[0]} ({known[1]}); the demo would put its sample "
            "company among what is written there. Give it a data folder of its own: make demo PQL_DATA_DIR=/tmp/demo",
            file=sys.stderr,
        )
        return 2
    count = copy_sample(settings.landing_dir)
    print(f"The sample company: {count} files in {settings.landing_dir / 'product'}")
    with sandbox_beside(settings) as address:
        print(f"The sandbox for HubSpot and Slack: {address}")
        # The stories of the sample are told for one instant; the demo's clock stands still there.
        as_of = (SAMPLE_DIR / "as_of.txt").read_text(encoding="utf-8").strip()
        os.environ |= sandbox_environment(address) | {"PQL_AS_OF": as_of}
        from dagster_project.commands.running import run_and_tell

        is_success = run_and_tell("whole_job")
    if is_success:
        print_where_to_look(
            "make sandbox                   contacts, companies and Slack messages, "
            f"http://127.0.0.1:{settings.sandbox_port}/"
        )
    return 0 if is_success else 1


def files_of_others(landing_dir: Path, source: str = "product") -> list[str]:
    """What lies in the landing folder of a source and is not the sample's, by name; hidden files are nobody's data."""
    folder = landing_dir / source
    sample = (
        {name for file in _sample_files() for name in (file.name, _unfinished(file))} if source == "product" else ()
    )
    lying = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in lying if not name.startswith(".") and name not in sample]


def known_portal(settings: Settings) -> tuple[str, str] | None:
    """Id and address of the portal that the state of this data folder is about, if it is about one yet."""
    with open_state(settings.state_database_url).connect() as connection:
        row = connection.execute(select(portal.c.portal_id, portal.c.base_url)).first()
    return None if row is None else (row.portal_id, row.base_url)


def copy_sample(landing_dir: Path) -> int:
    """Put the files of the sample where a team would drop theirs; how many there are."""
    target = landing_dir / "product"
    target.mkdir(parents=True, exist_ok=True)
    files = _sample_files()
    for file in files:
        place = target / file.name
        if not place.exists() or not filecmp.cmp(file, place, shallow=False):
            unfinished = target / _unfinished(file)
            shutil.copyfile(file, unfinished)
            unfinished.replace(place)
    return len(files)


def _sample_files() -> list[Path]:
    return sorted((SAMPLE_DIR / "landing" / "product").iterdir())


def _unfinished(file: Path) -> str:
    """The name of a copy that is not whole yet; a demo that was cut off leaves it behind."""
    return f"{file.name}.tmp"


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
