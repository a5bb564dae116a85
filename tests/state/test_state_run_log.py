"""The log of runs: what each step did, by run."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import StatementError

from dagster_project.state.run_log import log_step, steps_of_run
from dagster_project.state.tables import runs

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTED = datetime(2027, 1, 4, 12, tzinfo=UTC)


def log(engine: Engine, run_id: str, step: str, summary: dict, started_at: datetime = STARTED) -> None:
    log_step(engine, run_id, step, AS_OF, started_at, started_at + timedelta(seconds=2), summary)


def test_a_run_that_did_nothing_has_no_steps(engine: Engine):
    log(engine, "another", "ingest", {"events": 1})
    assert steps_of_run(engine, "run") == {}


def test_the_steps_of_a_run_come_back_in_their_order_and_as_they_were_told(engine: Engine):
    told = {"events": 4477, "share": 0.25, "reasons": {"json_broken": 1}, "names": ["Zoë", "O'Brien"], "note": None}
    log(engine, "run", "sync", {})
    log(engine, "run", "ingest", told)
    log(engine, "another", "ingest", {"events": 1})
    assert list(steps_of_run(engine, "run").items()) == [("sync", {}), ("ingest", told)]


def test_of_a_step_that_ran_twice_the_later_one_is_told_and_both_are_kept(engine: Engine):
    log(engine, "run", "act", {"sent": 0}, STARTED)
    # The clock of the machine may have been set back meanwhile.
    log(engine, "run", "act", {"sent": 3}, STARTED - timedelta(hours=1))
    assert steps_of_run(engine, "run") == {"act": {"sent": 3}}
    with engine.connect() as connection:
        assert [summary["sent"] for (summary,) in connection.execute(select(runs.c.summary))] == [0, 3]


def test_a_step_is_kept_with_the_clock_of_the_run_and_the_time_it_took(engine: Engine):
    log(engine, "run", "act", {})
    with engine.connect() as connection:
        (row,) = connection.execute(select(runs))
    assert (row.as_of, row.started_at, row.ended_at) == (AS_OF, STARTED, STARTED + timedelta(seconds=2))


def test_a_time_without_a_zone_is_refused_and_nothing_is_kept(engine: Engine):
    with pytest.raises(StatementError, match="has no zone"):
        log(engine, "run", "act", {}, STARTED.replace(tzinfo=None))
    assert steps_of_run(engine, "run") == {}
