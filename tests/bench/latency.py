"""From an event file's landing to the HubSpot property and the Slack message, with what `make dev` runs.

A company is scaled up from the sample; then files land, one after the other, in each of which somebody does what makes
them sales qualified. What is measured is what that person's salesperson sees, and where the time went.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
from sqlalchemy import update

from dagster_project.crm.handoffs import SQL_STAGE
from dagster_project.crm.reading_held import read_held
from dagster_project.crm.transport import HubSpotApi
from dagster_project.settings import PROJECT_DIR, SHIPPED_RULES_DIR
from dagster_project.state.database import open_state
from dagster_project.state.tables import outbox
from tests.bench.scaled_sample import sample_users, write_crm, write_landing

USERS = int(os.environ.get("BENCH_LATENCY_USERS", 100_000))
FILES = int(os.environ.get("BENCH_LATENCY_FILES", 10))
ALLOWED_P50, ALLOWED_P95 = 12, 25
PATIENCE_SECONDS = 600
LOOK_EVERY_SECONDS = 0.2
# Between a delivery and the next file; not a multiple of any interval, so that files come at all phases of a tick.
PAUSE_SECONDS = 3.7
TOKEN = "bench"
# Enough for activation and sixty points.
DONE = (
    ("onboarding_completed", {}),
    ("file_uploaded", {}),
    ("trial_started", {}),
    ("teammate_invited", {"invitee_email": "one@bench.example"}),
    ("teammate_invited", {"invitee_email": "two@bench.example"}),
)
GROUPS = ("raw", "scored_and_decided", "decide", "diff", "sync", "act", "report")


@dataclass
class Delivery:
    """Of one file: when it landed, and after how many seconds what was seen; parts of that by name."""

    landed_at: float
    property_seconds: float = 0.0
    message_seconds: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return max(self.property_seconds, self.message_seconds)


def bench_latency(folder: Path) -> None:
    copies = max(USERS // sample_users(), 1)
    data = folder / "data"
    counts = write_landing(data / "landing" / "product", copies)
    write_crm(folder / "crm", copies)
    print(f"{counts['users']:,} users, {counts['events']:,} events; {FILES} files land one after the other", flush=True)
    with sandbox(folder) as url:
        environment = _environment(data, url)
        # With every channel switched off: what the whole company would be told now is nobody's news.
        _run(environment | {"PQL_RULES_DIR": str(_rules_with_channels_off(folder / "rules"))})
        _forget_messages(data)
        people = _candidates(data)
        with dagster_dev(environment, folder / "dev.log"):
            api = HubSpotApi(url, TOKEN)
            deliveries = [_delivered(data, api, person) for person in people]
    _tell(deliveries)


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """A sandbox in a process of its own that holds the company; it answers as fast and allows as much as it can."""
    options = ["--port", "0", "--state", str(folder / "sandbox.sqlite"), "--seed", str(folder / "crm")]
    command = [sys.executable, "-m", "dagster_project.sandbox", *options, "--rate-limit", "100000"]
    process = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[2]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def dagster_dev(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """`make dev`, once its sensors have ticked."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster_project", "dev", "-p", "0"],
            cwd=PROJECT_DIR,
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for_a_tick(environment, process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _wait_for_a_tick(environment: Mapping[str, str], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "make dev ended; see dev.log"
        with dg.DagsterInstance.from_config(_home(environment)) as instance:
            states = [state for state in instance.all_instigator_state() if state.name == "new_landing_files"]
            if states and states[0].instigator_data is not None and states[0].instigator_data.last_tick_timestamp:
                return
        time.sleep(1)
    raise TimeoutError("the sensors never ticked")


def _home(environment: Mapping[str, str]) -> str:
    return str(Path(environment["PQL_DATA_DIR"]) / "dagster")


def _environment(data: Path, url: str) -> dict[str, str]:
    ours = {
        "PQL_DATA_DIR": str(data),
        "HUBSPOT_BASE_URL": url,
        "HUBSPOT_ACCESS_TOKEN": TOKEN,
        "SLACK_BASE_URL": f"{url}/api/",
        "SLACK_BOT_TOKEN": TOKEN,
        "no_proxy": "127.0.0.1",
    }
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("PQL_", "DAGSTER_"))}
    return rest | ours


