"""Who took which contact and how many turns everybody had, and how many contacts with sales nobody cares for."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import insert

from dagster_project.crm.assignments import read_last_assignments, read_loads
from dagster_project.crm.sales_queue import QueueCounts, count_in_review, count_queue
from dagster_project.state.tables import handoffs, outbox

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def hand_off(world, number, owner_id, *, pool=None, turn=None, reason="round_robin"):
    row = {
        "handoff_id": f"h{number}",
        "record_key": f"u{number}",
        "episode": 1,
        "owner_id": owner_id,
        "owner_reason": reason,
        "handed_off_at": NOON + timedelta(hours=number),
        "run_id": "run",
        "claimed_at": NOON,
        "pool": pool,
        "turn": turn,
        "track": "enterprise",
    }
    with world.engine.begin() as connection:
        connection.execute(insert(handoffs).values(row))


def owe(world, number, owner_id, *, pool=None, turn=None):
    known = {"kind": "hubspot_task", "target": "owner", "payload": {}, "state": "delivered", "attempts": 1}
    times = {"expires_at": NOON, "as_of": NOON, "updated_at": NOON, "next_try_at": NOON}
    times["moment_at"] = NOON + timedelta(days=number)
    row = {"action_id": f"a{number}", "trigger_id": "t", "record_key": f"u{number}"} | known | times
    with world.engine.begin() as connection:
        connection.execute(insert(outbox).values(row | {"owner_id": owner_id, "pool": pool, "turn": turn}))


def test_the_last_assignments_come_first(world):
    hand_off(world, 1, "201", pool="ae", turn=1)
    hand_off(world, 3, "202", reason="open_deal")
    hand_off(world, 2, "202", pool="ae", turn=1)
    found = read_last_assignments(world.engine, 2)
    assert [(item.record_key, item.owner_reason, item.turn) for item in found] == [
        ("u3", "open_deal", None),
        ("u2", "round_robin", 1),
    ]


def test_turns_are_counted_by_pool_over_handoffs_and_actions(world):
    hand_off(world, 1, "201", pool="ae", turn=4)
    hand_off(world, 2, "201", pool="sdr", turn=9)
    hand_off(world, 3, "202", pool="ae", turn=3)
    hand_off(world, 4, "203", reason="existing_owner")
    owe(world, 5, "202", pool="ae", turn=5)
    owe(world, 6, "203")
    assert [(load.pool, load.owner_id, load.turns) for load in read_loads(world.engine)] == [
        ("ae", "202", 5),
        ("ae", "201", 4),
        ("sdr", "201", 9),
    ]


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        ([], QueueCounts(0, 0, 0)),
        ([(True, False), (False, False), (None, False), (True, None)], QueueCounts(4, 2, 2)),
    ],
)
def test_stale_contacts_are_counted_and_so_are_those_of_whom_nothing_is_known(tmp_path, rows, counts):
    queue = [
        {
            "record_key": f"u{number}",
            "handed_off_at": NOON.replace(tzinfo=None),
            "is_stale": stale,
            "has_open_deal": deal,
        }
        for number, (stale, deal) in enumerate(rows)
    ]
    # Made sales qualified by hand: nothing can be told, and nothing has to be.
    queue += [{"record_key": "by_hand", "handed_off_at": None, "is_stale": None, "has_open_deal": False}] * bool(rows)
    schema = {
        "record_key": pl.String,
        "handed_off_at": pl.Datetime,
        "is_stale": pl.Boolean,
        "has_open_deal": pl.Boolean,
    }
    pl.DataFrame(queue, schema=schema).write_parquet(tmp_path / "decide.sales_queue.parquet")
    found = count_queue(tmp_path)
    assert found == QueueCounts(counts.at_sales_qualified + bool(rows), counts.stale, counts.not_judged)
    assert found.stale_pct == (40.0 if rows else 0.0)


def test_a_snapshot_of_an_earlier_version_has_no_queue(tmp_path):
    assert count_queue(tmp_path) == QueueCounts()


def test_handoffs_in_review_are_counted(tmp_path):
    states = pl.DataFrame({"handoff_state": ["in_review", "waiting", "in_review", "acknowledged"]})
    states.write_parquet(tmp_path / "decide.handoffs.parquet")
    assert count_in_review(tmp_path) == 2
