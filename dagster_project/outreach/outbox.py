"""What is sent once: each action is a row that is claimed durably before it leaves and settled after.

    pending ──claim──► sending ──► delivered
       ▲                  │ ├────► failed      it can never be sent
       │                  │ └────► pending     it was not sent; later
       │                  ▼
       └──not found──  unknown ──found──► delivered
    pending, unknown ──too late──► expired
    pending ──its contact is suppressed──► cancelled

A row that stays `sending` after its claim ran out belongs to a process that died: it is `unknown`, and only reading
back from where it was sent decides whether it goes again. A process that was only slow finds that its claim is gone,
and then nothing it says counts but that it delivered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from dagster_project.state.chunking import chunks
from dagster_project.state.tables import outbox

# Longer than one post can take with all its pauses (about seven minutes), so that whoever still posts still holds it.
CLAIM_LASTS = timedelta(minutes=10)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)


@dataclass(frozen=True)
class Action:
    """A side effect that is owed; `payload` is what its message is made of, as it was when it was first owed."""

    action_id: str
    trigger_id: str
    kind: str
    target: str
    record_key: str
    payload: dict
    expires_at: datetime


@dataclass(frozen=True)
class OutboxRow:
    """An action in the outbox."""

    action: Action
    state: str
    attempts: int
    claimed_at: datetime | None
    problem: str | None


def enqueue(engine: Engine, actions: Sequence[Action], *, as_of: datetime, now: datetime) -> int:
    """Put actions in the outbox that are not in it yet; how many were new."""
    with engine.begin() as connection:
        known = _known_ids(connection, [item.action_id for item in actions])
        rows = [
            {
                "action_id": item.action_id,
                "trigger_id": item.trigger_id,
                "kind": item.kind,
                "target": item.target,
                "record_key": item.record_key,
                "payload": item.payload,
                "state": "pending",
                "attempts": 0,
                "next_try_at": now,
                "expires_at": item.expires_at,
                "as_of": as_of,
                "updated_at": now,
            }
            for item in actions
            if item.action_id not in known
        ]
        if rows:
            connection.execute(insert(outbox), rows)
    return len(rows)


def mark_lost_claims(engine: Engine, now: datetime) -> int:
    """Call `unknown` what a process left behind while sending; how many there were."""
    with engine.begin() as connection:
        problem = "the process that sent it ended before it wrote down the outcome"
        return connection.execute(
            update(outbox).where(_is_lost(now)).values(state="unknown", problem=problem, updated_at=now)
        ).rowcount


def expire(engine: Engine, *, as_of: datetime, now: datetime) -> int:
    """Give up what is too late to be of use; how many there were."""
    with engine.begin() as connection:
        is_late = (outbox.c.state == "pending") & (outbox.c.expires_at < as_of)
        problem = "its time had passed before it could be sent"
        return connection.execute(
            update(outbox).where(is_late).values(state="expired", problem=problem, as_of=as_of, updated_at=now)
        ).rowcount


def cancel(engine: Engine, action_ids: Sequence[str], *, as_of: datetime, now: datetime) -> int:
    """Call off what has not left yet, because its contact is suppressed; how many there were.

    What was said of the person is emptied: nothing of it is needed any more.
    """
    with engine.begin() as connection:
        cancelled = 0
        for ids in chunks(action_ids):
            is_waiting = (outbox.c.state == "pending") & outbox.c.action_id.in_(ids)
            problem = "its contact is suppressed"
            cancelled += connection.execute(
                update(outbox)
                .where(is_waiting)
                .values(state="cancelled", problem=problem, payload={}, as_of=as_of, updated_at=now)
            ).rowcount
    return cancelled


def pending(engine: Engine) -> list[OutboxRow]:
    """What has not left yet, whenever its turn is."""
    return _rows(engine, outbox.c.state == "pending")


def known_ids(engine: Engine, action_ids: Sequence[str]) -> set[str]:
    """Which of these actions are in the outbox, whatever became of them."""
    with engine.connect() as connection:
        return _known_ids(connection, action_ids)


def due(engine: Engine, now: datetime) -> list[OutboxRow]:
    """What may be sent now, the oldest first."""
    return _rows(engine, (outbox.c.state == "pending") & (outbox.c.next_try_at <= now))


def unknown(engine: Engine, now: datetime) -> list[OutboxRow]:
    """What may or may not have been sent, and may be looked for now."""
    return _rows(engine, (outbox.c.state == "unknown") & (outbox.c.next_try_at <= now))


def unknown_count(engine: Engine) -> int:
    """How many may or may not have been sent, whenever they are to be looked for."""
    return len(_rows(engine, outbox.c.state == "unknown"))


def open_rows(engine: Engine, now: datetime) -> list[OutboxRow]:
    """What a run could do something about now."""
    is_due = outbox.c.state.in_(["pending", "unknown"]) & (outbox.c.next_try_at <= now)
    return _rows(engine, _is_lost(now) | is_due)


def claim(engine: Engine, action_id: str, run_id: str, now: datetime) -> bool:
    """Take a pending action for this run alone; False if another run was quicker."""
    with engine.begin() as connection:
        claimed = connection.execute(
            update(outbox)
            .where(outbox.c.action_id == action_id, outbox.c.state == "pending")
            .values(
                state="sending",
                claimed_by=run_id,
                claimed_until=now + CLAIM_LASTS,
                attempts=outbox.c.attempts + 1,
                updated_at=now,
            )
        )
        return claimed.rowcount == 1


def renew(engine: Engine, action_id: str, run_id: str, now: datetime) -> bool:
    """Make a claim last from now on; False if it is gone, and then the action must not be sent."""
    with engine.begin() as connection:
        renewed = connection.execute(
            update(outbox).where(_is_claimed(action_id, run_id)).values(claimed_until=now + CLAIM_LASTS, updated_at=now)
        )
        return renewed.rowcount == 1


def settle(
    engine: Engine,
    action_id: str,
    state: str,
    *,
    run_id: str,
    as_of: datetime,
    now: datetime,
    receipt: dict | None = None,
    problem: str | None = None,
) -> None:
    """Write down what became of an action that this run claimed.

    `pending` and `unknown` are looked at again after a pause that doubles. If the claim is gone, only `delivered` is
    written: whoever took the action over decides the rest.
    """
    mine = outbox.c.action_id == action_id if state == "delivered" else _is_claimed(action_id, run_id)
    _write(engine, mine, state, as_of=as_of, now=now, receipt=receipt, problem=problem)


def resolve(
    engine: Engine,
    action_id: str,
    state: str,
    *,
    as_of: datetime,
    now: datetime,
    receipt: dict | None = None,
    problem: str | None = None,
) -> None:
    """Write down what reading back said about an `unknown` action; `unknown` again is a look that told nothing."""
    is_unknown = (outbox.c.action_id == action_id) & (outbox.c.state == "unknown")
    tries = {"attempts": outbox.c.attempts + 1} if state == "unknown" else {}
    _write(engine, is_unknown, state, as_of=as_of, now=now, receipt=receipt, problem=problem, **tries)


def _write(
    engine: Engine, condition: ColumnElement[bool], state: str, *, as_of: datetime, now: datetime, **values: Any
) -> None:
    with engine.begin() as connection:
        attempts = connection.execute(select(outbox.c.attempts).where(condition)).scalar() or 1
        values |= {"state": state, "as_of": as_of, "updated_at": now}
        if state in ("pending", "unknown"):
            values["next_try_at"] = now + _pause(attempts)
        connection.execute(update(outbox).where(condition).values(values))


def _pause(attempts: int) -> timedelta:
    # The bound keeps the power small: an action that is tried for two days would need a longer time than there is.
    return min(FIRST_RETRY * 2 ** min(attempts - 1, 10), LONGEST_RETRY)


def _is_lost(now: datetime) -> ColumnElement[bool]:
    return (outbox.c.state == "sending") & (outbox.c.claimed_until < now)


def _is_claimed(action_id: str, run_id: str) -> ColumnElement[bool]:
    return (outbox.c.action_id == action_id) & (outbox.c.state == "sending") & (outbox.c.claimed_by == run_id)


def _known_ids(connection: Connection, action_ids: Sequence[str]) -> set[str]:
    query = select(outbox.c.action_id)
    return {
        action_id
        for ids in chunks(action_ids)
        for action_id in connection.execute(query.where(outbox.c.action_id.in_(ids))).scalars()
    }


def _rows(engine: Engine, condition: ColumnElement[bool]) -> list[OutboxRow]:
    query = select(outbox).where(condition).order_by(outbox.c.as_of, outbox.c.action_id)
    with engine.connect() as connection:
        return [
            OutboxRow(
                Action(
                    row["action_id"],
                    row["trigger_id"],
                    row["kind"],
                    row["target"],
                    row["record_key"],
                    row["payload"],
                    row["expires_at"],
                ),
                row["state"],
                row["attempts"],
                None if row["claimed_until"] is None else row["claimed_until"] - CLAIM_LASTS,
                row["problem"],
            )
            for row in connection.execute(query).mappings()
        ]
