"""The report marts on made-up contacts and deals, without what dbt takes by itself, and the dashboard of them."""

import os
import shutil
import statistics
from pathlib import Path

import duckdb

from dagster_project.publish.snapshot import current_snapshot, publish
from dagster_project.reports.dashboard.anchors import NEWEST
from tests.bench.apart import called, dbt_build
from tests.bench.made_up_crm import CLOCK
from tests.bench.made_up_events import create_empty
from tests.bench.measuring import RUNS
from tests.bench.scoring import NO_TESTS, Cost, Log, told_seconds, told_slowest

CONTACTS = int(os.environ.get("BENCH_REPORT_CONTACTS", "100_000"))
DEALS = int(os.environ.get("BENCH_REPORT_DEALS", "50_000"))
ALLOWED_SECONDS = 5
ALLOWED_DASHBOARD_SECONDS, ALLOWED_DASHBOARD_MB = 10, 5
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
    bench_dashboard(log.warehouse)


def bench_dashboard(warehouse: Path) -> None:
    """From the published marts to the file, with everybody's scores and what led to them."""
    called("tests.bench.made_up_crm", "fill_scores", warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        publish(connection, warehouse.parent / "published")
    pages = warehouse.parent / "reports"
    # The first draws with a script that is made once and kept.
    seconds = [
        called("tests.bench.reporting", "draw", warehouse.parent / "published", pages).seconds for _ in range(RUNS + 1)
    ]
    megabytes = (pages / NEWEST).stat().st_size / 1e6
    more = f"allowed {ALLOWED_DASHBOARD_SECONDS} s; the first time {seconds[0]:.1f} s; "
    more += f"{megabytes:.1f} MB, allowed {ALLOWED_DASHBOARD_MB}"
    told_seconds(f"dashboard of {CONTACTS:,} contacts", statistics.median(seconds[1:]), more)


def draw(published: str, pages: str) -> None:
    # Its imports are part of what a run waits for.
    from dagster_project.reports.dashboard.source import Source
    from dagster_project.reports.dashboard.writing import write_dashboard

    write_dashboard(Source(current_snapshot(Path(published))), Path(pages))
