"""A publish that is killed with kill -9: what was current stays current, and what it left goes away."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from publish_numbered import builds_in, is_complete, publish_build

from dagster_project.publish.snapshot import DAY_SECONDS, KEEP_LAST, MANIFEST, UNFINISHED, current_snapshot
from dagster_project.settings import PROJECT_DIR

SCRIPT = Path(__file__).with_name("publish_and_die.py")


def die_publishing(published_dir: Path, number: int, moment: str) -> None:
    process = subprocess.run(
        [sys.executable, str(SCRIPT), str(published_dir), str(number), moment],
        env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr


def visible(published_dir: Path) -> list[Path]:
    return [path for path in published_dir.iterdir() if not path.name.startswith(".") and not path.is_symlink()]


def hidden(published_dir: Path) -> list[Path]:
    return [path for path in published_dir.iterdir() if path.name.startswith(".")]


def grow_older(path: Path, seconds: float) -> None:
    then = path.lstat().st_mtime - seconds
    os.utime(path, (then, then), follow_symlinks=False)


@pytest.mark.parametrize(
    ("moment", "leftovers", "snapshots"),
    [("copy", 1, 1), ("manifest", 1, 1), ("unfinished", 1, 1), ("visible", 0, 2), ("link", 1, 2)],
)
def test_a_snapshot_is_complete_or_not_there_whenever_its_publish_dies(
    tmp_path: Path, moment: str, leftovers: int, snapshots: int
):
    publish_build(tmp_path, 1)
    die_publishing(tmp_path, 2, moment)
    assert builds_in(current_snapshot(tmp_path)) == {1}
    assert [is_complete(path) for path in visible(tmp_path)] == [True] * snapshots
    assert len(hidden(tmp_path)) == leftovers

    # Somebody may still be at it.
    publish_build(tmp_path, 3)
    assert builds_in(current_snapshot(tmp_path)) == {3}
    assert len(hidden(tmp_path)) == leftovers

    for path in hidden(tmp_path):
        grow_older(path, DAY_SECONDS + 60)
    publish_build(tmp_path, 4)
    assert hidden(tmp_path) == []
    assert builds_in(current_snapshot(tmp_path)) == {4}
    assert [is_complete(path) for path in visible(tmp_path)] == [True] * (snapshots + 2)


def test_a_snapshot_is_complete_or_not_there_on_its_way_out_too(tmp_path: Path):
    first = publish_build(tmp_path, 1)
    os.utime(first.directory / MANIFEST, (0, 0))
    for number in range(2, KEEP_LAST + 1):
        os.utime(publish_build(tmp_path, number).directory / MANIFEST, (number, number))
    die_publishing(tmp_path, 11, "prune")
    assert builds_in(current_snapshot(tmp_path)) == {11}
    assert len(visible(tmp_path)) == KEEP_LAST
    assert all(is_complete(path) for path in visible(tmp_path))
    (leftover,) = hidden(tmp_path)
    assert leftover.name == f".{first.snapshot_id}{UNFINISHED}"

    grow_older(leftover, DAY_SECONDS + 60)
    publish_build(tmp_path, 12)
    assert hidden(tmp_path) == []
