"""What is sent once: each action is a row that is claimed durably before it leaves and settled after.

    pending ──claim──► sending ──► delivered
       ▲                  │ ├────► failed      it can never be sent
       │                  │ └────► pending     it was not sent; later
       │                  ▼
       └──not found──  unknown ──found──► delivered
    pending, unknown ──too late──► expired
    pending ──its contact is suppressed──► cancelled
    failed, expired ──a person puts it back──► pending, or unknown where it may have been sent

A row that stays `sending` after its claim ran out belongs to a process that died: it is `unknown`, and only reading
back from where it was sent decides whether it goes again. A process that was only slow finds that its claim is gone,
and then nothing it says counts but that it delivered. Several actions may leave as one message: they are claimed
together, under an id of that message, and settled together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from dagster_project.outreach.outbox_rows import CLAIM_LASTS, IN_DOUBT, Action, is_lost, known_among
from dagster_project.state.chunking import chunks
from dagster_project.state.tables import outbox

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
TOO_LATE = "its time had passed before it could be sent"


def enqueue(engine: Engine, actions: Sequence[Action], *, as_of: datetime, now: datetime) -> int:
    """Put actions in the outbox that are not in it yet; how many were new."""
    with engine.begin() as connection:
        known = known_among(connection, [item.action_id for item in actions])
        rows = [
            vars(item)
            | {
                "state": "pending",
                "attempts": 0,
                "next_try_at": now,
                "enqueued_at": as_of,
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
            update(outbox).where(is_lost(now)).values(state="unknown", problem=problem, updated_at=now)
        ).rowcount


def note_waiting(engine: Engine, reasons: Mapping[str, str], now: datetime) -> None:
    """Write down, by action id, why something waits; nothing is written where it is known already."""
    with engine.begin() as connection:
        for action_id, reason in reasons.items():
            is_waiting = (outbox.c.action_id == action_id) & (outbox.c.state == "pending")
            is_news = is_waiting & (outbox.c.problem.is_distinct_from(reason))
            connection.execute(update(outbox).where(is_news).values(problem=reason, updated_at=now))


def expire(engine: Engine, *, as_of: datetime, now: datetime) -> int:
    """Give up what is too late to be of use, and say why it waited until then; how many there were."""
    is_late = (outbox.c.state == "pending") & (outbox.c.expires_at < as_of)
    with engine.begin() as connection:
        late = connection.execute(select(outbox.c.action_id, outbox.c.problem).where(is_late)).all()
        expired = 0
        for action_id, reason in late:
            problem = f"{TOO_LATE}: {reason}" if reason else TOO_LATE
            expired += connection.execute(
                update(outbox)
                .where((outbox.c.action_id == action_id) & is_late)
                .values(state="expired", problem=problem, as_of=as_of, updated_at=now)
            ).rowcount
    return expired


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


def claim(
    engine: Engine, action_ids: Sequence[str], run_id: str, now: datetime, sent_as: str | None = None
) -> list[str]:
    """Take pending actions for this run alone, to leave as one message; those that no other run has by now."""
    with engine.begin() as connection:
        return [
            action_id
            for action_id in action_ids
            if connection.execute(
                update(outbox)
                .where(outbox.c.action_id == action_id, outbox.c.state == "pending")
                .values(
                    state="sending",
                    claimed_by=run_id,
                    claimed_until=now + CLAIM_LASTS,
                    attempts=outbox.c.attempts + 1,
                    sent_as=sent_as,
                    updated_at=now,
                )
            ).rowcount
            == 1
        ]


def renew(engine: Engine, action_ids: Sequence[str], run_id: str, now: datetime) -> bool:
    """Make the claims of one message last from now on; False if one of them is gone: then it must not be sent."""
    with engine.begin() as connection:
        renewed = [
            connection.execute(
                update(outbox)
                .where(_is_claimed(action_id, run_id))
                .values(claimed_until=now + CLAIM_LASTS, updated_at=now)
            ).rowcount
            for action_id in action_ids
        ]
    return all(renewed)


def settle(
    engine: Engine,
    action_ids: Sequence[str],
    state: str,
    *,
    run_id: str,
    as_of: datetime,
    now: datetime,
    receipt: dict | None = None,
    problem: str | None = None,
    not_before: datetime | None = None,
    delivered_at: datetime | None = None,
) -> None:
    """Write down what became of actions that this run claimed and that left, or would have left, together.

    `pending` and `unknown` are looked at again after a pause that doubles, and not before `not_before`. If a claim is
    gone, only `delivered` is written: whoever took the action over decides the rest.
    """
    details = {"receipt": receipt, "problem": problem, "delivered_at": delivered_at}
    with engine.begin() as connection:
        for action_id in action_ids:
            mine = outbox.c.action_id == action_id if state == "delivered" else _is_claimed(action_id, run_id)
            _write(connection, mine, state, details | {"as_of": as_of, "updated_at": now}, not_before)


def resolve(
    engine: Engine,
    action_ids: Sequence[str],
    state: str,
    *,
    as_of: datetime,
    now: datetime,
    receipt: dict | None = None,
    problem: str | None = None,
    delivered_at: datetime | None = None,
) -> None:
    """Write down what reading back said about `unknown` actions; `unknown` again is a look that told nothing."""
    details = {"receipt": receipt, "problem": problem, "delivered_at": delivered_at}
    if state == "unknown":
        details["attempts"] = outbox.c.attempts + 1
    if state == "expired":
        details["receipt"] = IN_DOUBT
    with engine.begin() as connection:
        for action_id in action_ids:
            is_unknown = (outbox.c.action_id == action_id) & (outbox.c.state == "unknown")
            _write(connection, is_unknown, state, details | {"as_of": as_of, "updated_at": now})


def put_back(
    engine: Engine,
    *,
    as_of: datetime,
    now: datetime,
    expires_at: Mapping[str, datetime],
) -> list[str]:
    """Owe again what failed or expired, each until its new `expires_at`; the ids of those that were put back.

    One that may have been sent is looked for first. Nothing else is touched: what is in doubt is not owed, what was
    called off stays so.
    """
    done = []
    with engine.begin() as connection:
        for action_id, until in expires_at.items():
            is_over = (outbox.c.action_id == action_id) & outbox.c.state.in_(["failed", "expired"])
            receipt = connection.execute(select(outbox.c.receipt).where(is_over)).scalar()
            values = {
                "state": "unknown" if receipt == IN_DOUBT else "pending",
                "expires_at": until,
                "next_try_at": now,
                "attempts": 0,
                "problem": "put back by a person",
                "receipt": None,
                "as_of": as_of,
                "updated_at": now,
            }
            if connection.execute(update(outbox).where(is_over).values(values)).rowcount:
                done.append(action_id)
    return done


def _write(
    connection: Connection,
    condition: ColumnElement[bool],
    state: str,
    values: dict[str, Any],
    not_before: datetime | None = None,
) -> None:
    if state in ("pending", "unknown"):
        attempts = connection.execute(select(outbox.c.attempts).where(condition)).scalar() or 1
        next_try_at = values["updated_at"] + _pause(attempts)
        values["next_try_at"] = next_try_at if not_before is None else max(next_try_at, not_before)
    connection.execute(update(outbox).where(condition).values(values | {"state": state}))


def _pause(attempts: int) -> timedelta:
    # The bound keeps the power small: an action that is tried for two days would need a longer time than there is.
    return min(FIRST_RETRY * 2 ** min(attempts - 1, 10), LONGEST_RETRY)


def _is_claimed(action_id: str, run_id: str) -> ColumnElement[bool]:
    return (outbox.c.action_id == action_id) & (outbox.c.state == "sending") & (outbox.c.claimed_by == run_id)
