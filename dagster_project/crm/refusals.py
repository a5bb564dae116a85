"""What HubSpot refused and has not taken since, for people to look at."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.syncing import SyncSummary
from dagster_project.state.tables import rejections

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
    query = (
        select(rejections)
        .where(rejections.c.object_type == object_type)
        .order_by(rejections.c.tries.desc(), rejections.c.record_key)
        .limit(limit)
    )
    with engine.connect() as connection:
        return [
            Refused(
                row.record_key,
                row.hubspot_id,
                row.refused_values,
                row.category,
                row.message,
                row.tries,
                row.next_try_at,
            )
            for row in connection.execute(query)
        ]


def refused_pct(summary: SyncSummary) -> float:
    """How many of a hundred records that differ HubSpot refused, now or before."""
    refused = summary.rejected_records + summary.waiting_records
    return 100 * refused / summary.changed_records if summary.changed_records else 0.0


def are_too_many(summary: SyncSummary, mapped: MappedObject) -> bool:
    """Whether so much was refused that something is wrong with the map or the portal rather than with a record."""
    return refused_pct(summary) > mapped.max_refused_pct
