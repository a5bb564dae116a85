"""`make bench`: how long the steps take on made-up data, each beside what it is compared with, in one run.

Sizes come from the environment: BENCH_EVENTS (default 1,000,000), BENCH_CONTACTS (default 1,000,000 for the diff),
BENCH_SYNC (default 10,000 contacts sent to the sandbox), BENCH_RUNS (default 3; the median is printed).
"""

import gzip
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.crm.changes import find_changes
from dagster_project.crm.ledger import fold
from dagster_project.crm.property_map import MappedObject, read_property_map
from dagster_project.crm.provisioning import provision
from dagster_project.crm.syncing import SyncRun, sync_object
from dagster_project.crm.transport import HubSpotApi
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.rules.book import read_rules
from dagster_project.sandbox.running import running_sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.database import open_state

EVENTS = int(os.environ.get("BENCH_EVENTS", 1_000_000))
CONTACTS = int(os.environ.get("BENCH_CONTACTS", 1_000_000))
SYNC = int(os.environ.get("BENCH_SYNC", 10_000))
RUNS = int(os.environ.get("BENCH_RUNS", 3))
# The first contact of an empty sandbox.
FIRST_RECORD_ID = 1001
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def measured(work: Callable[[], object]) -> float:
    """Seconds of one run."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compared(name: str, ours: Callable[[], object], name_of_other: str, other: Callable[[], object]) -> None:
    """Both in turn, so that a slow moment of the machine hits both; prints the medians and the median ratio."""
    pairs = [(measured(ours), measured(other)) for _ in range(RUNS)]
    mine, theirs = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:<44} {mine:8.2f} s   {name_of_other} {theirs:.2f} s, ratio {ratio:.2f}", flush=True)


def bench_ingest(folder: Path) -> None:
    landing = folder / "landing" / "product"
    landing.mkdir(parents=True)
    lines = landing / "events.jsonl.gz"
    with gzip.open(lines, "wt", compresslevel=1, encoding="utf-8") as stream:
        for number in range(EVENTS):
            event = {
                "event_id": f"e{number}",
                "user_id": f"u{number % max(EVENTS // 100, 1)}",
                "company_id": f"c{number % 997}",
                "event_type": ("page_viewed", "logged_in", "report_created")[number % 3],
                "timestamp": f"2026-{number % 10 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00Z",
                "properties": {"feature_name": f"f{number % 20}"},
            }
            stream.write(json.dumps(event) + "\n")

    def load() -> None:
        database = folder / "load.duckdb"
        database.unlink(missing_ok=True)
        with open_warehouse(database) as connection:
            create_raw_tables(connection)
            report = load_source(connection, folder / "landing", "product")
        assert report.loaded_count == EVENTS

    def scan(source: str) -> Callable[[], None]:
        def create() -> None:
            database = folder / "scan.duckdb"
            database.unlink(missing_ok=True)
            with duckdb.connect(database) as connection:
                connection.execute(f"create table events as select * from {source}")

        return create

    compared(f"load {EVENTS:,} events, gzipped JSON lines", load, "read_json", scan(f"read_json('{lines}')"))
    parquet = landing / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select * from read_json('{lines}')) to '{parquet}' (format parquet)")
    lines.unlink()
    compared(f"load {EVENTS:,} events, Parquet", load, "create table as", scan(f"'{parquet}'"))


def bench_long_line(folder: Path) -> None:
    """A whole export in one line is no JSON lines: how long it holds up the file after it."""
    landing = folder / "long" / "product"
    landing.mkdir(parents=True)
    line = b'{"event_id": "e1", "user_id": "u1", "event_type": "logged_in", "timestamp": "2026-11-20T09:00:00Z"}'
    with (landing / "events_1.jsonl").open("wb") as stream:
        stream.write(b"[" + b",".join([line] * (200_000_000 // len(line))) + b"]\n")
    (landing / "events_2.jsonl").write_bytes(line + b"\n")

    def load() -> None:
        with duckdb.connect() as connection:
            create_raw_tables(connection)
            assert [file.loaded_count for file in load_source(connection, folder / "long", "product").files] == [0, 1]

    seconds = statistics.median(measured(load) for _ in range(RUNS))
    print(f"{'load a file of one line of 200 MB':<44} {seconds:8.2f} s   and it holds back no other", flush=True)


def desired_contacts(path: Path, count: int, changed_share: float = 1.0) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select 'u' || i as record_key, cast({FIRST_RECORD_ID} + i as varchar) as hubspot_id,
                    'identity' as matched_by,
                    'u' || i || '@bench.example' as contact_email, 'activated' as activation_status,
                    cast((i + case when i < {count * changed_share} then 1 else 0 end) % 101 as integer) as pql_score,
                    cast(i % 51 as integer) as fit_score, cast(i % 91 as integer) as combined_score,
                    timestamp '2026-11-01' + to_seconds(i % 1000000) as last_active_at,
                    cast(null as timestamp) as handoff_at, cast(null as varchar) as lifecycle_stage,
                    cast(null as varchar) as owner_id
                from range({count}) as numbers(i)
            ) to '{path}' (format parquet)
            """
        )


