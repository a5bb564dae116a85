"""Act as Dagster shows it: everything that is owed reaches whom it is for, each once, and what did not is told."""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from dagster_project.counting import counted
from dagster_project.defs.act_run import act_run
from dagster_project.defs.metadata_tables import metadata_table
from dagster_project.defs.pools import ACT_POOL
from dagster_project.defs.returns import crm_contacts_returned
from dagster_project.defs.step import running_step, told_plainly
from dagster_project.defs.sync import crm_contacts_synced
from dagster_project.masking import masked
from dagster_project.outreach.act_run import DeliverySummary
from dagster_project.outreach.delivering import deliver
from dagster_project.outreach.overview import COLUMNS, DEAD, TOLD_WITHIN, Latency, count_states, read_latency, table_of
from dagster_project.outreach.retrying import retry
from dagster_project.resources.clock import Clock
from dagster_project.resources.enrichment import Enrichment
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.slack import SlackWorkspace
from dagster_project.resources.state import State

DELIVERED_CHECK = "every_action_reached_whom_it_is_for"
IN_TIME_CHECK = "every_handoff_is_told_within_15_minutes"
NOTHING_GIVEN_UP_CHECK = "nothing_was_given_up"
DELIVERED = dg.AssetKey(["act", "actions_delivered"])
GIVEN_UP = dg.AssetKey(["act", "actions_given_up"])


@dg.asset(
    key=DELIVERED,
    group_name="act",
    # A return is told once it was made.
    deps=[crm_contacts_synced, crm_contacts_returned],
    kinds={"slack", "hubspot", "sqlite"},
    owners=["team:sales"],
    pool=ACT_POOL,
    check_specs=[
        dg.AssetCheckSpec(DELIVERED_CHECK, asset=DELIVERED, description="Nothing failed, expired or is in doubt."),
        dg.AssetCheckSpec(
            IN_TIME_CHECK,
            asset=DELIVERED,
            description="Of the handoffs of the last day, 95 of 100 stood in Slack 15 minutes after their moment.",
        ),
    ],
)
def actions_delivered(
    context: dg.AssetExecutionContext,
    hubspot: HubSpot,
    slack: SlackWorkspace,
    enrichment: Enrichment,
    marts: PublishedMarts,
    state: State,
    clock: Clock,
) -> dg.MaterializeResult:
    """Slack messages, tasks, enrolments and webhooks, each once and on time; of handoffs after HubSpot has them."""
    with running_step(context, "act", state, clock) as step:
        run = act_run(
            marts,
            state,
            hubspot,
            slack,
            enrichment,
            run_id=context.run_id,
            as_of=step.as_of,
            is_clock_set=clock.is_set,
        )
        summary = deliver(run)
        is_dry_run = all(door.open is None for door in run.doors.values())
        step.summary = {"state": "dry_run" if is_dry_run else "done"} | vars(summary)
        for problem in summary.problems:
            context.log.warning(masked(problem))
        latency, counts = read_latency(state.engine(), step.as_of), count_states(state.engine())
        pending = table_of(state.engine(), "pending")
        delivered = table_of(state.engine(), "delivered")
    if summary.shut:
        # What is owed waits, and nothing is lost; but somebody must mend it.
        raise dg.Failure(
            description=masked("\n".join(f"{name}: {reason}" for name, reason in summary.shut.items())),
            allow_retries=False,
        )
    return dg.MaterializeResult(
        metadata={
            **_numbers(summary),
            **{f"in_state_{name}": count for name, count in counts.items()},
            **_latency(latency),
            "by_kind": dg.MetadataValue.json(dict(summary.by_kind)),
            "waits_because": metadata_table(
                {"why": "string", "actions": "int"},
                [{"why": masked(why), "actions": count} for why, count in summary.waits.most_common()],
            ),
            "pending": _table(pending),
            "delivered": _table(delivered),
            "problems": dg.MetadataValue.json([masked(problem) for problem in summary.problems]),
        },
        check_results=[_delivered_check(summary), _in_time_check(latency)],
    )


@dg.asset(
    key=GIVEN_UP,
    group_name="act",
    deps=[actions_delivered],
    kinds={"sqlite"},
    owners=["team:revops"],
    check_specs=[
        dg.AssetCheckSpec(
            NOTHING_GIVEN_UP_CHECK,
            asset=GIVEN_UP,
            description="Nothing of what was owed failed, expired or is in doubt.",
        )
    ],
)
def actions_given_up(state: State) -> dg.MaterializeResult:
    """What failed, expired or is in doubt, with why; `make retry ACTION=…` or the job retry_actions owes it again."""
    with told_plainly():
        counts = count_states(state.engine())
        tables = {name: table_of(state.engine(), name) for name in DEAD}
    given_up = {name: counts[name] for name in DEAD}
    return dg.MaterializeResult(
        metadata={
            **{f"{name}_count": count for name, count in given_up.items()},
            "failed": _table(tables["failed"]),
            "expired": _table(tables["expired"]),
            "in_doubt": _table(tables["unknown"]),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=NOTHING_GIVEN_UP_CHECK,
                passed=not any(given_up.values()),
                severity=dg.AssetCheckSeverity.WARN,
                metadata=given_up,
            )
        ],
    )


class WhatToRetry(dg.Config):
    """Which actions are owed again; without any, all that failed or expired."""

    action_ids: list[str] = Field(default=[], description="Ids as the tables of act/actions_given_up show them.")
    trigger_id: str | None = Field(default=None, description="All of this trigger that failed or expired.")


@dg.op(pool=ACT_POOL, out=dg.Out(dg.Nothing))
def put_back(context: dg.OpExecutionContext, config: WhatToRetry, state: State, clock: Clock) -> None:
    """Failed and expired actions are owed again with their whole time; what is in doubt or called off is not."""
    with told_plainly():
        as_of = clock.of_run(context.instance, context.run_id)
        done = retry(
            state.engine(), as_of, datetime.now(UTC), action_ids=config.action_ids, trigger_id=config.trigger_id
        )
    context.log.info(f"{counted(len(done.put_back), 'action')} put back; the next run of act sends them")
    context.add_output_metadata(
        {"put_back": dg.MetadataValue.json(done.put_back), "left": dg.MetadataValue.json(done.left)}
    )


@dg.job(description="Owe again what failed or expired, once what stood in its way is mended. Sends nothing itself.")
def retry_actions() -> None:
    put_back()


def _numbers(summary: DeliverySummary) -> dict[str, int]:
    return {name: value for name, value in vars(summary).items() if isinstance(value, int)}


def _latency(latency: Latency | None) -> dict[str, float | int]:
    if latency is None:
        return {"handoffs_told": 0}
    return {
        "handoffs_told": latency.count,
        "handoff_to_slack_median_seconds": round(latency.median_seconds, 1),
        "handoff_to_slack_p95_seconds": round(latency.p95_seconds, 1),
    }


def _table(rows: list[dict[str, str | int]]) -> dg.TableMetadataValue:
    return metadata_table(
        COLUMNS, [{name: masked(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows]
    )


def _delivered_check(summary: DeliverySummary) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=DELIVERED_CHECK,
        passed=not (summary.failed or summary.expired or summary.unknown),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"problems": dg.MetadataValue.json([masked(problem) for problem in summary.problems])},
    )


def _in_time_check(latency: Latency | None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=IN_TIME_CHECK,
        passed=latency is None or latency.is_in_time,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=_latency(latency) | {"limit_seconds": TOLD_WITHIN.total_seconds()},
    )
