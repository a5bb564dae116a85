"""Segment's raw calls: each is a row or put aside, one by one, however many stand in a line."""

import json
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_folder import Landing, a_warehouse
from landing_lines import BROKEN, TEXT, VALUE, as_lines

TRACK = {"type": "track", "userId": "u1", "event": "Signed Up", "timestamp": "2026-11-20T09:00:00Z"}
NINE = datetime(2026, 11, 20, 9)


def call(**changes: object) -> dict:
    """A track call; a value of None takes a key away."""
    return {name: value for name, value in (TRACK | changes).items() if value is not None}


@pytest.fixture
def segment(landing: Landing) -> Landing:
    return landing.of("segment")


def calls(segment: Landing, columns: str) -> list[tuple]:
    return segment.rows(f"select {columns} from raw.segment_calls order by file_name, line_number, call_number")


# What a call is


def test_every_part_of_a_call_arrives_in_its_place(segment):
    segment.drop(
        "events.jsonl",
        as_lines(
            call(
                messageId="m1",
                anonymousId="a1",
                previousId="p1",
                groupId="g1",
                receivedAt="2026-11-20T09:00:01Z",
                traits={"plan": "pro"},
                properties={"seats": 3},
                context={"ip": "8.8.8.8", "traits": {"email": "dana@orbit.example"}},
            )
        ),
    )
    segment.load()
    assert segment.rows("from raw.segment_calls") == [
        (
            *("m1", "track", "u1", "a1", "p1", "g1", "Signed Up", NINE, datetime(2026, 11, 20, 9, 0, 1)),
            '{"email":"dana@orbit.example","plan":"pro"}',
            '{"seats":3}',
            '{"ip":"8.8.8.8","traits":{"email":"dana@orbit.example"}}',
            *("events.jsonl", 1, 1, 1),
        )
    ]


def test_calls_may_lie_in_files_called_calls(segment):
    segment.drop("calls_2026-11.jsonl.gz", as_lines(call()))
    assert segment.load_one().loaded_count == 1
    assert calls(segment, "file_name, name") == [("calls_2026-11.jsonl.gz", "Signed Up")]


@pytest.mark.parametrize("type_", ["track", "identify", "group", "page", "screen", "alias"])
@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_a_type_may_be_spelt_in_any_case(segment, type_, spelling):
    segment.drop("events.jsonl", as_lines(call(type=spelling(type_), groupId="g", previousId="p")))
    segment.load()
    assert calls(segment, "call_type") == [(type_,)]


@pytest.mark.parametrize("type_", [None, "", "tracks", "batch", 7, ["track"], {"track": 1}])
def test_a_call_of_no_known_type_is_put_aside(segment, type_):
    segment.drop("events.jsonl", as_lines(call(type=type_)))
    assert segment.load_one().reasons == {"type_unknown": 1}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"event": "Signed Up", "name": "other"}, "Signed Up"),
        ({"event": 7}, "7"),
        ({"type": "page", "event": "Signed Up", "name": "Pricing"}, "Pricing"),
        ({"type": "screen", "event": None, "name": "Home"}, "Home"),
        ({"type": "page", "event": None}, None),
        ({"type": "identify", "event": "Signed Up", "name": "Dana"}, None),
    ],
)
def test_a_track_is_called_by_its_event_and_a_page_by_its_name(segment, changes, name):
    segment.drop("events.jsonl", as_lines(call(**changes)))
    segment.load()
    assert calls(segment, "name") == [(name,)]


