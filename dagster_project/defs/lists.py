"""Lists as Dagster shows them: HubSpot's static lists hold the segments, and an unusual size is told."""

import dagster as dg

from dagster_project.crm.list_changes import (
    WHY_LEFT_OUT,
    SegmentList,
    find_list_changes,
    in_short,
    read_segment_lists,
)
from dagster_project.crm.list_syncing import ListSummary, sync_lists
from dagster_project.crm.segment_sizes import UnusualSize, read_sizes, remember_sizes, unusual_sizes
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.step import running_step, told_plainly
from dagster_project.defs.sync import crm_companies_synced, crm_contacts_synced
from dagster_project.defs.sync_run import sync_run
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.rules.schema.segments import Segment
from dagster_project.settings import read_settings

ACCOUNTED_CHECK = "hubspot_answered_for_every_member"
MISSING_CHECK = "hubspot_has_every_member"
SIZE_CHECK = "segments_are_as_large_as_usual"
KEY = dg.AssetKey(["sync", "crm_lists_synced"])
COLUMNS = {
    "list": "string",
    "of": "string",
    "size": "int",
    "added": "int",
    "removed": "int",
    "missing": "int",
    "left_out": "string",
}


def segment_lists() -> tuple[SegmentList, ...]:
    """What segments.csv says now."""
    settings = read_settings()
    return read_segment_lists(read_rules(settings.rules_dir), settings.property_prefix)


@dg.asset(
    key=KEY,
    group_name="sync",
    deps=[crm_contacts_synced, crm_companies_synced],
    kinds={"hubspot", "sqlite"},
    owners=["team:marketing"],
    pool=CRM_POOL,
    check_specs=[
        dg.AssetCheckSpec(ACCOUNTED_CHECK, asset=KEY, description="Of every record it is known what became of it."),
        dg.AssetCheckSpec(MISSING_CHECK, asset=KEY, description="HubSpot had every record that was to be added."),
        dg.AssetCheckSpec(
            SIZE_CHECK, asset=KEY, description="No segment grew or shrank beyond the limits of segments.csv."
        ),
    ],
)
def crm_lists_synced(
    context: dg.AssetExecutionContext, hubspot: HubSpot, marts: PublishedMarts, state: State, clock: Clock
) -> dg.MaterializeResult:
    """HubSpot's static lists hold the members of segments.csv; what HubSpot acknowledged is remembered."""
    with told_plainly():
        run = sync_run(marts, state, context.run_id)
        segments: list[Segment] = read_rules(read_settings().rules_dir).rules("segments")
        sizes = read_sizes(run, segments)
        unusual = unusual_sizes(run, segments, sizes)
        remember_sizes(run, sizes)
        if hubspot.is_dry_run:
            differing = [change for change in find_list_changes(run, segment_lists()) if change.differs]
            text = f"dry run: {in_short(differing)}"
            context.log.info(text)
            with running_step(context, "sync_lists", state, clock) as step:
                step.summary = {"state": "dry_run", "would": in_short(differing)}
            metadata, summary = {"state": text}, ListSummary()
        else:
            summary = sync_lists(run, hubspot.connect(run.engine), segment_lists(), context.log.info)
            metadata = _metadata(summary)
    for item in unusual:
        context.log.warning(f"An unusual size of segment {item}")
    sizes_by_segment = {"segment_sizes": dg.MetadataValue.json(sizes)}
    return dg.MaterializeResult(metadata=metadata | sizes_by_segment, check_results=_checks(summary, unusual))


def _metadata(summary: ListSummary) -> dict:
    rows = [
        {
            "list": result.name + ("" if result.is_kept else " (segment is off)") + (" (new)" if result.is_new else ""),
            "of": result.object_type,
            "size": result.size,
            "added": result.added,
            "removed": result.removed,
            "missing": result.missing,
            "left_out": ", ".join(f"{count:,}: {WHY_LEFT_OUT.get(why, why)}" for why, count in result.left_out.items()),
        }
        for result in summary.lists
    ]
    return {
        "lists": metadata_table(COLUMNS, rows),
        "added": summary.total("added"),
        "removed": summary.total("removed"),
        "missing": summary.total("missing"),
        "calls": summary.calls,
    }


def _checks(summary: ListSummary, unusual: list[UnusualSize]) -> list[dg.AssetCheckResult]:
    unaccounted, missing = summary.total("unaccounted"), summary.total("missing")
    warning = dg.AssetCheckSeverity.WARN
    return [
        dg.AssetCheckResult(
            check_name=ACCOUNTED_CHECK, passed=unaccounted == 0, metadata={"unaccounted_records": unaccounted}
        ),
        dg.AssetCheckResult(
            check_name=MISSING_CHECK, passed=missing == 0, severity=warning, metadata={"missing_records": missing}
        ),
        dg.AssetCheckResult(
            check_name=SIZE_CHECK,
            passed=not unusual,
            severity=warning,
            metadata={"unusual": dg.MetadataValue.json([str(item) for item in unusual])},
        ),
    ]
