"""Whatever moment a run is cut off at, the next one sends what is missing, and HubSpot holds each occurrence once."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from crm_event_world import WINDOW, ids, occurrence
from crm_moments import CutOff, Moments, watched_door
from crm_process import killed_at
from crm_world import AS_OF, naive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FIRST, SECOND = 500, 100
START = (AS_OF + timedelta(minutes=5), AS_OF)


@pytest.fixture
def owed(events) -> list[dict]:
    """Two batches."""
    rows = [occurrence(f"w{n}", events.contact, minutes_ago=1_000 - n) for n in range(FIRST + SECOND)]
    events.publish(*rows)
    return rows


@pytest.mark.parametrize(
    ("moment", "arrived", "is_defined"),
    [
        ("before {version}/event-definitions", 0, False),
        ("before send/batch", 0, True),
        ("after send/batch", FIRST, True),
    ],
)
def test_a_process_that_is_killed_repeats_at_most_the_call_that_was_on_its_way(
    events, owed, tmp_path, moment, arrived, is_defined
):
    """Ended by kill -9: before anything, before the first send, between HubSpot's 204 and our row."""
    killed_at(moment, "events", events, tmp_path)
    assert len(events.arrived()) == arrived
    assert events.sent_rows() == []
    events.sends()

    summary = events.sync()
    assert (summary.sent, summary.made == []) == ({"paywall_hit": FIRST + SECOND}, is_defined)
    assert events.sends() == [FIRST, SECOND]
    assert events.arrived() == ids(*owed)
    assert events.sync().sent == {}


def test_what_an_earlier_call_of_a_killed_process_brought_is_not_repeated(events, owed, tmp_path):
    """The process dies between the 204 of its last call and the row of that call."""
    moments = Moments(cut_at=None)
    with moments.of(events.engine):
        events.sync(watched_door(events.sandbox.url, moments))
    last_answer = max(place for place, name in enumerate(moments.names) if name == "after send/batch")
    events.forget()
    with pytest.raises(CutOff):
        _sync_until(events, last_answer)
    assert [row["occurrence_count"] for row in events.sent_rows()] == [FIRST]
    events.sends()
    assert events.sync().sent == {"paywall_hit": SECOND}
    assert events.sends() == [SECOND]
    assert events.arrived() == ids(*owed)


def test_cut_off_at_every_moment_there_is_the_next_run_finishes(events, owed):
    seen = []
    for cut_at in count():
        try:
            _sync_until(events, cut_at, seen)
        except CutOff:
            events.sync()
            assert events.arrived() == ids(*owed)
            assert events.sync().sent == {}
            events.forget()
        else:
            break
    assert {"before send/batch", "after send/batch", "before commit"} <= set(seen)
    assert seen.count("before commit") >= 2


def _sync_until(events, cut_at: int, seen: list[str] | None = None) -> None:
    moments = Moments(cut_at)
    try:
        with moments.of(events.engine):
            events.sync(watched_door(events.sandbox.url, moments))
    finally:
        if seen is not None:
            seen.append(moments.names[-1])


STEP = st.one_of(
    # So many events, of somebody whom HubSpot holds or not, so many hours ago.
    st.tuples(st.just("happen"), st.integers(1, 7), st.booleans(), st.integers(0, 24 * 31)),
    st.tuples(st.just("become known")),
    st.tuples(st.just("sync")),
    st.tuples(st.just("cut off"), st.integers(0, 12)),
    st.tuples(st.just("lose an answer")),
    st.tuples(st.just("later"), st.integers(1, 24 * 5)),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_whatever_happens_each_event_that_could_be_sent_arrives_and_few_are_repeated(events, steps):
    events.forget()
    events.now, events.as_of = START
    rows: list[dict] = []
    repeated_at_most = sent = 0

    def publish() -> None:
        """As the build does: what is in the window, in whatever order."""
        begins_at = naive(events.as_of - WINDOW)
        events.publish(*reversed([row for row in rows if row["occurred_at"] > begins_at]))

    for step, *arguments in [*steps, ("sync",)]:
        publish()
        match step:
            case "happen":
                count_, is_known, hours_ago = arguments
                contact = events.contact if is_known else None
                at = naive(events.as_of - timedelta(hours=hours_ago))
                rows += [occurrence(f"{len(rows) + n}", contact, occurred_at=at) for n in range(count_)]
            case "become known":
                rows = [row | {"hubspot_id": events.contact} for row in rows]
            case "later":
                events.later(hours=arguments[0])
            case "cut off":
                repeated_at_most += len(rows)
                with suppress(CutOff):
                    _sync_until(events, *arguments)
            case "lose an answer":
                repeated_at_most += len(rows)
                events.sandbox.inject("504", when="after", path_regex="send/batch", times=1)
                events.sync()
                events.sandbox.clear_faults()
            case "sync":
                events.sync()
        sent += sum(events.sends())
    owed = [row for row in rows if row["hubspot_id"] and row["occurred_at"] > naive(events.as_of - WINDOW)]
    arrived = events.arrived()
    assert set(ids(*owed)) <= set(arrived) <= set(ids(*rows))
    assert len(arrived) <= sent <= len(arrived) + repeated_at_most
    events.sync()
    assert events.sends() == []
