"""Which handoffs were begun and which HubSpot has acknowledged: their rows in the state database."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dagster_project.state.chunking import chunks
from dagster_project.state.tables import handoffs as handoffs_table


@dataclass(frozen=True)
class Handoff:
    """A handoff that is being made, as `decide.handoffs` decided it.

    `turn` is the how-manyth of the owner in `pool`; both are None where somebody had the contact already.
    """

    handoff_id: str
    record_key: str
    episode: int
    owner_id: str | None
    owner_reason: str
    handed_off_at: datetime
    pool: str | None = None
    track: str | None = None
    route_id: str | None = None
    turn: int | None = None
    reason: str | None = None

    def kept_by(self, owner_id: str, owner_reason: str) -> "Handoff":
        """The same, where somebody has the contact by now: no turn is taken."""
        return replace(self, owner_id=owner_id, owner_reason=owner_reason, pool=None, turn=None)


FIELDS = tuple(field.name for field in fields(Handoff))
# What may still change while a handoff is claimed and not acknowledged: somebody else may have the contact by now.
DECIDED = ("owner_id", "owner_reason", "pool", "turn")


@dataclass(frozen=True)
class Claim:
    """A handoff that an earlier run, or an earlier try, began."""

    handoff: Handoff
    is_acknowledged: bool


def read_claims(engine: Engine, handoff_ids: list[str]) -> dict[str, Claim]:
    with engine.connect() as connection:
        return _claims(connection, handoff_ids)


def _claims(connection: Connection, handoff_ids: list[str]) -> dict[str, Claim]:
    table = handoffs_table.c
    query = select(*(table[name] for name in FIELDS), table.acknowledged_at.is_not(None))
    return {
        row.handoff_id: Claim(Handoff(*row[:-1]), bool(row[-1]))
        for ids in chunks(handoff_ids)
        for row in connection.execute(query.where(table.handoff_id.in_(ids)))
    }


def write_claims(
    engine: Engine,
    made: list[Handoff],
    withdrawn: list[str],
    claims: dict[str, Claim],
    run_id: str,
    now: datetime,
) -> bool:
    """Write down what was decided, all of it or nothing; False: these are no longer the claims it was decided on."""
    handoff_ids = [handoff.handoff_id for handoff in made] + withdrawn
    decided_on = {handoff_id: claims[handoff_id] for handoff_id in handoff_ids if handoff_id in claims}
    try:
        with engine.begin() as connection:
            if _claims(connection, handoff_ids) != decided_on:
                return False
            for handoff_id in decided_on.keys() & set(withdrawn):
                connection.execute(delete(handoffs_table).where(handoffs_table.c.handoff_id == handoff_id))
            for handoff in made:
                if handoff.handoff_id in claims:
                    is_it = handoffs_table.c.handoff_id == handoff.handoff_id
                    decided = {name: getattr(handoff, name) for name in DECIDED}
                    connection.execute(update(handoffs_table).where(is_it).values(decided))
                else:
                    row = {**asdict(handoff), "run_id": run_id, "claimed_at": now}
                    connection.execute(insert(handoffs_table).values(row))
    except IntegrityError:
        # Where the database lets two runs write at once, the second one finds the row after it looked.
        if read_claims(engine, handoff_ids) == decided_on:
            raise
        return False
    return True


def acknowledge(connection: Connection, handoff_ids: Sequence[str], *, as_of: datetime, now: datetime) -> None:
    """HubSpot holds these handoffs; within the caller's transaction."""
    if handoff_ids:
        connection.execute(
            update(handoffs_table)
            .where(handoffs_table.c.handoff_id.in_(handoff_ids), handoffs_table.c.acknowledged_at.is_(None))
            .values(acknowledged_as_of=as_of, acknowledged_at=now)
        )
