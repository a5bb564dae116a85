"""Files that nobody in this project wrote, put where a landing folder has them."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import REAL_DATA

GROWTHCUES, EDUCATION = REAL_DATA / "segment_growthcues", REAL_DATA / "mixpanel_education"
AMPLITUDE = REAL_DATA / "fivetran_event_seeds" / "amplitude_event_data.csv"
PROFILES = EDUCATION / "users.jsonl.gz"
SEVERAL_SOURCES = {
    GROWTHCUES / "tracks.csv": "segment/tracks.csv",
    GROWTHCUES / "identifies.csv": "segment/identifies.csv",
    GROWTHCUES / "groups.csv": "segment/groups.csv",
    GROWTHCUES / "segment_users.csv": "segment/users.csv",
    PROFILES: "mixpanel/users.jsonl.gz",
    AMPLITUDE: "amplitude/events.csv",
}


def land(files: Mapping[Path, str], data_dir: Path) -> None:
    """Copy each file to its place in the landing folder; the test is skipped where one is missing."""
    missing = [str(file) for file in files if not file.exists()]
    if missing:
        pytest.skip(f"real data is not there: {', '.join(missing)} (set PQL_REAL_DATA)")
    for file, place in files.items():
        target = data_dir / "landing" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