def _run(environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project", "run"],
        cwd=PROJECT_DIR,
        env=dict(environment),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _rules_with_channels_off(folder: Path) -> Path:
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    file = folder / "channels.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",true,", ",false,"), encoding="utf-8")
    return folder


def _forget_messages(data: Path) -> None:
    with open_state(f"sqlite:///{data / 'state' / 'state.sqlite'}").begin() as connection:
        connection.execute(update(outbox).values(state="delivered"))


def _candidates(data: Path) -> list[tuple[str, str]]:
    """User and contact of some who are nobody's yet and would be handed off if they did what it takes."""
    with duckdb.connect(data / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.sql(
            f"""
            select scores.user_id, people.hubspot_id
            from score.contact_scores as scores
            inner join intermediate.int_people as people on people.user_id = scores.user_id
            left join decide.handoffs as handoffs on handoffs.record_key = scores.user_id
            where people.lifecycle_stage in ('lead', 'marketingqualifiedlead') and handoffs.record_key is null
                and not scores.is_personal_email_domain and scores.sales_priority = 'normal'
                and scores.company_active_users_30d >= 2 and scores.pql_score < 50
                and scores.fit_score >= 20 and scores.negative_points = 0
            order by hash(scores.user_id)
            limit {FILES}
            """
        ).fetchall()
    assert len(rows) == FILES, f"only {len(rows)} people could be handed off; ask for fewer files or more users"
    return rows


def _delivered(data: Path, api: HubSpotApi, person: tuple[str, str]) -> Delivery:
    user_id, contact_id = person
    delivery = Delivery(_land(data, user_id))
    deadline = delivery.landed_at + PATIENCE_SECONDS
    while not (delivery.property_seconds and delivery.message_seconds):
        assert time.time() < deadline, f"{user_id} was not handed off within {PATIENCE_SECONDS} s; see dev.log"
        if not delivery.property_seconds and _is_handed_off(api, contact_id):
            delivery.property_seconds = time.time() - delivery.landed_at
        if not delivery.message_seconds and _is_told(api.base_url, contact_id):
            delivery.message_seconds = time.time() - delivery.landed_at
        time.sleep(LOOK_EVERY_SECONDS)
    delivery.parts = _parts(data, delivery)
    time.sleep(PAUSE_SECONDS)
    return delivery


def _land(data: Path, user_id: str) -> float:
    now = datetime.now(UTC)
    lines = [
        {
            "event_id": f"{user_id}-{number}",
            "user_id": user_id,
            "event_type": event_type,
            "timestamp": (now - timedelta(seconds=60 - number)).isoformat(),
            "properties": properties,
        }
        for number, (event_type, properties) in enumerate(DONE)
    ]
    file = data / "landing" / "product" / f"events_{user_id}.jsonl"
    unfinished = file.with_name(f"{file.name}.tmp")
    unfinished.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    unfinished.replace(file)
    return time.time()


def _is_handed_off(api: HubSpotApi, contact_id: str) -> bool:
    return any(
        contact["properties"].get("lifecyclestage") == SQL_STAGE
        for contact in read_held(api, "contacts", [contact_id], ["lifecyclestage"], None)
    )


def _is_told(url: str, contact_id: str) -> bool:
    """Whether one of the newest messages links to the contact."""
    with urllib.request.urlopen(f"{url}/_sandbox/messages?last=20") as answer:
        return f"/{contact_id}" in answer.read().decode()


def _parts(data: Path, delivery: Delivery) -> dict[str, float]:
    """Seconds from the landing to the run, from there to its first step, and of the steps of each group."""
    with dg.DagsterInstance.from_config(str(data / "dagster")) as instance:
        after = datetime.fromtimestamp(delivery.landed_at, UTC)
        records = instance.get_run_records(dg.RunsFilter(created_after=after), ascending=True)
        parts = dict.fromkeys(("until a run is asked for", "until its first step"), 0.0)
        for place, record in enumerate(records):
            steps = [step for step in instance.get_run_step_stats(record.dagster_run.run_id) if step.start_time]
            if not steps:
                continue
            created = record.create_timestamp.timestamp()
            if place == 0:
                parts["until a run is asked for"] = created - delivery.landed_at
            parts["until its first step"] += min(step.start_time for step in steps) - created
            for step in steps:
                if step.end_time and step.start_time < delivery.landed_at + delivery.seconds:
                    group = next((name for name in GROUPS if step.step_key.startswith(name)), "other")
                    parts[group] = parts.get(group, 0.0) + step.end_time - step.start_time
    return parts


def _tell(deliveries: list[Delivery]) -> None:
    for name, seconds in (
        ("HubSpot property written", [delivery.property_seconds for delivery in deliveries]),
        ("Slack message posted", [delivery.message_seconds for delivery in deliveries]),
        ("both", [delivery.seconds for delivery in deliveries]),
    ):
        told = f"p50 {_percentile(seconds, 50):6.1f} s   p95 {_percentile(seconds, 95):6.1f} s"
        allowed = f"   allowed {ALLOWED_P50} and {ALLOWED_P95}" if name == "both" else ""
        print(f"{name:<44} {told}{allowed}", flush=True)
    for name in dict.fromkeys(name for delivery in deliveries for name in delivery.parts):
        seconds = statistics.median(delivery.parts.get(name, 0.0) for delivery in deliveries)
        print(f"  {name:<42} {seconds:6.1f} s   median", flush=True)


def _percentile(values: list[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    return sorted(values)[max(-(-len(values) * percent // 100) - 1, 0)]
