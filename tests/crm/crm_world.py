"""A small world for these tests: a fake clock, a property map, snapshots of a few rows, and the sync between them."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from sqlalchemy import Engine, select

from dagster_project.crm import ledger
from dagster_project.crm.changes import Changes
from dagster_project.crm.limiter import CallLimiter
from dagster_project.crm.property_map import HUBSPOT_TYPES, MappedObject, MappedProperty
from dagster_project.crm.provisioning import provision
from dagster_project.crm.syncing import SyncRun, SyncSummary, find_unsynced, sync_object
from dagster_project.crm.transport import HubSpotApi
from dagster_project.privacy.opt_outs import OptOut
from dagster_project.rules.options import Option
from dagster_project.sandbox.running import Sandbox
from dagster_project.state.tables import handoffs, identities, ledger_log, rejections

TOKEN = "test-token-that-must-not-be-seen"
AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
SQL_STAGE = "salesqualifiedlead"


def mapped_property(
    name: str,
    source_column: str,
    value_type: str = "text",
    *,
    clears: bool = True,
    unique: bool = False,
    min_change: Decimal | None = None,
    options: tuple[Option, ...] = (),
) -> MappedProperty:
    is_hubspots_own = name in ("lifecyclestage", "hubspot_owner_id")
    label = None if is_hubspots_own else name
    return MappedProperty(
        name, source_column, value_type, label, None, clears, unique, is_hubspots_own, min_change, options=options
    )


CONTACTS = MappedObject(
    "contacts",
    (
        mapped_property("zo_activation_status", "activation_status"),
        mapped_property("zo_pql_score", "pql_score", "number"),
        mapped_property("zo_last_active_at", "last_active_at", "datetime"),
        mapped_property("zo_handoff_at", "handoff_at", "datetime", clears=False),
        mapped_property("lifecyclestage", "lifecycle_stage", "enumeration", clears=False),
        mapped_property("hubspot_owner_id", "owner_id", "enumeration", clears=False),
    ),
    makes_unknown_records=False,
    max_cleared_pct=20,
)
COMPANIES = MappedObject(
    "companies",
    (
        mapped_property("zo_company_id", "company_id", clears=False, unique=True),
        mapped_property("zo_company_active_users", "active_users_30d", "number"),
    ),
    makes_unknown_records=False,
    max_cleared_pct=20,
)
CONTACT_COLUMNS = {
    "record_key": pl.String,
    "hubspot_id": pl.String,
    "matched_by": pl.String,
    "contact_email": pl.String,
    "activation_status": pl.String,
    "pql_score": pl.Int32,
    "last_active_at": pl.Datetime("us"),
    "handoff_at": pl.Datetime("us"),
    "handoff_reason": pl.String,
    "sales_track": pl.String,
    "lifecycle_stage": pl.String,
    "owner_id": pl.String,
}
COMPANY_COLUMNS = {
    "record_key": pl.String,
    "hubspot_id": pl.String,
    "matched_by": pl.String,
    "company_id": pl.String,
    "company_name": pl.String,
    "domain": pl.String,
    "active_users_30d": pl.Int64,
}
HANDOFF_COLUMNS = {
    "handoff_id": pl.String,
    "record_key": pl.String,
    "episode": pl.Int64,
    "handoff_state": pl.String,
    "handed_off_at": pl.Datetime("us"),
    "owner_reason": pl.String,
    "owner_id": pl.String,
    "pool": pl.String,
    "track": pl.String,
    "route_id": pl.String,
    "turn": pl.Int64,
    "handoff_reason": pl.String,
}

RETURN_COLUMNS = {
    "return_id": pl.String,
    "record_key": pl.String,
    "hubspot_id": pl.String,
    "episode": pl.Int64,
    "handoff_id": pl.String,
    "return_state": pl.String,
    "rule_id": pl.String,
    "return_reason": pl.String,
    "returned_at": pl.Datetime("us"),
    "owner_id": pl.String,
    "activity_copied_at": pl.Datetime("us"),
}
QUEUE_COLUMNS = {"record_key": pl.String, "is_stale": pl.Boolean}


def upserting(mapped: MappedObject) -> MappedObject:
    """The same, where records that HubSpot does not hold are made."""
    return replace(mapped, makes_unknown_records=True)


def naive(instant: datetime) -> datetime:
    """As the warehouse keeps it."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def hubspot_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def contact(record_key: str, hubspot_id: str | None = None, **columns: Any) -> dict:
    """A row of decide.crm_contacts_desired."""
    known = {"matched_by": "absent" if hubspot_id is None else "email", "contact_email": f"{record_key}@a.example"}
    return {"record_key": record_key, "hubspot_id": hubspot_id, "activation_status": "activated"} | known | columns


def company(record_key: str, hubspot_id: str | None = None, **columns: Any) -> dict:
    """A row of decide.crm_companies_desired."""
    known = {"matched_by": "absent" if hubspot_id is None else "domain", "company_id": record_key}
    return {"record_key": record_key, "hubspot_id": hubspot_id, "active_users_30d": 1} | known | columns


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, Any]) -> Path:
    pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=columns).write_parquet(path)
    return path


def write_ledger(path: Path, records: Iterable[Mapping[str, Any]], mapped: MappedObject) -> Path:
    """A folded ledger: `{hubspot_id, record_key, property: value}`, in the order they were written."""
    names = [property_.name for property_ in mapped.properties]
    rows = [{"log_id": number, **record} for number, record in enumerate(records, 1)]
    columns = dict.fromkeys(("hubspot_id", "record_key"), pl.String) | {"log_id": pl.Int64}
    return write_rows(path, rows, columns | dict.fromkeys(names, pl.String))


