"""What is sent once: the states of an action, who may move it, and when."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import Engine, select

from dagster_project.outreach import outbox
from dagster_project.outreach.outbox import FIRST_RETRY, LONGEST_RETRY
from dagster_project.outreach.outbox_rows import (
    CLAIM_LASTS,
    Action,
    OutboxRow,
    due,
    known_ids,
    open_rows,
    unknown,
    unknown_count,
)
from dagster_project.settings import PROJECT_DIR
from dagster_project.state.tables import outbox as table

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def action(number: int = 1, *, expires_at: datetime = AS_OF + timedelta(hours=48), **payload: object) -> Action:
    return Action(f"action-{number}", "trigger", "slack_message", "owner", f"user-{number}", payload, expires_at)


def put(engine: Engine, *actions: Action) -> int:
    return outbox.enqueue(engine, actions or (action(),), as_of=AS_OF, now=NOW)


def row(engine: Engine, action_id: str = "action-1") -> dict:
    with engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.action_id == action_id)).mappings().one())


def state(engine: Engine, action_id: str = "action-1") -> str:
    return row(engine, action_id)["state"]


def ids(rows: list[OutboxRow]) -> list[str]:
    return [item.action.action_id for item in rows]


def settle(engine: Engine, outcome: str, *, run_id: str = "run-a", now: datetime = NOW, **details: object) -> None:
    outbox.settle(engine, ["action-1"], outcome, run_id=run_id, as_of=AS_OF, now=now, **details)


def resolve(engine: Engine, outcome: str, *, now: datetime = NOW, **details: object) -> None:
    outbox.resolve(engine, ["action-1"], outcome, as_of=AS_OF, now=now, **details)


# Owing


def test_an_action_is_owed_once_and_as_it_was_first_owed(engine: Engine):
    assert put(engine, action(1, score=65), action(2)) == 2
    assert put(engine, action(1, score=80), action(2), action(3)) == 1
    assert row(engine)["payload"] == {"score": 65}
    assert ids(due(engine, NOW)) == ["action-1", "action-2", "action-3"]


def test_more_actions_than_a_statement_takes_values_are_owed_once_each(engine: Engine):
    many = [action(number) for number in range(40_000)]
    assert put(engine, *many) == 40_000
    assert put(engine, *many, action(40_000)) == 1
    assert len(known_ids(engine, [item.action_id for item in many])) == 40_000


def test_a_delivered_action_is_not_owed_again(engine: Engine):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    settle(engine, "delivered", receipt={"ts": "1.0"})
    assert put(engine) == 0
    assert due(engine, NOW + timedelta(days=1)) == []
    assert row(engine)["receipt"] == {"ts": "1.0"}


def test_what_is_known_of_is_known_in_every_state(engine: Engine):
    put(engine, action(1), action(2))
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    assert known_ids(engine, ["action-1", "action-2", "action-3"]) == {"action-1", "action-2"}
    assert known_ids(engine, []) == set()


def test_an_action_keeps_all_it_was_made_of(engine: Engine):
    made = action(1, facts={"company_name": "Brightloom", "employee_count": None})
    put(engine, made)
    (found,) = due(engine, NOW)
    assert found == OutboxRow(made, "pending", 0, None, None, NOW, AS_OF)


def test_the_oldest_is_sent_first(engine: Engine):
    outbox.enqueue(engine, [action(1)], as_of=AS_OF + timedelta(hours=1), now=NOW)
    outbox.enqueue(engine, [action(3), action(2)], as_of=AS_OF, now=NOW)
    assert ids(due(engine, NOW)) == ["action-2", "action-3", "action-1"]


# Claiming


def test_of_two_runs_one_gets_the_action(engine: Engine):
    put(engine)
    assert outbox.claim(engine, ["action-1"], "run-a", NOW)
    assert not outbox.claim(engine, ["action-1"], "run-b", NOW)
    assert row(engine)["claimed_by"] == "run-a"


@pytest.mark.parametrize("outcome", ["delivered", "failed", "unknown"])
def test_what_is_settled_or_in_doubt_cannot_be_claimed(engine: Engine, outcome: str):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    settle(engine, outcome)
    assert not outbox.claim(engine, ["action-1"], "run-b", NOW + timedelta(days=1))


def test_nobody_can_claim_what_is_not_there(engine: Engine):
    assert not outbox.claim(engine, ["action-1"], "run-a", NOW)


def test_of_eight_threads_one_wins_each_action(engine: Engine):
    numbers = range(20)
    put(engine, *(action(number) for number in numbers))
    starting = threading.Barrier(8)
    won: dict[str, list[str]] = {}

    def work(run_id: str) -> None:
        starting.wait()
        mine = [f"action-{number}" for number in numbers]
        won[run_id] = [action_id for action_id in mine if outbox.claim(engine, [action_id], run_id, NOW)]

    threads = [threading.Thread(target=work, args=(f"run-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(chain.from_iterable(won.values())) == sorted(f"action-{number}" for number in numbers)


CLAIMING = """
import sys
from datetime import UTC, datetime
from dagster_project.outreach import outbox
from dagster_project.outreach.outbox_rows import due
from dagster_project.state.database import open_state

