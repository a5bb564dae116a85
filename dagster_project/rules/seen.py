"""Which events have come in, and over how long: what rules can be held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema import EventName

NAMES_SQL = "select source, source_event, event_kind from intermediate.int_event_meanings"
# A single event with a date long past would stretch the data over decades: the span is that of 99 in 100 events.
SPAN_SQL = """
with days as (
    select happened_on, sum(event_count) as event_count from intermediate.int_user_event_days group by happened_on
),
counted as (
    select
        happened_on,
        sum(event_count) over (order by happened_on rows between unbounded preceding and current row) as so_far,
        sum(event_count) over () as total
    from days
)
select date_diff('day', min(happened_on), max(happened_on)) + 1 from counted where so_far * 100 > total
"""


SEGMENT_SIZES_SQL = "select segment_id, count(*) from decide.segment_members group by segment_id"
RECORD_COUNTS_SQL = """
select 'contacts', count(*) from score.contact_scores union all select 'companies', count(*) from score.company_scores
"""


class EventsUnknown(Exception):
    """No events can be looked at; the message says why."""


@dataclass(frozen=True)
class SeenEvents:
    """The names that sources gave to events, each with its source, and how many days the events cover."""

    names: frozenset[tuple[str, str]]
    span_days: int | None = None
    # How many are in each segment that has anybody (None: segments were never built), and how many there are in all.
    segment_sizes: Mapping[str, int] | None = None
    record_counts: Mapping[str, int] = field(default_factory=dict)

    def taxonomy_rows(self, book: RuleBook) -> list[EventName]:
        """The rows of the taxonomy of which an event has come in, as these rules name it."""
        return [rule for rule in book.rules("event_taxonomy") if (rule.source, rule.source_event) in self.names]


def read_seen_events(warehouse: Path) -> SeenEvents:
    """What the last build of the warehouse knew, read without waiting.

    Raises:
        EventsUnknown: There is no warehouse, another process has it, or it was never built.
    """
    if not warehouse.is_file():
        raise EventsUnknown(f"{warehouse} is not there yet")
    try:
        with duckdb.connect(warehouse, read_only=True) as connection:
            names = connection.sql(NAMES_SQL).fetchall()
            [(span_days,)] = connection.sql(SPAN_SQL).fetchall()
            segment_sizes, record_counts = _segments(connection)
    except duckdb.CatalogException:
        raise EventsUnknown(f"{warehouse} holds no events yet") from None
    except duckdb.Error:
        raise EventsUnknown(f"{warehouse} is in use by another process, or cannot be read") from None
    if not names:
        raise EventsUnknown(f"{warehouse} holds no events yet")
    named = {(source, name) for source, *both in names for name in both if name is not None}
    return SeenEvents(frozenset(named), span_days, segment_sizes, record_counts)


def _segments(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, int] | None, dict[str, int]]:
    """Sizes of segments and counts of records; of a warehouse that was built before there were segments, nothing."""
    try:
        return dict(connection.sql(SEGMENT_SIZES_SQL).fetchall()), dict(connection.sql(RECORD_COUNTS_SQL).fetchall())
    except duckdb.CatalogException:
        return None, {}
