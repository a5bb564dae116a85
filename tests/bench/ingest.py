"""Loading made-up product events: how long it takes, what it is compared with, and how much memory it needs."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import PROJECT_DIR
from tests.bench.apart import dbt_build
from tests.bench.measuring import RUNS, compared, measured

EVENTS = int(os.environ.get("BENCH_EVENTS", 1_000_000))
EVENTS_A_FILE = 1_000_000
ALLOWED_TO_READ_JSON = 2.0
ALLOWED_TO_CREATE_TABLE = 3.0
ALLOWED_MIB = 6 * 1024
ALLOWED_PCT_OF_ALL = 5
CLOCK = "2026-11-20T09:00:00Z"
# The columns that landing files have, for the readers that ours is compared with.
COLUMNS = {
    "event_id": "VARCHAR",
    "user_id": "VARCHAR",
    "email": "VARCHAR",
    "company_id": "VARCHAR",
    "event_type": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "properties": "JSON",
}
LOADS = """
import resource, sys
from pathlib import Path
from tests.bench.ingest import load
load(Path(sys.argv[1]), Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def bench_ingest(folder: Path) -> None:
    """Prints a line each for JSON lines and Parquet, for the memory of both, and for a further file."""
    bench_json_lines(folder)
    bench_parquet(folder)
    bench_further_file(folder)


def bench_json_lines(folder: Path) -> None:
    landing = folder / "lines"
    drop_events(landing, 0, EVENTS)
    source = f"read_json('{landing}/product/*.jsonl.gz', columns = {COLUMNS})"
    bench_load(folder, landing, "gzipped JSON lines", "read_json", source, ALLOWED_TO_READ_JSON)


def bench_parquet(folder: Path) -> None:
    landing = folder / "table"
    file = landing / "product" / "events.parquet"
    file.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        source = f"read_json('{folder}/lines/product/*.jsonl.gz', columns = {COLUMNS})"
        connection.execute(f"copy (select * from {source}) to '{file}' (format parquet)")
    bench_load(folder, landing, "one Parquet file", "create table as", f"'{file}'", ALLOWED_TO_CREATE_TABLE)


def bench_load(folder: Path, landing: Path, what: str, name_of_other: str, source: str, allowed_ratio: float) -> None:
    """Our load of a landing folder beside a plain table of the same source, and the memory that ours needs."""
    compared(
        f"load {EVENTS:,} events, {what}",
        lambda: load(folder / "load.duckdb", landing),
        name_of_other,
        create_table(folder / "scan.duckdb", source),
        allowed_ratio,
    )
    print_peak(folder, landing)


def bench_further_file(folder: Path) -> None:
    """A new file of 1 % of the events, from the file to the days of users, into a warehouse that holds all of them."""
    landing, warehouse, more = folder / "lines", folder / "dbt" / "warehouse.duckdb", max(EVENTS // 100, 1)
    nothing = folder / "nothing" / "warehouse.duckdb"
    load_nothing(nothing)
    start_ups, wholes, furthers = [], [], []
    for number in range(RUNS):
        start_ups.append(measured(lambda: build_days(nothing)))
        wholes.append(measured(lambda: load(warehouse, landing)) + measured(lambda: build_days(warehouse)))
        first = EVENTS + number * more
        drop_events(landing, first, more)
        furthers.append(measured(lambda: load_more(warehouse, landing, more)) + measured(lambda: build_days(warehouse)))
        (landing / "product" / file_name(first)).unlink()
    start_up, whole, further = map(statistics.median, (start_ups, wholes, furthers))
    share = statistics.median(
        (more_seconds - start) / (all_seconds - start)
        for more_seconds, all_seconds, start in zip(furthers, wholes, start_ups, strict=True)
    )
    print(
        f"{'load all and build the days of users':<44} {whole:8.2f} s   of it dbt's start-up {start_up:.2f} s",
        flush=True,
    )
    name = f"the same with a new file of 1 %, {more:,} events"
    print(
        f"{name:<44} {further:8.2f} s   without the start-up {100 * share:.1f} %, allowed {ALLOWED_PCT_OF_ALL} %",
        flush=True,
    )


def load_nothing(warehouse: Path) -> None:
    warehouse.parent.mkdir(parents=True)
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)
    build_days(warehouse)


def build_days(warehouse: Path) -> None:
    """What lies between the raw events and the days of users, with its tests."""
    dbt_build(warehouse, CLOCK, "--select", "+int_user_event_days", "--exclude-resource-type", "unit_test")


def load(warehouse: Path, landing: Path) -> None:
    """Everything in a landing folder into a new warehouse."""
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    warehouse.unlink(missing_ok=True)
    load_more(warehouse, landing, EVENTS)


def load_more(warehouse: Path, landing: Path, expected: int) -> None:
    """What is new in a landing folder."""
    with open_warehouse(warehouse) as connection:
        create_raw_tables(connection)
        report = load_source(connection, landing, "product")
    assert report.loaded_count == expected, report


def create_table(database: Path, source: str) -> Callable[[], None]:
    def create() -> None:
        database.unlink(missing_ok=True)
        with duckdb.connect(database) as connection:
            connection.execute(f"create table events as select * from {source}")

    return create


def print_peak(folder: Path, landing: Path) -> None:
    """The memory that a process of its own needs at most for the same load."""
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(folder / "load.duckdb"), str(landing)],
        cwd=PROJECT_DIR,
        check=True,
        capture_output=True,
        text=True,
    )
    print(f"{'  its peak memory':<44} {float(done.stdout):8,.0f} MiB allowed {ALLOWED_MIB:,} MiB", flush=True)


def drop_events(landing: Path, first: int, count: int) -> None:
    """Events in the order of time over half a year, a user for each 500 who comes for 20 at a time."""
    folder = landing / "product"
    folder.mkdir(parents=True, exist_ok=True)
    users = max(EVENTS // 500, 1)
    with duckdb.connect() as connection:
        for start in range(first, first + count, EVENTS_A_FILE):
            until = min(start + EVENTS_A_FILE, first + count)
            connection.execute(
                f"""
                copy (
                    select 'e' || i as event_id,
                        'u' || hash(i // 20) % {users} as user_id,
                        'c' || hash(i // 20) % {users} % {max(users // 20, 1)} as company_id,
                        ['page_viewed', 'logged_in', 'report_created', 'dashboard_viewed', 'teammate_invited',
                            'export_run'][1 + cast(hash(i * 7) % 6 as integer)] as event_type,
                        strftime(
                            timestamp '2026-05-20' + to_microseconds(cast(i * {180 * 86400e6 / EVENTS} as bigint)),
                            '%Y-%m-%dT%H:%M:%SZ'
                        ) as timestamp,
                        json_object(
                            'feature_name', 'f' || i % 20, 'invitee_email', 'p' || hash(i * 3) % 1000 || '@x.example'
                        ) as properties
                    from range({start}, {until}) as numbers(i)
                    order by i
                ) to '{folder / file_name(start)}' (format json, compression gzip)
                """
            )


def file_name(first: int) -> str:
    return f"events_{first:012}.jsonl.gz"
