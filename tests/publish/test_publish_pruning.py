"""Which published builds are kept: the last ten, and one a day; nothing that no build made is touched."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from publish_numbered import builds_in, is_complete, publish_build

from dagster_project.publish.snapshot import KEEP_DAYS, KEEP_LAST, MANIFEST, Snapshot, current_snapshot
from dagster_project.settings import PROJECT_DIR

# Days that are long past for every machine that runs this.
FIRST_DAY = datetime(2020, 3, 1, tzinfo=UTC)

PUBLISH_OFTEN = """
import sys
from pathlib import Path
from publish_numbered import publish_build

print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    publish_build(Path(sys.argv[1]), number)
"""


@pytest.fixture
def template(tmp_path: Path) -> Snapshot:
    """A snapshot to make copies of, which is quicker than to build each."""
    return publish_build(tmp_path / "template", 1)


@pytest.fixture
def published_dir(tmp_path: Path) -> Path:
    return tmp_path / "published"


def copy_of(template: Snapshot, published_dir: Path, published_at: datetime) -> str:
    name = f"{published_at:%Y%m%dT%H%M%SZ}-copied"
    shutil.copytree(template.directory, published_dir / name)
    os.utime(published_dir / name / MANIFEST, (published_at.timestamp(), published_at.timestamp()))
    return name


def names(published_dir: Path) -> set[str]:
    return {path.name for path in published_dir.iterdir() if path.name != "current"}


def test_the_last_ten_are_kept_and_of_each_of_thirty_days_the_last_one(template: Snapshot, published_dir: Path):
    by_day: dict[date, list[str]] = {}
    for day in range(40):
        for hour in (0, 12, 23):
            at = FIRST_DAY + timedelta(days=day, hours=hour, minutes=59)
            by_day.setdefault(at.date(), []).append(copy_of(template, published_dir, at))
    made = publish_build(published_dir, 2)

    newest_first = [name for day in sorted(by_day, reverse=True) for name in reversed(by_day[day])]
    last_of_days = [by_day[day][-1] for day in sorted(by_day, reverse=True)]
    # The one just made is one of the ten, and today is one of the thirty days.
    expected = {made.snapshot_id, *newest_first[: KEEP_LAST - 1], *last_of_days[: KEEP_DAYS - 1]}
    assert (KEEP_LAST, KEEP_DAYS) == (10, 30)
    assert names(published_dir) == expected
    # Nine builds are those of three whole days; 26 more days have their last.
    assert len(expected) == 1 + 9 + 26
    assert all(is_complete(published_dir / name) for name in expected)


def test_many_builds_of_one_day_leave_ten(published_dir: Path):
    made = []
    for number in range(13):
        snapshot = publish_build(published_dir, number)
        # A minute between two builds, all of one day.
        at = (FIRST_DAY + timedelta(minutes=number)).timestamp()
        os.utime(snapshot.directory / MANIFEST, (at, at))
        made.append(snapshot.snapshot_id)
    # The last but nine were pruned when the last was published.
    assert names(published_dir) == set(made[-KEEP_LAST:])


def test_the_build_just_published_is_kept_though_the_clock_was_set_back(template: Snapshot, published_dir: Path):
    for day in range(40):
        copy_of(template, published_dir, datetime(2150, 1, 1, tzinfo=UTC) + timedelta(days=day))
    made = publish_build(published_dir, 2)
    assert current_snapshot(published_dir) == made
    assert builds_in(made) == {2}
    assert len(names(published_dir)) == KEEP_DAYS + 1


def test_folders_that_no_build_made_are_left_alone(template: Snapshot, published_dir: Path, tmp_path: Path):
    for number in range(15):
        copy_of(template, published_dir, FIRST_DAY + timedelta(minutes=number))
    (published_dir / "notes").mkdir()
    (published_dir / "notes" / "for dana.txt").write_text("ask before you delete")
    (published_dir / "empty").mkdir()
    (published_dir / "README").write_text("read me")
    (published_dir / ".hidden").mkdir()
    shutil.copytree(template.directory, published_dir / ".kept by hand")
    (published_dir / "last board meeting").symlink_to(template.directory, target_is_directory=True)
    theirs = {"notes", "empty", "README", ".hidden", ".kept by hand", "last board meeting"}
    for name in theirs:
        os.utime(published_dir / name, (0, 0), follow_symlinks=False)

    made = publish_build(published_dir, 2)
    assert theirs < names(published_dir)
    assert (published_dir / "notes" / "for dana.txt").read_text() == "ask before you delete"
    assert is_complete(published_dir / ".kept by hand")
    assert is_complete(template.directory)
    assert len(names(published_dir) - theirs) == KEEP_LAST
    assert made.snapshot_id in names(published_dir)


def test_two_processes_that_publish_at_once_do_not_trip_over_what_the_other_pruned(published_dir: Path):
    paths = os.pathsep.join([str(PROJECT_DIR), str(Path(__file__).parent)])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISH_OFTEN, str(published_dir)],
            env=os.environ | {"PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert ([process.returncode for process in processes], errors) == ([0, 0], ["", ""])
    assert is_complete(current_snapshot(published_dir).directory)
    assert all(is_complete(published_dir / name) for name in names(published_dir))
