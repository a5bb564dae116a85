"""Real processes that are killed while they send, against receivers that fail: each action arrives once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from delivery_desk import AFTER_A_CRASH, Desk
from every_channel import KINDS, arrivals, decide_everything, people_the_sandbox
from sqlalchemy import Engine

from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import PROJECT_DIR

SCRIPT = Path(__file__).with_name("deliver_and_die.py")
PEOPLE = 6
# One death before and one after what is sent, wherever in the channels that is.
DEATHS = [("before", 3), ("after", 5), ("after", 9), ("before", 4), ("after", 2)]
SENDS = r"chat\.postMessage|/tasks$|/enrollments$|/webhook/"
READS = r"conversations\.(history|open|list)|lookupByEmail|enrollments/contact|associations|batch/read"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(sandbox, engine, tmp_path)


def die_delivering(desk: Desk, moment: str, number: int) -> int:
    url = desk.engine.url.render_as_string()
    now = desk.sandbox.clock.now().isoformat()
    clocks = [desk.as_of.isoformat(), now]
    arguments = [url, str(desk.actions), desk.sandbox.url, f"dying-{now}", *clocks, moment, str(number)]
    process = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode in (-signal.SIGKILL, 0), process.stderr
    return process.returncode


def fail_now_and_then(desk: Desk) -> None:
    """Answers are lost before and after what they answer, and receivers ask to wait."""
    desk.sandbox.inject("502", when="after", path_regex=SENDS, probability=0.12, seed=1)
    desk.sandbox.inject("reset", when="after", path_regex=SENDS, probability=0.08, seed=2)
    desk.sandbox.inject("reset", path_regex=SENDS, probability=0.08, seed=3)
    desk.sandbox.inject("429", path_regex=SENDS, probability=0.1, seed=4)
    desk.sandbox.inject("503", path_regex=READS, probability=0.12, seed=5)


def run_until_settled(desk: Desk, most: int = 15) -> None:
    for _ in range(most):
        desk.deliver()
        desk.wait(AFTER_A_CRASH)
        if set(desk.states().values()) == {"delivered"}:
            return


def test_what_is_owed_over_every_channel_arrives_once_though_five_runs_were_killed(desk: Desk):
    people_the_sandbox(desk, PEOPLE)
    ids = decide_everything(desk, PEOPLE)
    fail_now_and_then(desk)

    for moment, number in DEATHS:
        assert die_delivering(desk, moment, number) == -signal.SIGKILL
        # A digest is several actions in one message.
        assert 1 <= list(desk.states().values()).count("sending") <= PEOPLE
        desk.wait(AFTER_A_CRASH)

    run_until_settled(desk)
    assert desk.states() == dict.fromkeys(ids, "delivered")
    assert arrivals(desk) == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in KINDS}))
def test_a_run_that_is_killed_at_the_one_thing_it_sends_loses_nothing_and_sends_nothing_twice(
    desk: Desk, kind: str, moment: str
):
    people_the_sandbox(desk, 1)
    decide_everything(desk, 1)
    only_kind(desk, kind)
    assert die_delivering(desk, moment, 1) == -signal.SIGKILL
    assert set(desk.states().values()) == {"sending"}
    desk.wait(AFTER_A_CRASH)
    run_until_settled(desk)
    assert set(desk.states().values()) == {"delivered"}
    assert set(arrivals(desk).values()) == {1}


def only_kind(desk: Desk, kind: str) -> None:
    """Of what was decided only one action of this kind is owed."""
    owed = pl.read_parquet(desk.actions).filter(pl.col("kind") == kind).head(1)
    owed.write_parquet(desk.actions)
