"""Work in a process of its own: how long it takes, how much memory it needs at most, and what it gives."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_DIR

# Stands between us and the work: Linux counts the memory of a process from before it became another program, and ours
# may have been large already.
LAUNCHER = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
seconds = time.perf_counter() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)
work = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}
print(json.dumps({"code": done.returncode, "output": done.stdout, "work": work}))
"""
# Seconds without those of the interpreter and of imports.
CALL = """
import importlib, sys, time
module, name, *arguments = sys.argv[1:]
work = getattr(importlib.import_module(module), name)
begun = time.perf_counter()
work(*arguments)
print(time.perf_counter() - begun)
"""


@dataclass(frozen=True)
class Work:
    seconds: float
    # Of all processors together; other work on the machine hardly moves it.
    cpu_seconds: float
    peak_mib: float


def dbt_build(warehouse: Path, as_of: str, *arguments: str) -> Work:
    """dbt as a person runs it, in the warehouse of a data folder; what it leaves is beside the warehouse.

    It reads the whole project each time, as it does whenever the clock is another one.
    """
    folders = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
    outputs = ["--target-path", str(warehouse.parent / "target"), "--log-path", str(warehouse.parent / "logs")]
    dbt = [str(Path(sys.executable).parent / "dbt"), "--quiet", "build", "--no-partial-parse", *folders, *outputs]
    _, work = _launched([*dbt, "--vars", f"{{as_of: {as_of}}}", *arguments], {"PQL_DATA_DIR": str(warehouse.parent)})
    return work


def seconds_by_node(warehouse: Path) -> dict[str, float]:
    """How long each seed and model of the last build of a warehouse took, the slowest first."""
    told = json.loads((warehouse.parent / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = {result["unique_id"].split(".")[2]: result["execution_time"] for result in told}
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def called(module: str, function: str, *arguments: object, packages: Path | None = None) -> Work:
    """A function of a module; it is given its arguments as text, and `packages` that nobody else may see."""
    texts = [str(argument) for argument in arguments]
    variables = {"PYTHONPATH": str(packages)} if packages else None
    output, work = _launched([sys.executable, "-c", CALL, module, function, *texts], variables)
    return replace(work, seconds=float(output.splitlines()[-1]))


def _launched(command: list[str], variables: Mapping[str, str] | None = None) -> tuple[str, Work]:
    launched = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command],
        cwd=PROJECT_DIR,
        env={**os.environ, **(variables or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(launched.stdout)
    assert told["code"] == 0, told["output"]
    return told["output"], Work(**told["work"])
