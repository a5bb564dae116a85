"""`make bench`: how long the steps take on made-up data, each beside what it is compared with, in one run.

Sizes come from the environment: BENCH_EVENTS (default 1,000,000), BENCH_CONTACTS (default 1,000,000 for the diff),
BENCH_SYNC (default 100,000 contacts, sent once to the sandbox), BENCH_SCORING_EVENTS (default 1,000,000; several with
commas between them tell how the cost grows), BENCH_REPORT_CONTACTS and BENCH_REPORT_DEALS (default 100,000 and 50,000),
BENCH_RUNS (default 3; the median is printed). BENCH_ONLY names the parts to measure (ingest, scoring, diff, sync,
report; default all of them; latency and capacity, which take long, only where they are named), BENCH_FOLDER a place for
what they write. Of latency: BENCH_LATENCY_USERS (default 100,000), BENCH_LATENCY_FILES (10); of capacity:
BENCH_CAPACITY_EVENTS and BENCH_CAPACITY_SPARK_EVENTS (1,000,000 and 10,000,000).
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from dagster_project.crm.property_map import read_property_map
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.bench.capacity import bench_capacity
from tests.bench.diffing import bench_diff
from tests.bench.ingest import bench_ingest
from tests.bench.latency import bench_latency
from tests.bench.reporting import bench_reports
from tests.bench.scoring import bench_scoring
from tests.bench.syncing import bench_sync

ONLY = os.environ.get("BENCH_ONLY", "").replace(",", " ").split()
# Measured only where they are named.
LONG = ("latency", "capacity")
FOLDER = os.environ.get("BENCH_FOLDER") or None


def main() -> None:
    objects = read_property_map(read_rules(SHIPPED_RULES_DIR), "zo_")
    parts: dict[str, Callable[[Path], None]] = {
        "ingest": bench_ingest,
        "scoring": bench_scoring,
        "diff": bench_diff,
        "sync": lambda folder: bench_sync(folder, objects),
        "latency": lambda folder: bench_latency(folder / "latency"),
        "report": bench_reports,
        "capacity": bench_capacity,
    }
    names = ONLY or [name for name in parts if name not in LONG]
    if unknown := [name for name in names if name not in parts]:
        sys.exit(f"BENCH_ONLY names {', '.join(unknown)}; there are {', '.join(parts)}")
    if FOLDER:
        Path(FOLDER).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        for name in names:
            parts[name](Path(folder))


if __name__ == "__main__":
    main()
