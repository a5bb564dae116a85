"""Act as Dagster shows it: the messages of handoffs that HubSpot holds, each sent once."""

import dagster as dg

from dagster_project.crm.owners import read_active_owner
from dagster_project.defs.pools import ACT_POOL
from dagster_project.defs.step import running_step
from dagster_project.defs.sync import crm_contacts_synced
from dagster_project.masking import masked
from dagster_project.outreach.delivering import ActRun, DeliverySummary, deliver, enqueue_ready
from dagster_project.outreach.messages import handoff_help
from dagster_project.privacy.suppression import suppressed_now
from dagster_project.resources.clock import Clock
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.slack import SlackWorkspace
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.settings import read_settings

DELIVERED_CHECK = "every_message_reached_its_reader"
KEY = dg.AssetKey(["act", "handoff_messages"])


@dg.asset(
    key=KEY,
    group_name="act",
    deps=[crm_contacts_synced],
    kinds={"slack", "sqlite"},
    owners=["team:sales"],
    pool=ACT_POOL,
    check_specs=[
        dg.AssetCheckSpec(DELIVERED_CHECK, asset=KEY, description="No message failed, expired or is in doubt.")
    ],
)
def handoff_messages(
    context: dg.AssetExecutionContext,
    hubspot: HubSpot,
    slack: SlackWorkspace,
    marts: PublishedMarts,
    state: State,
    clock: Clock,
) -> dg.MaterializeResult:
    """One Slack message to the owner and one to the channel for each handoff, after HubSpot has acknowledged it."""
    with running_step(context, "act", state, clock) as step:
        snapshot, settings = marts.current(), read_settings()
        run = ActRun(
            snapshot.path("decide.actions"),
            state.engine(),
            context.run_id,
            snapshot.as_of,
            owner_of=lambda owner_id: read_active_owner(hubspot.connect(state.engine()), owner_id),
            record_url=lambda record_id: hubspot.portal(state.engine()).contact_url(record_id),
            help_text=handoff_help(read_rules(settings.rules_dir)),
            suppressed=suppressed_now(settings, state.engine()),
        )
        summary = DeliverySummary()
        if slack.is_dry_run:
            enqueue_ready(run, summary)
            context.log.info(f"dry run: {summary.owed} messages are owed, none is posted")
            step.summary = {"state": "dry_run"} | vars(summary)
        else:
            summary = deliver(run, slack.connect())
            step.summary = {"state": "done"} | vars(summary)
        for problem in summary.problems:
            context.log.warning(masked(problem))
    numbers = {name: value for name, value in vars(summary).items() if name != "problems"}
    problems = [masked(problem) for problem in summary.problems]
    return dg.MaterializeResult(
        metadata=numbers | {"problems": dg.MetadataValue.json(problems)},
        check_results=[
            dg.AssetCheckResult(
                check_name=DELIVERED_CHECK,
                passed=not (summary.failed or summary.expired or summary.unknown),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"problems": dg.MetadataValue.json(problems)},
            )
        ],
    )
