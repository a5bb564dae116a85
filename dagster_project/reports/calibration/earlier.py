"""Builds of earlier clocks that are still there: each knows the scores of its moment."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dagster_project.publish.snapshot import MANIFEST, NothingPublished, Snapshot, current_snapshot, read_snapshot

# Recomputed with today's rules; with the rules of then, or of a folder, it has their name behind.
BY_TODAYS_RULES = re.compile(r"\d{8}T\d{6,12}Z")


def earlier_snapshots(published_dir: Path, recomputed_dir: Path) -> list[Snapshot]:
    """Every kept published build, and what was recomputed for past moments with today's rules, by clock."""
    found = [*_published(published_dir), *_recomputed(recomputed_dir)]
    return sorted(found, key=lambda snapshot: (snapshot.as_of, snapshot.directory))


def _published(folder: Path) -> Iterator[Snapshot]:
    for manifest in folder.glob(f"[!.]*/{MANIFEST}"):
        if not manifest.parent.is_symlink():
            with suppress(FileNotFoundError):  # A build that publishes prunes what is too old.
                yield read_snapshot(manifest.parent)


def _recomputed(folder: Path) -> Iterator[Snapshot]:
    for moment in folder.glob("[!.]*"):
        if BY_TODAYS_RULES.fullmatch(moment.name):
            with suppress(NothingPublished):  # It is being computed at this moment, or that was cut off.
                yield current_snapshot(moment)
