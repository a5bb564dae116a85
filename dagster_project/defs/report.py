"""Report as Dagster shows it: the account of the run."""

import dagster as dg

from dagster_project.defs.act import actions_given_up
from dagster_project.defs.associations import crm_associations_synced
from dagster_project.defs.lists import crm_lists_synced
from dagster_project.defs.returns import crm_contacts_assigned, crm_contacts_returned
from dagster_project.defs.step import told_plainly
from dagster_project.defs.sync_events import crm_events_sent
from dagster_project.masking import masked
from dagster_project.reports.account import account_of, as_markdown
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.state.run_log import steps_of_run


@dg.asset(
    key=["report", "run_account"],
    group_name="report",
    deps=[
        actions_given_up,
        crm_associations_synced,
        crm_contacts_assigned,
        crm_contacts_returned,
        crm_events_sent,
        crm_lists_synced,
    ],
    kinds={"markdown"},
    owners=["team:revops"],
)
def run_account(context: dg.AssetExecutionContext, marts: PublishedMarts, state: State) -> dg.MaterializeResult:
    """What this run did, step by step, in words; the same account that `make run` prints."""
    with told_plainly():
        lines = account_of(steps_of_run(state.engine(), context.run_id), marts.current())
    return dg.MaterializeResult(metadata={"account": dg.MetadataValue.md(masked(as_markdown(lines)))})
