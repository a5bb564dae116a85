"""Syncing made-up contacts to a sandbox that answers as slowly and allows as little as a portal does.

The sandbox is a process of its own, so that the processor time measured here is ours alone.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.crm.batches import BATCH_SIZE, upsert_body
from dagster_project.crm.changes import Update
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.provisioning import provision
from dagster_project.crm.sending import send
from dagster_project.crm.syncing import SyncRun, find_unsynced, sync_object
from dagster_project.crm.transport import HubSpotApi
from dagster_project.settings import PROJECT_DIR
from dagster_project.state.database import open_state
from tests.bench.made_up_contacts import desired_contacts, seed_contacts

CONTACTS = int(os.environ.get("BENCH_SYNC", 100_000))
# A Professional portal, and the latency that was asked for.
MAX_CALLS, WINDOW_SECONDS = 190, 10.0
LATENCY_MS = 150
CEILING = MAX_CALLS * BATCH_SIZE / WINDOW_SECONDS
ALLOWED_PCT = 98
ALLOWED_CPU_MICROSECONDS = 30
# Few, as each takes a call; what more of them would take is told from these.
ONE_BY_ONE = 100
SENT_ALONE = 20_000
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def bench_sync(folder: Path, objects: dict[str, MappedObject]) -> None:
    """All contacts changed: how fast they are synced, the same one record a call, and what sending alone costs."""
    mapped = objects["contacts"]
    run = prepared_run(folder / "sync")
    with sandbox_apart(folder / "sandbox") as url:
        api = HubSpotApi(url, "bench")
        provision(api, objects.values())
        updates = find_unsynced(run, mapped).updates()
        bench_whole_sync(run, api, mapped)
        bench_one_by_one(updates[:ONE_BY_ONE], api, mapped)
        bench_sender(updates[:SENT_ALONE], api, mapped)
        refused = sum(call["status"] == 429 for call in requests_to(url))
        told("  answers 429 to all of these", f"{refused:8,}     allowed 0")


def prepared_run(folder: Path) -> SyncRun:
    folder.mkdir(parents=True)
    desired_contacts(folder / "decide.crm_contacts_desired.parquet", CONTACTS)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select null::varchar as handoff_id, null::varchar as record_key, '' as handoff_state "
            f"where false) to '{folder / 'decide.handoffs.parquet'}' (format parquet)"
        )
    return SyncRun(folder, folder, open_state(f"sqlite:///{folder / 'state.sqlite'}"), "bench", NOW)


def bench_whole_sync(run: SyncRun, api: HubSpotApi, mapped: MappedObject) -> None:
    """From the first call's leaving to the last answer's being in the ledger, and all of it with the diff before."""
    seen = max(call["sequence"] for call in requests_to(api.base_url))
    at_once: list[int] = []
    written_at = [0.0]

    def on_progress(_line: str) -> None:
        at_once.append(api.calls_at_once())
        written_at[0] = time.time()

    begun, cpu_begun = time.perf_counter(), time.process_time()
    summary = sync_object(run, api, mapped, on_progress)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu_begun
    assert summary.acknowledged_records == CONTACTS, summary
    arrived = [moment(call) for call in requests_to(api.base_url, seen) if call["status"] != 429]
    sending = written_at[0] - (arrived[0] - LATENCY_MS / 1000)
    pace = CONTACTS / sending
    name = f"sync {CONTACTS:,} contacts, {LATENCY_MS} ms a call"
    share = f"{100 * pace / CEILING:.1f} % of {CEILING:,.0f}, allowed {ALLOWED_PCT} %"
    told_seconds(name, sending, f"{pace:,.0f} records/s, {share}")
    told("  without the head start of the first calls", steady_share(arrived))
    told("  calls at once, median", f"{statistics.median(at_once):8.0f}")
    told_seconds("  with diff and folding of the ledger", seconds, f"{1e6 * cpu_seconds / CONTACTS:.0f} µs a record")


def steady_share(arrived: list[float]) -> str:
    """Whoever begins may have 190 calls at once; from any call on, the next 190 cannot all come within ten seconds.

    How long they take on average, wherever one starts to count, is the pace that a sync of any length keeps.
    """
    taken = [later - call for call, later in zip(arrived, arrived[MAX_CALLS:], strict=False)]
    if len(taken) < MAX_CALLS:
        return "too few calls to tell"
    seconds = statistics.fmean(taken)
    return f"{seconds:8.2f} s   for any {MAX_CALLS} calls on: {100 * WINDOW_SECONDS / seconds:.1f} % of {CEILING:,.0f}"


def bench_one_by_one(updates: list[Update], api: HubSpotApi, mapped: MappedObject) -> None:
    """How others do it: an upsert for each record, one after the other."""
    path = f"/crm/objects/{{version}}/{mapped.object_type}/batch/upsert"
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for update in updates:
        assert api.post(path, upsert_body([update], mapped), repeatable=True).body["results"]
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu_begun
    pace = len(updates) / seconds
    more = f"{pace:.1f} records/s, {1e6 * cpu_seconds / len(updates):,.0f} µs of processor time a record"
    told_seconds(f"  {len(updates)} contacts, an upsert each", seconds, more)
    told_seconds(f"    extrapolated to {CONTACTS:,}, not measured", CONTACTS / pace, f"{CONTACTS / pace / 3600:.1f} h")


def bench_sender(updates: list[Update], api: HubSpotApi, mapped: MappedObject) -> None:
    """Requests, answers and what they say of each record, without diff and ledger; at the portal's pace, too."""
    cpu_begun = time.process_time()
    acknowledged = sum(len(outcome.acknowledged) for outcome in send(updates, api, mapped))
    cpu_microseconds = 1e6 * (time.process_time() - cpu_begun) / len(updates)
    assert acknowledged == len(updates)
    allowed = f"allowed {ALLOWED_CPU_MICROSECONDS} µs a record"
    told(f"  processor time of sending {len(updates):,}", f"{cpu_microseconds:8.1f} µs  {allowed}")


@contextmanager
def sandbox_apart(folder: Path) -> Iterator[str]:
    """The address of a sandbox in a process of its own that holds the contacts."""
    seed_contacts(folder / "seed", CONTACTS)
    options = ["--port", "0", "--state", str(folder / "sandbox.sqlite"), "--seed", str(folder / "seed")]
    limits = ["--rate-limit", str(MAX_CALLS), "--latency-ms", str(LATENCY_MS)]
    command = [sys.executable, "-m", "dagster_project.sandbox", *options, *limits]
    process = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        greeting = process.stdout.readline()
        yield greeting.split()[2]
    finally:
        process.terminate()
        process.wait()


def requests_to(url: str, since: int = 0) -> list[dict]:
    with urllib.request.urlopen(f"{url}/_sandbox/requests?since={since}") as answer:
        return json.loads(answer.read())["requests"]


def moment(call: dict) -> float:
    return datetime.fromisoformat(call["at"]).timestamp()


def told_seconds(name: str, seconds: float, more: str) -> None:
    told(name, f"{seconds:8.2f} s   {more}")


def told(name: str, text: str) -> None:
    print(f"{name:<44} {text}".rstrip(), flush=True)
