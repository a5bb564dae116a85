"""Diff as Dagster shows it: what HubSpot does not yet hold."""

import dagster as dg

from dagster_project.crm.breaker import reasons_to_hold
from dagster_project.crm.changes import Changes
from dagster_project.crm.planning import count_plan, describe_plan
from dagster_project.crm.property_map import ObjectType
from dagster_project.crm.syncing import find_unsynced
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.score_and_decide import published_marts
from dagster_project.defs.step import running_step
from dagster_project.defs.sync_run import mapped_objects, sync_run
from dagster_project.masking import masked
from dagster_project.resources.clock import Clock
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State

WITHIN_LIMITS_CHECK = "no_more_changes_than_is_likely"
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
        check_specs=[dg.AssetCheckSpec(WITHIN_LIMITS_CHECK, asset=key, description=WITHIN_LIMITS_MEANING)],
    )
    def changed_asset(
        context: dg.AssetExecutionContext, marts: PublishedMarts, state: State, clock: Clock
    ) -> dg.MaterializeResult:
        with running_step(context, f"diff_{object_type}", state, clock) as step:
            mapped = mapped_objects()[object_type]
            changes = find_unsynced(sync_run(marts, state, context.run_id), mapped)
            counts = count_plan(changes)
            step.summary = {
                "records": changes.record_count,
                "values": changes.rows.height,
                "calls": counts.calls,
                "left_out": changes.left_out,
            }
        held = reasons_to_hold(changes, mapped)
        return dg.MaterializeResult(metadata=_metadata(changes, held), check_results=[_check(changes, held)])

    return changed_asset


def _check(changes: Changes, held: list[str]) -> dg.AssetCheckResult:
    metadata = {"plan": changes.plan_id, "reasons": dg.MetadataValue.json(held)} if held else {}
    return dg.AssetCheckResult(check_name=WITHIN_LIMITS_CHECK, passed=not held, metadata=metadata)


def _metadata(changes: Changes, held: list[str]) -> dict:
    counts = count_plan(changes)
    return {
        "dagster/row_count": changes.rows.height,
        "records_to_update": counts.update,
        "records_to_find_or_make": counts.find_or_make,
        "records_to_empty": counts.empty,
        "calls": counts.calls,
        "left_out": dg.MetadataValue.json(changes.left_out),
        "plan": dg.MetadataValue.md(masked(describe_plan(changes, held))),
    }


crm_contacts_changed = _changed_asset(
    "contacts", "One row per contact property whose value HubSpot has not yet acknowledged. Nothing is sent here."
)
crm_companies_changed = _changed_asset(
    "companies", "One row per company property whose value HubSpot has not yet acknowledged. Nothing is sent here."
)
