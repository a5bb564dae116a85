"""Scoring made-up product events: all of them, a few more, and beside it the same points without this project.

What is asked of it is asked at a hundred million events: with few, most of a build is dbt itself.
"""

import math
import os
import shutil
import statistics
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from tests.bench.apart import Work, called, dbt_build, seconds_by_node
from tests.bench.made_up_events import EVENTS_A_USER, clock_after, create_empty
from tests.bench.measuring import RUNS

SIZES = [int(size) for size in os.environ.get("BENCH_SCORING_EVENTS", "1_000_000").split(",")]
ONCE_FROM = 50_000_000
PANDAS_UP_TO = 20_000_000
# Where `make bench` installs pandas.
PANDAS = Path(sys.prefix) / "bench"
ALLOWED_RATIO = 5
ALLOWED_MIB = 8 * 1024
# More events, one in so many, and what share of a full refresh the build after them may take.
FURTHER = {100: 25, 10_000: 8}
ALLOWED_EXPONENT = 1.05
SHOWN_NODES = 10
TOO_FEW = "too few events to tell"
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
GROUPED = """
    select count(*) from (
        select user_id, event_type, cast(occurred_at as date), count(*) from raw.product_events group by all
    )
"""


@dataclass(frozen=True)
class Cost:
    """Of a build, without what dbt takes by itself; medians."""

    seconds: float
    cpu_seconds: float

    @classmethod
    def of(cls, builds: list[tuple[Work, Work]]) -> "Cost":
        return cls(
            statistics.median(whole.seconds - by_itself.seconds for by_itself, whole in builds),
            statistics.median(whole.cpu_seconds - by_itself.cpu_seconds for by_itself, whole in builds),
        )


@dataclass
class Log:
    """A warehouse with made-up events, of which more come, and an empty one to tell what dbt takes by itself."""

    folder: Path
    size: int
    count: int = 0

    @property
    def warehouse(self) -> Path:
        return self.folder / "all" / "warehouse.duckdb"

    @property
    def nothing(self) -> Path:
        return self.folder / "nothing" / "warehouse.duckdb"

    @property
    def clock(self) -> str:
        return clock_after(self.size, self.count)

    def grow(self, count: int) -> None:
        until = self.count + count
        called("tests.bench.made_up_events", "add_events", self.warehouse, self.size, self.count, until)
        self.count = until

    def build(self, *arguments: str) -> tuple[Work, Work]:
        """dbt by itself, and with the events, in turn."""
        by_itself, whole = (
            dbt_build(warehouse, self.clock, *NO_TESTS, *arguments) for warehouse in (self.nothing, self.warehouse)
        )
        return by_itself, whole


def bench_scoring(folder: Path) -> None:
    """Every size that BENCH_SCORING_EVENTS names, and how the cost grows from the first to the last."""
    costs = []
    for size in SIZES:
        place = folder / f"scoring{size}"
        costs.append(bench_size(place, size))
        shutil.rmtree(place)
    first, last = SIZES[0], SIZES[-1]
    if last != first:
        name = f"score {first:,} to {last:,} events"
        if min(costs[0].seconds, costs[-1].seconds) <= 0:
            told(name, TOO_FEW)
            return
        exponent = math.log(costs[-1].seconds / costs[0].seconds) / math.log(last / first)
        told(name, f"{exponent:8.2f}     power of the number of events in the cost, allowed {ALLOWED_EXPONENT}")


