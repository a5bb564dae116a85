"""The actions in the outbox, as they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, select

from dagster_project.state.chunking import chunks
from dagster_project.state.tables import outbox

# Longer than one post can take with all its pauses (about seven minutes), so that whoever still posts still holds it.
CLAIM_LASTS = timedelta(minutes=10)
# How a row that was given up in doubt is told from one that certainly never left.
IN_DOUBT = {"may_have_been_sent": True}
OLDEST_FIRST = (outbox.c.enqueued_at, outbox.c.as_of, outbox.c.action_id)


@dataclass(frozen=True)
class Action:
    """A side effect that is owed; `payload` is what it is made of, as it was when it was first owed.

    `leaves_at`: by the clock of the runs, before when it does not leave.
    """

    action_id: str
    trigger_id: str
    kind: str
    target: str
    record_key: str
    payload: dict
    expires_at: datetime
    subject_key: str | None = None
    episode: int | None = None
    moment_at: datetime | None = None
    owner_id: str | None = None
    pool: str | None = None
    turn: int | None = None
    priority: str | None = None
    due_at: datetime | None = None
    leaves_at: datetime | None = None


@dataclass(frozen=True)
class OutboxRow:
    """An action in the outbox; `sent_as`: what it went out under together with others."""

    action: Action
    state: str
    attempts: int
    claimed_at: datetime | None
    problem: str | None
    next_try_at: datetime
    enqueued_at: datetime | None = None
    sent_as: str | None = None
    receipt: dict | None = None
    delivered_at: datetime | None = None


def pending(engine: Engine) -> list[OutboxRow]:
    """What has not left yet, whenever it may."""
    return read_rows(engine, outbox.c.state == "pending")


def due(engine: Engine, now: datetime) -> list[OutboxRow]:
    """What a run may try to send now, the oldest first."""
    return read_rows(engine, (outbox.c.state == "pending") & (outbox.c.next_try_at <= now))


def unknown(engine: Engine, now: datetime) -> list[OutboxRow]:
    """What may or may not have been sent, and may be looked for now."""
    return read_rows(engine, (outbox.c.state == "unknown") & (outbox.c.next_try_at <= now))


def unknown_count(engine: Engine) -> int:
    """How many may or may not have been sent, whenever they are to be looked for."""
    with engine.connect() as connection:
        query = select(func.count()).select_from(outbox).where(outbox.c.state == "unknown")
        return connection.execute(query).scalar_one()


def open_rows(engine: Engine, now: datetime) -> list[OutboxRow]:
    """What a run could do something about now."""
    is_due = outbox.c.state.in_(["pending", "unknown"]) & (outbox.c.next_try_at <= now)
    return read_rows(engine, is_lost(now) | is_due)


def known_ids(engine: Engine, action_ids: Sequence[str]) -> set[str]:
    """Those of these actions that are in the outbox, whatever became of them."""
    with engine.connect() as connection:
        return known_among(connection, action_ids)


def known_among(connection: Connection, action_ids: Sequence[str]) -> set[str]:
    query = select(outbox.c.action_id)
    return {
        action_id
        for ids in chunks(action_ids)
        for action_id in connection.execute(query.where(outbox.c.action_id.in_(ids))).scalars()
    }


def is_lost(now: datetime) -> ColumnElement[bool]:
    """Whether a row belongs to a process that ended while it sent."""
    return (outbox.c.state == "sending") & (outbox.c.claimed_until < now)


def read_rows(engine: Engine, condition: ColumnElement[bool]) -> list[OutboxRow]:
    return _read(engine, select(outbox).where(condition).order_by(*OLDEST_FIRST))


def latest_delivered(engine: Engine, count: int) -> list[OutboxRow]:
    """What was delivered last, the latest first: a history is too long to be read whole each time."""
    latest_first = func.coalesce(outbox.c.delivered_at, outbox.c.next_try_at).desc()
    query = select(outbox).where(outbox.c.state == "delivered").order_by(latest_first, *OLDEST_FIRST)
    return _read(engine, query.limit(count))


def first_in_state(engine: Engine, state: str, count: int) -> list[OutboxRow]:
    return _read(engine, select(outbox).where(outbox.c.state == state).order_by(*OLDEST_FIRST).limit(count))


def _read(engine: Engine, query: Select) -> list[OutboxRow]:
    with engine.connect() as connection:
        return [_row(found) for found in connection.execute(query).mappings()]


def _row(found: dict) -> OutboxRow:
    return OutboxRow(
        Action(**{name: found[name] for name in Action.__dataclass_fields__}),
        found["state"],
        found["attempts"],
        None if found["claimed_until"] is None else found["claimed_until"] - CLAIM_LASTS,
        found["problem"],
        found["next_try_at"],
        found["enqueued_at"],
        found["sent_as"],
        found["receipt"],
        found["delivered_at"],
    )
