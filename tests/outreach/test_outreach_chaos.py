"""A thousand actions over every channel, answers lost and runs killed: each arrives once, or is told as undelivered."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from delivery_desk import AFTER_A_CRASH, Desk
from every_channel import arrivals, decide_everything, people_the_sandbox
from sqlalchemy import Engine
from test_outreach_kill import READS, SENDS

from dagster_project.outreach.act_run import Door
from dagster_project.outreach.delivering import deliver
from dagster_project.sandbox.running import Sandbox

PEOPLE = 170
NOT_DELIVERED = {"failed", "expired", "unknown", "pending"}


class Killed(BaseException):
    """The process is gone: nothing of ours catches this."""


class Mortal:
    """A channel in a process that dies now and then, before or after it sends."""

    def __init__(self, channel: object, chance: random.Random):
        self._channel = channel
        self._chance = chance

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)

    def send(self, prepared: object) -> dict:
        fate = self._chance.random()
        if fate < 0.004:
            raise Killed
        receipt = self._channel.send(prepared)
        if fate > 0.996:
            raise Killed
        return receipt


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(sandbox, engine, tmp_path)


def lives(desk: Desk, chance: random.Random) -> bool:
    """Whether a run of a process that may die any moment came to its end."""
    run = desk.run()
    doors = {name: Door(lambda door=door: Mortal(door.open(), chance)) for name, door in run.doors.items()}
    try:
        deliver(type(run)(**vars(run) | {"doors": doors}))
    except Killed:
        return False
    return True


def test_of_a_thousand_actions_none_arrives_twice_and_none_is_lost(desk: Desk):
    people_the_sandbox(desk, PEOPLE)
    ids = decide_everything(desk, PEOPLE)
    assert len(ids) > 1_000
    # Three contacts are gone by the time: nothing can be delivered that stands on them.
    gone = [desk.sandbox.contact(f"user{number}@brightloom.io")["id"] for number in (1, 2, 3)]
    for contact_id in gone:
        desk.sandbox.archive("contacts", contact_id)
    for path, kind, when, probability, seed in (
        (SENDS, "502", "after", 0.04, 1),
        (SENDS, "reset", "after", 0.03, 2),
        (SENDS, "504", "before", 0.03, 3),
        (SENDS, "429", "before", 0.03, 4),
        (READS, "503", "before", 0.04, 5),
    ):
        desk.sandbox.inject(kind, when=when, path_regex=path, probability=probability, seed=seed)

    chance = random.Random(7)
    deaths = 0
    for _ in range(10):
        deaths += not lives(desk, chance)
        desk.wait(AFTER_A_CRASH)
    desk.sandbox.clear_faults()
    for _ in range(4):
        desk.deliver()
        desk.wait(timedelta(hours=1))
    # What still waits is too late by now.
    desk.as_of += timedelta(days=3)
    desk.deliver()

    seen, states = arrivals(desk), desk.states()
    assert deaths > 3
    assert set(states) == set(ids)
    assert {action_id: count for action_id, count in seen.items() if count > 1} == {}
    delivered = {action_id for action_id, state in states.items() if state == "delivered"}
    assert {action_id for action_id in ids if seen[action_id]} - delivered == set()
    assert {action_id for action_id in delivered if not seen[action_id]} == set()
    not_delivered = {action_id: desk.row(action_id) for action_id in set(ids) - delivered}
    assert {row["state"] for row in not_delivered.values()} <= NOT_DELIVERED
    assert all(row["problem"] for row in not_delivered.values())
    assert len(delivered) > 0.95 * len(ids)