# What a call must have


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": None}, "event_missing"),
        ({"event": " "}, "event_missing"),
        ({"event": {"name": "x"}}, "event_unreadable"),
        ({"event": ["x"]}, "event_unreadable"),
        ({"userId": None}, "user_id_missing"),
        ({"userId": "", "anonymousId": "  "}, "user_id_missing"),
        ({"type": "identify", "userId": None}, "user_id_missing"),
        ({"userId": {"id": 1}}, "user_id_unreadable"),
        ({"anonymousId": [1]}, "anonymous_id_unreadable"),
        ({"type": "alias"}, "previous_id_missing"),
        ({"type": "alias", "userId": None, "previousId": "p", "anonymousId": "a"}, "user_id_missing"),
        ({"type": "group"}, "group_id_missing"),
        ({"type": "group", "traits": {"groupId": "g"}}, "group_id_missing"),
        ({"type": "group", "context": {"traits": {"groupId": "g"}}}, "group_id_missing"),
        ({"timestamp": None}, "timestamp_missing"),
        ({"timestamp": "", "sentAt": "\t"}, "timestamp_missing"),
        ({"type": "page", "timestamp": None}, "timestamp_missing"),
        ({"type": "screen", "timestamp": None}, "timestamp_missing"),
        ({"timestamp": "NOW"}, "timestamp_unreadable"),
        ({"timestamp": None, "originalTimestamp": "NOW", "sentAt": "2026-11-20"}, "timestamp_unreadable"),
        ({"type": "identify", "timestamp": "yesterday"}, "timestamp_unreadable"),
        ({"receivedAt": "soon"}, "received_at_unreadable"),
        ({"properties": [1]}, "properties_unreadable"),
        ({"properties": "none"}, "properties_unreadable"),
        ({"traits": "none"}, "traits_unreadable"),
        ({"context": {"traits": [1]}}, "context_traits_unreadable"),
        ({"context": "none"}, "context_unreadable"),
    ],
)
def test_a_call_that_lacks_what_its_type_needs_is_put_aside(segment, changes, reason):
    line = json.dumps(call(**changes))
    segment.drop("events.jsonl", as_lines(line, call()))
    report = segment.load_one()
    assert (report.loaded_count, report.reasons) == (1, {reason: 1})
    assert segment.quarantine() == [(1, reason, line)]
    assert segment.rows("select source, kind from raw.quarantine") == [("segment", "events")]


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": None, "anonymousId": "a"},
        {"type": "identify", "timestamp": None, "event": None},
        {"type": "group", "timestamp": None, "event": None, "groupId": "g"},
        {"type": "group", "userId": None, "groupId": "g"},
        {"type": "alias", "timestamp": None, "event": None, "previousId": "p"},
        {"properties": {}},
    ],
)
def test_a_call_that_has_what_its_type_needs_is_loaded(segment, changes):
    segment.drop("events.jsonl", as_lines(call(**changes)))
    assert segment.load_one().reasons == {}


@pytest.mark.parametrize("changes", ['"properties": null', '"properties": null, "traits": null, "context": null'])
def test_null_is_the_same_as_nothing(segment, changes):
    segment.drop("events.jsonl", as_lines(json.dumps(call())[:-1] + f", {changes}}}"))
    segment.load()
    assert calls(segment, "properties, traits, context") == [(None, None, None)]


@pytest.mark.parametrize(("written", "text"), [(42, "42"), (9007199254740993, "9007199254740993"), (" u ", "u")])
def test_an_id_may_be_a_number(segment, written, text):
    segment.drop("events.jsonl", as_lines(call(userId=written, anonymousId=written, groupId=written)))
    segment.load()
    assert calls(segment, "user_id, anonymous_id, group_id") == [(text, text, text)]


@pytest.mark.parametrize(
    ("changes", "group_id"),
    [
        ({"groupId": "g", "context": {"groupId": "c"}}, "g"),
        ({"groupId": "", "context": {"groupId": "c"}}, "c"),
        ({"context": {"groupId": 7}}, "7"),
        ({"context": {"traits": {"groupId": "t"}}}, None),
    ],
)
def test_the_group_of_a_call_is_its_own_or_that_of_its_context(segment, changes, group_id):
    segment.drop("events.jsonl", as_lines(call(**changes)))
    segment.load()
    assert calls(segment, "group_id") == [(group_id,)]


