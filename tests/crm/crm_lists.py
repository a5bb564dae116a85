"""Segments published, and their lists synced, for these tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from crm_world import World, write_rows

from dagster_project.crm.list_changes import ListChange, SegmentList, find_list_changes
from dagster_project.crm.list_syncing import ListSummary, sync_lists
from dagster_project.crm.transport import HubSpotApi

MEMBER_COLUMNS = dict.fromkeys(("segment_id", "object_type", "record_key", "hubspot_id", "matched_by"), pl.String)


def segment_list(segment_id: str, object_type: str = "contacts") -> SegmentList:
    return SegmentList(segment_id, object_type, f"zo_{segment_id}")


HOT, COLD = segment_list("hot"), segment_list("cold")


def publish(world: World, members: Mapping[str, Sequence[str]], left_out: Sequence[dict] = (), kind="contacts") -> None:
    """`members`: HubSpot ids by segment; `left_out`: rows as they are."""
    rows = [
        {
            "segment_id": segment_id,
            "object_type": kind,
            "record_key": f"key of {hubspot_id}",
            "hubspot_id": hubspot_id,
            "matched_by": "email",
        }
        for segment_id, ids in members.items()
        for hubspot_id in ids
    ]
    write_rows(world.snapshot_dir / "decide.segment_members.parquet", [*rows, *left_out], MEMBER_COLUMNS)


def sync(world: World, *lists: SegmentList, api: HubSpotApi | None = None, run_id: str = "run") -> ListSummary:
    return sync_lists(world.run(run_id), api or world.api, lists, lambda line: None)


def changes(world: World, *lists: SegmentList) -> dict[str, ListChange]:
    return {change.name: change for change in find_list_changes(world.run(), lists)}


def totals(summary: ListSummary) -> dict[str, Any]:
    """What a sync did, zeros left out."""
    found = {name: summary.total(name) for name in ("added", "removed", "missing", "unaccounted")}
    return {name: count for name, count in found.items() if count}
