"""One object type read from HubSpot: whole, page by page, or only what changed since the last copy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from dagster_project.crm.copied_objects import MERGED_IDS, RECORD_ID, CopiedObject
from dagster_project.crm.errors import CrmUnavailable
from dagster_project.crm.paging import next_of, pages_of
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.values import known_instant
from dagster_project.crm.watching import Watched
from dagster_project.instants import naive

PAGE_SIZE = 100
SEARCH_PAGE_SIZE = 200
MAX_SEARCH_RESULTS = 10_000
# The search index is behind by "a few moments", by minutes after mass updates, and our clock is nobody's standard.
OVERLAP = timedelta(minutes=10)
# Search never tells of records deleted for good or restored, nor HubSpot of every association that went; a day is how
# long the copy may not know. An hour less, so that a run at the same time each day reads everything each day.
WHOLE_EVERY = timedelta(hours=23)


@dataclass(frozen=True)
class CopyState:
    """What is known of the copy of one object type.

    Args:
        changed_until: Every change before this is in it, by HubSpot's clock. None: nothing dated was ever read.
        properties: The `fingerprint` it was made with.
    """

    record_count: int
    changed_until: datetime | None = None
    read_whole_at: datetime | None = None
    properties: str | None = None

    def can_be_continued(self, kind: CopiedObject, now: datetime) -> bool:
        return (
            self.changed_until is not None
            and self.read_whole_at is not None
            and timedelta(0) <= now - self.read_whole_at < WHOLE_EVERY
            and self.properties == kind.fingerprint
        )


@dataclass(frozen=True)
class ObjectRead:
    """What was read of an object type; `rows` are what its raw table takes.

    Args:
        items: The records as HubSpot answered them: `id` and `properties`.
        is_whole: These are all records; else only those that may have changed.
        gone: Ids of records that were archived or merged into another.
        merges: `{id: the id it was merged into}`.
        watched: What these records hold in our own properties, as `crm.watching` gives it.
    """

    kind: CopiedObject
    items: list[dict]
    is_whole: bool
    gone: frozenset[str]
    merges: dict[str, str]
    state: CopyState
    watched: pl.DataFrame

    @property
    def ids(self) -> set[str]:
        return {item["id"] for item in self.items}

    @property
    def rows(self) -> list[dict]:
        return [_row(self.kind, item) for item in self.items]


class _WholeIsCheaper(Exception):
    """What changed cannot be told with fewer calls than reading everything takes."""


def read_object(api: HubSpotApi, kind: CopiedObject, past: CopyState | None, started_at: datetime) -> ObjectRead:
    """Read what changed since the last copy, or everything where there is none that can be continued.

    Args:
        started_at: When this copy was begun; what changes from then on is for the next one.
    Raises:
        CrmError: See `HubSpotApi.call`; nothing is half read.
    """
    if past is None or not past.can_be_continued(kind, started_at):
        return _read_whole(api, kind, started_at)
    watched = Watched(kind.watched, kind.used)
    try:
        changed = [_used(item, watched) for item in _changed_since(api, kind, past.changed_until - OVERLAP)]
        archived = _archived(api, kind, past.record_count // PAGE_SIZE + 1)
    except _WholeIsCheaper:
        return _read_whole(api, kind, started_at)
    # Also of those that others went into before they were archived themselves.
    merges = _merges([*archived, *changed])
    gone = {item["id"] for item in archived} | set(merges)
    until = _changed_until(kind, changed, started_at, past.changed_until)
    state = CopyState(past.record_count, until, past.read_whole_at, kind.fingerprint)
    return ObjectRead(kind, _without(changed, gone), False, frozenset(gone), merges, state, watched.table())


def _read_whole(api: HubSpotApi, kind: CopiedObject, started_at: datetime) -> ObjectRead:
    path = f"/crm/objects/{{version}}/{kind.name}"
    watched = Watched(kind.watched, kind.used)
    items = [_used(item, watched) for item in items_at(api, path, properties=",".join(kind.properties))]
    merges = _merges(items)
    # Merged while the pages were read: both were met, and one of them is no more.
    items = _without(items, set(merges))
    state = CopyState(len(items), _changed_until(kind, items, started_at), started_at, kind.fingerprint)
    return ObjectRead(kind, items, True, frozenset(), merges, state, watched.table())


def items_at(api: HubSpotApi, path: str, **query: str) -> Iterator[dict]:
    """A page without results is no page: what is missing from a copy would be taken for deleted."""
    for page in pages_of(api, path, query | {"limit": PAGE_SIZE}):
        yield from page["results"]


def _changed_since(api: HubSpotApi, kind: CopiedObject, since: datetime) -> Iterator[dict]:
    """Records last modified at `since` or later, in the order of their ids, each once.

    The key that leads from page to page is the id alone, and the time only a filter. An id never changes, so neither
    more than 10,000 results, nor any number of records with one timestamp, nor a change made while this is read can
    stop it, repeat it or make it skip. A key made of the time would skip: the order is that of the index, which lags,
    and the time that is answered is the present one. Whatever changes behind the key is found by the next copy.
    """
    last, after = 0, None
    while True:
        body = {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": kind.modified, "operator": "GTE", "value": str(_milliseconds(since))},
                        {"propertyName": RECORD_ID, "operator": "GT", "value": str(last)},
                    ]
                }
            ],
            "sorts": [{"propertyName": RECORD_ID, "direction": "ASCENDING"}],
            "properties": list(kind.properties),
            "limit": SEARCH_PAGE_SIZE,
        } | ({} if after is None else {"after": after})
        page = api.post(f"/crm/objects/{{version}}/{kind.name}/search", body, repeatable=True).body
        found, after = page["results"], next_of(page)
        yield from found
        if after is None:
            return
        if found:
            furthest = max(int(item["id"]) for item in found)
            if furthest <= last:
                raise CrmUnavailable(f"HubSpot's search of {kind.name} answers the same records again and again.")
            last, after = furthest, None
        elif int(after) + SEARCH_PAGE_SIZE > MAX_SEARCH_RESULTS:
            # A page is empty where the index still counts what was archived a moment ago: so many cannot be paged over.
            raise _WholeIsCheaper


def _archived(api: HubSpotApi, kind: CopiedObject, most_pages: int) -> list[dict]:
    """Everything in the recycle bin, which holds ninety days.

    HubSpot documents no order of the bin, so no page says that the rest is known already: it is read to its end, or
    given up where a full read takes fewer pages. Merged records are not in it.
    """
    found: list[dict] = []
    path = f"/crm/objects/{{version}}/{kind.name}"
    for item in items_at(api, path, archived="true", properties=f"{RECORD_ID},{MERGED_IDS}"):
        if len(found) == most_pages * PAGE_SIZE:
            raise _WholeIsCheaper
        found.append(item)
    return found


def _used(item: dict, watched: Watched) -> dict:
    """A million records are held at once: without addresses of pages and times that nobody looks at."""
    return {"id": item["id"], "properties": watched.take(item["id"], item["properties"])}


def _merges(items: list[dict]) -> dict[str, str]:
    return {
        merged: item["id"]
        for item in items
        for merged in (item["properties"].get(MERGED_IDS) or "").split(";")
        if merged and merged != item["id"]
    }


def _without(items: list[dict], gone: set[str]) -> list[dict]:
    return [item for item in items if item["id"] not in gone]


def _row(kind: CopiedObject, item: dict) -> dict:
    held = item["properties"]
    return (
        {"hubspot_id": item["id"]}
        | kind.row_type
        | {column: held.get(name) for column, name in kind.columns.items()}
        | {column: naive(known_instant(held.get(name))) for column, name in kind.instants.items()}
    )


def _changed_until(
    kind: CopiedObject, items: list[dict], started_at: datetime, before: datetime | None = None
) -> datetime | None:
    """By HubSpot's clock, since ours may be ahead of it; never later than the beginning of a copy that takes long."""
    dated = [known_instant(item["properties"].get(kind.modified)) for item in items]
    latest = max((moment for moment in dated if moment is not None), default=None)
    until = None if latest is None else min(latest, started_at)
    return max((moment for moment in (until, before) if moment is not None), default=None)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
