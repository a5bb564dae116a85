"""Report as Dagster shows it: the account of the run, and the audit of the rules."""

import dagster as dg

from dagster_project.defs.act import actions_given_up
from dagster_project.defs.associations import crm_associations_synced
from dagster_project.defs.lists import crm_lists_synced
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.returns import crm_contacts_assigned, crm_contacts_returned
from dagster_project.defs.score_and_decide import published_marts
from dagster_project.defs.step import told_plainly
from dagster_project.defs.sync_events import crm_events_sent
from dagster_project.masking import masked
from dagster_project.reports.account import account_of, as_markdown
from dagster_project.reports.calibration.audit import Audit, audit_of
from dagster_project.reports.calibration.earlier import earlier_snapshots
from dagster_project.reports.calibration.telling import as_markdown as audit_as_markdown
from dagster_project.reports.calibration.telling import verdict_of
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.settings import read_settings
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


@dg.asset(
    key=["report", "audit_of_rules"],
    group_name="report",
    deps=[published_marts],
    kinds={"markdown", "polars"},
    owners=["team:revops"],
    check_specs=[
        dg.AssetCheckSpec(
            "the_rules_still_hold",
            asset=["report", "audit_of_rules"],
            description="Nothing in thresholds, scores at handoff or conversions asks for a change of the rules.",
        )
    ],
)
def audit_of_rules(marts: PublishedMarts) -> dg.MaterializeResult:
    """Whether the rules still hold: what buyers did before they bought, beside those who did not; what each threshold
    would have found and handed over, beside what sales can take; what has drifted since the quarter before. Every
    quarter, and whenever it is materialized.
    """
    with told_plainly():
        settings = read_settings()
        audit = audit_of(marts.current(), earlier_snapshots(settings.published_dir, settings.data_dir / "recomputed"))
    return dg.MaterializeResult(
        metadata={
            "audit": dg.MetadataValue.md(audit_as_markdown(audit)),
            "verdict": audit.verdict,
            "behaviours": _behaviours(audit),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="the_rules_still_hold",
                passed=audit.verdict != "change",
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"verdict": dg.MetadataValue.md(verdict_of(audit))},
            )
        ],
    )


def _behaviours(audit: Audit) -> dg.TableMetadataValue:
    shown = audit.behaviours.select("kind", "label", "won_did_count", "won_count", "other_did_count", "other_count")
    columns = {name: "string" if name in ("kind", "label") else "int" for name in shown.columns}
    return metadata_table(columns, shown.iter_rows(named=True))
