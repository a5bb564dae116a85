"""Segment's warehouse tables: the same calls, with traits and properties as columns of their own."""

import json
from datetime import datetime

import pytest
from landing_folder import Landing
from landing_lines import as_lines

NINE = datetime(2026, 11, 20, 9)
TRACKS = b"id,user_id,anonymous_id,context_group_id,event,event_text,timestamp,received_at,sent_at\n"


@pytest.fixture
def segment(landing: Landing) -> Landing:
    return landing.of("segment")


def calls(segment: Landing, columns: str) -> list[tuple]:
    return segment.rows(f"select {columns} from raw.segment_calls order by file_name, line_number")


def test_a_row_of_tracks_is_a_track_call(segment):
    segment.drop(
        "tracks.csv", TRACKS + b"t1,u1,a1,g1,signed_up,Signed Up,2026-11-20 09:00:00,2026-11-20 09:00:01,2026-11-20\n"
    )
    segment.load()
    assert segment.rows("from raw.segment_calls") == [
        (
            *("t1", "track", "u1", "a1", None, "g1", "Signed Up", NINE, datetime(2026, 11, 20, 9, 0, 1)),
            *(None, None, None, "tracks.csv", 2, 1, 1),
        )
    ]


def test_a_track_without_a_text_is_called_by_its_event(segment):
    segment.drop("tracks.csv", TRACKS + b"t1,u1,,,signed_up,,2026-11-20,,\n")
    segment.load()
    assert calls(segment, "name") == [("signed_up",)]


@pytest.mark.parametrize(
    ("name", "call_type"),
    [("identifies", "identify"), ("groups", "group"), ("pages", "page"), ("screens", "screen"), ("aliases", "alias")],
)
def test_the_name_of_a_table_says_the_type_of_its_calls(segment, name, call_type):
    header = b"id,type,user_id,group_id,previous_id,timestamp\n"
    segment.drop(f"{name}_2026.csv", header + b"m1,none,u1,g1,p1,2026-11-20T09:00:00Z\n")
    segment.load()
    assert calls(segment, "call_type, user_id, group_id, previous_id, occurred_at") == [
        (call_type, "u1", "g1", "p1", NINE)
    ]


FORMATS = ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"]


def drop_row(segment: Landing, kind: str, format_: str, row: dict[str, str]) -> None:
    if format_ == "parquet":
        segment.drop_table(f"{kind}.parquet", {name: [value] for name, value in row.items()})
    elif format_.startswith("csv"):
        segment.drop(f"{kind}.{format_}", f"{','.join(row)}\n{','.join(row.values())}\n".encode())
    else:
        segment.drop(f"{kind}.{format_}", as_lines(row))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("kind", "gathered"), [("identifies", "traits"), ("groups", "traits"), ("pages", "properties")]
)
def test_other_columns_are_traits_of_who_it_is_about_or_properties_of_what_happened(segment, format_, kind, gathered):
    row = {"id": "m1", "user_id": "u1", "group_id": "g1", "timestamp": "2026-11-20", "sent_at": "2026-11-20"}
    row |= {"context_ip": "8.8.8.8", "uuid_ts": "2026-11-20", "loaded_at": "2026-11-20"}
    drop_row(segment, kind, format_, row | {"email": "dana@orbit.example", 'say "hi" it\'s': "Zoë"})
    segment.load()
    ((found,),) = calls(segment, gathered)
    assert json.loads(found) == {"email": "dana@orbit.example", 'say "hi" it\'s': "Zoë"}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_row_of_users_is_an_identify_call_of_the_user_whom_its_id_names(segment, format_):
    row = {
        "id": "u1",
        "user_id": "u2",
        "email": "dana@orbit.example",
        "created_at": "2026-01-02",
        "context_group_id": "g",
    }
    drop_row(segment, "users", format_, row | {"received_at": "2026-11-20 09:00:00", "sent_at": "2026-11-19"})
    segment.load()
    assert calls(segment, "message_id, call_type, user_id, group_id, occurred_at, received_at") == [
        (None, "identify", "u1", "g", NINE, NINE)
    ]
    ((traits,),) = calls(segment, "traits")
    assert json.loads(traits) == {"email": "dana@orbit.example", "created_at": "2026-01-02"}


def test_a_user_who_was_never_received_has_no_time(segment):
    segment.drop("users.csv", b"id,email,sent_at\nu1,dana@orbit.example,2026-11-20\n")
    segment.load()
    assert calls(segment, "user_id, occurred_at") == [("u1", None)]


def test_empty_cells_are_no_traits(segment):
    segment.drop("users.csv", b"id,email,plan,,\nu1,, ,x,y\nu2,,pro,,\n")
    segment.load()
    assert calls(segment, "traits") == [(None,), ('{"plan": "pro"}',)]


def test_values_of_parquet_and_json_lines_keep_their_type(segment):
    segment.drop_table("users_1.parquet", {"id": ["u1"], "seats": [3], "share": [float("nan")], "tags": [["a"]]})
    segment.drop("users_2.jsonl", as_lines({"id": "u2", "seats": 3, "share": None, "tags": ["a"]}))
    segment.load()
    expected = {"seats": 3, "share": None, "tags": ["a"]}
    assert [json.loads(traits) for (traits,) in calls(segment, "traits")] == [expected, expected]


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("tracks.csv", b"t1,,,,x,x,2026-11-20,,\n", "user_id_missing"),
        ("tracks.csv", b"t1,u1,,,,,2026-11-20,,\n", "event_missing"),
        ("tracks.csv", b"t1,u1,,,x,x,,,\n", "timestamp_missing"),
        ("tracks.csv", b"t1,u1,,,x,x,soon,,\n", "timestamp_unreadable"),
        ("groups.csv", b"t1,u1,,,,,,,\n", "group_id_missing"),
        ("aliases.csv", b"t1,u1,,,,,,,\n", "previous_id_missing"),
        ("identifies.csv", b"t1,,,,,,,,\n", "user_id_missing"),
        ("users.csv", b",,,,,,,,\n", "user_id_missing"),
    ],
)
def test_a_row_that_lacks_what_its_call_needs_is_put_aside(segment, name, row, reason):
    segment.drop(name, TRACKS + row)
    report = segment.load_one()
    assert (report.state, report.loaded_count, report.reasons) == ("loaded", 0, {reason: 1})
    assert segment.quarantine() == [(2, reason, row.decode().rstrip("\n"))]


def test_a_group_may_be_described_without_a_user(segment):
    segment.drop("groups.csv", b"id,group_id,name\nm1,g1,Orbit\n")
    segment.load()
    assert calls(segment, "user_id, group_id, traits") == [(None, "g1", '{"name": "Orbit"}')]


def test_two_columns_of_one_name_are_refused_because_one_would_be_lost(segment):
    segment.drop("users.csv", b"id,plan,plan\nu1,a,b\n")
    assert segment.load_one().detail == "column_twice: the column plan occurs more than once; allowed is once"


def test_raw_calls_in_a_table_need_a_column_that_says_their_type(segment):
    segment.drop("events_1.csv", TRACKS)
    segment.drop("events_2.csv", b'type,event,userId,timestamp,properties\nTrack,x,u1,2026-11-20,"{""a"":1}"\n')
    refused, loaded = segment.load().files
    assert refused.detail.startswith("column_missing: no column type; found id, user_id,")
    assert loaded.loaded_count == 1
    assert calls(segment, "call_type, name, properties") == [("track", "x", '{"a":1}')]
