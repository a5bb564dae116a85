"""Diff as Dagster shows it: what HubSpot does not yet hold."""

import dagster as dg

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


def _changed_asset(object_type: ObjectType, description: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["diff", f"crm_{object_type}_changed"],
        group_name="diff",
        deps=[published_marts],
        description=description,
        kinds={"duckdb", "parquet"},
        owners=["team:revops"],
        pool=CRM_POOL,
    )
    def changed_asset(
        context: dg.AssetExecutionContext, marts: PublishedMarts, state: State, clock: Clock
    ) -> dg.MaterializeResult:
        with running_step(context, f"diff_{object_type}", state, clock) as step:
            changes = find_unsynced(sync_run(marts, state, context.run_id), mapped_objects()[object_type])
            counts = count_plan(changes)
            step.summary = {
                "records": changes.record_count,
                "values": changes.rows.height,
                "calls": counts.calls,
                "left_out": changes.left_out,
            }
        return dg.MaterializeResult(metadata=_metadata(changes))

    return changed_asset


def _metadata(changes: Changes) -> dict:
    counts = count_plan(changes)
    return {
        "dagster/row_count": changes.rows.height,
        "records_to_update": counts.update,
        "records_to_find_or_make": counts.find_or_make,
        "records_to_empty": counts.empty,
        "calls": counts.calls,
        "left_out": dg.MetadataValue.json(changes.left_out),
        "plan": dg.MetadataValue.md(masked(describe_plan(changes))),
    }


crm_contacts_changed = _changed_asset(
    "contacts", "One row per contact property whose value HubSpot has not yet acknowledged. Nothing is sent here."
)
crm_companies_changed = _changed_asset(
    "companies", "One row per company property whose value HubSpot has not yet acknowledged. Nothing is sent here."
)
