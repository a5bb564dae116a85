"""Amplitude: export lines, and events as Fivetran lands them."""

from datetime import datetime

import pytest
from landing_folder import Landing
from landing_lines import as_lines

HEADER = (
    b"device_id,server_upload_time,_insert_id,amplitude_id,event_time,event_type,groups,user_id,user_properties,uuid\n"
)


def event(**changes: object) -> dict:
    return {"event_type": "signed_up", "user_id": "u1", "event_time": "2026-01-02 03:04:05.678000"} | changes


@pytest.fixture
def amplitude(landing: Landing) -> Landing:
    return landing.of("amplitude")


def events(amplitude: Landing, columns: str) -> list[tuple]:
    return amplitude.rows(f"select {columns} from raw.amplitude_events order by file_name, line_number")


def test_every_part_of_an_event_arrives_in_its_place(amplitude):
    amplitude.drop(
        "events_1.jsonl.gz",
        as_lines(
            event(
                **{"uuid": "x1", "$insert_id": "i1", "device_id": "v1", "amplitude_id": 75805000264},
                server_received_time="2026-01-02 03:04:07",
                server_upload_time="2026-01-02 03:04:06",
                groups={"company": ["Orbit"]},
                event_properties={"a": 1},
                user_properties={"b": None},
                group_properties={},
            )
        ),
    )
    amplitude.load()
    assert amplitude.rows("from raw.amplitude_events") == [
        (
            *("x1", "i1", "signed_up", "u1", "v1", "75805000264"),
            *(datetime(2026, 1, 2, 3, 4, 5, 678000), datetime(2026, 1, 2, 3, 4, 6)),
            *('{"company":["Orbit"]}', '{"a":1}', '{"b":null}', "{}", "events_1.jsonl.gz", 1, 1),
        )
    ]


def test_an_event_was_received_when_it_was_uploaded_or_else_received(amplitude):
    amplitude.drop("events.jsonl", as_lines(event(server_received_time="2026-01-02", server_upload_time=None), event()))
    amplitude.load()
    assert events(amplitude, "received_at") == [(datetime(2026, 1, 2),), (None,)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user_id": ""}, "user_id_missing"),
        ({"user_id": None, "device_id": " "}, "user_id_missing"),
        ({"user_id": {}}, "user_id_unreadable"),
        ({"event_type": None}, "event_type_missing"),
        ({"event_time": ""}, "event_time_missing"),
        ({"event_time": "now"}, "event_time_unreadable"),
        ({"groups": [1]}, "groups_unreadable"),
        ({"event_properties": "x"}, "event_properties_unreadable"),
        ({"user_properties": 1}, "user_properties_unreadable"),
        ({"group_properties": True}, "group_properties_unreadable"),
    ],
)
def test_an_event_that_cannot_be_used_is_put_aside(amplitude, changes, reason):
    amplitude.drop("events.jsonl", as_lines(event(), event(**changes)))
    report = amplitude.load_one()
    assert (report.loaded_count, report.reasons) == (1, {reason: 1})


def test_somebody_without_a_user_id_is_known_by_the_device(amplitude):
    amplitude.drop("events.jsonl", as_lines(event(user_id="", device_id="v1")))
    amplitude.load()
    assert events(amplitude, "user_id, device_id") == [(None, "v1")]


def test_an_event_may_be_called_as_amplitude_calls_its_own(amplitude):
    amplitude.drop("events.jsonl", as_lines(event(event_type="[Amplitude] Page Viewed")))
    amplitude.load()
    assert events(amplitude, "event_type") == [("[Amplitude] Page Viewed",)]


def test_a_table_of_fivetran_is_read(amplitude):
    row = b'v1,2026-01-02T03:04:06.5,i1,758,2026-01-02T03:04:05.678,x,{},,"{""Cohort"":""Test A""}",x1\n'
    amplitude.drop("events.csv", HEADER + row)
    amplitude.load()
    assert amplitude.rows("from raw.amplitude_events") == [
        (
            *("x1", "i1", "x", None, "v1", "758"),
            *(datetime(2026, 1, 2, 3, 4, 5, 678000), datetime(2026, 1, 2, 3, 4, 6, 500000)),
            *("{}", None, '{"Cohort":"Test A"}', None, "events.csv", 2, 1),
        )
    ]
