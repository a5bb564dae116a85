"""`make bench`: how long the steps take on made-up data, each beside what it is compared with, in one run.

Sizes come from the environment: BENCH_EVENTS (default 1,000,000), BENCH_CONTACTS (default 1,000,000 for the diff),
BENCH_SYNC (default 10,000 contacts sent to the sandbox), BENCH_SCORING_EVENTS (default 1,000,000; several with commas
between them tell how the cost grows), BENCH_RUNS (default 3; the median is printed). BENCH_ONLY names the parts to
measure (ingest, scoring, diff, sync; default all of them), BENCH_FOLDER a place for what they write.
"""

import os
import statistics
import sys
import tempfile
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
from dagster_project.rules.book import read_rules
from dagster_project.sandbox.running import running_sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.database import open_state
from tests.bench.ingest import bench_ingest
from tests.bench.measuring import RUNS, compared, measured
from tests.bench.scoring import bench_scoring

CONTACTS = int(os.environ.get("BENCH_CONTACTS", 1_000_000))
SYNC = int(os.environ.get("BENCH_SYNC", 10_000))
ONLY = os.environ.get("BENCH_ONLY", "").replace(",", " ").split()
FOLDER = os.environ.get("BENCH_FOLDER") or None
# The first contact of an empty sandbox.
FIRST_RECORD_ID = 1001
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


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
    parts: dict[str, Callable[[Path], None]] = {
        "ingest": bench_ingest,
        "scoring": bench_scoring,
        "diff": lambda folder: bench_diff(folder, objects["contacts"]),
        "sync": lambda folder: bench_sync(folder, objects, objects["contacts"]),
    }
    names = ONLY or list(parts)
    if unknown := [name for name in names if name not in parts]:
        sys.exit(f"BENCH_ONLY names {', '.join(unknown)}; there are {', '.join(parts)}")
    if FOLDER:
        Path(FOLDER).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        for name in names:
            parts[name](Path(folder))


if __name__ == "__main__":
    main()
