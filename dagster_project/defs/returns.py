"""The way back as Dagster shows it: who went back to marketing, whom sales has and neglects, and who had which turn."""

from collections.abc import Iterable
from pathlib import Path

import dagster as dg
import polars as pl
from pydantic import Field

from dagster_project.counting import counted
from dagster_project.crm.assignments import Assignment, read_last_assignments, read_loads
from dagster_project.crm.return_breaker import OwedReturns, ReturnLimits, find_owed_returns
from dagster_project.crm.returning import STEP, ReturnSummary, make_returns
from dagster_project.crm.sales_queue import QueueCounts, count_queue
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.step import running_step, told_plainly
from dagster_project.defs.sync import crm_contacts_synced
from dagster_project.defs.sync_run import mapped_objects, sync_run
from dagster_project.masking import masked
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings

KEY = ["sync", "crm_contacts_returned"]
HELD_CHECK, TAKEN_CHECK, JUDGED_CHECK = (
    "returns_are_daily_business",
    "hubspot_took_every_return",
    "activity_of_owners_is_known",
)
RETURN_COLUMNS = {"record": "string", "hubspot_id": "string", "owner": "string", "why": "string", "what": "string"}
ASSIGNMENT_COLUMNS = {
    "handed_off_at": "string",
    "record": "string",
    "owner": "string",
    "how": "string",
    "pool": "string",
    "turn": "string",
    "track": "string",
    "acknowledged": "string",
}
LOAD_COLUMNS = {"pool": "string", "owner": "string", "turns": "int", "last_turn_at": "string"}


class ReturnConfig(dg.Config):
    """What a person may say to the returns in the launchpad."""

    approve: str = Field(
        default="", description="The id of returns that are held: these very ones are let go, and no others."
    )


@dg.asset(
    key=KEY,
    group_name="sync",
    deps=[crm_contacts_synced],
    kinds={"hubspot", "sqlite"},
    owners=["team:revops"],
    pool=CRM_POOL,
    check_specs=[
        dg.AssetCheckSpec(
            HELD_CHECK,
            asset=KEY,
            description="No more go back at once than max_returned and max_returned_pct of handoff_settings.csv allow.",
        ),
        dg.AssetCheckSpec(TAKEN_CHECK, asset=KEY, description="HubSpot was read back to hold every return."),
        dg.AssetCheckSpec(
            JUDGED_CHECK,
            asset=KEY,
            description="HubSpot lets us read calls, e-mails, meetings, notes, tasks and deals: without them nobody "
            "goes back for what their owner did not do.",
        ),
    ],
)
def crm_contacts_returned(
    context: dg.AssetExecutionContext,
    config: ReturnConfig,
    hubspot: HubSpot,
    marts: PublishedMarts,
    state: State,
    clock: Clock,
) -> dg.MaterializeResult:
    """Contacts that sales did nothing about, or whose score fell, are marketing's again: nobody owns them, and their
    stage is marketing qualified. What people did in the meantime stays as they did it. How many contacts with sales are
    stale stands here too.
    """
    with told_plainly():
        run = sync_run(marts, state, context.run_id)
        limits = ReturnLimits.of(read_rules(read_settings().rules_dir))
        owed = find_owed_returns(run, limits, config.approve)
        queue = count_queue(run.snapshot_dir)
        if owed.why_held:
            context.log.warning(owed.why_held)
        if hubspot.is_dry_run:
            text = f"dry run: {counted(len(owed.due), 'contact')} would go back to marketing"
            context.log.info(text)
            with running_step(context, STEP, state, clock) as step:
                step.summary = {"state": "dry_run", "returns": len(owed.due), "held": len(owed.held)}
            return _told(text, owed, queue, ReturnSummary())
        summary = make_returns(
            run, hubspot.connect(run.engine), mapped_objects()["contacts"], owed.due, context.log.info, len(owed.held)
        )
    return _told("done", owed, queue, summary)


def _told(state: str, owed: OwedReturns, queue: QueueCounts, summary: ReturnSummary) -> dg.MaterializeResult:
    warning = dg.AssetCheckSeverity.WARN
    return dg.MaterializeResult(
        metadata={
            "state": state,
            "returned": summary.returned,
            "calls": summary.calls,
            "contacts_at_sales_qualified": queue.at_sales_qualified,
            "stale_contacts": queue.stale,
            "stale_pct": queue.stale_pct,
            "returns": metadata_table(RETURN_COLUMNS, _return_rows(owed, summary)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=HELD_CHECK,
                passed=not owed.held,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={"held": len(owed.held), "why": owed.why_held or "", "approve": owed.plan_id or ""},
            ),
            dg.AssetCheckResult(
                check_name=TAKEN_CHECK,
                passed=not summary.not_taken,
                severity=warning,
                metadata={"not_taken": dg.MetadataValue.json(summary.not_taken)},
            ),
            dg.AssetCheckResult(
                check_name=JUDGED_CHECK,
                passed=queue.not_judged == 0,
                severity=warning,
                metadata={"contacts_not_judged": queue.not_judged},
            ),
        ],
    )


def _return_rows(owed: OwedReturns, summary: ReturnSummary) -> Iterable[dict[str, str]]:
    for item in [*owed.due, *owed.held]:
        what = summary.overtaken.get(item.record_key) or summary.not_taken.get(item.record_key)
        if item in owed.held:
            what = "held"
        yield {
            "record": masked(item.record_key),
            "hubspot_id": item.hubspot_id,
            "owner": item.owner_id or "",
            "why": masked(item.reason),
            "what": masked(what) if what else "goes back" if not summary.returned else "went back",
        }


@dg.asset(key_prefix="sync", group_name="sync", deps=[crm_contacts_synced], kinds={"sqlite"}, owners=["team:revops"])
def crm_contacts_assigned(marts: PublishedMarts, state: State) -> dg.MaterializeResult:
    """Who took which contact and why, the last ones first, and how many turns everybody of a pool has had. The log of
    all of them is the table handoffs of the state.
    """
    with told_plainly():
        run = sync_run(marts, state, "assignments")
        owners = _owner_names(run.snapshot_dir / "decide.handoffs.parquet")
        last, loads = read_last_assignments(run.engine), read_loads(run.engine)
    return dg.MaterializeResult(
        metadata={
            "last_assignments": metadata_table(ASSIGNMENT_COLUMNS, (_assignment_row(item, owners) for item in last)),
            "turns_by_pool": metadata_table(
                LOAD_COLUMNS,
                (
                    {
                        "pool": load.pool,
                        "owner": owners.get(load.owner_id, load.owner_id),
                        "turns": load.turns,
                        "last_turn_at": f"{load.last_turn_at:%Y-%m-%d %H:%M} UTC",
                    }
                    for load in loads
                ),
            ),
        }
    )


def _assignment_row(item: Assignment, owners: dict[str, str]) -> dict[str, str]:
    return {
        "handed_off_at": f"{item.handed_off_at:%Y-%m-%d %H:%M} UTC",
        "record": masked(item.record_key),
        "owner": owners.get(item.owner_id or "", item.owner_id or ""),
        "how": item.owner_reason,
        "pool": item.pool or "",
        "turn": "" if item.turn is None else str(item.turn),
        "track": item.track or "",
        "acknowledged": "yes" if item.is_acknowledged else "not yet",
    }


def _owner_names(path: Path) -> dict[str, str]:
    """As HubSpot calls its owners."""
    rows = pl.read_parquet(path).filter(pl.col("owner_id").is_not_null())
    return {row["owner_id"]: row["owner_name"] or row["owner_id"] for row in rows.iter_rows(named=True)}
