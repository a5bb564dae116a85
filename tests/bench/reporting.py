"""The report marts on made-up contacts and deals, without what dbt takes by itself."""

import os
import shutil
from pathlib import Path

from tests.bench.apart import called, dbt_build
from tests.bench.made_up_crm import CLOCK
from tests.bench.made_up_events import create_empty
from tests.bench.measuring import RUNS
from tests.bench.scoring import NO_TESTS, Cost, Log, told_seconds, told_slowest

CONTACTS = int(os.environ.get("BENCH_REPORT_CONTACTS", "100_000"))
DEALS = int(os.environ.get("BENCH_REPORT_DEALS", "50_000"))
ALLOWED_SECONDS = 5
# What is built from what others left: everything after the people, their scores and the copy of HubSpot.
REPORTS = ["--select", *(f"{name}+" for name in ("int_contacts_reported", "int_deals_seen", "int_report_periods"))]


def bench_reports(folder: Path) -> None:
    log = Log(folder / "reports", CONTACTS)
    create_empty(log.nothing)
    dbt_build(log.nothing, CLOCK, *NO_TESTS)
    log.warehouse.parent.mkdir(parents=True)
    shutil.copy(log.nothing, log.warehouse)
    called("tests.bench.made_up_crm", "fill", log.warehouse, CONTACTS, DEALS)
    rounds = [
        tuple(dbt_build(warehouse, CLOCK, *NO_TESTS, *REPORTS) for warehouse in (log.nothing, log.warehouse))
        for _ in range(RUNS)
    ]
    cost = Cost.of(rounds)
    name = f"report on {CONTACTS:,} contacts, {DEALS:,} deals"
    more = f"without dbt's start-up; allowed {ALLOWED_SECONDS} s; processor time {cost.cpu_seconds:.2f} s"
    told_seconds(name, cost.seconds, more)
    told_slowest(log, 8)
