"""Which custom events HubSpot has taken: one row a call, written when its answer came.

A watermark of time would not do. Events come late and in any order, a rebuilt warehouse gives every row another time of
loading, a contact is found in HubSpot weeks after what they did, and one bad occurrence must not hold back the others.
So the ids themselves are kept, 16 bytes each, for as long as the occurrence is in the window of what is sent. When it
has left the window its id is forgotten, and with it everything that is as old: what happened up to the last instant
that was forgotten is never sent any more, whatever clock a run has and however the window is widened later. The rows
stay, so that what was sent in a month can be counted.

A process that is killed between HubSpot's answer and the row sends that one call again, with the same ids, of which
HubSpot takes each once a year.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select, update

from dagster_project.state.tables import sent_occurrences as sent

ID_BYTES = 16


def read_sent_ids(engine: Engine, since: datetime) -> pl.Series:
    """The ids of what was sent and happened at this time or later, and of some that happened before, as bytes."""
    query = select(sent.c.occurrence_ids).where(sent.c.occurrence_ids.is_not(None), sent.c.last_occurred_at >= since)
    with engine.connect() as connection:
        packed = b"".join(row.occurrence_ids for row in connection.execute(query))
    ids = [packed[place : place + ID_BYTES] for place in range(0, len(packed), ID_BYTES)]
    return pl.Series("id", ids, dtype=pl.Binary)


def forgotten_until(engine: Engine) -> datetime | None:
    """The last instant of which it is not known any more what was sent."""
    query = select(func.max(sent.c.last_occurred_at)).where(sent.c.occurrence_ids.is_(None))
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def remember_sent(
    connection: Connection, occurrence_ids: Sequence[str], last_occurred_at: datetime, run_id: str, now: datetime
) -> None:
    row = {
        "run_id": run_id,
        "sent_at": now,
        "last_occurred_at": last_occurred_at,
        "occurrence_count": len(occurrence_ids),
        "occurrence_ids": b"".join(UUID(item).bytes for item in occurrence_ids),
    }
    connection.execute(insert(sent).values(row))


def forget_sent(engine: Engine, until: datetime) -> None:
    """Forget the ids of calls all of whose occurrences happened at this time or before."""
    is_old = sent.c.occurrence_ids.is_not(None) & (sent.c.last_occurred_at <= until)
    with engine.begin() as connection:
        connection.execute(update(sent).where(is_old).values(occurrence_ids=None))


def count_sent_in_month(engine: Engine, now: datetime) -> int:
    """How many occurrences were sent in this calendar month (UTC)."""
    begins_at = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    query = select(func.coalesce(func.sum(sent.c.occurrence_count), 0)).where(sent.c.sent_at >= begins_at)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
