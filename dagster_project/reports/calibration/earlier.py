"""Builds of earlier clocks that are still there: each knows the scores of its moment."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from dagster_project.publish.snapshot import NothingPublished, Snapshot, current_snapshot, snapshots_in

# Recomputed with today's rules; with the rules of then, or of a folder, it has their name behind.
BY_TODAYS_RULES = re.compile(r"\d{8}T\d{6,12}Z")


def earlier_snapshots(published_dir: Path, recomputed_dir: Path) -> list[Snapshot]:
    """Every kept published build, and what was recomputed for past moments with today's rules, by clock."""
    found = [*snapshots_in(published_dir), *_recomputed(recomputed_dir)]
    return sorted(found, key=lambda snapshot: (snapshot.as_of, snapshot.directory))


def adding_to_history(snapshot: Snapshot, published_dir: Path, recomputed_dir: Path) -> list[Snapshot]:
    """Of `earlier_snapshots` those that know scores which the history of this build does not: the recomputed ones, and
    kept builds from before it began. An audit by these is the same but for `active_users`, and reads far less.
    """
    began = _history_began(snapshot)
    found = [build for build in snapshots_in(published_dir) if began is None or build.as_of < began]
    return sorted([*found, *_recomputed(recomputed_dir)], key=lambda build: (build.as_of, build.directory))


def _history_began(snapshot: Snapshot) -> datetime | None:
    changes = snapshot.path("score.score_changes")
    if not changes.exists():
        return None
    first = pl.scan_parquet(changes).select(pl.col("changed_at").min()).collect().item()
    return None if first is None else first.replace(tzinfo=UTC)


def _recomputed(folder: Path) -> Iterator[Snapshot]:
    for moment in folder.glob("[!.]*"):
        if BY_TODAYS_RULES.fullmatch(moment.name):
            with suppress(NothingPublished):  # It is being computed at this moment, or that was cut off.
                yield current_snapshot(moment)
