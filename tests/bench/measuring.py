"""How the benchmarks measure: ours and what it is compared with in turn, in one run."""

import os
import statistics
import time
from collections.abc import Callable

RUNS = int(os.environ.get("BENCH_RUNS", 3))


def measured(work: Callable[[], object]) -> float:
    """Seconds of one run."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compared(
    name: str,
    ours: Callable[[], object],
    name_of_other: str,
    other: Callable[[], object],
    allowed_ratio: float | None = None,
) -> None:
    """Both in turn, so that a slow moment of the machine hits both; prints the medians and the median ratio."""
    pairs = [(measured(ours), measured(other)) for _ in range(RUNS)]
    mine, theirs = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    allowed = f", allowed {allowed_ratio:g}" if allowed_ratio is not None else ""
    print(f"{name:<44} {mine:8.2f} s   {name_of_other} {theirs:.2f} s, ratio {ratio:.2f}{allowed}", flush=True)
