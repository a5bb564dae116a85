"""What HubSpot refused and has not taken since: it waits, is tried again less and less often, and people look at it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select

from dagster_project.crm.batches import Rejection
from dagster_project.crm.changes import Update
from dagster_project.state.chunking import chunks
from dagster_project.state.tables import rejections

FIRST_RETRY = timedelta(hours=1)
LONGEST_RETRY = timedelta(hours=24)
SHOWN = 50


@dataclass(frozen=True)
class Refused:
    """The values of one record that HubSpot did not take, with its words, and when they are tried again."""

    record_key: str
    hubspot_id: str | None
    values: dict[str, str | None]
    category: str
    message: str
    tries: int
    next_try_at: datetime


def read_refused(engine: Engine, object_type: str, limit: int = SHOWN) -> list[Refused]:
    """Those that have been tried most often come first."""
    columns = rejections.c
    query = (
        select(
            columns.record_key,
            columns.hubspot_id,
            columns.refused_values,
            columns.category,
            columns.message,
            columns.tries,
            columns.next_try_at,
        )
        .where(columns.object_type == object_type)
        .order_by(columns.tries.desc(), columns.record_key)
        .limit(limit)
    )
    with engine.connect() as connection:
        return [Refused(*row) for row in connection.execute(query)]


def without_waiting(engine: Engine, object_type: str, updates: list[Update], now: datetime) -> tuple[list[Update], int]:
    """Leave out what HubSpot refused before, until a value changes or its time has come; and say how many these are.

    What one record refused is no reason not to ask another one that the same user or company has by now.
    """
    query = select(rejections.c.record_key, rejections.c.hubspot_id, rejections.c.refused_values).where(
        rejections.c.object_type == object_type, rejections.c.next_try_at > now
    )
    with engine.connect() as connection:
        refused = {row.record_key: (row.hubspot_id, row.refused_values) for row in connection.execute(query)}

    def waits(item: Update) -> bool:
        hubspot_id, values = refused.get(item.record_key, (None, None))
        # None: refused when the record was to be made; of what was made then, the rest was written.
        return values == item.values and hubspot_id in (None, item.hubspot_id)

    due = [item for item in updates if not waits(item)]
    return due, len(updates) - len(due)


def forget_unwanted(engine: Engine, object_type: str, updates: list[Update], others: Collection[str] = ()) -> None:
    """Forget what was refused of records of which nothing differs any more: the value is wanted no longer, or is held.

    Of `others` that is not known here.
    Nobody would ever send it again and learn that it is settled.
    """
    wanted = {item.record_key for item in updates} | set(others)
    with engine.connect() as connection:
        query = select(rejections.c.record_key).where(rejections.c.object_type == object_type)
        unwanted = sorted(set(connection.execute(query).scalars()) - wanted)
    for keys in chunks(unwanted):
        with engine.begin() as connection:
            is_it = (rejections.c.object_type == object_type) & rejections.c.record_key.in_(keys)
            connection.execute(delete(rejections).where(is_it))


def forget_refused(connection: Connection, object_type: str, taken: list[Update]) -> None:
    """HubSpot has taken these whole."""
    keys = [update.record_key for update in taken if not update.is_gone]
    emptied = [update.hubspot_id for update in taken if update.is_gone]
    is_settled = rejections.c.record_key.in_(keys) | rejections.c.hubspot_id.in_(emptied)
    connection.execute(delete(rejections).where(rejections.c.object_type == object_type, is_settled))


def remember_refused(
    connection: Connection, object_type: str, rejection: Rejection, run_id: str, now: datetime
) -> None:
    """In the place of what was refused of the record before; the pause doubles with each try."""
    record_key = rejection.update.record_key
    is_it = (rejections.c.object_type == object_type) & (rejections.c.record_key == record_key)
    tries = (connection.execute(select(rejections.c.tries).where(is_it)).scalar() or 0) + 1
    connection.execute(delete(rejections).where(is_it))
    connection.execute(
        insert(rejections).values(
            object_type=object_type,
            record_key=record_key,
            hubspot_id=rejection.update.hubspot_id,
            refused_values=rejection.values,
            category=rejection.category,
            message=rejection.message,
            tries=tries,
            last_try_at=now,
            next_try_at=now + min(FIRST_RETRY * 2 ** (tries - 1), LONGEST_RETRY),
            run_id=run_id,
        )
    )
