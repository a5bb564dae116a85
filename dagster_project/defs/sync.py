"""Sync as Dagster shows it: the properties exist, companies and contacts hold what was decided."""

import dagster as dg
from pydantic import Field

from dagster_project.crm.property_map import MappedObject, ObjectType
from dagster_project.crm.provisioning import provision
from dagster_project.crm.refusals import Refused, read_refused
from dagster_project.crm.syncing import SyncSummary, find_unsynced, sync_object
from dagster_project.defs.concerned import concerned_marts
from dagster_project.defs.diff import crm_companies_changed, crm_contacts_changed
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.refused_rows import WHY_COLUMNS, why_refused
from dagster_project.defs.step import running_step, told_plainly
from dagster_project.defs.sync_run import mapped_objects, sync_run
from dagster_project.masking import masked
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State

ACCOUNTED_CHECK = "hubspot_answered_for_every_record"
REJECTED_CHECK = "hubspot_took_every_value"
REJECTED_MEANING = "Nothing was refused, now or before; an error where more is than max_refused_pct of crm_objects.csv."
REFUSED_COLUMNS = {
    "record": "string",
    "hubspot_id": "string",
    "properties": "string",
} | WHY_COLUMNS


class SyncConfig(dg.Config):
    """What a person may say to a sync in the launchpad."""

    approve: str = Field(
        default="",
        description="The id of a plan, as the diff and make plan show it: this very plan is sent, and no other one.",
    )
    overwrite: list[str] = Field(
        default=[],
        description="Ids of HubSpot records on which our values are written over those that somebody changed there, "
        "whatever crm_property_map.csv says; `all` for every record.",
    )


@dg.asset(key_prefix="sync", group_name="sync", kinds={"hubspot"}, owners=["team:revops"], pool=CRM_POOL)
def crm_properties(
    context: dg.AssetExecutionContext, hubspot: HubSpot, state: State, clock: Clock
) -> dg.MaterializeResult:
    """Every property of crm_property_map.csv exists in HubSpot with the right type, in the group "Product activity"."""
    with running_step(context, "provision", state, clock) as step:
        objects = mapped_objects()
        if hubspot.is_dry_run:
            step.summary = {"state": "dry_run"}
            return dg.MaterializeResult(metadata={"state": "dry run: HubSpot was not asked"})
        made = provision(hubspot.connect(state.engine()), objects.values())
        step.summary = {"state": "done", "made": made.properties}
        for problem in made.problems:
            context.log.warning(problem)
    return dg.MaterializeResult(
        metadata={
            "made": dg.MetadataValue.json(made.properties),
            "options_added": dg.MetadataValue.json(made.options),
            "described_anew": dg.MetadataValue.json(made.described),
            "problems": dg.MetadataValue.json(made.problems),
        }
    )


def _synced_asset(object_type: ObjectType, description: str, deps: list) -> dg.AssetsDefinition:
    key = dg.AssetKey(["sync", f"crm_{object_type}_synced"])

    @dg.asset(
        key=key,
        group_name="sync",
        deps=deps,
        description=description,
        kinds={"hubspot", "sqlite"},
        owners=["team:revops"],
        pool=CRM_POOL,
        check_specs=[
            dg.AssetCheckSpec(ACCOUNTED_CHECK, asset=key, description="Results and errors add up to what was sent."),
            dg.AssetCheckSpec(
                REJECTED_CHECK,
                asset=key,
                description=REJECTED_MEANING,
            ),
        ],
    )
    def synced_asset(
        context: dg.AssetExecutionContext,
        config: SyncConfig,
        hubspot: HubSpot,
        marts: PublishedMarts,
        state: State,
        clock: Clock,
    ) -> dg.MaterializeResult:
        with told_plainly():
            run = sync_run(marts, state, context.run_id)
            mapped = mapped_objects()[object_type]
            if hubspot.is_dry_run:
                changes = find_unsynced(run, mapped)
                text = f"dry run: {changes.rows.height} values of {changes.record_count} {object_type} would be sent"
                context.log.info(text)
                with running_step(context, f"sync_{object_type}", state, clock) as step:
                    step.summary = {"state": "dry_run", "records": changes.record_count, "values": changes.rows.height}
                return dg.MaterializeResult(
                    metadata={"state": text}, check_results=sync_checks(SyncSummary(object_type), mapped)
                )
            summary = sync_object(
                run, hubspot.connect(run.engine), mapped, context.log.info, config.approve, config.overwrite
            )
            refused = read_refused(run.engine, object_type)
        metadata = _metadata(summary) | {"refused": metadata_table(REFUSED_COLUMNS, map(_refused_row, refused))}
        return dg.MaterializeResult(metadata=metadata, check_results=sync_checks(summary, mapped))

    return synced_asset


def sync_checks(summary: SyncSummary, mapped: MappedObject) -> list[dg.AssetCheckResult]:
    """What a sync says to the two checks of its asset."""
    unaccounted = summary.rejected.get("UNACCOUNTED", 0)
    error, warning = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
    return [
        dg.AssetCheckResult(
            check_name=ACCOUNTED_CHECK, passed=unaccounted == 0, metadata={"unaccounted_records": unaccounted}
        ),
        dg.AssetCheckResult(
            check_name=REJECTED_CHECK,
            passed=summary.rejected_records + summary.waiting_records == 0,
            severity=error if summary.refused_pct > mapped.max_refused_pct else warning,
            metadata={
                "refused_pct": round(summary.refused_pct, 2),
                "limit_pct": mapped.max_refused_pct,
                "rejected": dg.MetadataValue.json(summary.rejected),
                "examples": dg.MetadataValue.json([masked(example) for example in summary.rejection_examples]),
            },
        ),
    ]


def _refused_row(refused: Refused) -> dict[str, str | int]:
    return {
        "record": masked(refused.record_key),
        "hubspot_id": refused.hubspot_id or "",
        "properties": ", ".join(refused.values),
    } | why_refused(refused)


def _metadata(summary: SyncSummary) -> dict:
    return {
        "records_acknowledged": summary.acknowledged_records,
        "values_acknowledged": summary.acknowledged_values,
        "records_refused": summary.rejected_records,
        "records_waiting_after_refusal": summary.waiting_records,
        "handoffs": summary.handoffs,
        "calls": summary.calls,
        "values_by_property": dg.MetadataValue.json(summary.changed_properties),
        "left_out": dg.MetadataValue.json(summary.left_out),
    }


crm_companies_synced = _synced_asset(
    "companies",
    "HubSpot companies hold what was decided; what HubSpot acknowledged is in the ledger.",
    [crm_companies_changed, crm_properties, concerned_marts],
)
# Companies go first: whoever opens a contact that was just handed off sees the numbers of the company too.
crm_contacts_synced = _synced_asset(
    "contacts",
    "HubSpot contacts hold what was decided, handoffs with stage, owner and time included; what HubSpot acknowledged "
    "is in the ledger.",
    [crm_contacts_changed, crm_properties, crm_companies_synced],
)
