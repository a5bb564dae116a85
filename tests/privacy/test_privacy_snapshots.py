"""Snapshots without a person: each is replaced whole, and what nobody finished goes."""

import json

import pytest

from dagster_project.privacy.parquet_rows import erase_leftovers, erase_snapshot, snapshots_in
from dagster_project.privacy.person import Erased, Person
from dagster_project.publish.snapshot import current_snapshot
from tests.small_snapshot import person, publish_small

U1 = Person(frozenset({"u_nora"}), frozenset({"nora@a.example"}))


@pytest.mark.parametrize("kind", ["published", "parts"])
def test_every_snapshot_that_holds_them_is_replaced_and_the_others_stay(tmp_path, kind):
    published = tmp_path / kind
    without = publish_small(published, score__contact_scores=[person("u_omar")])
    rows = [person("u_omar"), person("u_nora", contact_email="nora@a.example")]
    snapshots = [publish_small(published, score__contact_scores=rows) for _ in range(2)]
    before = (snapshots[1].directory / "manifest.json").stat().st_mtime_ns
    erased = Erased()
    for directory in list(snapshots_in(tmp_path)):
        erase_snapshot(directory, U1, erased, write=True)
    assert erased.counts == {(f"snapshots ({kind})", "score.contact_scores"): 2}
    assert without.directory.exists()
    assert not any(snapshot.directory.exists() for snapshot in snapshots)
    current = current_snapshot(published)
    assert current.directory.parent == published
    assert current.row_counts["score.contact_scores"] == 1
    assert (current.directory / "manifest.json").stat().st_mtime_ns == before
    assert len(list(snapshots_in(tmp_path))) == 3
    assert not any(b"nora" in path.read_bytes() for path in published.rglob("*.parquet"))


def test_one_that_was_cut_off_before_the_old_one_went_ends_the_same(tmp_path):
    snapshot = publish_small(tmp_path / "published", score__contact_scores=[person("u_nora"), person("u_omar")])
    kept = {path.name: path.read_bytes() for path in snapshot.directory.iterdir()}
    erase_snapshot(snapshot.directory, U1, Erased(), write=True)
    snapshot.directory.mkdir()
    for name, content in kept.items():
        (snapshot.directory / name).write_bytes(content)
    for directory in list(snapshots_in(tmp_path)):
        erase_snapshot(directory, U1, Erased(), write=True)
    (left,) = snapshots_in(tmp_path)
    assert json.loads((left / "manifest.json").read_text())["row_counts"]["score.contact_scores"] == 1
    assert current_snapshot(tmp_path / "published").directory == left


def test_what_a_killed_publish_left_behind_goes(tmp_path):
    left = tmp_path / "published" / ".20261120T090000Z-1.unfinished"
    scratch = tmp_path / "recomputed" / ".scratch-1"
    for folder in (left, scratch):
        folder.mkdir(parents=True)
    erase_leftovers(tmp_path, Erased(), write=False)
    assert left.exists()
    erase_leftovers(tmp_path, Erased(), write=True)
    assert not left.exists()
    assert not scratch.exists()
