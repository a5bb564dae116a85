"""A portal with a few contacts, a state, and published occurrences that are sent into it."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from crm_world import AS_OF, door, naive, write_rows
from sqlalchemy import Engine, select

from dagster_project.crm.event_map import EventMap, EventProperty, MappedEvent
from dagster_project.crm.occurrence_syncing import EventSummary, sync_occurrences
from dagster_project.crm.owed_occurrences import SCHEMA, Owed, find_owed
from dagster_project.crm.syncing import SyncRun
from dagster_project.crm.transport import HubSpotApi
from dagster_project.sandbox.errors import PORTAL_ID
from dagster_project.sandbox.running import Sandbox
from dagster_project.state.tables import rejections, sent_occurrences

WINDOW = timedelta(days=30)
PAYWALL = MappedEvent("paywall_hit", "Hit a paywall", "Wanted more", (EventProperty("feature", "text", "Feature"),))
INVITED = MappedEvent("teammate_invited", "Invited a teammate", "Asked a colleague in")
EVENTS = EventMap({"paywall_hit": PAYWALL, "teammate_invited": INVITED}, WINDOW, 1_000)


def occurrence(name: str, contact: str | None, minutes_ago: float = 60, **columns: Any) -> dict:
    """A row of decide.crm_occurrences; the same name is the same event in every build."""
    return {
        "occurrence_id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        "event_name": "paywall_hit",
        "occurred_at": naive(AS_OF - timedelta(minutes=minutes_ago)),
        "record_key": "u1",
        "hubspot_id": contact,
        "matched_by": "absent" if contact is None else "email",
        "properties": "{}",
        **columns,
    }


def publish_occurrences(folder: Path, rows: Iterable[dict]) -> None:
    write_rows(folder / "decide.crm_occurrences.parquet", rows, SCHEMA)


class EventWorld:
    """One contact and whatever a test publishes."""

    def __init__(self, sandbox: Sandbox, engine: Engine, folder: Path) -> None:
        self.sandbox = sandbox
        self.engine = engine
        self.folder = folder
        self.snapshot_dir = folder / "snapshot"
        self.snapshot_dir.mkdir()
        self.now = AS_OF + timedelta(minutes=5)
        self.as_of = AS_OF
        self.map = EVENTS
        self.api = door(sandbox.url)
        sandbox.set(rate_limit=1_000_000)
        (self.contact,) = sandbox.add_contacts([{"email": "ann@a.example"}])
        self._seen = 0
        self.publish()

    def publish(self, *rows: dict) -> None:
        publish_occurrences(self.snapshot_dir, rows)

    def published(self, *names: str, **columns: Any) -> list[dict]:
        """Publish an occurrence of the contact for each of these names."""
        rows = [occurrence(name, self.contact, **columns) for name in names]
        self.publish(*rows)
        return rows

    def limit(self, max_occurrences_month: int) -> None:
        self.map = replace(self.map, max_occurrences_month=max_occurrences_month)

    def later(self, **time: float) -> None:
        """Both clocks move on."""
        self.now += timedelta(**time)
        self.as_of += timedelta(**time)

    def run(self, run_id: str = "run") -> SyncRun:
        return SyncRun(self.snapshot_dir, self.folder / "state", self.engine, run_id, self.as_of, now=lambda: self.now)

    def sync(self, api: HubSpotApi | None = None, lines: list[str] | None = None) -> EventSummary:
        return sync_occurrences(self.run(), api or self.api, self.map, ([] if lines is None else lines).append)

    def owed(self) -> Owed:
        return find_owed(self.run(), self.map)

    def forget(self) -> None:
        """An empty state, and a portal as it was in the beginning."""
        with self.engine.begin() as connection:
            for table in (rejections, sent_occurrences):
                connection.execute(table.delete())
        self.sandbox.reset()
        self._seen = 0
        assert self.sandbox.add_contacts([{"email": "ann@a.example"}]) == [self.contact]

    def define(self, **fields: Any) -> None:
        """Somebody defines an event in HubSpot."""
        self.api.post("/events/custom/{version}/event-definitions", {"label": "Theirs", **fields}, repeatable=True)

    def sends(self) -> list[int]:
        """How many occurrences each call since the last look brought to HubSpot, oldest first."""
        found = self.sandbox.requests(self._seen)
        self._seen = found[-1]["sequence"] if found else self._seen
        return [call["inputs"] for call in found if call["path"].endswith("/send/batch")]

    def arrived(self) -> list[str]:
        """The ids that HubSpot holds, in the order they came."""
        return [event["uuid"] for event in self.sandbox.events()]

    def rejection_rows(self) -> list[dict]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(rejections)).mappings()]

    def sent_rows(self) -> list[dict]:
        query = select(sent_occurrences).order_by(sent_occurrences.c.id)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def ids(*rows: dict) -> list[str]:
    return [row["occurrence_id"] for row in rows]


def full_name(event: MappedEvent) -> str:
    return f"pe{PORTAL_ID}_{event.name}"
