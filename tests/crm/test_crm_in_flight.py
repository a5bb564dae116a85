"""Several batches on their way at once: who is told what, what leaves when, and what an error or an early end does."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest
from crm_batch_server import taking_batches
from crm_moments import watched_door
from crm_world import CONTACTS, FakeTime, door
from scripted_server import Scripted
from test_crm_limiter import headers, most_in_any_window

from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmError, CrmRefused, CrmUnauthorised, CrmUnavailable, DailyLimitReached
from dagster_project.crm.limiter import CallLimiter
from dagster_project.crm.sending import send
from dagster_project.crm.transport import MOST_AT_ONCE, HubSpotApi

AT_ONCE = 4
# Long enough for a call to leave that must not.
A_WHILE = 0.15
DAILY = b'{"status": "error", "message": "You have reached your daily limit.", "policyName": "DAILY"}'


class FourAtOnce(HubSpotApi):
    """As if the portal's budget and latency asked for this many."""

    def calls_at_once(self) -> int:
        return AT_ONCE


def known(count):
    return [Update(f"u{number}", f"{1000 + number}", None, {"zo_pql_score": "1"}, {}, {}) for number in range(count)]


def unknown(count):
    return [Update(f"n{n}", None, f"n{n}@a.example", {"zo_pql_score": "1"}, {}, {}) for n in range(count)]


def four_at_once(url, **options):
    return door(url, kind=FourAtOnce, **options)


def acknowledged_ids(outcomes):
    return [record_id for outcome in outcomes for _, record_id, _ in outcome.acknowledged]


def ids(updates):
    return {item.hubspot_id for item in updates}


def collect(outcomes, sending):
    """As it goes: what was told before an error counts."""
    for outcome in sending:
        outcomes.append(outcome)


def threads_in_flight():
    return [thread for thread in threading.enumerate() if thread.name.startswith("in-flight")]


def in_rounds(special=None, answered=None):
    """Answers nobody before four batches are there; of those with the number `special` it says what to answer.

    The other three of its round are answered a while after it, so that it is noticed while they are on their way.
    """
    together = threading.Barrier(AT_ONCE, timeout=10)
    special_answered = threading.Event()

    def answer(number, _ids):
        together.wait()
        if number == special:
            special_answered.set()
            return answered
        if special is not None and number // AT_ONCE == special // AT_ONCE:
            special_answered.wait(10)
            time.sleep(A_WHILE)
        return None

    return answer


# Many at once


def test_several_batches_are_on_their_way_at_once_and_never_more_than_are_wanted():
    with taking_batches(in_rounds()) as server:
        outcomes = list(send(known(1_200), four_at_once(server.url), CONTACTS))
    assert len(outcomes) == 12
    assert server.most_at_once == AT_ONCE
    assert threads_in_flight() == []


def test_everybody_is_told_of_once_and_matched_whatever_order_the_answers_come_in():
    updates = known(1_950)

    def later_ones_first(number, _ids):
        time.sleep(0.02 * (AT_ONCE - number % AT_ONCE))

    with taking_batches(later_ones_first) as server:
        outcomes = list(send(updates, four_at_once(server.url), CONTACTS))
    told = [(item.record_key, record_id) for outcome in outcomes for item, record_id, _ in outcome.acknowledged]
    assert sorted(told) == sorted((item.record_key, item.hubspot_id) for item in updates)
    assert sum(len(outcome.rejected) for outcome in outcomes) == 0
    assert sorted(len(batch) for batch in server.seen) == [50] + [100] * 19


def test_what_is_answered_first_is_told_first():
    first_may_go = threading.Event()

    def first_last(number, _ids):
        if number == 0:
            first_may_go.wait(10)

    with taking_batches(first_last) as server:
        outcomes = send(known(800), four_at_once(server.url), CONTACTS)
        told = acknowledged_ids([next(outcomes) for _ in range(7)])
        assert set(told).isdisjoint(server.seen[0])
        first_may_go.set()
        assert set(acknowledged_ids(outcomes)) == set(server.seen[0])


