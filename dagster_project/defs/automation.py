"""What runs when: the hourly score, new landing files, the sync of whatever differs, the quarterly audit."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from dagster_project.counting import counted, counted_of
from dagster_project.crm.associations import find_missing
from dagster_project.crm.list_changes import find_list_changes, in_short
from dagster_project.crm.owed_occurrences import find_owed
from dagster_project.crm.return_breaker import ReturnLimits, find_owed_returns
from dagster_project.crm.syncing import SyncRun, find_unsynced
from dagster_project.defs.act import actions_delivered, actions_given_up
from dagster_project.defs.act_run import act_run
from dagster_project.defs.associations import crm_associations_synced
from dagster_project.defs.concerned import concerned_marts
from dagster_project.defs.dashboard import dashboard
from dagster_project.defs.ingest import landing_assets
from dagster_project.defs.lists import segment_lists
from dagster_project.defs.report import audit_of_rules
from dagster_project.defs.score_and_decide import published_marts, scored_and_decided
from dagster_project.defs.sync import crm_companies_synced, crm_contacts_synced
from dagster_project.defs.sync_events import crm_events_sent
from dagster_project.defs.sync_run import mapped_events, mapped_objects, sync_run
from dagster_project.landing.files import fingerprint, lying_in
from dagster_project.landing.sources import LANDING_TABLES, SOURCES, kinds_in
from dagster_project.masking import masked
from dagster_project.mendable import MENDABLE
from dagster_project.outreach.outlook import in_words as waits_in_words
from dagster_project.outreach.outlook import look_ahead
from dagster_project.publish.parts import is_left_to_all
from dagster_project.publish.snapshot import CURRENT, NothingPublished
from dagster_project.resources.clock import Clock
from dagster_project.resources.enrichment import Enrichment
from dagster_project.resources.hubspot import HubSpot
from dagster_project.resources.published import PublishedMarts
from dagster_project.resources.running import UNFINISHED
from dagster_project.resources.slack import SlackWorkspace
from dagster_project.resources.state import State
from dagster_project.rules.book import read_rules
from dagster_project.settings import SettingsInvalid, read_settings

# A file that was written to within this time may still be growing: it is left for the next tick.
SETTLED_AFTER_SECONDS = 2

concerned = dg.AssetSelection.assets(concerned_marts)
# The head start is for new files alone: whoever looks at everybody needs none.
everything = dg.AssetSelection.all() - concerned
# All of dbt, also what no mart reads: a sync that built a rule file would wait for the warehouse.
up_to_published = dg.AssetSelection.assets(scored_and_decided, published_marts).upstream() | (
    dg.AssetSelection.checks_for_assets(published_marts)
)

score_job = dg.define_asset_job(
    "score", up_to_published, description="Load what is new, score everybody, decide, publish. Sends nothing."
)
# Looks back over quarters: nothing of it is another one after a sync.
audits = dg.AssetSelection.assets(audit_of_rules)
# Drawn every hour: a sync that drew it each time would keep the next one waiting.
dashboards = dg.AssetSelection.assets(dashboard)

sync_job = dg.define_asset_job(
    "sync",
    everything - up_to_published - audits - dashboards,
    description="Write to HubSpot what it does not hold, then send what is owed.",
)
act_job = dg.define_asset_job(
    "act",
    dg.AssetSelection.assets(actions_delivered, actions_given_up),
    description="Send what is due and settle what is in doubt, by what HubSpot holds already.",
)
AFTER_LANDING = (
    concerned_marts,
    crm_companies_synced,
    crm_contacts_synced,
    actions_delivered,
    crm_associations_synced,
    crm_events_sent,
)
OF_A_PART = {"resources": {"marts": {"config": {"is_part": True}}}}
new_files_job = dg.define_asset_job(
    "new_files",
    dg.AssetSelection.assets(*landing_assets, *AFTER_LANDING),
    config=OF_A_PART,
    description="From new files to Slack for those alone whom they concern; everybody else waits for the next hour.",
)
audit_job = dg.define_asset_job("audit", audits, description="Look whether the rules still hold. Sends nothing.")
dashboard_job = dg.define_asset_job("dashboard", dashboards, description="Draw the dashboard anew. Sends nothing.")
whole_job = dg.define_asset_job("whole_job", everything, description="Everything once, from landing files to Slack.")


@dg.schedule(job=score_job, cron_schedule="0 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def hourly_score(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Score everybody every hour: points decay and people go quiet without any event."""
    try:
        settings = read_settings()
    except SettingsInvalid as error:
        return dg.SkipReason(f"Nothing can run: {error}")
    as_of = settings.as_of or context.scheduled_execution_time.astimezone(UTC)
    return dg.RunRequest(run_config={"resources": {"clock": {"config": {"as_of": as_of.isoformat()}}}})


