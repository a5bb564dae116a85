"""Real processes that are killed while they send, against a Slack that fails: each message stands there once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from delivery_desk import AFTER_A_CRASH, Desk
from sqlalchemy import Engine

from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import PROJECT_DIR

SCRIPT = Path(__file__).with_name("deliver_and_die.py")
HANDOFFS = 20
DEATHS = [("before", 5), ("after", 6), ("after", 1)]


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    sandbox.add_slack_user("dana@orbit.example", "Dana")
    return Desk(sandbox, engine, tmp_path / "snapshot")


def die_delivering(desk: Desk, moment: str, number: int) -> None:
    url = desk.engine.url.render_as_string()
    now = desk.sandbox.clock.now().isoformat()
    clocks = [desk.as_of.isoformat(), now]
    arguments = [url, str(desk.actions), desk.sandbox.slack_url, f"dying-{now}", *clocks, moment, str(number)]
    process = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr


def test_forty_messages_stand_in_slack_once_each_though_three_runs_were_killed(desk: Desk):
    desk.decide_handoffs(HANDOFFS)
    desk.acknowledge(*range(1, HANDOFFS + 1))
    post, read = "chat.postMessage", "conversations.(history|open|list)|lookupByEmail"
    desk.sandbox.inject("502", when="after", path_regex=post, probability=0.15, seed=1)
    desk.sandbox.inject("reset", when="after", path_regex=post, probability=0.1, seed=2)
    desk.sandbox.inject("reset", path_regex=post, probability=0.1, seed=3)
    desk.sandbox.inject("429", path_regex=post, probability=0.15, seed=4)
    desk.sandbox.inject("503", path_regex=read, probability=0.2, seed=5)

    for moment, number in DEATHS:
        before = len(desk.posted())
        die_delivering(desk, moment, number)
        assert list(desk.states().values()).count("sending") == 1
        assert len(desk.posted()) - before <= number
        desk.wait(AFTER_A_CRASH)

    for _ in range(12):
        desk.deliver()
        desk.wait(AFTER_A_CRASH)
        if set(desk.states().values()) == {"delivered"}:
            break
    assert desk.states() == dict.fromkeys(desk.states(), "delivered")
    assert len(desk.states()) == 2 * HANDOFFS
    assert sorted(desk.posted()) == sorted(desk.states())
