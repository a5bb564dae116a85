"""The actions of a snapshot → Slack, each once."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, select

from dagster_project.crm.owners import Owner
from dagster_project.outreach import outbox
from dagster_project.outreach.messages import HandoffFacts, escaped, handoff_message
from dagster_project.outreach.outbox import Action, OutboxRow
from dagster_project.outreach.slack import (
    TOKEN_ERRORS,
    Slack,
    SlackAnswerLost,
    SlackRefused,
    SlackUnavailable,
)
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.state.chunking import chunks
from dagster_project.state.tables import handoffs, identities

OWNER_TARGET = "owner"
IS_MESSAGE_OF_HANDOFF = (pl.col("kind") == "slack_message") & pl.col("handoff_id").is_not_null()
# No later try can succeed; all other refusals end when somebody mends the channel or the app.
FINAL_REFUSALS = {"users_not_found", "msg_too_long", "no_text", "invalid_blocks"}
# Clocks of two machines differ a little.
READ_BACK_SLACK_SECONDS = 300


@dataclass(frozen=True)
class ActRun:
    """What a delivery works with.

    `suppressed`: people about whom nothing is said any more, also where a message is in the outbox already.
    `owner_of` asks HubSpot about an owner the snapshot does not know; `help_text` stands in small print below messages.
    """

    snapshot_actions: Path
    engine: Engine
    run_id: str
    as_of: datetime
    owner_of: Callable[[str], Owner | None]
    record_url: Callable[[str], str]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    help_text: str | None = None
    suppressed: Suppressed = NOBODY


@dataclass
class DeliverySummary:
    """What one delivery came to, in actions."""

    owed: int = 0
    waiting_for_hubspot: int = 0
    delivered: int = 0
    put_back: int = 0
    failed: int = 0
    expired: int = 0
    cancelled: int = 0
    unknown: int = 0
    problems: list[str] = field(default_factory=list)


def deliver(run: ActRun, slack: Slack) -> DeliverySummary:
    """Send what is owed and may be sent, and settle what an earlier run left open.

    Raises:
        SlackRefused: The token is not good; nothing is lost, everything waits.
        SlackUnavailable: Slack does not answer at all; everything waits.
    """
    summary = DeliverySummary()
    enqueue_ready(run, summary)
    summary.cancelled = cancel_suppressed(run)
    summary.expired = outbox.expire(run.engine, as_of=run.as_of, now=run.now())
    outbox.mark_lost_claims(run.engine, run.now())
    if outbox.open_rows(run.engine, run.now()):
        slack.check()
        for row in outbox.unknown(run.engine, run.now()):
            _read_back(run, slack, row, summary)
        for row in outbox.due(run.engine, run.now()):
            if outbox.claim(run.engine, row.action.action_id, run.run_id, run.now()):
                _send(run, slack, row, summary)
    # With those that are not to be looked for yet: somebody who reads the summary should hear of every doubt.
    summary.unknown = outbox.unknown_count(run.engine)
    return summary


def enqueue_ready(run: ActRun, summary: DeliverySummary) -> int:
    """Put into the outbox what HubSpot has acknowledged the handoff of; how many were new."""
    rows = [
        row
        for row in pl.read_parquet(run.snapshot_actions).filter(IS_MESSAGE_OF_HANDOFF).iter_rows(named=True)
        if run.suppressed.why(user_id=row["record_key"], email=row["contact_email"]) is None
    ]
    summary.owed = len(rows)
    acknowledged = _acknowledged_owners(run.engine, [row["handoff_id"] for row in rows])
    ready = [row for row in rows if row["handoff_id"] in acknowledged]
    summary.waiting_for_hubspot = len(rows) - len(ready)
    known = outbox.known_ids(run.engine, [row["action_id"] for row in ready])
    new = [row for row in ready if row["action_id"] not in known]
    record_ids = _record_ids(run.engine, [row["record_key"] for row in new])
    actions = [_action(run, row, acknowledged[row["handoff_id"]], record_ids.get(row["record_key"])) for row in new]
    return outbox.enqueue(run.engine, actions, as_of=run.as_of, now=run.now()) if actions else 0


def cancel_suppressed(run: ActRun) -> int:
    """Call off the messages about people who are suppressed by now; how many there were."""
    if not run.suppressed:
        return 0
    called_off = [
        row.action.action_id
        for row in outbox.pending(run.engine)
        if run.suppressed.why(
            user_id=row.action.record_key, email=(row.action.payload.get("facts") or {}).get("contact_email")
        )
    ]
    return outbox.cancel(run.engine, called_off, as_of=run.as_of, now=run.now())


def unqueued_ids(snapshot_actions: Path, engine: Engine, suppressed: Suppressed = NOBODY) -> list[str]:
    """The actions that a run would put into the outbox now: a run that was cut off before it did left them behind."""
    rows = pl.read_parquet(snapshot_actions).filter(IS_MESSAGE_OF_HANDOFF)
    people = rows.select("record_key", "contact_email").iter_rows()
    rows = rows.filter(
        pl.Series([suppressed.why(user_id=key, email=email) is None for key, email in people], dtype=pl.Boolean)
    )
    acknowledged = _acknowledged_owners(engine, rows["handoff_id"].to_list())
    ready = rows.filter(pl.col("handoff_id").is_in(list(acknowledged)))["action_id"].to_list()
    return sorted(set(ready) - outbox.known_ids(engine, ready))


def _acknowledged_owners(engine: Engine, handoff_ids: list[str]) -> dict[str, str | None]:
    query = select(handoffs.c.handoff_id, handoffs.c.owner_id).where(handoffs.c.acknowledged_at.is_not(None))
    with engine.connect() as connection:
        return {
            row.handoff_id: row.owner_id
            for ids in chunks(handoff_ids)
            for row in connection.execute(query.where(handoffs.c.handoff_id.in_(ids)))
        }


def _record_ids(engine: Engine, record_keys: list[str]) -> dict[str, str]:
    query = select(identities.c.record_key, identities.c.hubspot_id).where(identities.c.object_type == "contacts")
    with engine.connect() as connection:
        return {
            row.record_key: row.hubspot_id
            for keys in chunks(record_keys)
            for row in connection.execute(query.where(identities.c.record_key.in_(keys)))
        }


def _action(run: ActRun, row: dict, owner_id: str | None, record_id: str | None) -> Action:
    owner_email, owner_name = row["owner_email"], row["owner_name"]
    if owner_id is not None and owner_id != row["owner_id"]:
        # Somebody took the contact between the decision and the write, and kept it.
        owner = run.owner_of(owner_id)
        owner_email, owner_name = (owner.email, owner.name) if owner else (None, None)
    facts = HandoffFacts(
        contact_name=row["contact_name"],
        contact_email=row["contact_email"],
        company_name=row["company_name"],
        employee_count=row["employee_count"],
        combined_score=row["combined_score"],
        activated_days_ago=row["activated_days_ago"],
        teammates_invited_count=row["teammates_invited_count"],
        key_action_7d_count=row["key_action_7d_count"],
        owner_slack_name=None,
        owner_name=owner_name or owner_email,
        due_minutes=row["due_minutes"],
        record_url=None if record_id is None else run.record_url(record_id),
    )
    return Action(
        row["action_id"],
        row["trigger_id"],
        row["kind"],
        row["target"],
        row["record_key"],
        {"facts": asdict(facts), "owner_email": owner_email},
        row["moment_at"].replace(tzinfo=UTC) + timedelta(hours=row["expires_hours"]),
    )


def _send(run: ActRun, slack: Slack, row: OutboxRow, summary: DeliverySummary) -> None:
    action_id = row.action.action_id
    try:
        channel, text = _channel(slack, row.action), _text(slack, row.action)
        if not outbox.renew(run.engine, action_id, run.run_id, run.now()):
            # Finding out where to post took so long that another run has the action by now.
            return
        receipt = slack.post(channel, text, action_id, None if run.help_text is None else escaped(run.help_text))
    except SlackAnswerLost as lost:
        _settle(run, action_id, "unknown", problem=str(lost))
        _read_back(run, slack, row, summary, is_first_look=True)
    except SlackRefused as refusal:
        state = "failed" if refusal.code in FINAL_REFUSALS else "pending"
        _settle(run, action_id, state, problem=str(refusal))
        summary.problems.append(f"{_named(row)}: {refusal}")
        summary.failed += state == "failed"
        summary.put_back += state == "pending"
        if refusal.code in TOKEN_ERRORS:
            raise
    except SlackUnavailable as problem:
        _settle(run, action_id, "pending", problem=str(problem))
        summary.problems.append(f"{_named(row)}: {problem}")
        summary.put_back += 1
    else:
        _settle(run, action_id, "delivered", receipt=receipt)
        summary.delivered += 1


def _text(slack: Slack, action: Action) -> str:
    owner_email = action.payload["owner_email"]
    owner = slack.user_by_email(owner_email) if owner_email else None
    facts = HandoffFacts(**action.payload["facts"] | {"owner_slack_name": owner.name if owner else None})
    return escaped(handoff_message(facts))


def _channel(slack: Slack, action: Action) -> str:
    if action.target != OWNER_TARGET:
        return slack.channel_id(action.target)
    owner_email = action.payload["owner_email"]
    owner = slack.user_by_email(owner_email) if owner_email else None
    if owner is None:
        raise SlackRefused("users_not_found")
    return slack.direct_channel(owner.user_id)


def _read_back(
    run: ActRun, slack: Slack, row: OutboxRow, summary: DeliverySummary, *, is_first_look: bool = False
) -> None:
    """Decide an unknown action by what Slack shows; what is not there yet gets a second look by a later run."""
    claimed_at = row.claimed_at or run.now()
    action_id = row.action.action_id
    try:
        found = slack.find_post(
            _channel(slack, row.action), action_id, claimed_at.timestamp() - READ_BACK_SLACK_SECONDS
        )
    except (SlackRefused, SlackUnavailable) as problem:
        is_late = row.action.expires_at < run.as_of
        _resolve(run, action_id, "expired" if is_late else "unknown", problem=f"it may have been posted: {problem}")
        summary.problems.append(f"{_named(row)} may have been posted: {problem}")
        summary.expired += is_late
        return
    if found is not None:
        _resolve(run, action_id, "delivered", receipt=found)
        summary.delivered += 1
    elif not is_first_look:
        _resolve(run, action_id, "pending", problem="its answer was lost, and Slack does not show it")
        summary.put_back += 1


def _named(row: OutboxRow) -> str:
    return f"{row.action.trigger_id} for {row.action.record_key}"


def _settle(run: ActRun, action_id: str, state: str, receipt: dict | None = None, problem: str | None = None) -> None:
    outbox.settle(
        run.engine,
        action_id,
        state,
        run_id=run.run_id,
        as_of=run.as_of,
        now=run.now(),
        receipt=receipt,
        problem=problem,
    )


def _resolve(run: ActRun, action_id: str, state: str, receipt: dict | None = None, problem: str | None = None) -> None:
    outbox.resolve(run.engine, action_id, state, as_of=run.as_of, now=run.now(), receipt=receipt, problem=problem)