quarterly_audit = dg.ScheduleDefinition(
    name="audit_of_rules",
    job=audit_job,
    cron_schedule="0 6 1 1,4,7,10 *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Look every quarter whether the rules still hold.",
)
hourly_dashboard = dg.ScheduleDefinition(
    name="hourly_dashboard",
    job=dashboard_job,
    cron_schedule="20 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Draw the dashboard every hour, after the hourly score.",
)


# All the way, because a salesperson waits at its end: a sync that is asked for after the build would wait for the next
# look and for another process to start.
@dg.sensor(jobs=[new_files_job, whole_job], minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def new_landing_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Score, sync and act as soon as a file lands, for those whom it concerns; one run for all files that are new at
    one look. Everybody is looked at where nobody was before, where a file concerned too many, and where another engine
    than DuckDB builds the models.

    While such a run is under way the next one is not asked for: files that land faster than a run takes would pile up
    runs of which the last has nothing left to do.
    """
    try:
        settings = read_settings()
    except SettingsInvalid as error:
        return dg.SkipReason(f"Cannot tell: {error}")
    landing_dir = settings.landing_dir
    lying = _lying_still(landing_dir)
    if not lying:
        return dg.SkipReason(f"No file lies in {landing_dir}.")
    before = _files_seen(context.cursor)
    growing = {name for name, (_, modified_ns) in lying.items() if _is_growing(modified_ns)}
    # A file that grows is taken for what it was, if it was there: it neither asks for a run nor holds back the others.
    seen = {name: before.get(name) if name in growing else list(status) for name, status in lying.items()}
    seen = {name: status for name, status in seen.items() if status is not None}
    is_for_all = is_left_to_all(settings.parts_dir, settings.published_dir)
    if seen == before and not is_for_all:
        waiting = (
            f"; {counted(len(growing), 'file')} changed just now, looking again at the next tick" if growing else ""
        )
        return dg.SkipReason(f"No file is new; {counted(len(seen), 'file')} seen before{waiting}.")
    if under_way := _under_way(context, new_files_job.name, whole_job.name):
        return dg.SkipReason(f"A run of {under_way} is under way; what landed since is for the next one.")
    new = [name for name in seen if seen[name] != before.get(name)]
    # The head start is made on DuckDB only.
    is_for_all |= settings.target != "duckdb" or not new or not (settings.published_dir / CURRENT).exists()
    job = whole_job if is_for_all else new_files_job
    request = dg.RunRequest(
        run_key=f"{job.name}-{fingerprint(seen)}",
        job_name=job.name,
        tags={"pql/landing_files": str(len(seen))},
        run_config=OF_A_PART if job is new_files_job else {},
        asset_selection=_needed_for(new) if job is new_files_job else None,
    )
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(seen))


def _needed_for(new: Sequence[str]) -> list[dg.AssetKey]:
    """What is to be materialized for files such as `product/events_1.jsonl`: landing tables that they do not fill take
    their time too.
    """
    places = [name.split("/", 1) for name in new]
    filled = [
        dg.AssetKey(["raw", table.name])
        for table in LANDING_TABLES
        for source, kinds in [kinds_in(table)]
        if any(place[0] == source and place[1].startswith(kinds) for place in places)
    ]
    return [*filled, *(key for asset in AFTER_LANDING for key in asset.keys)]


def _lying_still(landing_dir: Path) -> dict[str, tuple[int, int]]:
    """What lies there; a file that was written just now is waited for, since the next look is later still."""
    lying = lying_in(landing_dir, SOURCES)
    youngest = max((modified_ns for _, modified_ns in lying.values()), default=0)
    if _is_growing(youngest):
        sleep(SETTLED_AFTER_SECONDS - (utc_now().timestamp() - youngest / 1e9) + 0.01)
        lying = lying_in(landing_dir, SOURCES)
    return lying


def _is_growing(modified_ns: int) -> bool:
    # An instant ahead of us is another machine's clock and no sign of growth.
    return 0 <= utc_now().timestamp() - modified_ns / 1e9 < SETTLED_AFTER_SECONDS


def _files_seen(cursor: str | None) -> dict[str, list[int]]:
    """What the last look left behind; a cursor of an earlier version was no list of files."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dg.sensor(job=sync_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def unsynced_changes(
    context: dg.SensorEvaluationContext,
    marts: PublishedMarts,
    state: State,
    hubspot: HubSpot,
) -> dg.SensorResult | dg.SkipReason:
    """Ask for a sync while the desired state and the ledger differ, or a return or an event is owed."""
    if _under_way(context, sync_job.name, new_files_job.name, whole_job.name):
        return dg.SkipReason("A sync is under way; looking again at the next tick.")
    try:
        run = sync_run(marts, state, "sensor")
        differing = {name: find_unsynced(run, mapped) for name, mapped in mapped_objects().items()}
        apart = _contacts_without_company(run)
        events = find_owed(run, mapped_events())
        lists = [change for change in find_list_changes(run, segment_lists()) if change.differs]
        returns = find_owed_returns(run, ReturnLimits.of(read_rules(read_settings().rules_dir))).due
    except NothingPublished:
        return dg.SkipReason("No build has been published yet.")
    except MENDABLE as error:
        return dg.SkipReason(masked(f"Cannot tell: {error}"))
    owed = {name: changes.record_count for name, changes in differing.items()}
    owed |= {"associations": len(apart), "returns": len(returns), "events": events.sendable}
    parts = [counted_of(count, name) for name, count in owed.items() if count]
    counts = ", ".join([*parts, in_short(lists)] if lists else parts)
    if hubspot.is_dry_run:
        return dg.SkipReason(
            f"Dry run (HUBSPOT_ACCESS_TOKEN is not set, or PQL_DRY_RUN is): {counts or 'nothing'} would be written."
        )
    if not counts:
        return dg.SkipReason("HubSpot already holds every desired value.")
    reason = f"{counts} to write"
    context.log.info(f"Asking for a sync: {reason}.")
    texts = [
        *(changes.rows.write_csv() for changes in differing.values()),
        *apart,
        *map(str, lists),
        *(item.return_id for item in returns),
        events.fingerprint,
    ]
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=_run_key(texts), tags={"pql/reason": reason})])