engine = open_state(sys.argv[1])
now = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()
for row in due(engine, now):
    if outbox.claim(engine, [row.action.action_id], sys.argv[2], now):
        print(row.action.action_id)
"""


def test_of_two_processes_one_wins_each_action(engine: Engine):
    put(engine, *(action(number) for number in range(30)))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMING, engine.url.render_as_string(), f"run-{number}"],
            cwd=PROJECT_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [process.communicate()[0].split() for process in processes]
    assert sorted(chain.from_iterable(won)) == sorted(f"action-{number}" for number in range(30))


# Claims that are lost


def test_a_claim_that_ran_out_leaves_the_action_in_doubt(engine: Engine):
    put(engine, action(1), action(2))
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    assert outbox.mark_lost_claims(engine, NOW + CLAIM_LASTS) == 0
    assert outbox.mark_lost_claims(engine, NOW + CLAIM_LASTS + MOMENT) == 1
    assert (state(engine, "action-1"), state(engine, "action-2")) == ("unknown", "pending")
    (lost,) = unknown(engine, NOW + CLAIM_LASTS + MOMENT)
    assert lost.claimed_at == NOW
    assert lost.problem == "the process that sent it ended before it wrote down the outcome"


def test_a_renewed_claim_lasts_from_then_on(engine: Engine):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    assert outbox.renew(engine, ["action-1"], "run-a", NOW + timedelta(minutes=4))
    assert outbox.mark_lost_claims(engine, NOW + CLAIM_LASTS + MOMENT) == 0
    assert outbox.mark_lost_claims(engine, NOW + timedelta(minutes=4) + CLAIM_LASTS + MOMENT) == 1


def test_a_claim_that_is_gone_cannot_be_renewed(engine: Engine):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    outbox.mark_lost_claims(engine, NOW + CLAIM_LASTS + MOMENT)
    assert not outbox.renew(engine, ["action-1"], "run-a", NOW + CLAIM_LASTS + MOMENT)
    resolve(engine, "pending")
    outbox.claim(engine, ["action-1"], "run-b", NOW + CLAIM_LASTS + timedelta(minutes=5))
    assert not outbox.renew(engine, ["action-1"], "run-a", NOW + CLAIM_LASTS + timedelta(minutes=5))
    assert outbox.renew(engine, ["action-1"], "run-b", NOW + CLAIM_LASTS + timedelta(minutes=5))


@pytest.mark.parametrize("outcome", ["pending", "failed", "unknown"])
def test_a_run_that_lost_its_claim_decides_nothing(engine: Engine, outcome: str):
    """Else an action that another run has delivered meanwhile would be put back, and stand in Slack twice."""
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    outbox.mark_lost_claims(engine, NOW + CLAIM_LASTS + MOMENT)
    settle(engine, outcome)
    assert state(engine) == "unknown"
    resolve(engine, "pending")
    outbox.claim(engine, ["action-1"], "run-b", NOW + CLAIM_LASTS + timedelta(minutes=5))
    settle(engine, outcome)
    assert row(engine)["claimed_by"] == "run-b"
    settle(engine, "delivered", run_id="run-b", receipt={"ts": "1.0"})
    settle(engine, outcome)
    assert state(engine) == "delivered"


@pytest.mark.parametrize("meanwhile", ["unknown", "pending", "expired"])
def test_a_run_that_lost_its_claim_still_says_that_it_delivered(engine: Engine, meanwhile: str):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    outbox.mark_lost_claims(engine, NOW + CLAIM_LASTS + MOMENT)
    resolve(engine, meanwhile)
    settle(engine, "delivered", receipt={"ts": "1.0"})
    assert (state(engine), row(engine)["receipt"]) == ("delivered", {"ts": "1.0"})


# Doubt


def test_reading_back_decides_only_what_is_in_doubt(engine: Engine):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    resolve(engine, "pending")
    assert state(engine) == "sending"
    settle(engine, "delivered")
    resolve(engine, "pending")
    assert state(engine) == "delivered"


def test_what_is_in_doubt_is_looked_for_after_a_pause_that_doubles(engine: Engine):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    settle(engine, "unknown", problem="the answer was lost")
    now = NOW
    for minutes in (1, 1, 2, 4, 8, 16, 32, 60, 60):
        assert unknown(engine, now + timedelta(minutes=minutes) - MOMENT) == []
        now += timedelta(minutes=minutes)
        assert ids(unknown(engine, now)) == ["action-1"]
        assert unknown_count(engine) == 1
        resolve(engine, "unknown", now=now, problem="Slack cannot be reached")


# Time


def test_what_is_too_late_by_the_clock_of_the_run_is_given_up(engine: Engine):
    put(engine, action(1, expires_at=AS_OF), action(2, expires_at=AS_OF + MOMENT))
    later = AS_OF + MOMENT
    assert outbox.expire(engine, as_of=AS_OF, now=NOW + timedelta(days=300)) == 0
    assert outbox.expire(engine, as_of=later, now=NOW) == 1
    assert (state(engine, "action-1"), state(engine, "action-2")) == ("expired", "pending")
    assert row(engine)["problem"] == "its time had passed before it could be sent"
    assert row(engine)["as_of"] == later


@pytest.mark.parametrize("held", ["sending", "unknown", "delivered"])
def test_what_may_have_been_sent_does_not_just_expire(engine: Engine, held: str):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    if held != "sending":
        settle(engine, held)
    assert outbox.expire(engine, as_of=AS_OF + timedelta(days=30), now=NOW) == 0
    assert state(engine) == held


def test_what_was_put_back_waits_twice_as_long_each_time_and_an_hour_at_most(engine: Engine):
    put(engine)
    now, waits = NOW, []
    # Two days of trying: as many times as a message that expires after 48 hours is tried.
    for _ in range(60):
        assert outbox.claim(engine, ["action-1"], "run-a", now)
        settle(engine, "pending", now=now)
        wait = row(engine)["next_try_at"] - now
        assert due(engine, now + wait - MOMENT) == []
        now += wait
        assert ids(due(engine, now)) == ["action-1"]
        waits.append(wait)
    assert waits[:7] == [FIRST_RETRY * 2**exponent for exponent in range(6)] + [LONGEST_RETRY]
    assert set(waits[6:]) == {LONGEST_RETRY}
    assert row(engine)["attempts"] == 60


def test_open_is_what_a_run_could_do_something_about(engine: Engine):
    put(engine, *(action(number) for number in range(1, 7)))
    for number, outcome in ((2, "delivered"), (3, "failed"), (4, "pending"), (5, "unknown")):
        outbox.claim(engine, [f"action-{number}"], "run-a", NOW)
        outbox.settle(engine, [f"action-{number}"], outcome, run_id="run-a", as_of=AS_OF, now=NOW)
    outbox.claim(engine, ["action-6"], "run-a", NOW)
    assert ids(open_rows(engine, NOW)) == ["action-1"]
    assert ids(open_rows(engine, NOW + FIRST_RETRY)) == ["action-1", "action-4", "action-5"]
    after_the_claim = NOW + CLAIM_LASTS + MOMENT
    assert ids(open_rows(engine, after_the_claim)) == ["action-1", "action-4", "action-5", "action-6"]


def test_the_outbox_outlives_the_process(engine: Engine):
    put(engine)
    outbox.claim(engine, ["action-1"], "run-a", NOW)
    engine.dispose()
    assert state(engine) == "sending"