def bench_diff(folder: Path, mapped: MappedObject) -> None:
    desired_contacts(folder / "before.parquet", CONTACTS, 0)
    desired_contacts(folder / "after.parquet", CONTACTS, 0.01)
    ledger = folder / "ledger.parquet"
    names = ", ".join(
        f"cast({property_.source_column} as varchar) as {property_.name}" for property_ in mapped.properties
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select hubspot_id, record_key, 1 as log_id, {names} from '{folder / 'before.parquet'}') "
            f"to '{ledger}' (format parquet)"
        )
        query = f"select count(*) from '{folder / 'after.parquet'}' join '{ledger}' using (hubspot_id)"

        def diff() -> None:
            assert find_changes(folder / "after.parquet", ledger, mapped).record_count == CONTACTS // 100

        name = f"diff {CONTACTS:,} contacts, {len(mapped.properties)} properties, 1 % changed"
        compared(name, diff, "bare join", lambda: connection.sql(query).fetchall())


def bench_sync(folder: Path, objects: dict, mapped: MappedObject) -> None:
    def run_once(number: int) -> Callable[[], None]:
        place = folder / f"sync{number}"
        place.mkdir()
        desired_contacts(place / "decide.crm_contacts_desired.parquet", SYNC)
        with duckdb.connect() as connection:
            connection.execute(
                "copy (select null::varchar as handoff_id, null::varchar as record_key, '' as handoff_state "
                f"where false) to '{place / 'decide.handoffs.parquet'}' (format parquet)"
            )
        engine = open_state(f"sqlite:///{place / 'state.sqlite'}")
        run = SyncRun(place, place, engine, "bench", NOW)

        def work() -> None:
            summary = sync_object(run, api, mapped, lambda _: None)
            assert summary.acknowledged_records == SYNC
            fold(engine, place, "contacts")

        return work

    with running_sandbox(rate_limit=1_000_000) as sandbox:
        sandbox.add_contacts({"email": f"u{number}@bench.example"} for number in range(SYNC))
        api = HubSpotApi(sandbox.url, "bench")
        provision(api, objects.values())
        seconds = [measured(run_once(number)) for number in range(RUNS)]
    median = statistics.median(seconds)
    name = f"sync {SYNC:,} contacts to the sandbox"
    print(f"{name:<44} {median:8.2f} s   {SYNC / median:,.0f} records/s, one batch after another")


def main() -> None:
    objects = read_property_map(read_rules(SHIPPED_RULES_DIR), "zo_")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_ingest(folder)
        bench_long_line(folder)
        bench_diff(folder, objects["contacts"])
        bench_sync(folder, objects, objects["contacts"])


if __name__ == "__main__":
    main()