class FakeTime:
    """A clock that only sleeping moves; `pauses` are the sleeps asked for. Safe to share between threads."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.pauses.append(seconds)


def limiter() -> CallLimiter:
    """Holds back nobody for real."""
    time = FakeTime()
    return CallLimiter(time.clock, time.sleep)


def door(
    url: str, time: FakeTime | None = None, token: str = TOKEN, kind: type[HubSpotApi] = HubSpotApi, **options: Any
) -> HubSpotApi:
    """HubSpot at this address; pauses between tries are noted in `time` and not waited for."""
    sleep = (time or FakeTime()).sleep
    return kind(url, token, limiter=limiter(), sleep=sleep, jitter=lambda: 0.5, **options)


class World:
    """A portal with our properties, a state, and the snapshots that are synced into it."""

    def __init__(self, sandbox: Sandbox, engine: Engine, folder: Path) -> None:
        self.sandbox = sandbox
        self.engine = engine
        self.snapshot_dir = folder / "snapshot"
        self.state_dir = folder / "state"
        self.snapshot_dir.mkdir()
        self.now = AS_OF + timedelta(minutes=5)
        self.api = door(sandbox.url)
        # Far more calls than a portal allows in ten seconds, because nobody waits here.
        sandbox.set(rate_limit=1_000_000)
        for mapped in (CONTACTS, COMPANIES):
            provision(self.api, [mapped])
        self.publish_contacts()
        self.publish_companies()
        self.publish_handoffs()
        self.opt_outs: list[OptOut] = []
        self._seen = 0
        self.calls()

    # Snapshots

    def publish_contacts(self, *rows: dict) -> None:
        write_rows(self.snapshot_dir / "decide.crm_contacts_desired.parquet", rows, CONTACT_COLUMNS)

    def publish_companies(self, *rows: dict) -> None:
        write_rows(self.snapshot_dir / "decide.crm_companies_desired.parquet", rows, COMPANY_COLUMNS)

    def publish_handoffs(self, *rows: dict) -> None:
        write_rows(self.snapshot_dir / "decide.handoffs.parquet", rows, HANDOFF_COLUMNS)

    def publish_returns(self, *rows: dict, in_queue: int | None = None) -> None:
        """What goes back, of so many contacts at sales qualified: those, unless it is said."""
        write_rows(self.snapshot_dir / "decide.returns.parquet", rows, RETURN_COLUMNS)
        queue = [{"record_key": f"q{number}"} for number in range(len(rows) if in_queue is None else in_queue)]
        write_rows(self.snapshot_dir / "decide.sales_queue.parquet", queue, QUEUE_COLUMNS)

    def add_contacts(self, count: int) -> list[dict]:
        """Contacts in HubSpot, and what is desired of them."""
        ids = self.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(count)])
        return [contact(f"u{number}", record_id, pql_score=number % 101) for number, record_id in enumerate(ids)]

    # Syncs

    def run(self, run_id: str = "run") -> SyncRun:
        return SyncRun(
            self.snapshot_dir,
            self.state_dir,
            self.engine,
            run_id,
            AS_OF,
            lambda: self.now,
            lambda: self.read_opt_outs(),
        )

    def read_opt_outs(self) -> list[OptOut]:
        return self.opt_outs

    def sync(
        self, mapped: MappedObject = CONTACTS, *, api: HubSpotApi | None = None, run_id="run", approved=""
    ) -> SyncSummary:
        return sync_object(self.run(run_id), api or self.api, mapped, lambda line: None, approved)

    def unsynced(self, mapped: MappedObject = CONTACTS) -> Changes:
        return find_unsynced(self.run(), mapped)

    def forget_state(self) -> None:
        """Undo what a run wrote after HubSpot's answer, as if it had been cut off before; claims come earlier."""
        with self.engine.begin() as connection:
            for table in (ledger_log, identities, rejections):
                connection.execute(table.delete())
            connection.execute(handoffs.update().values(acknowledged_as_of=None, acknowledged_at=None))

    # What came of it

    def calls(self, part: str = "") -> list[dict]:
        """The calls since the last look whose path contains this, oldest first."""
        found = self.sandbox.requests(self._seen)
        self._seen = found[-1]["sequence"] if found else self._seen
        return [call for call in found if part in call["path"]]

    def held(self, record_id: str) -> dict[str, str]:
        """What HubSpot holds of ours, empty values left out."""
        record = self.sandbox.record("contacts", record_id) or {}
        names = {property_.name for property_ in CONTACTS.properties}
        return {name: value for name, value in record.items() if name in names and value}

    def ledger(self, object_type: str = "contacts") -> dict[str, dict[str, str]]:
        """What the folded ledger says by record id, nulls left out."""
        return read_ledger(ledger.fold(self.engine, self.state_dir, object_type))

    def rows(self, table: Any) -> list[dict]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def handoff_rows(self) -> list[dict]:
        return self.rows(handoffs)

    def rejection_rows(self) -> list[dict]:
        return self.rows(rejections)


def read_ledger(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with duckdb.connect() as connection:
        frame = pl.DataFrame(connection.sql(f"select * exclude (log_id) from '{path}'"))
    return {
        row.pop("hubspot_id"): {
            name: value for name, value in row.items() if value is not None and name != "record_key"
        }
        for row in frame.iter_rows(named=True)
    }


def definition(mapped: MappedProperty) -> dict:
    """How `Sandbox.add_property` is told of it."""
    type_name, field_type = HUBSPOT_TYPES[mapped.value_type]
    return {"name": mapped.name, "type": type_name, "fieldType": field_type, "hasUniqueValue": mapped.is_unique}
