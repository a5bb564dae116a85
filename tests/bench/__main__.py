"""`make bench`: how long the steps take on made-up data, each beside what it is compared with, in one run.

Sizes come from the environment: BENCH_EVENTS (default 1,000,000), BENCH_CONTACTS (default 1,000,000 for the diff),
BENCH_SYNC (default 100,000 contacts, sent once to the sandbox), BENCH_SCORING_EVENTS (default 1,000,000; several with
commas between them tell how the cost grows), BENCH_RUNS (default 3; the median is printed). BENCH_ONLY names the parts
to measure (ingest, scoring, diff, sync; default all of them), BENCH_FOLDER a place for what they write.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from dagster_project.crm.changes import find_changes
from dagster_project.crm.property_map import MappedObject, read_property_map
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.bench.ingest import bench_ingest
from tests.bench.made_up_contacts import desired_contacts
from tests.bench.measuring import compared
from tests.bench.scoring import bench_scoring
from tests.bench.syncing import bench_sync

CONTACTS = int(os.environ.get("BENCH_CONTACTS", 1_000_000))
ONLY = os.environ.get("BENCH_ONLY", "").replace(",", " ").split()
FOLDER = os.environ.get("BENCH_FOLDER") or None


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


def main() -> None:
    objects = read_property_map(read_rules(SHIPPED_RULES_DIR), "zo_")
    parts: dict[str, Callable[[Path], None]] = {
        "ingest": bench_ingest,
        "scoring": bench_scoring,
        "diff": lambda folder: bench_diff(folder, objects["contacts"]),
        "sync": lambda folder: bench_sync(folder, objects),
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