@dg.sensor(job=act_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def owed_actions(
    context: dg.SensorEvaluationContext,
    marts: PublishedMarts,
    state: State,
    hubspot: HubSpot,
    slack: SlackWorkspace,
    enrichment: Enrichment,
    clock: Clock,
) -> dg.SensorResult | dg.SkipReason:
    """Ask for what is due to be sent, without waiting for a sync; say why the rest waits."""
    if _under_way(context, act_job.name):
        return dg.SkipReason("Acting is under way; looking again at the next tick.")
    try:
        as_of = read_settings().as_of or utc_now()
        run = act_run(marts, state, hubspot, slack, enrichment, run_id="sensor", as_of=as_of, is_clock_set=clock.is_set)
        outlook = look_ahead(replace(run, now=utc_now))
    except NothingPublished:
        return dg.SkipReason("No build has been published yet.")
    except MENDABLE as error:
        return dg.SkipReason(masked(f"Cannot tell: {error}"))
    waits = masked(waits_in_words(outlook.waits))
    if not outlook.due:
        return dg.SkipReason(f"Nothing is due; {waits}." if waits else "Nothing is owed.")
    reason = f"{counted(len(outlook.due), 'action')} due" + (f"; {waits}" if waits else "")
    context.log.info(f"Asking for what is due: {reason}.")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=f"act-{_run_key(sorted(outlook.due))}", tags={"pql/reason": reason[:250]})]
    )


def _under_way(context: dg.SensorEvaluationContext, *names: str) -> str | None:
    """The name of the first of these jobs that has a run which is not over."""
    for name in names:
        if context.instance.get_runs_count(dg.RunsFilter(job_name=name, statuses=UNFINISHED)):
            return name
    return None


def _run_key(texts: list[str]) -> str:
    """Dagster never repeats a run key. With the hour in it, work that failed is asked for again in the next one."""
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return f"{utc_now():%Y-%m-%dT%H}-{digest[:16]}"


def _contacts_without_company(run: SyncRun) -> list[str]:
    """Those that could be associated with theirs, unless crm_objects.csv wants none."""
    if mapped_objects()["contacts"].associated_with is None:
        return []
    return [f"{pair.contact_id} {pair.company_id}" for pair in find_missing(run).pairs]


def sleep(seconds: float) -> None:
    time.sleep(max(seconds, 0))


def utc_now() -> datetime:
    return datetime.now(UTC)