def test_known_records_are_all_answered_before_the_first_unknown_one_leaves():
    def slow_at_times(number, _ids):
        time.sleep(0.03 * (number % 3))

    with taking_batches(slow_at_times) as server:
        list(send([*unknown(500), *known(500)], four_at_once(server.url), CONTACTS))
    assert [path for _, path in server.story] == ["update"] * 10 + ["upsert"] * 10
    assert server.most_at_once == AT_ONCE


def test_one_batch_needs_no_thread():
    callers = []
    with taking_batches() as server:
        api = watched_door(server.url, lambda name: callers.append(threading.current_thread()))
        list(send([*known(100), *unknown(100)], api, CONTACTS))
        assert set(callers) == {threading.main_thread()}
        list(send(known(101), api, CONTACTS))
        assert threading.main_thread() not in callers[4:]


def test_connections_are_kept_and_no_more_than_are_on_their_way():
    class AllAtOnce(HubSpotApi):
        def calls_at_once(self):
            return MOST_AT_ONCE

    with taking_batches(lambda number, _ids: time.sleep(0.01)) as server:
        list(send(known(6_000), door(server.url, kind=AllAtOnce), CONTACTS))
    assert server.most_at_once > AT_ONCE
    assert len(server.connections) <= MOST_AT_ONCE


def test_nothing_more_leaves_while_the_caller_takes_its_time():
    with taking_batches() as server:
        outcomes = send(known(4_000), four_at_once(server.url), CONTACTS)
        for told in range(1, 4):
            next(outcomes)
            time.sleep(A_WHILE)
            assert told <= len(server.seen) <= told + 2 * AT_ONCE
        assert len(acknowledged_ids(outcomes)) == 4_000 - 300


def test_a_portal_is_not_asked_faster_than_it_allows():
    allowed, seconds = 12, 0.2
    with taking_batches(lambda number, _ids: time.sleep(0.01), headers(allowed, seconds)) as server:
        api = HubSpotApi(server.url, "token")
        outcomes = list(send(known(4_000), api, CONTACTS))
    assert len(outcomes) == api.calls == 40
    assert server.most_at_once > 1
    assert most_in_any_window(server.arrived_at, seconds) <= allowed


# A batch that is refused as a whole


def test_halving_one_batch_holds_back_no_other_and_no_record_is_on_its_way_twice():
    updates = known(1_000)
    culprits = {updates[number].hubspot_id for number in (37, 512, 999)}

    def refuse_culprits(_number, batch_ids):
        time.sleep(0.005)
        return Scripted(400, b'{"category": "VALIDATION_ERROR"}') if culprits & set(batch_ids) else None

    with taking_batches(refuse_culprits) as server:
        outcomes = list(send(updates, four_at_once(server.url), CONTACTS))
    assert sorted(acknowledged_ids(outcomes)) == sorted(ids(updates) - culprits)
    rejected = [item.update.hubspot_id for outcome in outcomes for item in outcome.rejected]
    assert sorted(rejected) == sorted(culprits)
    assert server.overlapping == set()
    assert server.most_at_once == AT_ONCE


# Errors


@pytest.mark.parametrize(
    ("answered", "error"),
    [
        (Scripted(401), CrmUnauthorised),
        (Scripted(403), CrmUnauthorised),
        (Scripted(404), CrmRefused),
        (Scripted(429, DAILY), DailyLimitReached),
        (Scripted(503), CrmUnavailable),
    ],
)
def test_after_an_error_nothing_leaves_and_what_was_on_its_way_is_told_before_it_is_raised(answered, error):
    outcomes = []
    with taking_batches(in_rounds(AT_ONCE + 1, answered)) as server:
        sending = send(known(4_000), four_at_once(server.url, attempts=1), CONTACTS)
        with pytest.raises(error):
            collect(outcomes, sending)
        time.sleep(A_WHILE)
        assert len(server.seen) == 2 * AT_ONCE
    assert len(server.written) == 700
    assert sorted(acknowledged_ids(outcomes)) == sorted(server.written)
    assert threads_in_flight() == []


