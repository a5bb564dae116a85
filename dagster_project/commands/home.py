"""$DAGSTER_HOME exists and holds our instance settings before Dagster looks for it."""

import filecmp
import os
import shutil
from pathlib import Path

from dagster_project.settings import PROJECT_DIR, read_settings

INSTANCE_SETTINGS = PROJECT_DIR / "dagster_project" / "instance.yaml"


def prepare_dagster_home() -> Path:
    """Make the folder and its dagster.yaml; a home that somebody set and filled is left as it is."""
    chosen = os.environ.get("DAGSTER_HOME")
    home = (PROJECT_DIR / Path(chosen).expanduser()) if chosen else read_settings().data_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(home)
    settings = home / "dagster.yaml"
    if not settings.exists() or (not chosen and not filecmp.cmp(INSTANCE_SETTINGS, settings, shallow=False)):
        # By one rename: another process of ours may be reading it.
        unfinished = home / f".dagster.yaml.{os.getpid()}"
        shutil.copyfile(INSTANCE_SETTINGS, unfinished)
        unfinished.replace(settings)
    return home
