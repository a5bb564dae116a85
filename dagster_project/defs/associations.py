"""Associations as Dagster shows them: contacts belong to their companies in HubSpot, too."""

import dagster as dg

from dagster_project.counting import counted
from dagster_project.crm.associations import STEP, AssociationSummary, associate, find_missing, left_out_told
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.step import running_step, told_plainly
from dagster_project.defs.sync import crm_companies_synced, crm_contacts_synced
from dagster_project.defs.sync_run import mapped_objects, sync_run
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State

TAKEN_CHECK = "hubspot_took_every_association"


@dg.asset(
    key_prefix="sync",
    group_name="sync",
    deps=[crm_companies_synced, crm_contacts_synced],
    kinds={"hubspot", "sqlite"},
    owners=["team:revops"],
    pool=CRM_POOL,
    check_specs=[
        dg.AssetCheckSpec(
            TAKEN_CHECK, asset=["sync", "crm_associations_synced"], description="Nothing was refused, now or before."
        )
    ],
)
def crm_associations_synced(
    context: dg.AssetExecutionContext, hubspot: HubSpot, marts: PublishedMarts, state: State, clock: Clock
) -> dg.MaterializeResult:
    """Contacts are associated with their companies where that was missing, each pair once: what a person takes apart
    again stays apart. Associations that are there, and their labels, stay as they are.
    """
    with told_plainly():
        run = sync_run(marts, state, context.run_id)
        if mapped_objects()["contacts"].associated_with is None:
            return _told("switched off: associated_with of contacts in crm_objects.csv is empty", AssociationSummary())
        if hubspot.is_dry_run:
            missing = find_missing(run)
            text = f"dry run: {counted(len(missing.pairs), 'contact')} would be associated with their company"
            context.log.info(text)
            with running_step(context, STEP, state, clock) as step:
                step.summary = {"state": "dry_run", "contacts": len(missing.pairs)}
            return _told(text, AssociationSummary(left_out=missing.left_out))
        summary = associate(run, hubspot.connect(run.engine), context.log.info)
    return _told("done", summary)


def _told(state: str, summary: AssociationSummary) -> dg.MaterializeResult:
    refused = sum(summary.refused.values())
    return dg.MaterializeResult(
        metadata={
            "state": state,
            "associated": summary.associated,
            "calls": summary.calls,
            "left_out": dg.MetadataValue.json(left_out_told(summary.left_out)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=TAKEN_CHECK,
                passed=refused + summary.waiting == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"refused": dg.MetadataValue.json(summary.refused), "waiting": summary.waiting},
            )
        ],
    )
