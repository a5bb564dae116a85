"""Mixpanel: export lines, profiles of people and groups, and events as Fivetran lands them."""

from datetime import datetime

import pytest
from landing_folder import Landing
from landing_lines import as_lines

SECONDS = 1763629200
NINE = datetime(2025, 11, 20, 9)
HEADER = b"_file,event_id,name,time,distinct_id,properties,insert_id,mp_processing_time_ms,device_id,city\n"


def event(name: object = "Signed Up", **properties: object) -> dict:
    """An export line; a value of None takes a property away."""
    found = {"time": SECONDS, "distinct_id": "d1"} | properties
    return {"event": name, "properties": {key: value for key, value in found.items() if value is not None}}


@pytest.fixture
def mixpanel(landing: Landing) -> Landing:
    return landing.of("mixpanel")


def events(mixpanel: Landing, columns: str) -> list[tuple]:
    return mixpanel.rows(f"select {columns} from raw.mixpanel_events order by file_name, line_number")


def test_every_part_of_an_event_arrives_in_its_place(mixpanel):
    line = event(**{"$user_id": "u1", "$device_id": "v1", "$insert_id": "i1", "mp_processing_time_ms": 1763629201123})
    mixpanel.drop("events.jsonl", as_lines(line))
    mixpanel.load()
    assert mixpanel.rows("from raw.mixpanel_events") == [
        (
            *("Signed Up", "d1", "u1", "v1", "i1", NINE, datetime(2025, 11, 20, 9, 0, 1, 123000)),
            '{"time":1763629200,"distinct_id":"d1","$user_id":"u1","$device_id":"v1","$insert_id":"i1",'
            '"mp_processing_time_ms":1763629201123}',
            *("events.jsonl", 1, 1),
        )
    ]


@pytest.mark.parametrize("time", [SECONDS, SECONDS * 1000, str(SECONDS), "2025-11-20T09:00:00Z"])
def test_a_time_is_in_seconds_or_milliseconds(mixpanel, time):
    mixpanel.drop("events.jsonl.gz", as_lines(event(time=time)))
    mixpanel.load()
    assert events(mixpanel, "occurred_at") == [(NINE,)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (event(None), "event_missing"),
        (event({"a": 1}), "event_unreadable"),
        (event(time=None), "time_missing"),
        (event(time="now"), "time_unreadable"),
        (event(mp_processing_time_ms="later"), "mp_processing_time_ms_unreadable"),
        (event(distinct_id=""), "user_id_missing"),
        (event(distinct_id=["d1"]), "distinct_id_unreadable"),
        ({"event": "x", "time": SECONDS, "distinct_id": "d1", "properties": [1]}, "properties_unreadable"),
        ([event()], "json_not_an_object"),
    ],
)
def test_an_event_that_cannot_be_used_is_put_aside(mixpanel, line, reason):
    mixpanel.drop("events.jsonl", as_lines(event(), *as_lines(line).decode().splitlines()))
    report = mixpanel.load_one()
    assert (report.loaded_count, report.reasons) == (1, {reason: 1})
    assert mixpanel.rows("select source, kind, line_number from raw.quarantine") == [("mixpanel", "events", 2)]


@pytest.mark.parametrize("name", ["$user_id", "$device_id"])
def test_an_event_of_somebody_known_by_one_id_is_loaded(mixpanel, name):
    mixpanel.drop("events.jsonl", as_lines(event(distinct_id=None, **{name: 7})))
    mixpanel.load()
    assert events(mixpanel, f"distinct_id, {name.removeprefix('$')}") == [(None, "7")]


def test_a_table_of_fivetran_is_read(mixpanel):
    properties = b'"{""title"": ""spongebob"", ""$user_id"": ""u1""}"'
    mixpanel.drop("events.csv", HEADER + b"f,1,plays,2025-11-20 09:00:00,d1," + properties + b",i1,406572,v1,Bonn\n")
    mixpanel.load()
    assert mixpanel.rows("from raw.mixpanel_events") == [
        (
            *("plays", "d1", "u1", "v1", "i1", NINE, datetime(1970, 1, 1, 0, 6, 46, 572000)),
            *('{"title": "spongebob", "$user_id": "u1"}', "events.csv", 2, 1),
        )
    ]


