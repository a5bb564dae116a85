"""Owe again what was given up: somebody mended what stood in its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dagster_project.outreach import outbox
from dagster_project.outreach.outbox_rows import OutboxRow, read_rows
from dagster_project.state.tables import outbox as table

GIVEN_UP = ("failed", "expired")
# Of rows that an earlier version made, which do not say.
DEFAULT_LIFETIME_HOURS = 48


class NothingToRetry(Exception):
    """None of what was asked for was given up; the message says what is the matter with it."""


@dataclass(frozen=True)
class Retried:
    """What was put back, and of what was asked for that which was not, with the reason."""

    put_back: list[str]
    left: dict[str, str]


def retry(
    engine: Engine,
    as_of: datetime,
    now: datetime,
    *,
    action_ids: Sequence[str] = (),
    trigger_id: str | None = None,
) -> Retried:
    """Put back what failed or expired: these actions, those of a trigger, or all; each gets its whole time anew.

    What is in doubt is never put back, what was called off stays so.

    Raises:
        NothingToRetry: Nothing of it was given up.
    """
    rows = _wanted(engine, action_ids, trigger_id)
    given_up = {row.action.action_id: row for row in rows if row.state in GIVEN_UP}
    lifetimes = {action_id: as_of + _lifetime(row) for action_id, row in given_up.items()}
    done = outbox.put_back(engine, as_of=as_of, now=now, expires_at=lifetimes)
    known = {row.action.action_id: row.state for row in rows}
    left = {
        action_id: f"it is {known[action_id]}" if action_id in known else "there is no such action"
        for action_id in action_ids
        if action_id not in done
    }
    if not done:
        why = "; ".join(f"{action_id}: {reason}" for action_id, reason in left.items())
        raise NothingToRetry(f"Nothing was put back: {why or 'nothing failed or expired'}.")
    return Retried(done, left)


def _wanted(engine: Engine, action_ids: Sequence[str], trigger_id: str | None) -> list[OutboxRow]:
    condition = table.c.action_id.in_(action_ids) if action_ids else table.c.state.in_(GIVEN_UP)
    if trigger_id is not None:
        condition &= table.c.trigger_id == trigger_id
    return read_rows(engine, condition)


def _lifetime(row: OutboxRow) -> timedelta:
    return timedelta(hours=row.action.payload.get("expires_hours") or DEFAULT_LIFETIME_HOURS)
