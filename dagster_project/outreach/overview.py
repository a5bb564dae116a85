"""What became of everything that was owed, as somebody of RevOps reads it."""

import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from dagster_project.outreach.calendars import OWNER_TARGET
from dagster_project.outreach.outbox_rows import OutboxRow, first_in_state, latest_delivered, read_rows
from dagster_project.state.tables import outbox

STATES = ("pending", "sending", "unknown", "delivered", "failed", "expired", "cancelled")
DEAD = ("failed", "expired", "unknown")
SHOWN = 100
COLUMNS = {
    "action_id": "string",
    "what": "string",
    "who": "string",
    "to_whom": "string",
    "moment": "string",
    "due": "string",
    "tries": "int",
    "why": "string",
}
# A handoff that is told later than this is a contact who waits; of the promises of sales the strictest.
TOLD_WITHIN = timedelta(minutes=15)
LATENCY_WINDOW = timedelta(days=1)


@dataclass(frozen=True)
class Latency:
    """From the moment of a handoff to its message in Slack, over the last day of the clock."""

    count: int
    median_seconds: float
    p95_seconds: float

    @property
    def is_in_time(self) -> bool:
        return self.p95_seconds <= TOLD_WITHIN.total_seconds()


def count_states(engine: Engine) -> dict[str, int]:
    """How many actions are in each state, also where there are none."""
    with engine.connect() as connection:
        rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    counts = Counter(dict(rows))
    return {state: counts[state] for state in STATES}


def table_of(engine: Engine, state: str) -> list[dict[str, str | int]]:
    """At most `SHOWN` actions in a state as rows of `COLUMNS`, people by their user ids: of what was delivered the
    latest, of the rest what waits longest.
    """
    rows = latest_delivered(engine, SHOWN) if state == "delivered" else first_in_state(engine, state, SHOWN)
    return [_cells(row) for row in rows]


def read_latency(engine: Engine, as_of: datetime) -> Latency | None:
    """Of the handoffs told within the last day; None where there was none."""
    is_recent = (outbox.c.state == "delivered") & (outbox.c.delivered_at > as_of - LATENCY_WINDOW)
    told = [
        (row.delivered_at - row.action.moment_at).total_seconds()
        for row in read_rows(engine, is_recent & (outbox.c.kind == "slack_message"))
        if row.action.payload.get("is_handoff") and row.delivered_at is not None and row.action.moment_at is not None
    ]
    if not told:
        return None
    told.sort()
    # The smallest that 95 of 100 are not above.
    p95 = told[max(0, -(-len(told) * 95 // 100) - 1)]
    return Latency(len(told), statistics.median(told), p95)


def _cells(row: OutboxRow) -> dict[str, str | int]:
    action = row.action
    facts = action.payload.get("facts") or {}
    company = f" at {facts['company_name']}" if facts.get("company_name") else ""
    return {
        "action_id": action.action_id,
        "what": f"{facts.get('label') or action.trigger_id}: {action.kind.replace('_', ' ')}",
        "who": f"{action.record_key}{company}",
        "to_whom": facts.get("owner_name") or "nobody" if action.target == OWNER_TARGET else action.target,
        "moment": _told(action.moment_at),
        "due": _told(action.due_at),
        "tries": row.attempts,
        "why": row.problem or "",
    }


def _told(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M}"
