"""How many are in each segment, and whether that is unusual against the days before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import polars as pl
from sqlalchemy import delete, insert, select

from dagster_project.crm.list_changes import members_path
from dagster_project.crm.syncing import SyncRun
from dagster_project.rules.schema.segments import Segment
from dagster_project.state.tables import segment_sizes


@dataclass(frozen=True)
class UnusualSize:
    """A segment that grew or shrank by more than its limits; `usual` is the median of the days before."""

    segment_id: str
    size: int
    usual: float

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.size:,}, and {self.usual:,.0f} in the middle of the days before"


def read_sizes(run: SyncRun, segments: Iterable[Segment]) -> dict[str, int]:
    """How many are in each segment that is switched on, whether HubSpot has them or not."""
    path = members_path(run.snapshot_dir)
    if not path.exists():
        return {}
    counts = pl.read_parquet(path).group_by("segment_id").len()
    found = dict(counts.iter_rows())
    return {segment.segment_id: found.get(segment.segment_id, 0) for segment in segments if segment.is_enabled}


def remember_sizes(run: SyncRun, sizes: Mapping[str, int]) -> None:
    """Of one build once, however often it is synced."""
    rows = [
        {"segment_id": segment_id, "as_of": run.as_of, "size": size, "run_id": run.run_id}
        for segment_id, size in sizes.items()
    ]
    if rows:
        with run.engine.begin() as connection:
            connection.execute(delete(segment_sizes).where(segment_sizes.c.as_of == run.as_of))
            connection.execute(insert(segment_sizes), rows)


def unusual_sizes(run: SyncRun, segments: Iterable[Segment], sizes: Mapping[str, int]) -> list[UnusualSize]:
    """The segments whose size is beyond both limits of their rule; one without a past is never unusual."""
    found = []
    for segment in segments:
        if segment.segment_id not in sizes:
            continue
        before = _sizes_before(run, segment)
        if not before:
            continue
        size, usual = sizes[segment.segment_id], float(median(before))
        change = abs(size - usual)
        if change > segment.max_change_members and change * 100 > segment.max_change_pct * usual:
            found.append(UnusualSize(segment.segment_id, size, usual))
    return found


def _sizes_before(run: SyncRun, segment: Segment) -> list[int]:
    columns = segment_sizes.c
    query = select(columns.size).where(
        columns.segment_id == segment.segment_id,
        columns.as_of < run.as_of,
        columns.as_of >= run.as_of - timedelta(days=segment.compared_days),
    )
    with run.engine.connect() as connection:
        return list(connection.execute(query).scalars())
