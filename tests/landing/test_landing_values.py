"""What a value may be, and what is said of one that is not."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import pytest
from landing_lines import as_lines, event

HEADER = "event_id,user_id,event_type,timestamp,properties\n"


INSTANTS = {
    "2026-11-20T09:00:00Z": datetime(2026, 11, 20, 9),
    "2026-11-20T09:00:00+02:00": datetime(2026, 11, 20, 7),
    "2026-11-20T09:00:00-0330": datetime(2026, 11, 20, 12, 30),
    "2026-11-20T09:00:00": datetime(2026, 11, 20, 9),
    "2026-11-20 09:00:00.123456": datetime(2026, 11, 20, 9, 0, 0, 123456),
    "2026-11-20T09:00:00.123456789Z": datetime(2026, 11, 20, 9, 0, 0, 123456),
    "2026-11-20 09:00 Europe/Berlin": datetime(2026, 11, 20, 8),
    "2026-11-20": datetime(2026, 11, 20),
    " 2026-11-20T09:00:00Z\t": datetime(2026, 11, 20, 9),
    "1988-01-01T00:00:00Z": datetime(1988, 1, 1),
    "2027-11-20T09:00:00Z": datetime(2027, 11, 20, 9),
    1763629200: datetime(2025, 11, 20, 9),
    1763629200123: datetime(2025, 11, 20, 9, 0, 0, 123000),
    "1763629200": datetime(2025, 11, 20, 9),
    567993600: datetime(1988, 1, 1),
    567993600123: datetime(1988, 1, 1, 0, 0, 0, 123000),
    100000000: datetime(1973, 3, 3, 9, 46, 40),
}
NO_INSTANTS = [
    *("infinity", "-infinity", "epoch", "now", "today", "yesterday"),
    *("20261120", "2026-13-01", "2026-02-30", "2026-11-20T25:00:00Z", "20.11.2026", "11/20/2026"),
    *("290309-12-22", "-0044-03-15", "0044-03-15 (BC)"),
    *(
        99999999,
        17636292000,
        17636292001234,
        1763629200123456,
        1763629200.5,
        True,
        {"seconds": 1763629200},
        [2026, 11, 20],
    ),
]


def test_an_instant_is_kept_as_utc(landing):
    landing.drop("events.jsonl", as_lines(*(event(timestamp=written, received_at=written) for written in INSTANTS)))
    assert landing.load_one().quarantined_count == 0
    kept = landing.events("occurred_at, received_at")
    assert dict(zip(INSTANTS, kept, strict=True)) == {written: (utc, utc) for written, utc in INSTANTS.items()}


def test_what_is_no_instant_is_put_aside(landing):
    lines = [as_lines(event(timestamp=written)).decode().rstrip("\n") for written in NO_INSTANTS]
    landing.drop("events.jsonl", as_lines(*lines))
    assert landing.load_one().loaded_count == 0
    assert landing.quarantine() == [(number, "timestamp_unreadable", line) for number, line in enumerate(lines, 1)]


def test_a_row_without_a_required_value_is_put_aside(landing):
    empty = {
        (column, value)
        for column in ("event_id", "user_id", "event_type", "timestamp")
        for value in (None, "", "\t\r\n ")
    }
    landing.drop("events.jsonl", as_lines(*(event(**{column: value}) for column, value in empty), event("e2")))
    assert landing.load_one().reasons == {
        "event_id_missing": 3,
        "event_type_missing": 3,
        "timestamp_missing": 3,
        "user_id_missing": 3,
    }
    assert landing.events("event_id") == [("e2",)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *[(column, value) for column in ("email", "company_id", "received_at") for value in (None, "", "  ")],
        ("properties", None),
    ],
)
def test_a_row_without_an_optional_value_is_kept(landing, column, value):
    landing.drop("events.jsonl", as_lines(event(**{column: value})))
    landing.load()
    assert landing.events(column) == [(None,)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("u 1", "u 1"),
        (" u1 ", "u1"),
        ("ünï©ødé-😀-名前", "ünï©ødé-😀-名前"),
        (7, "7"),
        (-7, "-7"),
        (9007199254740993, "9007199254740993"),
        (18446744073709551616, "18446744073709551616"),
        (123456789012345678901234567890, "123456789012345678901234567890"),
        ("0042", "0042"),
        ('a"b\\c', 'a"b\\c'),
        ("Robert'); drop table raw.product_events; --", "Robert'); drop table raw.product_events; --"),
    ],
)
def test_an_id_is_kept_digit_by_digit_and_sign_by_sign(landing, value, text):
    landing.drop("events.jsonl", as_lines(event(user_id=value, company_id=value)))
    landing.load()
    assert landing.events("user_id, company_id") == [(text, text)]


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"plan": "pro", "seats": 3}, '{"plan":"pro","seats":3}'),
        ({}, "{}"),
        ({"n": 123456789012345678901234567890}, '{"n":123456789012345678901234567890}'),
        ({"deep": {"list": [1, {"a": None}]}}, '{"deep":{"list":[1,{"a":null}]}}'),
    ],
)
def test_properties_are_kept_as_json(landing, properties, text):
    landing.drop("events.jsonl", as_lines(event(properties=properties)))
    landing.load()
    assert landing.events("properties") == [(text,)]


@pytest.mark.parametrize("properties", [[1], "text", 7, True, '{"plan": "pro"}'])
def test_properties_that_are_no_object_put_the_row_aside(landing, properties):
    landing.drop("events.jsonl", as_lines(event(properties=properties)))
    assert landing.load_one().reasons == {"properties_unreadable": 1}


@pytest.mark.parametrize(
    ("cell", "text"),
    [('"{""plan"": ""pro""}"', '{"plan": "pro"}'), ("null", None), ("", None), ('" null "', None)],
)
def test_properties_in_a_csv_are_json_too(landing, cell, text):
    landing.drop("events.csv", f"{HEADER}e1,u1,logged_in,2026-11-20,{cell}\n".encode())
    landing.load()
    assert landing.events("properties") == [(text,)]


@pytest.mark.parametrize("cell", ["{plan: pro}", "[1]", "pro", "{", "nul"])
def test_properties_in_a_csv_that_are_no_object_put_the_row_aside(landing, cell):
    landing.drop("events.csv", f"{HEADER}e1,u1,logged_in,2026-11-20,{cell}\n".encode())
    assert landing.load_one().reasons == {"properties_unreadable": 1}


def test_the_first_thing_that_is_wrong_names_the_reason(landing):
    landing.drop("events.jsonl", as_lines(event(user_id="", timestamp="x", properties=[1])))
    assert landing.load_one().reasons == {"user_id_missing": 1}


def companies(column: str, values: Sequence[object]) -> bytes:
    return as_lines(*({"company_id": f"c{number}", column: value} for number, value in enumerate(values)))


def test_a_count_is_a_whole_number(landing):
    counts = {"0": 0, "12": 12, "12.0": 12, "1e3": 1000, 12: 12, "9223372036854775807": 2**63 - 1, "": None}
    landing.drop("companies.jsonl", companies("employee_count", list(counts)))
    landing.load()
    kept = landing.rows("select employee_count from raw.product_companies order by line_number")
    assert kept == [(count,) for count in counts.values()]


def test_a_count_that_is_none_puts_the_row_aside_and_is_never_made_null(landing):
    values = ["12.5", "12.00001", "-1", "many", "1,200", "9223372036854775808", "1e20", "NaN", "٣", True, [3]]
    landing.drop("companies.jsonl", companies("employee_count", values))
    assert landing.load_one().reasons == {"employee_count_unreadable": len(values)}
    assert landing.rows("from raw.product_companies") == []


def test_an_amount_is_an_exact_decimal(landing):
    amounts = {"1.5": "1.5", "-3": "-3", "1e3": "1000", "0.00004": "0", 0.1: "0.1", "99999999.9999": "99999999.9999"}
    landing.drop("companies.jsonl", companies("acv", list(amounts)))
    landing.load()
    kept = landing.rows("select acv from raw.product_companies order by line_number")
    assert kept == [(Decimal(amount),) for amount in amounts.values()]


@pytest.mark.parametrize("column", ["usage_count", "usage_limit", "acv"])
def test_an_amount_that_is_none_puts_the_row_aside(landing, column):
    values = ["lots", "NaN", "inf", "1e40", "1.000,50", "€ 5", {}]
    landing.drop("companies.jsonl", companies(column, values))
    assert landing.load_one().reasons == {f"{column}_unreadable": len(values)}


def test_every_column_of_every_kind_arrives_in_its_place(landing):
    landing.drop("events.jsonl", as_lines(event(email="a@b.co", company_id="c1", received_at="2026-11-20T09:00:01Z")))
    user = {
        "user_id": "u1",
        "email": "dana@orbit.example",
        "first_name": "Dana",
        "last_name": "Reyes",
        "job_title": "VP, Sales",
        "country": "US",
        "company_id": "c1",
        "created_at": "2026-01-02T03:04:05Z",
        "hubspot_id": 1030,
        "favourite_colour": "not asked for",
    }
    landing.drop("users.jsonl", as_lines(user))
    company = {
        "company_id": "c1",
        "name": "Orbit",
        "domain": "orbit.example",
        "employee_count": 10,
        "industry": "INTERNET",
        "country": "US",
        "plan": "pro",
        "usage_count": 8,
        "usage_limit": 10,
        "acv": 15000,
        "hubspot_id": "2030",
    }
    landing.drop("companies.jsonl", as_lines(company))
    landing.load()
    assert landing.rows("select * exclude (load_id) from raw.product_events") == [
        (
            *(
                "e1",
                "u1",
                "a@b.co",
                "c1",
                "logged_in",
                datetime(2026, 11, 20, 9),
                datetime(2026, 11, 20, 9, 0, 1),
                None,
            ),
            *("events.jsonl", 1),
        )
    ]
    assert landing.rows("select * exclude (load_id) from raw.product_users") == [
        (
            *("u1", "dana@orbit.example", "Dana", "Reyes", "VP, Sales", "US", "c1", datetime(2026, 1, 2, 3, 4, 5)),
            *("users.jsonl", 1, "1030"),
        )
    ]
    assert landing.rows("select * exclude (load_id) from raw.product_companies") == [
        ("c1", "Orbit", "orbit.example", 10, "INTERNET", "US", "pro", 8, 10, 15000, "companies.jsonl", 1, "2030")
    ]
