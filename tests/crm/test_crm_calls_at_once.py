"""The one door when several go through it: how many calls at once, that all are counted, and calling them off."""

import itertools
import sys
import threading

import pytest
from crm_world import door
from scripted_server import Scripted, answering

from dagster_project.crm.errors import CrmCalledOff, CrmUnavailable
from dagster_project.crm.transport import MOST_AT_ONCE


@pytest.mark.parametrize(
    ("max_calls", "answer_seconds", "at_once"),
    [
        # 19 a second for 0.15 s are 2.85.
        (190, 0.15, 4),
        (100, 0.15, 3),
        (250, 0.3, 9),
        (190, 0.001, 2),
        (190, 3.0, MOST_AT_ONCE),
    ],
)
def test_as_many_calls_at_once_as_the_budget_allows_while_one_is_answered_and_one_more(
    max_calls, answer_seconds, at_once
):
    # A clock that moves by as much each time it is looked at, which is before a call and after its answer.
    clock = itertools.count(step=answer_seconds).__next__
    budget = {"X-HubSpot-RateLimit-Max": str(max_calls), "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    with answering(Scripted(200, headers=budget)) as server:
        api = door(server.url, clock=clock)
        api.get("/x")
        assert api.calls_at_once() == at_once


def test_one_call_at_once_until_an_answer_told_how_long_one_takes():
    with answering(Scripted(503)) as server:
        api = door(server.url)
        assert api.calls_at_once() == 1
        with pytest.raises(CrmUnavailable):
            api.get("/x")
        assert api.calls_at_once() == 1


def test_one_slow_answer_does_not_change_how_many_calls_there_are_at_once():
    # Nine answers of a tenth of a second and one of a minute; the limiter knows of ten calls a second.
    seconds = iter([0.0, 0.1] * 5 + [0.0, 60.0] + [0.0, 0.1] * 4)
    with answering(Scripted(200)) as server:
        api = door(server.url, clock=seconds.__next__)
        for _ in range(10):
            api.get("/x")
        assert api.calls_at_once() == 2


def test_a_call_that_is_called_off_does_not_leave(sandbox):
    api = door(sandbox.url)
    with pytest.raises(CrmCalledOff):
        api.post("/crm/objects/{version}/contacts", {"properties": {}}, repeatable=True, is_called_off=lambda: True)
    assert (api.calls, sandbox.requests()) == (0, [])


def test_calls_of_several_threads_are_all_counted():
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with answering(Scripted(200)) as server:
            api = door(server.url)
            threads = [threading.Thread(target=lambda: [api.get("/x") for _ in range(50)]) for _ in range(MOST_AT_ONCE)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert api.calls == len(server.seen) == 50 * MOST_AT_ONCE
    finally:
        sys.setswitchinterval(often)
