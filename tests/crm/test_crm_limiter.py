"""The request budget: whatever the callers do, no rolling window holds more calls than the portal allows, less two."""

import heapq
import threading

import pytest
from crm_world import FakeTime
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.crm.limiter import (
    DEFAULT_INTERVAL_SECONDS,
    DEFAULT_MAX_CALLS,
    SPARE_CALLS,
    SPARE_SECONDS,
    CallLimiter,
    event_send_limiter,
)
from dagster_project.crm.transport import HubSpotApi

# A pause that ends a rounding error too early is followed by one of a millisecond.
SLACK_SECONDS = 0.002


def headers(max_calls, interval_seconds=10.0):
    return {
        "X-HubSpot-RateLimit-Max": str(max_calls),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(round(interval_seconds * 1000)),
    }


def most_in_any_window(times, seconds):
    return max((sum(start <= later < start + seconds for later in times) for start in times), default=0)


idle_times = st.lists(st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(5, 25)), min_size=1, max_size=120)


@settings(deadline=None)
@given(idle_times, st.integers(1, 30), st.sampled_from([1.0, 10.0]))
def test_no_rolling_window_holds_more_calls_than_allowed_and_nobody_waits_without_need(idle, max_calls, interval):
    time = FakeTime()
    limiter = CallLimiter(time.clock, time.sleep)
    limiter.learn(headers(max_calls, interval))
    allowed = max(max_calls - SPARE_CALLS, 1)
    asked, sent = [], []
    for seconds in idle:
        time.now += seconds
        asked.append(time.now)
        limiter.wait_for_turn()
        sent.append(time.now)
    assert most_in_any_window(sent, interval) <= allowed
    for number, (wanted, got) in enumerate(zip(asked, sent, strict=True)):
        free_at = sent[number - allowed] + interval + SPARE_SECONDS if number >= allowed else wanted
        assert got <= max(wanted, free_at) + SLACK_SECONDS


@settings(deadline=None)
@given(st.integers(2, 8), st.integers(3, 12), st.integers(5, 20))
def test_threads_that_share_it_keep_the_budget_together(thread_count, max_calls, calls_each):
    time, local, sent = FakeTime(), threading.local(), []

    def clock():
        # What a thread saw last before it was let through is when its call counted.
        local.seen = time.now
        return local.seen

    limiter = CallLimiter(clock, time.sleep)
    limiter.learn(headers(max_calls))

    def call():
        for _ in range(calls_each):
            limiter.wait_for_turn()
            sent.append(local.seen)

    threads = [threading.Thread(target=call) for _ in range(thread_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == thread_count * calls_each
    assert most_in_any_window(sent, 10.0) <= max_calls - SPARE_CALLS


def calls_without_waiting(limiter, time):
    count = 0
    while not time.pauses:
        limiter.wait_for_turn()
        count += 1
    return count - 1  # the last one waited


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), min_size=30, max_size=80), st.integers(3, 12), st.integers(2, 6))
def test_calls_held_up_on_their_way_are_no_reason_to_be_asked_too_much(held_up, max_calls, at_once):
    """Several calls at a time; each is counted when it arrives, however long that takes, and answered at once."""
    time = FakeTime()
    limiter = CallLimiter(time.clock, time.sleep)
    limiter.learn(headers(max_calls))
    first = limiter.wait_for_turn()
    time.now += 0.15
    limiter.answered(first)
    arrived, on_the_way = [time.now], []

    def let_one_arrive():
        arrives_at, left_at = heapq.heappop(on_the_way)
        time.now = max(time.now, arrives_at)
        arrived.append(arrives_at)
        limiter.answered(left_at)

    for seconds in held_up:
        while len(on_the_way) >= at_once:
            let_one_arrive()
        left_at = limiter.wait_for_turn()
        heapq.heappush(on_the_way, (left_at + 0.15 + seconds, left_at))
        # Whatever arrived while it waited for its turn is answered.
        while on_the_way and on_the_way[0][0] <= time.now:
            let_one_arrive()
    while on_the_way:
        let_one_arrive()
    assert most_in_any_window(arrived, 10.0) <= max_calls