def test_a_table_whose_properties_are_no_json_has_its_row_put_aside(mixpanel):
    mixpanel.drop("events.csv", HEADER + b"f,1,plays,2025-11-20,d1,{title,i1,1,,\nf,1,plays,2025-11-20,d1,,i1,1,,\n")
    report = mixpanel.load_one()
    assert (report.loaded_count, report.reasons) == (1, {"properties_unreadable": 1})


def test_a_table_without_an_event_or_a_time_is_refused(mixpanel):
    mixpanel.drop("events.csv", b"distinct_id\nd1\n")
    assert mixpanel.load_one().detail == (
        "column_missing: no column event or name, properties or time; found distinct_id; "
        "required are event or name, properties or time"
    )


def test_people_profiles_are_users(mixpanel):
    mixpanel.drop(
        "users.jsonl",
        as_lines({"$distinct_id": 7, "$properties": {"$email": "a@b.co"}}, {"$distinct_id": "u2"}, {"$properties": {}}),
    )
    assert mixpanel.load_one().reasons == {"distinct_id_missing": 1}
    assert mixpanel.rows("select * exclude (load_id) from raw.mixpanel_users") == [
        ("7", '{"$email":"a@b.co"}', "users.jsonl", 1),
        ("u2", None, "users.jsonl", 2),
    ]


def groups(mixpanel: Landing) -> list[tuple]:
    return mixpanel.rows("select group_key, group_id, properties from raw.mixpanel_groups order by line_number")


@pytest.mark.parametrize("properties", ["$properties", "$set"])
def test_group_profiles_are_companies(mixpanel, properties):
    profile = {"$group_key": "company_id", "$group_id": "c1", properties: {"name": "Orbit"}, "$token": "x"}
    mixpanel.drop("companies.jsonl", as_lines(profile))
    mixpanel.load()
    assert groups(mixpanel) == [("company_id", "c1", '{"name":"Orbit"}')]


@pytest.mark.parametrize(
    "name", ["companies_course_id.jsonl", "companies_course_id_2.jsonl", "companies-course_id.jsonl.gz"]
)
def test_flat_group_profiles_have_their_ids_under_the_key_that_the_file_is_named_by(mixpanel, name):
    mixpanel.drop(
        name,
        as_lines(
            {"course_id": "1", "course": "Go", "title": "Go", "rating": None},
            {"title": "Chess", "course_id": 2},
            {"course_id": 3},
        ),
    )
    mixpanel.load()
    assert groups(mixpanel) == [
        ("course_id", "1", '{"course":"Go","title":"Go","rating":null}'),
        ("course_id", "2", '{"title":"Chess"}'),
        ("course_id", "3", None),
    ]


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("companies.jsonl", {"course_id": "1"}, "group_key_missing"),
        ("companies_team.jsonl", {"course_id": "1"}, "group_key_missing"),
        ("companies_course_id.jsonl", {"course_id": ""}, "group_id_missing"),
        ("companies_course_id.jsonl", {"course_id": [1]}, "group_id_unreadable"),
        ("companies.jsonl", {"$group_key": "team", "$properties": {}}, "group_id_missing"),
        ("companies.jsonl", {"$group_id": "1", "$properties": {}}, "group_key_missing"),
        ("companies.jsonl", {"$group_key": "team", "$group_id": "1", "$properties": 7}, "properties_unreadable"),
        ("companies.jsonl", {}, "group_key_missing"),
    ],
)
def test_a_group_without_a_key_or_an_id_is_put_aside(mixpanel, name, line, reason):
    mixpanel.drop(name, as_lines(line))
    assert mixpanel.load_one().reasons == {reason: 1}


def test_the_seconds_of_a_clock_of_1988_are_kept(mixpanel):
    mixpanel.drop("events.jsonl", as_lines(event(time=567993600)))
    assert mixpanel.load_one().reasons == {}
    assert events(mixpanel, "occurred_at") == [(datetime(1988, 1, 1),)]