def bench_size(folder: Path, size: int) -> Cost:
    """What a full refresh costs."""
    log = Log(folder, size)
    create_empty(log.nothing)
    log.grow(size)
    runs = 1 if size >= ONCE_FROM else RUNS
    cost = bench_full_refresh(log, runs)
    for one_in, allowed_pct in FURTHER.items():
        bench_further(log, max(size // one_in, 1), runs, cost, allowed_pct)
    bench_others(log, runs)
    return cost


def bench_full_refresh(log: Log, runs: int) -> Cost:
    rounds = [
        (called("tests.bench.scoring", "group_by_user_type_day", log.warehouse), *log.build("--full-refresh"))
        for _ in range(runs)
    ]
    grouped, by_itself, whole = (
        statistics.median(work.seconds for work in works) for works in zip(*rounds, strict=True)
    )
    ratio = statistics.median(whole.seconds / grouped.seconds for grouped, _, whole in rounds)
    cost = Cost.of([(by_itself, whole) for _, by_itself, whole in rounds])
    users = log.size // EVENTS_A_USER
    name = f"score {log.size:,} events of {users:,} users"
    told_seconds(name, whole, f"bare group by {grouped:.2f} s, ratio {ratio:.2f}, allowed {ALLOWED_RATIO} at 100 M")
    told_seconds("  without dbt's start-up", cost.seconds, f"of {by_itself:.2f} s: ratio {cost.seconds / grouped:.2f}")
    told_peak(max(whole.peak_mib for *_, whole in rounds), f" allowed {ALLOWED_MIB:,} MiB")
    told_slowest(log, SHOWN_NODES)
    return cost


def bench_further(log: Log, more: int, runs: int, cost_of_all: Cost, allowed_pct: int) -> None:
    rounds = []
    for _ in range(runs):
        log.grow(more)
        rounds.append(log.build())
    by_itself, whole = (statistics.median(work.seconds for work in works) for works in zip(*rounds, strict=True))
    cost = Cost.of(rounds)
    told_seconds(f"the same with {100 * more / log.size:g} % more, {more:,} events", whole, "")
    if min(cost_of_all.seconds, cost_of_all.cpu_seconds) > 0:
        share, cpu_share = cost.seconds / cost_of_all.seconds, cost.cpu_seconds / cost_of_all.cpu_seconds
        shares = f"{100 * share:.1f} % of all, allowed {allowed_pct} %; in processor time {100 * cpu_share:.1f} %"
    else:
        shares = TOO_FEW
    told_seconds("  without dbt's start-up", cost.seconds, f"of {by_itself:.2f} s: {shares}")
    told_slowest(log, 3)


def bench_others(log: Log, runs: int) -> None:
    """The engagement points of everybody, from a file as others would have it; each must be what was built here."""
    events = log.folder / "events.parquet"
    with duckdb.connect(log.warehouse, read_only=True) as connection:
        columns = "event_id, user_id, event_type, occurred_at, received_at, properties"
        connection.execute(f"copy (select {columns} from raw.product_events) to '{events}' (format parquet)")
    for name in ("polars", "pandas"):
        title = f"  engagement points alone, in {name}"
        if name == "pandas" and log.size > PANDAS_UP_TO:
            told(title, f"left out: more than {PANDAS_UP_TO:,} events")
            continue
        if name == "pandas" and not PANDAS.is_dir():
            told(title, "left out: not installed; `make bench` installs it")
            continue
        points = log.folder / f"{name}.parquet"
        arguments = (f"tests.bench.points_in_{name}", "score", events, log.clock, points)
        packages = PANDAS if name == "pandas" else None
        works = [called(*arguments, packages=packages) for _ in range(runs)]
        users = check_points(log.warehouse, points)
        seconds = statistics.median(work.seconds for work in works)
        told_seconds(title, seconds, f"the same to the last decimal for all {users:,} users")
        told_peak(max(work.peak_mib for work in works), "")


def check_points(warehouse: Path, points: Path) -> int:
    """The number of users, all of whom have the points that were built."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        ((users, with_points, others),) = connection.sql(
            f"""
            select
                count(*),
                count(*) filter (where scores.engagement_points > 0),
                count(*) filter (where scores.engagement_points is distinct from cast(points.points as decimal(28, 9)))
            from score.contact_scores as scores
            full join '{points}' as points on points.user_id = scores.user_id
            """
        ).fetchall()
    assert with_points > 0
    assert others == 0, f"{others:,} of {users:,} users have other points"
    return users


def group_by_user_type_day(warehouse: str) -> None:
    with duckdb.connect(warehouse, read_only=True, config={"threads": 2}) as connection:
        connection.sql(GROUPED).fetchall()


def told_slowest(log: Log, count: int) -> None:
    """Where the time of the last build went."""
    seconds = seconds_by_node(log.warehouse)
    told_seconds(f"  {len(seconds)} models and seeds, two at a time", sum(seconds.values()), "of it:")
    for name, taken in islice(seconds.items(), count):
        told_seconds(f"    {name}", taken, "")


def told_seconds(name: str, seconds: float, more: str) -> None:
    told(name, f"{seconds:8.2f} s   {more}")


def told_peak(mib: float, more: str) -> None:
    told("  its peak memory", f"{mib:8,.0f} MiB{more}")


def told(name: str, text: str) -> None:
    print(f"{name:<44} {text}".rstrip(), flush=True)