@pytest.mark.parametrize(
    ("times", "instant"),
    [
        ({"timestamp": "2026-11-20T10:00:00+01:00", "sentAt": "2026-11-21"}, NINE),
        ({"timestamp": "2026-11-20T09:00:00", "originalTimestamp": "NOW"}, NINE),
        ({"timestamp": "", "originalTimestamp": "2026-11-20T09:00:00Z", "sentAt": "2026-11-21"}, NINE),
        ({"timestamp": None, "sentAt": "2026-11-20T09:00:00.000Z", "receivedAt": "2026-11-21"}, NINE),
        ({"timestamp": None, "receivedAt": "2026-11-20 09:00"}, NINE),
        ({"timestamp": 1763629200}, datetime(2025, 11, 20, 9)),
        ({"timestamp": "1763629200123"}, datetime(2025, 11, 20, 9, 0, 0, 123000)),
    ],
)
def test_a_call_happened_at_the_first_time_that_it_states(segment, times, instant):
    segment.drop("events.jsonl", as_lines(call(**times)))
    segment.load()
    assert calls(segment, "occurred_at") == [(instant,)]


@pytest.mark.parametrize(
    ("of_call", "of_context", "merged"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1}}),
        ({"a": None}, {"a": 2}, {"a": None}),
        ({}, {"a": 2}, {"a": 2}),
        (None, {"a": {"b": None}}, {"a": {"b": None}}),
        ({"a": 1}, None, {"a": 1}),
        (None, None, None),
    ],
)
def test_traits_of_a_call_win_key_by_key_over_those_of_its_context(segment, of_call, of_context, merged):
    segment.drop("events.jsonl", as_lines(call(traits=of_call, context={"traits": of_context})))
    segment.load()
    ((traits,),) = calls(segment, "traits")
    assert (json.loads(traits) if traits else None) == merged


# Several calls in a line


def test_a_line_may_hold_an_array_of_calls(segment):
    segment.drop("events.jsonl", as_lines(call(userId="u0"), json.dumps([call(userId="u1"), call(userId="u2")])))
    assert segment.load_one().loaded_count == 3
    assert calls(segment, "user_id, line_number, call_number") == [("u0", 1, 1), ("u1", 2, 1), ("u2", 2, 2)]


def test_calls_of_a_line_are_put_aside_one_by_one(segment):
    no_user, number = '{"type":"track","event":"x"}', "7"
    segment.drop("events.jsonl", as_lines("broken", f"[{json.dumps(call())},{no_user},{number},null]", call()))
    report = segment.load_one()
    assert (report.loaded_count, report.quarantined_count) == (2, 4)
    assert sorted(segment.quarantine()) == [
        (1, "json_broken", "broken"),
        (2, "json_not_an_object", "7"),
        (2, "json_not_an_object", "null"),
        (2, "user_id_missing", no_user),
    ]
    assert calls(segment, "line_number, call_number") == [(2, 1), (3, 1)]


@pytest.mark.parametrize("line", ["[]", '{"batch": []}', '{"sentAt": "2026-11-20", "batch": []}'])
def test_a_line_of_no_calls_is_put_aside_too(segment, line):
    segment.drop("events.jsonl", as_lines(line))
    assert segment.load_one().reasons == {"batch_empty": 1}
    assert segment.quarantine() == [(1, "batch_empty", line)]


@pytest.mark.parametrize("line", ['{"batch": 7}', '{"batch": {"type": "track"}}', "{}"])
def test_an_envelope_without_an_array_is_a_call_without_a_type(segment, line):
    segment.drop("events.jsonl", as_lines(line))
    assert segment.load_one().reasons == {"type_unknown": 1}


@pytest.mark.parametrize("line", ["7", '"text"', "null", "true"])
def test_a_line_that_can_hold_no_call_is_put_aside(segment, line):
    segment.drop("events.jsonl", as_lines(line))
    assert segment.load_one().reasons == {"json_not_an_object": 1}


