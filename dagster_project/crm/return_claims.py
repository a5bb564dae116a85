"""Which returns to marketing were begun and which HubSpot was read back to hold: their rows in the state database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dagster_project.state.chunking import chunks
from dagster_project.state.tables import returns as returns_table


@dataclass(frozen=True)
class Return:
    """A contact that goes back to marketing, as `decide.returns` decided it; `owner_id` is who had it.

    `known_until`: what was done about the contact since was not known when it was decided.
    """

    return_id: str
    handoff_id: str | None
    record_key: str
    hubspot_id: str
    episode: int
    rule_id: str
    reason: str
    owner_id: str | None
    returned_at: datetime
    known_until: datetime
    is_claimed: bool


def read_begun_returns(path: Path) -> list[Return]:
    """The returns of a snapshot that are not yet acknowledged and whose contact HubSpot holds."""
    # Returns came later than the first snapshots.
    if not path.exists():
        return []
    begun = pl.col("return_state").is_in(["proposed", "claimed"]) & pl.col("hubspot_id").is_not_null()
    return [
        Return(
            row["return_id"],
            row["handoff_id"],
            row["record_key"],
            row["hubspot_id"],
            row["episode"],
            row["rule_id"],
            row["return_reason"],
            row["owner_id"],
            row["returned_at"].replace(tzinfo=UTC),
            min(row[name] for name in ("returned_at", "activity_copied_at") if row[name]).replace(tzinfo=UTC),
            row["return_state"] == "claimed",
        )
        for row in pl.read_parquet(path).filter(begun).sort("return_id").iter_rows(named=True)
    ]


def read_claimed(engine: Engine, return_ids: Sequence[str]) -> dict[str, bool]:
    """Whether it is acknowledged, of each return that was ever begun and not withdrawn."""
    table = returns_table.c
    query = select(table.return_id, table.acknowledged_at.is_not(None))
    with engine.connect() as connection:
        return {
            return_id: bool(is_acknowledged)
            for ids in chunks(return_ids)
            for return_id, is_acknowledged in connection.execute(query.where(table.return_id.in_(ids)))
        }


def claim(engine: Engine, begun: Iterable[Return], run_id: str, now: datetime) -> bool:
    """Write down what is about to be written to HubSpot, all of it or nothing; False: one of them is claimed by now."""
    rows = [
        {
            "return_id": item.return_id,
            "handoff_id": item.handoff_id,
            "record_key": item.record_key,
            "episode": item.episode,
            "rule_id": item.rule_id,
            "reason": item.reason,
            "owner_id": item.owner_id,
            "returned_at": item.returned_at,
            "run_id": run_id,
            "claimed_at": now,
        }
        for item in begun
    ]
    try:
        with engine.begin() as connection:
            if rows:
                connection.execute(insert(returns_table), rows)
    except IntegrityError:
        if not read_claimed(engine, [row["return_id"] for row in rows]):
            raise
        return False
    return True


def withdraw(engine: Engine, return_ids: Sequence[str]) -> None:
    """Something overtook them before anything was written: they were never begun."""
    if return_ids:
        table = returns_table.c
        with engine.begin() as connection:
            for ids in chunks(return_ids):
                is_open = table.return_id.in_(ids) & table.acknowledged_at.is_(None)
                connection.execute(delete(returns_table).where(is_open))


def acknowledge(connection: Connection, return_ids: Sequence[str], *, as_of: datetime, now: datetime) -> None:
    """HubSpot was read back to hold these returns; within the caller's transaction."""
    table = returns_table.c
    for ids in chunks(return_ids):
        is_open = table.return_id.in_(ids) & table.acknowledged_at.is_(None)
        connection.execute(update(returns_table).where(is_open).values(acknowledged_as_of=as_of, acknowledged_at=now))
