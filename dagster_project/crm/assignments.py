"""Who took which contact, as the state remembers it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select, union_all

from dagster_project.state.tables import handoffs, outbox

LAST = 50


@dataclass(frozen=True)
class Assignment:
    """A handoff that was begun; `turn` is None where somebody had the contact already."""

    record_key: str
    owner_id: str | None
    owner_reason: str
    handed_off_at: datetime
    pool: str | None
    turn: int | None
    track: str | None
    is_acknowledged: bool


@dataclass(frozen=True)
class Load:
    """How many turns somebody has had in a pool, counting those that were made up for while they were away."""

    pool: str
    owner_id: str
    turns: int
    last_turn_at: datetime


def read_last_assignments(engine: Engine, count: int = LAST) -> list[Assignment]:
    """The newest first."""
    table = handoffs.c
    names = ("record_key", "owner_id", "owner_reason", "handed_off_at", "pool", "turn", "track")
    query = (
        select(*(table[name] for name in names), table.acknowledged_at.is_not(None))
        .order_by(table.handed_off_at.desc(), table.pool, table.turn.desc(), table.handoff_id)
        .limit(count)
    )
    with engine.connect() as connection:
        return [Assignment(*row[:-1], bool(row[-1])) for row in connection.execute(query)]


def read_loads(engine: Engine) -> list[Load]:
    """Turns of handoffs and of actions together, as the models count them."""
    turns = union_all(
        select(handoffs.c.pool, handoffs.c.owner_id, handoffs.c.turn, handoffs.c.handed_off_at.label("taken_at")),
        select(outbox.c.pool, outbox.c.owner_id, outbox.c.turn, outbox.c.moment_at),
    ).subquery()
    query = (
        select(turns.c.pool, turns.c.owner_id, func.max(turns.c.turn), func.max(turns.c.taken_at))
        .where(turns.c.turn.is_not(None), turns.c.pool.is_not(None), turns.c.owner_id.is_not(None))
        .group_by(turns.c.pool, turns.c.owner_id)
        .order_by(turns.c.pool, func.max(turns.c.turn).desc(), turns.c.owner_id)
    )
    with engine.connect() as connection:
        return [Load(*row) for row in connection.execute(query)]
