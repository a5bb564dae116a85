"""A warehouse that copies a sandbox, and what its copy says."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
from crm_world import FakeTime, door

from dagster_project.crm.copy_tables import HeldCopy, read_past, store_copy
from dagster_project.crm.copying import CrmCopy, SalesCopy, read_crm, read_sales
from dagster_project.crm.limiter import search_limiter
from dagster_project.crm.object_reading import ObjectRead
from dagster_project.crm.transport import HubSpotApi
from dagster_project.landing.tables import create_raw_tables
from dagster_project.sandbox.running import Sandbox

HOUR, DAY = 3_600, 86_400
COPIED_TABLES = (
    "hubspot_contacts",
    "hubspot_contact_emails",
    "hubspot_companies",
    "hubspot_owners",
    "hubspot_lifecycle_stages",
    "hubspot_deals",
    "hubspot_engagements",
    "hubspot_associations",
)


def unhurried_door(sandbox: Sandbox) -> HubSpotApi:
    """A door that no budget holds up; what the budgets are is tested elsewhere."""
    sandbox.set(rate_limit=1_000_000, search_rate=1_000_000)
    time = FakeTime()
    return door(sandbox.url, time, searches=search_limiter(time.clock, time.sleep))


@dataclass
class Copy:
    """One warehouse; `crm` and `sales` are what was read last, `calls` the calls that took."""

    sandbox: Sandbox
    api: HubSpotApi
    key_properties: dict[str, str] | None = None
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    crm: CrmCopy | None = None
    sales: SalesCopy | None = None
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        create_raw_tables(self.connection)

    def run(self, now: datetime | None = None) -> "Copy":
        """Bring the copy up to date, by the sandbox's clock."""
        seen = self.sandbox.requests()
        past = read_past(self.connection)
        held = HeldCopy(lambda: nullcontext(self.connection))
        try:
            self.crm = read_crm(self.api, self.key_properties, past, now or self.sandbox.clock.now())
            self.sales = read_sales(self.api, self.crm, past, held)
        finally:
            new = self.sandbox.requests(seen[-1]["sequence"] if seen else 0)
            self.calls = [f"{call['method']} {call['path'].partition('2026-09/')[2]}" for call in new]
        store_copy(self.connection, self.crm, self.sales)
        return self

    def run_later(self, seconds: float = HOUR) -> "Copy":
        self.sandbox.clock.advance(seconds)
        return self.run()

    def read(self, object_type: str) -> ObjectRead:
        return (self.crm.objects | self.sales.objects)[object_type]

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.sql(sql).fetchall()

    def ids(self, table: str) -> set[str]:
        return {record_id for (record_id,) in self.rows(f"select hubspot_id from raw.hubspot_{table}")}

    def associations(self, from_type: str, to_type: str) -> set[tuple[str, str]]:
        found = f"from raw.hubspot_associations where from_type = '{from_type}' and to_type = '{to_type}'"
        return set(self.rows(f"select from_id, to_id {found}"))

    def contents(self) -> dict[str, list[tuple]]:
        return {table: self.rows(f"select * from raw.{table} order by all") for table in COPIED_TABLES}

    def everything(self) -> dict[str, list[tuple]]:
        """The contents and up to when they are good."""
        state = {table: self.rows(f"from raw.{table} order by all") for table in ("hubspot_copies", "hubspot_merges")}
        return self.contents() | state
