"""Diff as Dagster shows it: what HubSpot does not yet hold."""

from collections import Counter

import dagster as dg

from dagster_project.crm.breaker import reasons_to_hold
from dagster_project.crm.changes import Changes
from dagster_project.crm.drift_in_diff import UNDECIDED, Judged
from dagster_project.crm.leaving_out import LEFT_OUT
from dagster_project.crm.planning import count_plan, describe_plan
from dagster_project.crm.portal_limits import PortalLimits, read_limits
from dagster_project.crm.property_map import ObjectType
from dagster_project.crm.syncing import find_unsynced
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.score_and_decide import published_marts
from dagster_project.defs.step import running_step
from dagster_project.defs.sync_run import mapped_objects, sync_run
from dagster_project.masking import masked
from dagster_project.resources.clock import Clock
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State

WITHIN_LIMITS_CHECK = "no_more_changes_than_is_likely"
SHOWN = 50
NO_DRIFT_CHECK = "nobody_must_decide_about_changes_in_hubspot"
NO_DRIFT_MEANING = (
    "No value of ours that somebody changed in HubSpot waits for a decision: the property is `hold` in "
    "crm_property_map.csv, or the value came back each time ours was written."
)
DRIFT_COLUMNS = {
    "record": "string",
    "hubspot_id": "string",
    "property": "string",
    "ours": "string",
    "in_hubspot": "string",
    "what_happens": "string",
}
WITHIN_LIMITS_MEANING = "Where more would change than crm_objects.csv and crm_property_map.csv allow, the sync is held."


def _changed_asset(object_type: ObjectType, description: str) -> dg.AssetsDefinition:
    key = dg.AssetKey(["diff", f"crm_{object_type}_changed"])

    @dg.asset(
        key=key,
        group_name="diff",
        deps=[published_marts],
        description=description,
        kinds={"duckdb", "parquet"},
        owners=["team:revops"],
        pool=CRM_POOL,
        check_specs=[
            dg.AssetCheckSpec(WITHIN_LIMITS_CHECK, asset=key, description=WITHIN_LIMITS_MEANING),
            dg.AssetCheckSpec(NO_DRIFT_CHECK, asset=key, description=NO_DRIFT_MEANING),
        ],
    )
    def changed_asset(
        context: dg.AssetExecutionContext, marts: PublishedMarts, state: State, clock: Clock
    ) -> dg.MaterializeResult:
        with running_step(context, f"diff_{object_type}", state, clock) as step:
            mapped = mapped_objects()[object_type]
            changes = find_unsynced(sync_run(marts, state, context.run_id), mapped)
            counts, limits = count_plan(changes), read_limits(state.engine())
            step.summary = {
                "records": changes.record_count,
                "values": changes.rows.height,
                "calls": counts.calls,
                "left_out": changes.left_out,
            }
        held = reasons_to_hold(changes, mapped)
        return dg.MaterializeResult(metadata=_metadata(changes, held, limits), check_results=_checks(changes, held))

    return changed_asset


def _checks(changes: Changes, held: list[str]) -> list[dg.AssetCheckResult]:
    metadata = {"plan": changes.plan_id, "reasons": dg.MetadataValue.json(held)} if held else {}
    undecided = Counter(item.left_because for item in changes.drift if item.left_because in UNDECIDED)
    return [
        dg.AssetCheckResult(check_name=WITHIN_LIMITS_CHECK, passed=not held, metadata=metadata),
        dg.AssetCheckResult(
            check_name=NO_DRIFT_CHECK,
            passed=not undecided,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={why: count for why, count in undecided.items() if why},
        ),
    ]


def _metadata(changes: Changes, held: list[str], limits: PortalLimits) -> dict:
    counts = count_plan(changes)
    return {
        "dagster/row_count": changes.rows.height,
        "records_to_update": counts.update,
        "records_to_find_or_make": counts.find_or_make,
        "records_to_empty": counts.empty,
        "calls": counts.calls,
        "minutes_at_most": round(limits.seconds(counts.calls) / 60, 1),
        "daily_calls_pct": round(100 * counts.calls / limits.daily_calls, 3),
        "left_out": dg.MetadataValue.json(changes.left_out),
        "changed_in_hubspot": metadata_table(DRIFT_COLUMNS, map(_drift_row, changes.drift[:SHOWN])),
        "plan": dg.MetadataValue.md(masked(describe_plan(changes, held, limits))),
    }


def _drift_row(item: Judged) -> dict:
    value = item.value
    return {
        "record": masked(value.record_key),
        "hubspot_id": value.hubspot_id,
        "property": value.property,
        "ours": value.acknowledged or "",
        "in_hubspot": value.found or "",
        "what_happens": LEFT_OUT[item.left_because] if item.left_because else "ours is written again",
    }


crm_contacts_changed = _changed_asset(
    "contacts", "One row per contact property whose value HubSpot has not yet acknowledged. Nothing is sent here."
)
crm_companies_changed = _changed_asset(
    "companies", "One row per company property whose value HubSpot has not yet acknowledged. Nothing is sent here."
)
