"""One sync of custom events: define them, send what HubSpot has not taken, write down what it took."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl
from sqlalchemy import delete

from dagster_project.crm.errors import CrmScopeMissing
from dagster_project.crm.event_definitions import Definitions, ensure_definitions
from dagster_project.crm.event_map import EventMap, MappedEvent
from dagster_project.crm.occurrence_sending import (
    BATCH_SIZE,
    MOST_REFUSED_IN_A_ROW,
    Occurrence,
    Sent,
    read_occurrence,
    send_occurrences,
)
from dagster_project.crm.owed_occurrences import EVENTS, Owed, find_owed, refused_ids
from dagster_project.crm.refusals import forget_refused, remember_refused
from dagster_project.crm.sent_occurrences import count_sent_in_month, forget_sent, remember_sent
from dagster_project.crm.syncing import SyncRun
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.run_log import log_step
from dagster_project.state.tables import rejections

NOT_ALLOWED = (
    "HubSpot does not let this token work with custom events, so they wait. They need an Enterprise hub and the scopes "
    "behavioral_events.event_definitions.read_write and analytics.behavioral_events.send; without them, set "
    "is_enabled to false in crm_events.csv. HubSpot says: "
)


@dataclass
class EventSummary:
    """What one sync of custom events came to.

    `not_allowed`: why nothing more was sent, if the portal or the token has no custom events. `problems`: what is wrong
    with single events. `changed_values`: what was not sent as it was stated. `over_budget`: what waits for next month.
    """

    owed: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    over_budget: int = 0
    sent_this_month: int = 0
    max_occurrences_month: int = 0
    changed_values: dict[str, int] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    not_allowed: str = ""
    calls: int = 0

    @property
    def sent_count(self) -> int:
        return sum(self.sent.values())

    @property
    def rejected_count(self) -> int:
        return sum(self.rejected.values())


def sync_occurrences(
    run: SyncRun, api: HubSpotApi, event_map: EventMap, on_progress: Callable[[str], None]
) -> EventSummary:
    """Send what is owed and write down what HubSpot took, call by call.

    Raises:
        CrmUnavailable, CrmUnauthorised: What was taken until then is written down; the next run goes on.
    """
    summary = EventSummary(max_occurrences_month=event_map.max_occurrences_month)
    if not event_map.events:
        return summary
    started_at, calls_before = run.now(), api.calls
    owed = find_owed(run, event_map)
    summary.owed, summary.waiting, summary.left_out = owed.rows.height, owed.waiting, owed.left_out
    try:
        # Where nothing is owed, nothing is asked of HubSpot.
        if not owed.rows.is_empty():
            definitions = ensure_definitions(api, event_map.events.values())
            summary.made, summary.problems = definitions.made, dict(definitions.problems)
            _send_all(run, api, event_map, owed, definitions, summary, on_progress)
        _forget_what_left_the_window(run, event_map)
    except CrmScopeMissing as error:
        summary.not_allowed = f"{NOT_ALLOWED}{error}"
    finally:
        summary.calls = api.calls - calls_before
        summary.sent_this_month = count_sent_in_month(run.engine, run.now())
        log_step(run.engine, run.run_id, "sync_events", run.as_of, started_at, run.now(), vars(summary))
    return summary


def _send_all(
    run: SyncRun,
    api: HubSpotApi,
    event_map: EventMap,
    owed: Owed,
    definitions: Definitions,
    summary: EventSummary,
    on_progress: Callable[[str], None],
) -> None:
    usable = owed.rows.filter(pl.col("event_name").is_in(list(definitions.names)))
    sendable = usable.head(owed.room)
    summary.over_budget = usable.height - sendable.height
    refused_before = refused_ids(run.engine)

    def tell() -> None:
        on_progress(
            f"events: {summary.sent_count} of {sendable.height} taken, {summary.rejected_count} refused by HubSpot"
        )

    for event_name in definitions.names:
        rows = sendable.filter(pl.col("event_name") == event_name)
        changed: Counter[str] = Counter()
        batches = _batches(event_map.events[event_name], rows, refused_before, changed)
        try:
            _send_event(run, api, event_map.events[event_name], batches, definitions, summary, tell)
        finally:
            summary.changed_values |= changed


def _send_event(
    run: SyncRun,
    api: HubSpotApi,
    event: MappedEvent,
    batches: Iterable[list[Occurrence]],
    definitions: Definitions,
    summary: EventSummary,
    tell: Callable[[], None],
) -> None:
    """Send all batches of one event, unless HubSpot takes nothing of it."""
    refused_in_a_row = 0
    for batch in batches:
        for outcome in send_occurrences(batch, api, event, definitions.root, definitions.names[event.name]):
            _record(run, event, outcome, summary)
            tell()
            refused_in_a_row = 0 if outcome.taken else refused_in_a_row + len(outcome.rejected)
            if refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
                why = outcome.rejected[-1].message
                summary.problems[event.name] = f"HubSpot refused {refused_in_a_row} in a row, the rest waits: {why}"
                return


def _batches(
    event: MappedEvent, rows: pl.DataFrame, refused_before: set[str], changed: Counter[str]
) -> Iterator[list[Occurrence]]:
    """Oldest first, and by themselves at the end what was refused before: it would make HubSpot refuse the new ones."""
    was_refused = pl.col("occurrence_id").is_in(list(refused_before))
    for group in (rows.filter(~was_refused), rows.filter(was_refused)):
        for part in group.iter_slices(BATCH_SIZE):
            yield [read_occurrence(event, row, changed) for row in part.iter_rows(named=True)]


def _record(run: SyncRun, event: MappedEvent, outcome: Sent, summary: EventSummary) -> None:
    """Write down one call's outcome in one transaction."""
    now = run.now()
    with run.engine.begin() as connection:
        if outcome.taken:
            ids = [occurrence.occurrence_id for occurrence in outcome.taken]
            last = max(occurrence.occurred_at for occurrence in outcome.taken)
            remember_sent(connection, ids, last, run.run_id, now)
            forget_refused(connection, EVENTS, [occurrence.as_update(event.name) for occurrence in outcome.taken])
        for rejection in outcome.rejected:
            remember_refused(connection, EVENTS, rejection, run.run_id, now)
    if outcome.taken:
        summary.sent[event.name] = summary.sent.get(event.name, 0) + len(outcome.taken)
    summary.rejected = dict(Counter(summary.rejected) + Counter(rejection.category for rejection in outcome.rejected))


def _forget_what_left_the_window(run: SyncRun, event_map: EventMap) -> None:
    """Ids that were sent, and what was refused and, as nothing is tried before it happened, is not tried any more."""
    # A clock ahead of ours forgets nothing early.
    begins_at = min(run.as_of, run.now()) - event_map.window
    forget_sent(run.engine, begins_at)
    is_old = (rejections.c.object_type == EVENTS) & (rejections.c.last_try_at <= begins_at)
    with run.engine.begin() as connection:
        connection.execute(delete(rejections).where(is_old))
