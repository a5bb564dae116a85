"""What a full refresh of all models costs by the number of events, on DuckDB and on Spark, on the same machine.

docs/capacity.md says what follows from it. Sizes come from BENCH_CAPACITY_EVENTS (default 1,000,000 and 10,000,000),
for Spark from BENCH_CAPACITY_SPARK_EVENTS (the same). Each is built once.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from dagster_project.engines.carrying import carry_in
from dagster_project.engines.opening import opened_engine
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_DIR, read_settings
from tests.bench.made_up_events import EVENTS_A_USER, add_events, clock_after, create_empty
from tests.bench.scoring import NO_TESTS, told

SIZES = os.environ.get("BENCH_CAPACITY_EVENTS", "1_000_000,10_000_000")
SPARK_SIZES = os.environ.get("BENCH_CAPACITY_SPARK_EVENTS", SIZES)
SECONDS_BETWEEN_LOOKS = 0.2
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """Of one build, dbt's own work among it."""

    events: int
    seconds: float
    # Of all processes together, at the moment when it was most.
    peak_mib: float
    # Whatever lies in the data folder afterwards.
    disk_mib: float


def bench_capacity(folder: Path) -> None:
    """Every size on every engine that is installed here, and how the cost grows."""
    for target, sizes in (("duckdb", SIZES), ("spark", SPARK_SIZES)):
        if target == "spark" and find_spec("pyspark") is None:
            told("build on spark", "left out: pyspark is not installed; `make bench-spark` installs it")
        else:
            told_growth(target, [cost_of(folder / f"{target}{size}", target, int(size)) for size in sizes.split(",")])


def cost_of(folder: Path, target: str, size: int) -> Cost:
    """One build of so many made-up events."""
    warehouse = folder / "warehouse.duckdb"
    create_empty(warehouse)
    add_events(str(warehouse), str(size), "0", str(size))
    variables = {"PQL_DATA_DIR": str(folder), "PQL_TARGET": target}
    carried = ""
    if target != "duckdb":
        seconds, _ = watched([sys.executable, "-m", "tests.bench.capacity"], variables, folder / "carry.log")
        carried = f", carried in {seconds:.1f} s before"
    seconds, peak_mib = watched(dbt_command(folder, size), variables, folder / "build.log")
    disk_mib = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / MIB
    shutil.rmtree(folder)
    of_users = f"of {size // EVENTS_A_USER:,} users{carried}"
    told(
        f"build of {size:,} events on {target}",
        f"{seconds:8.1f} s   {peak_mib:8,.0f} MiB   {disk_mib:8,.0f} MiB on disk   {of_users}",
    )
    return Cost(size, seconds, peak_mib, disk_mib)


def dbt_command(folder: Path, size: int) -> list[str]:
    places = ["--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR]
    outputs = ["--target-path", folder / "target", "--log-path", folder / "logs"]
    variables = json.dumps({"as_of": clock_after(size, size)})
    dbt = [Path(sys.executable).parent / "dbt", "--quiet", "build", "--full-refresh", "--no-partial-parse"]
    return [str(part) for part in [*dbt, *places, *outputs, *NO_TESTS, "--vars", variables]]


def told_growth(target: str, costs: list[Cost]) -> None:
    """What each further million costs from one size to the next, and with what power of the events the whole grows."""
    for smaller, larger in pairwise(costs):
        millions = (larger.events - smaller.events) / 1e6
        seconds, mib = (larger.seconds - smaller.seconds) / millions, (larger.peak_mib - smaller.peak_mib) / millions
        disk_mib = (larger.disk_mib - smaller.disk_mib) / millions
        power = math.log(larger.seconds / smaller.seconds) / math.log(larger.events / smaller.events)
        told(
            f"  from {smaller.events:,}, each further million",
            f"{seconds:8.2f} s   {mib:8,.0f} MiB   {disk_mib:8,.0f} MiB on disk   power {power:.2f}",
        )


def watched(command: list[str], variables: dict[str, str], log: Path) -> tuple[float, float]:
    """Seconds, and the most MiB that the process and all that it started had in memory at once."""
    begun, peak = time.perf_counter(), 0.0
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT_DIR, env=os.environ | variables, stdout=output, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            peak = max(peak, sum(resident_mib(pid) for pid in tree_of(process.pid)))
            time.sleep(SECONDS_BETWEEN_LOOKS)
    assert process.returncode == 0, log.read_text(encoding="utf-8")[-5000:]
    return time.perf_counter() - begun, peak


def tree_of(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    try:
        children = [
            Path(f"/proc/{pid}/task/{task.name}/children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except OSError:
        return
    for child in " ".join(children).split():
        # Between its start and the program that it is to run it is its parent over again, memory and all.
        if command_of(int(child)) != command_of(pid):
            yield from tree_of(int(child))


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def resident_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * PAGE_BYTES / MIB


def carry() -> None:
    """Bring the raw tables of PQL_DATA_DIR to the engine of PQL_TARGET, as a run does."""
    settings = read_settings()
    with opened_engine(settings) as engine, open_warehouse(settings.warehouse_path) as connection:
        carry_in(connection, engine)


if __name__ == "__main__":
    carry()
