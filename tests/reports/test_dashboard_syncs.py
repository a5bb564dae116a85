"""What the dashboard reads of the state: the last syncs, what is refused, what was not sent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from dagster_project.reports.dashboard.syncs import UNSENT_DAYS, read_syncs
from dagster_project.state.run_log import log_step
from dagster_project.state.tables import outbox, rejections
from tests.reports.calibration_world import World
from tests.reports.dashboard_world import page_of, published
from tests.small_snapshot import AS_OF

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def log(engine: Engine, run_id: str, step: str, **summary: object) -> None:
    log_step(engine, run_id, step, AS_OF, NOW - timedelta(minutes=1), NOW, summary)


def put(engine: Engine, action_id: str, state: str, days_ago: float = 0) -> None:
    row = {
        "action_id": action_id,
        "trigger_id": "sql_handoff",
        "kind": "slack_message",
        "target": "#sales",
        "record_key": "u1",
        "payload": {},
        "state": state,
        "attempts": 1,
        "next_try_at": NOW,
        "expires_at": NOW,
        "as_of": AS_OF,
        "updated_at": NOW - timedelta(days=days_ago),
    }
    with engine.begin() as connection:
        connection.execute(insert(outbox).values(row))


def refuse(engine: Engine, record_key: str, category: str) -> None:
    row = {
        "object_type": "contacts",
        "record_key": record_key,
        "refused_values": {},
        "category": category,
        "message": "no",
        "tries": 1,
        "last_try_at": NOW,
        "next_try_at": NOW,
        "run_id": "r",
    }
    with engine.begin() as connection:
        connection.execute(insert(rejections).values(row))


def test_a_state_that_nobody_wrote_to_has_no_sync(engine: Engine):
    syncs = read_syncs(engine, NOW)
    assert (syncs.last, syncs.runs, syncs.refused, syncs.actions, syncs.unsent) == (None, (), {}, {}, {})


def test_the_last_sync_is_the_last_run_that_wrote_and_not_the_last_run(engine: Engine):
    log(engine, "first", "sync_contacts", acknowledged_records=1, acknowledged_values=2)
    log(engine, "second", "publish", snapshot="s")
    log(engine, "second", "sync_contacts", acknowledged_records=3, acknowledged_values=4, rejected={"OTHER": 5})
    log(engine, "third", "publish", snapshot="t")
    syncs = read_syncs(engine, NOW)
    assert [run.run_id for run in syncs.runs] == ["second", "first"]
    assert syncs.last.written("contacts") == (3, 4, 5)
    assert syncs.last.steps["publish"] == {"snapshot": "s"}
    assert syncs.last.ended_at == NOW


def test_a_dry_run_is_none_that_wrote(engine: Engine):
    log(engine, "dry", "sync_contacts", state="dry_run", values=3, records=2)
    assert read_syncs(engine, NOW).last.is_dry_run
    log(engine, "real", "sync_contacts", acknowledged_records=1)
    assert not read_syncs(engine, NOW).last.is_dry_run


def test_at_most_ten_syncs_are_read(engine: Engine):
    for number in range(12):
        log(engine, f"run-{number}", "sync_companies")
    assert [run.run_id for run in read_syncs(engine, NOW).runs] == [f"run-{number}" for number in range(11, 1, -1)]


def test_what_is_refused_is_counted_by_its_reason(engine: Engine):
    for number, category in enumerate(["VALIDATION_ERROR", "VALIDATION_ERROR", "CONFLICT"]):
        refuse(engine, f"u{number}", category)
    assert read_syncs(engine, NOW).refused == {("contacts", "VALIDATION_ERROR"): 2, ("contacts", "CONFLICT"): 1}


def test_an_action_that_failed_needs_attention_for_two_weeks(engine: Engine, tmp_path: Path):
    put(engine, "sent", "delivered")
    put(engine, "late", "expired")
    put(engine, "failed", "failed")
    put(engine, "long ago", "failed", days_ago=UNSENT_DAYS + 1)
    syncs = read_syncs(engine, NOW)
    assert syncs.actions == {"delivered": 1, "expired": 1, "failed": 2}
    assert syncs.unsent == {"failed": 1, "expired": 1}
    page = page_of(published(World(), tmp_path), syncs)
    items = [item.text for item in page.section("attention").all("li")]
    assert items[0].startswith("Urgent 1 action of the last 14 days failed; once that is mended, `make retry`")
    assert any(item.startswith("1 action of the last 14 days came too late") for item in items)
    assert page.table("sync", "Actions by state")["failed"] == ["2"]