def test_the_first_of_several_errors_is_raised():
    second_may_go = threading.Event()

    def two_errors(number, _ids):
        if number == 0:
            return Scripted(404)
        second_may_go.wait(A_WHILE)
        return Scripted(401)

    with taking_batches(two_errors) as server, pytest.raises(CrmRefused):
        list(send(known(400), four_at_once(server.url), CONTACTS))


def test_after_an_error_among_known_records_unknown_ones_are_not_sent():
    with taking_batches(lambda number, _ids: Scripted(401)) as server:
        with pytest.raises(CrmUnauthorised):
            list(send([*known(300), *unknown(300)], four_at_once(server.url), CONTACTS))
        assert {path for _, path in server.story} == {"update"}


def test_a_batch_that_waits_for_its_turn_when_an_error_comes_does_not_leave():
    time_passed, refused = FakeTime(), threading.Event()

    def sleep(seconds):
        refused.wait(10)
        time.sleep(A_WHILE)
        time_passed.sleep(seconds)

    def refuse_the_last(number, _ids):
        if number == 2:
            refused.set()
            return Scripted(401)
        return None

    # Three may leave; whoever comes after them waits until the third was refused.
    limiter = CallLimiter(time_passed.clock, sleep, max_calls=3, spare_calls=0)
    outcomes = []
    with taking_batches(refuse_the_last) as server:
        api = FourAtOnce(server.url, "token", limiter=limiter)
        with pytest.raises(CrmUnauthorised):
            collect(outcomes, send(known(2_000), api, CONTACTS))
        assert len(server.seen) == api.calls == 3
    assert sorted(acknowledged_ids(outcomes)) == sorted(server.written)


def test_a_batch_is_not_tried_again_after_the_error_of_another():
    pausing, refused = threading.Event(), threading.Event()

    def sleep(_seconds):
        pausing.set()
        refused.wait(10)
        time.sleep(A_WHILE)

    def busy_and_refused(number, _ids):
        if number == 0:
            return Scripted(503)
        pausing.wait(10)
        refused.set()
        return Scripted(401)

    with taking_batches(busy_and_refused) as server:
        api = FourAtOnce(server.url, "token", sleep=sleep)
        with pytest.raises(CrmUnauthorised):
            list(send(known(200), api, CONTACTS))
        assert len(server.seen) == 2


def test_halving_ends_with_the_error_of_another_batch():
    halving = threading.Event()

    def refuse(number, _ids):
        if number == 0:
            halving.set()
            time.sleep(A_WHILE)
            return Scripted(400)
        halving.wait(10)
        return Scripted(401)

    with taking_batches(refuse) as server:
        with pytest.raises(CrmError):
            list(send(known(200), four_at_once(server.url), CONTACTS))
        assert [len(batch) for batch in server.seen] == [100, 100]


# An early end


def test_a_caller_that_stops_early_waits_for_what_is_on_its_way_and_nothing_more_leaves():
    with taking_batches(lambda number, _ids: time.sleep(0.05)) as server:
        outcomes = send(known(4_000), four_at_once(server.url), CONTACTS)
        next(outcomes)
        outcomes.close()
        seen = len(server.seen)
        assert server.calls_on_the_way == 0
        assert threads_in_flight() == []
        time.sleep(A_WHILE)
        assert len(server.seen) == seen <= 1 + 2 * AT_ONCE


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own answer to Ctrl-C: a process that runs a share of the tests is started deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_waits_for_what_is_on_its_way_and_nothing_more_leaves():
    together = threading.Barrier(AT_ONCE, timeout=10)

    def interrupting(number, _ids):
        together.wait()
        if number == 0:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(4 * A_WHILE)

    with taking_batches(interrupting) as server:
        with pytest.raises(KeyboardInterrupt):
            list(send(known(4_000), four_at_once(server.url), CONTACTS))
        assert server.calls_on_the_way == 0
        assert len(server.written) == len(server.seen) * 100 == AT_ONCE * 100
        time.sleep(A_WHILE)
        assert len(server.seen) == AT_ONCE
    assert threads_in_flight() == []
