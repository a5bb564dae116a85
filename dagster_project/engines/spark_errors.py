"""What goes wrong with Spark, in a line for a person: Java says it in hundreds."""

import re
from pathlib import Path

from dagster_project.engines.engine import EngineUnusable

# What is said of a Java process that is gone; why it went is in its log only.
ENDED = ("JAVA_GATEWAY_EXITED", "Answer from Java side is empty", "Error while sending or receiving")
STOPPED = "stopped SparkContext"
# What Java says, and what to tell instead; the first that fits.
MEANINGS = (
    (
        (
            "OutOfMemoryError",
            "GC overhead limit",
            "Could not reserve enough space",
            "INVALID_DRIVER_MEMORY",
            "Cannot allocate memory",
            "insufficient memory",
        ),
        "Spark has not enough memory. Set PQL_SPARK_MEMORY, the memory of the driver and of each worker (such as 4g), "
        "to more, or to less where the machine has not so much",
    ),
    (
        ("Invalid master URL", "Could not parse Master URL", "Master must either be", "Invalid maximum heap size"),
        "Spark cannot read PQL_SPARK_MASTER or PQL_SPARK_MEMORY: a master is local[2] or spark://host:7077, memory 2g",
    ),
    (
        ("All masters are unresponsive", "Failed to connect to master"),
        "The Spark master of PQL_SPARK_MASTER does not answer. Mend the address, or start the cluster (make spark)",
    ),
    (
        ("Another instance of Derby", "ERROR XSDB6"),
        "Another process has Spark's catalog of tables open. Wait until it has ended, and run again",
    ),
    (
        (
            STOPPED,
            "SparkContext was shut down",
            "SparkContext has been shutdown",
            "Connection refused",
            "Connection reset",
            "Master removed our application",
            *ENDED,
        ),
        "Spark is gone: its cluster or its Java process ended, or no worker was there for minutes. Start it (make "
        "spark), and run again: what was built stays, and the rest is built then",
    ),
)
# The last of these is what a task says.
SAID_BY_TASK = re.compile(r"^(?:[\w.]+)(?:Error|Exception|Refused): .+$", re.MULTILINE)


def told(error: BaseException, log: Path) -> EngineUnusable:
    """In one line what is wrong and what to do, by what Python was told and, of a process that is gone, by its log."""
    said = f"{type(error).__name__}: {error}"
    found = said
    if any(sign in said for sign in ENDED) and log.exists():
        found += log.read_text(encoding="utf-8", errors="replace")
    for signs, meaning in MEANINGS:
        if any(sign in found for sign in signs):
            return EngineUnusable(f"{meaning}. What Java said: {log}")
    by_tasks = SAID_BY_TASK.findall(str(error))
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return EngineUnusable(f"Spark cannot do what it was asked: {by_tasks[-1] if by_tasks else first} ({log})")
