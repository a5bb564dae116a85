"""Custom events as Dagster shows them: what happened in the product stands on the timelines in HubSpot."""

import dagster as dg

from dagster_project.crm.occurrence_syncing import EventSummary, sync_occurrences
from dagster_project.crm.owed_occurrences import EVENTS, EVENTS_LEFT_OUT, describe_owed, find_owed
from dagster_project.crm.refusals import Refused, read_refused
from dagster_project.defs.concerned import concerned_marts
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import CRM_POOL
from dagster_project.defs.refused_rows import WHY_COLUMNS, why_refused
from dagster_project.defs.score_and_decide import published_marts
from dagster_project.defs.step import running_step, told_plainly
from dagster_project.defs.sync import crm_properties
from dagster_project.defs.sync_run import mapped_events, sync_run
from dagster_project.masking import masked
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.state import State

KEY = dg.AssetKey(["sync", "crm_events_sent"])
TAKEN_CHECK = "hubspot_took_every_event"
TAKEN_MEANING = (
    "Nothing was refused, now or before, and nothing waits for the portal or for next month; an error where an event "
    "cannot be sent until somebody mends it."
)
REFUSED_COLUMNS = {
    "event": "string",
    "occurred_at": "string",
    "hubspot_id": "string",
    "says": "string",
} | WHY_COLUMNS


@dg.asset(
    key=KEY,
    group_name="sync",
    # Where HubSpot cannot be reached, one step says so.
    deps=[published_marts, concerned_marts, crm_properties],
    kinds={"hubspot", "sqlite"},
    owners=["team:revops"],
    pool=CRM_POOL,
    check_specs=[dg.AssetCheckSpec(TAKEN_CHECK, asset=KEY, description=TAKEN_MEANING)],
)
def crm_events_sent(
    context: dg.AssetExecutionContext, hubspot: HubSpot, marts: PublishedMarts, state: State, clock: Clock
) -> dg.MaterializeResult:
    """The events that crm_events.csv names stand one by one on the timelines of their contacts in HubSpot, as custom
    events; the definitions are made where they are missing. Needs an Enterprise hub; without one nothing else stops.
    """
    with told_plainly():
        run, event_map = sync_run(marts, state, context.run_id), mapped_events()
        if hubspot.is_dry_run:
            owed = find_owed(run, event_map)
            text = f"dry run: {describe_owed(owed, event_map)}"
            context.log.info(text)
            with running_step(context, "sync_events", state, clock) as step:
                step.summary = {"state": "dry_run", "events": owed.sendable, "by_event": owed.by_event}
            return dg.MaterializeResult(metadata={"state": text}, check_results=[_check(EventSummary())])
        # Not even asked for its portal where no event is switched on.
        if not event_map.events:
            text = "crm_events.csv switches no event on"
            return dg.MaterializeResult(metadata={"state": text}, check_results=[_check(EventSummary())])
        summary = sync_occurrences(run, hubspot.connect(run.engine), event_map, context.log.info)
        refused = read_refused(run.engine, EVENTS)
    for line in [summary.not_allowed, *(f"{event}: {problem}" for event, problem in summary.problems.items())]:
        if line:
            context.log.warning(masked(line))
    return dg.MaterializeResult(metadata=_metadata(summary, refused), check_results=[_check(summary)])


def _check(summary: EventSummary) -> dg.AssetCheckResult:
    held_back = {
        "not_allowed": bool(summary.not_allowed),
        "refused": summary.rejected_count,
        "waiting_after_refusal": summary.waiting,
        "waiting_for_next_month": summary.over_budget,
        "events_with_problems": len(summary.problems),
    }
    return dg.AssetCheckResult(
        check_name=TAKEN_CHECK,
        passed=not any(held_back.values()),
        severity=dg.AssetCheckSeverity.ERROR if summary.problems else dg.AssetCheckSeverity.WARN,
        metadata=held_back,
    )


def _metadata(summary: EventSummary, refused: list[Refused]) -> dict:
    metadata = {
        "events_sent": summary.sent_count,
        "sent_by_event": dg.MetadataValue.json(summary.sent),
        "left_out": dg.MetadataValue.json(
            {EVENTS_LEFT_OUT.get(why, why): count for why, count in summary.left_out.items()}
        ),
        "sent_this_month": summary.sent_this_month,
        "max_occurrences_month": summary.max_occurrences_month,
        "waiting_for_next_month": summary.over_budget,
        "not_sent_as_stated": dg.MetadataValue.json(summary.changed_values),
        "made": dg.MetadataValue.json(summary.made),
        "problems": dg.MetadataValue.json({event: masked(text) for event, text in summary.problems.items()}),
        "calls": summary.calls,
        "refused": metadata_table(REFUSED_COLUMNS, map(_refused_row, refused)),
    }
    return metadata | ({"not_allowed": masked(summary.not_allowed)} if summary.not_allowed else {})


def _refused_row(refused: Refused) -> dict[str, str | int]:
    said = {name: value for name, value in refused.values.items() if name not in ("eventName", "occurredAt")}
    return {
        "event": str(refused.values.get("eventName")),
        "occurred_at": f"{refused.values.get('occurredAt')} UTC",
        "hubspot_id": refused.hubspot_id or "",
        "says": masked(", ".join(f"{name}: {value}" for name, value in said.items())),
    } | why_refused(refused)