def test_what_a_batch_says_holds_for_calls_that_do_not_say_it_themselves(segment):
    batch = {
        "sentAt": "2026-11-20T09:00:00Z",
        "context": {"groupId": "g", "traits": {"email": "dana@orbit.example", "plan": None}, "ip": "8.8.8.8"},
        "batch": [
            call(timestamp=None),
            call(timestamp="2026-11-19", context={"ip": "9.9.9.9"}, traits={"a": 1}),
            call(timestamp=None, originalTimestamp="2026-11-18"),
        ],
    }
    segment.drop("events.jsonl", as_lines(batch))
    assert segment.load_one().loaded_count == 3
    found = calls(segment, "occurred_at, group_id, traits, context ->> '$.ip', call_number")
    assert found == [
        (NINE, "g", '{"email":"dana@orbit.example"}', "8.8.8.8", 1),
        (datetime(2026, 11, 19), None, '{"a":1}', "9.9.9.9", 2),
        (datetime(2026, 11, 18), "g", '{"email":"dana@orbit.example"}', "8.8.8.8", 3),
    ]


def test_the_time_of_a_batch_comes_before_when_a_call_was_sent(segment):
    batch = {"timestamp": "2026-11-20T09:00:00Z", "batch": [call(timestamp=None, sentAt="2026-11-21")]}
    segment.drop("events.jsonl", as_lines(batch))
    segment.load()
    assert calls(segment, "occurred_at") == [(NINE,)]


def test_a_call_of_a_batch_is_put_aside_as_it_was_without_what_the_batch_said(segment):
    segment.drop("events.jsonl", as_lines({"sentAt": "2026-11-20", "batch": [{"type": "nothing", "n": 1.0}]}))
    segment.load()
    assert segment.quarantine() == [(1, "type_unknown", '{"type":"nothing","n":1.0}')]


CALL = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "Identify", "group", "page", "alias", "x"]) | VALUE,
        "event": VALUE,
        "userId": VALUE,
        "anonymousId": VALUE,
        "previousId": VALUE,
        "groupId": VALUE,
        "timestamp": st.sampled_from(["2026-11-20", "never", 1763629200]) | VALUE,
        "properties": st.dictionaries(TEXT, VALUE, max_size=2) | VALUE,
        "traits": st.dictionaries(TEXT, VALUE, max_size=2) | VALUE,
        "context": st.dictionaries(st.sampled_from(["traits", "groupId", "ip"]), VALUE, max_size=2) | VALUE,
    },
)
ELEMENTS = st.lists(CALL | VALUE, max_size=3)
LINE = st.one_of(
    CALL,
    ELEMENTS,
    st.builds(lambda batch, said: {"batch": batch} | said, ELEMENTS, CALL),
    st.just({"batch": 7}),
)


def calls_in(value: object) -> int:
    """How many calls a line holds; a line without any is put aside as one."""
    batch = value.get("batch") if isinstance(value, dict) else value
    return max(len(batch), 1) if isinstance(batch, list) else 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(LINE, st.just("")) | st.tuples(st.none(), BROKEN), max_size=6))
def test_every_call_is_loaded_or_put_aside(lines):
    texts = [broken if value is None else json.dumps(value) for value, broken in lines]
    expected = []
    for number, ((value, _), text) in enumerate(zip(lines, texts, strict=True), start=1):
        if text.removeprefix("\ufeff" if number == 1 else "").strip(" \t\r"):
            expected += [number] * (1 if value is None else calls_in(value))
    with tempfile.TemporaryDirectory() as folder, a_warehouse() as connection:
        segment = Landing(Path(folder), connection, "segment")
        segment.drop("events.jsonl", "\n".join(texts).encode())
        report = segment.load_one()
        numbers = segment.rows(
            "select line_number from raw.segment_calls union all select line_number from raw.quarantine order by all"
        )
        reasons = segment.rows("select distinct reason from raw.quarantine")
    assert report.state == "loaded"
    assert [number for (number,) in numbers] == expected
    assert report.loaded_count + report.quarantined_count == len(expected)
    assert {reason for (reason,) in reasons} == set(report.reasons)
