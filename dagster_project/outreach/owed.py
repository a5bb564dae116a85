"""The actions of a snapshot: when each may leave, when it is due, and until when it is of use."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, Table, select

from dagster_project.outreach.calendars import CHANNEL_OF, DIGEST, Calendars
from dagster_project.state.chunking import chunks
from dagster_project.state.tables import handoffs, returns

NEEDED = {
    "action_id",
    "trigger_id",
    "kind",
    "target",
    "moment_at",
    "not_before_minutes",
    "in_working_hours",
    "return_id",
}
# These write on a contact of HubSpot, and wait until there is one.
ON_A_CONTACT = ("hubspot_task", "sequence")


class ActionsOutdated(Exception):
    """The published marts are of an earlier version; the message says what to do."""


@dataclass(frozen=True)
class Times:
    """By the clock of the runs: not before `leaves_at`, to be done by `due_at`, of no use after `expires_at`."""

    leaves_at: datetime
    due_at: datetime | None
    expires_at: datetime


def read_actions(snapshot_actions: Path) -> list[dict]:
    """The rows of `decide.actions` that something is to be sent for, the oldest moment first.

    Raises:
        ActionsOutdated: The marts were published by an earlier version.
    """
    found = pl.read_parquet(snapshot_actions)
    if not set(found.columns) >= NEEDED:
        raise ActionsOutdated(
            "The published marts are of an earlier version and do not say when actions leave: build them anew "
            "(the job score, or make run); what is owed waits."
        )
    sent = found.filter(pl.col("kind").is_in(list(CHANNEL_OF))).sort("moment_at", "action_id")
    return list(sent.iter_rows(named=True))


def times_of(row: dict, calendars: Calendars, as_of: datetime) -> Times:
    """When an action leaves, is due and expires.

    All three count from the moment; with `in_working_hours` from when the owner next works, and what of a deadline lies
    in a night, a weekend or an absence is counted on from when work begins again, until the end of that day. A digest
    leaves with the first one after its not-before that has not gone yet.
    """
    hours = calendars.hours(row["kind"], row["target"], row["owner_email"])
    begins = row["moment_at"].replace(tzinfo=UTC)
    if row["in_working_hours"]:
        begins = hours.next_opening(begins)

    def deadline(minutes: int) -> datetime:
        moment = begins + timedelta(minutes=minutes)
        return hours.carried(moment) if row["in_working_hours"] else moment

    leaves_at = begins + timedelta(minutes=row["not_before_minutes"] or 0)
    if row["in_working_hours"]:
        leaves_at = hours.next_opening(leaves_at)
    due_at = None if row["due_minutes"] is None else deadline(row["due_minutes"])
    expires_at = deadline(row["expires_hours"] * 60)
    if row["kind"] == DIGEST and leaves_at <= as_of:
        digest_at = calendars.digest_at()
        leaves_at = hours.next_time(as_of, digest_at) if digest_at else as_of
        # It is due with the digest, however long that takes to come.
        due_at, expires_at = leaves_at, max(expires_at, leaves_at + timedelta(hours=1))
    return Times(leaves_at, due_at, expires_at)


def acknowledged_owners(engine: Engine, rows: list[dict]) -> dict[str, str | None]:
    """The handoffs and returns of these actions that HubSpot holds, each with the owner it holds."""
    return _acknowledged(engine, handoffs, "handoff_id", rows) | _acknowledged(engine, returns, "return_id", rows)


def _acknowledged(engine: Engine, table: Table, id_name: str, rows: list[dict]) -> dict[str, str | None]:
    ids = [row[id_name] for row in rows if row[id_name] is not None]
    column = table.c[id_name]
    query = select(column, table.c.owner_id).where(table.c.acknowledged_at.is_not(None))
    with engine.connect() as connection:
        return {
            found[0]: found.owner_id
            for some in chunks(ids)
            for found in connection.execute(query.where(column.in_(some)))
        }