def test_until_told_otherwise_it_takes_the_smallest_portal():
    time = FakeTime()
    assert calls_without_waiting(CallLimiter(time.clock, time.sleep), time) == DEFAULT_MAX_CALLS - SPARE_CALLS == 98


def test_a_bigger_portal_is_used_as_soon_as_an_answer_says_so():
    time = FakeTime()
    limiter = CallLimiter(time.clock, time.sleep)
    limiter.learn(headers(190))
    assert calls_without_waiting(limiter, time) == 188


def test_a_smaller_budget_than_was_used_is_waited_for():
    time = FakeTime()
    limiter = CallLimiter(time.clock, time.sleep)
    for _ in range(50):
        limiter.wait_for_turn()
    limiter.learn(headers(12))
    limiter.wait_for_turn()
    assert sum(time.pauses) == pytest.approx(DEFAULT_INTERVAL_SECONDS + SPARE_SECONDS, abs=SLACK_SECONDS)


@pytest.mark.parametrize(
    "answer",
    [
        {},  # the search endpoint
        {"X-HubSpot-RateLimit-Max": "5"},
        {"X-HubSpot-RateLimit-Interval-Milliseconds": "1000"},
        headers(0),
        headers(-3),
        headers(5, 0),
        {"X-HubSpot-RateLimit-Max": "many", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"},
        {"X-HubSpot-RateLimit-Max": "", "X-HubSpot-RateLimit-Interval-Milliseconds": ""},
    ],
)
def test_an_answer_that_states_no_usable_budget_changes_nothing(answer):
    limiter = CallLimiter()
    limiter.learn(headers(190))
    limiter.learn(answer)
    assert (limiter.max_calls, limiter.interval_seconds) == (190, 10.0)


def test_a_portal_that_allows_next_to_nothing_still_gets_one_call_at_a_time():
    for max_calls in (1, 2, 3):
        time = FakeTime()
        limiter = CallLimiter(time.clock, time.sleep)
        limiter.learn(headers(max_calls))
        assert calls_without_waiting(limiter, time) == 1


def test_the_budget_is_read_from_the_answers_and_never_used_up(sandbox):
    sandbox.set(rate_limit=20)
    time = FakeTime()
    api = HubSpotApi(sandbox.url, "token", limiter=CallLimiter(time.clock, time.sleep), sleep=time.sleep)
    for _ in range(18):
        api.get("/account-info/{version}/details")
    assert time.pauses == []
    api.get("/account-info/{version}/details")
    assert sum(time.pauses) == pytest.approx(10.1, abs=SLACK_SECONDS)
    assert {call["status"] for call in sandbox.requests()} == {200}


def test_sends_of_custom_events_wait_for_their_own_budget_and_for_no_other(sandbox):
    time = FakeTime()
    api = HubSpotApi(
        sandbox.url,
        "token",
        limiter=CallLimiter(time.clock, time.sleep, max_calls=3),
        event_sends=event_send_limiter(time.clock, time.sleep),
        sleep=time.sleep,
    )
    api.post("/events/custom/{version}/event-definitions", {"name": "seen", "label": "Seen"}, repeatable=True)
    event = {"eventName": f"pe{sandbox.portal_id}_seen", "email": "ann@a.example", "properties": {}}
    for _ in range(10):
        api.post("/events/custom/{version}/send/batch", {"inputs": [event]}, repeatable=True)
    assert time.pauses == []


def test_no_more_than_1250_sends_of_custom_events_leave_in_a_second():
    time = FakeTime()
    limiter = event_send_limiter(time.clock, time.sleep)
    assert 1_000 < calls_without_waiting(limiter, time) <= 1_250
    assert sum(time.pauses) == pytest.approx(1 + SPARE_SECONDS, abs=SLACK_SECONDS)
