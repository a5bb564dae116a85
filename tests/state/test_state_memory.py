"""What deciding remembers: for a past clock, what was known then."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, Table, insert, update

from dagster_project.state.memory import read_memory
from dagster_project.state.tables import handoffs, identities, outbox, returns

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 3))
# When rows were written matters to nobody who decides: only the clocks of the runs do.
MUCH_LATER = datetime(2027, 3, 1, tzinfo=UTC)


def keep(engine: Engine, table: Table, **row: object) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table).values(row))


def hand_off(engine: Engine, number: int, at: datetime, **columns: object) -> None:
    row = {
        "handoff_id": f"handoff-{number}",
        "record_key": f"user-{number}",
        "episode": 1,
        "owner_id": "201",
        "owner_reason": "least_recent",
        "handed_off_at": at,
        "run_id": "run",
        "claimed_at": MUCH_LATER,
    }
    keep(engine, handoffs, **row | columns)


def owe_message(engine: Engine, number: int, state: str, as_of: datetime) -> None:
    row = {
        "action_id": f"action-{number}",
        "trigger_id": "sql_handoff_owner",
        "kind": "slack_message",
        "target": "owner",
        "record_key": f"user-{number}",
        "payload": {},
        "state": state,
        "attempts": 1,
        "next_try_at": MUCH_LATER,
        "expires_at": MUCH_LATER,
        "as_of": as_of,
        "updated_at": MUCH_LATER,
    }
    keep(engine, outbox, **row)


def handoffs_known(engine: Engine, as_of: datetime) -> dict[str, datetime | None]:
    """When each known handoff was acknowledged."""
    return {row["handoff_id"]: row["acknowledged_at"] for row in read_memory(engine, as_of)["raw.pipeline_handoffs"]}


def states_of(memory: dict[str, list[dict]]) -> dict[str, str]:
    """The state of each known action."""
    return {row["action_id"]: row["state"] for row in memory["raw.pipeline_deliveries"]}


def test_a_fresh_state_remembers_nothing_and_names_every_table(engine: Engine):
    assert read_memory(engine, MONDAY) == {
        "raw.pipeline_identities": [],
        "raw.pipeline_handoffs": [],
        "raw.pipeline_returns": [],
        "raw.pipeline_deliveries": [],
    }


def test_a_handoff_is_handed_back_with_instants_as_the_warehouse_keeps_them(engine: Engine):
    hand_off(
        engine,
        1,
        TUESDAY,
        episode=2,
        acknowledged_as_of=WEDNESDAY,
        acknowledged_at=MUCH_LATER,
        pool="executives",
        track="enterprise",
        route_id="large",
        turn=7,
        reason="Qualified",
    )
    assert read_memory(engine, THURSDAY)["raw.pipeline_handoffs"] == [
        {
            "handoff_id": "handoff-1",
            "record_key": "user-1",
            "episode": 2,
            "owner_id": "201",
            "owner_reason": "least_recent",
            "handed_off_at": datetime(2026, 11, 17, 9),
            "acknowledged_at": datetime(2026, 11, 18, 9),
            "pool": "executives",
            "track": "enterprise",
            "route_id": "large",
            "turn": 7,
            "reason": "Qualified",
        }
    ]


def test_a_past_clock_does_not_know_later_handoffs(engine: Engine):
    hand_off(engine, 1, MONDAY)
    hand_off(engine, 2, WEDNESDAY)
    assert set(handoffs_known(engine, TUESDAY)) == {"handoff-1"}
    assert set(handoffs_known(engine, THURSDAY)) == {"handoff-1", "handoff-2"}


def test_a_handoff_that_was_acknowledged_later_has_only_begun_for_a_past_clock(engine: Engine):
    hand_off(engine, 1, MONDAY, acknowledged_as_of=WEDNESDAY, acknowledged_at=MUCH_LATER)
    assert handoffs_known(engine, TUESDAY) == {"handoff-1": None}
    assert handoffs_known(engine, THURSDAY) == {"handoff-1": datetime(2026, 11, 18, 9)}


def test_a_handoff_that_nobody_acknowledged_has_begun(engine: Engine):
    hand_off(engine, 1, MONDAY, owner_id=None)
    assert handoffs_known(engine, THURSDAY) == {"handoff-1": None}


@pytest.mark.parametrize(("before", "is_known"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_what_happened_at_the_very_clock_is_known(engine: Engine, before: timedelta, is_known: bool):
    hand_off(engine, 1, MONDAY, acknowledged_as_of=WEDNESDAY, acknowledged_at=MUCH_LATER)
    hand_off(engine, 2, WEDNESDAY)
    owe_message(engine, 1, "delivered", WEDNESDAY)
    memory = read_memory(engine, WEDNESDAY - before)
    assert [row["acknowledged_at"] for row in memory["raw.pipeline_handoffs"] if row["handoff_id"] == "handoff-1"] == [
        datetime(2026, 11, 18, 9) if is_known else None
    ]
    assert ("handoff-2" in {row["handoff_id"] for row in memory["raw.pipeline_handoffs"]}) is is_known
    assert states_of(memory) == ({"action-1": "delivered"} if is_known else {})


def test_a_past_clock_does_not_know_what_a_later_run_delivered(engine: Engine):
    owe_message(engine, 1, "delivered", MONDAY)
    owe_message(engine, 2, "pending", MONDAY)
    owe_message(engine, 3, "delivered", WEDNESDAY)
    assert states_of(read_memory(engine, TUESDAY)) == {"action-1": "delivered", "action-2": "pending"}
    with engine.begin() as connection:
        connection.execute(
            update(outbox).where(outbox.c.action_id == "action-2").values(state="delivered", as_of=WEDNESDAY)
        )
    told = {row["action_id"] for row in read_memory(engine, TUESDAY)["raw.pipeline_deliveries"]}
    assert told == {"action-1"}
    assert len(read_memory(engine, THURSDAY)["raw.pipeline_deliveries"]) == 3


def test_who_is_who_in_hubspot_holds_for_every_clock(engine: Engine):
    keep(
        engine,
        identities,
        object_type="contacts",
        record_key="user-1",
        hubspot_id="501",
        matched_by="email",
        recorded_at=MUCH_LATER,
    )
    assert read_memory(engine, MONDAY)["raw.pipeline_identities"] == [
        {"object_type": "contacts", "record_key": "user-1", "hubspot_id": "501"}
    ]


def test_an_action_is_handed_back_with_its_episode_and_whose_turn_it_took(engine: Engine):
    owe_message(engine, 1, "delivered", MONDAY)
    taken = {"subject_key": "acme", "episode": 3, "moment_at": MONDAY, "owner_id": "201", "pool": "p", "turn": 4}
    with engine.begin() as connection:
        connection.execute(update(outbox).values(taken))
    (row,) = read_memory(engine, TUESDAY)["raw.pipeline_deliveries"]
    assert row == taken | {
        "action_id": "action-1",
        "trigger_id": "sql_handoff_owner",
        "kind": "slack_message",
        "target": "owner",
        "record_key": "user-1",
        "moment_at": datetime(2026, 11, 16, 9),
        "state": "delivered",
    }


def test_a_return_that_was_acknowledged_later_has_only_begun_for_a_past_clock(engine: Engine):
    keep(
        engine,
        returns,
        return_id="return-1",
        handoff_id="handoff-1",
        record_key="user-1",
        episode=1,
        rule_id="quiet_owner",
        reason="14 days without a call",
        owner_id="201",
        returned_at=MONDAY,
        run_id="run",
        claimed_at=MUCH_LATER,
        acknowledged_as_of=WEDNESDAY,
        acknowledged_at=MUCH_LATER,
    )

    def known(as_of: datetime) -> list[datetime | None]:
        return [row["acknowledged_at"] for row in read_memory(engine, as_of)["raw.pipeline_returns"]]

    assert known(MONDAY - timedelta(seconds=1)) == []
    assert known(TUESDAY) == [None]
    assert known(THURSDAY) == [datetime(2026, 11, 18, 9)]
