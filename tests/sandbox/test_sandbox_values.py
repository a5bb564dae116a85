"""Which values a property takes, and in which form they come back."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_client import OBJECTS

from dagster_project.sandbox.values import (
    InvalidValue,
    clean_date,
    clean_datetime,
    clean_email,
    clean_number,
)

PROPERTIES = {
    "zo_text": ("string", "text"),
    "zo_number": ("number", "number"),
    "zo_date": ("date", "date"),
    "zo_at": ("datetime", "date"),
}
OPTIONS = {"options": [{"label": "True", "value": "true"}, {"label": "False", "value": "false"}]}


@pytest.fixture
def write(sandbox, hubspot):
    """Write one property of a contact and answer (status, stored value or error code)."""
    for name, (kind, field) in PROPERTIES.items():
        sandbox.add_property("contacts", name=name, type=kind, fieldType=field)
    sandbox.add_property("contacts", name="zo_flag", type="bool", fieldType="booleancheckbox", **OPTIONS)
    sandbox.add_contacts([{"email": "ann@x.com"}])

    def call(name, value):
        answer = hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {name: value}})
        if answer.status_code == 200:
            return sandbox.contacts()[0][name]
        return answer.json()["errors"][0]["code"]

    return call


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("zo_text", "héllo", "héllo"),
        ("zo_text", 7, "7"),
        ("zo_text", True, "true"),
        ("zo_text", "x" * 65_536, "x" * 65_536),
        ("zo_number", "3039", "3039"),
        ("zo_number", 5, "5"),
        ("zo_number", 1e21, "1000000000000000000000"),
        ("zo_number", "007.50", "7.5"),
        ("zo_number", "-0.0", "0"),
        ("zo_date", "2026-02-28", "2026-02-28"),
        ("zo_date", 1430438400000, "2015-05-01"),
        ("zo_at", "2020-02-29T03:30:17.000Z", "2020-02-29T03:30:17.000Z"),
        ("zo_at", "2020-02-29T05:30:17+02:00", "2020-02-29T03:30:17.000Z"),
        ("zo_at", "1427997766000", "2015-04-02T18:02:46.000Z"),
        ("zo_flag", "true", "true"),
        ("zo_flag", False, "false"),
    ],
)
def test_a_good_value_comes_back_as_text_in_hubspots_form(write, name, value, stored):
    assert write(name, value) == stored


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("zo_text", "x" * 65_537, "INVALID_LENGTH"),
        ("zo_number", "nan", "INVALID_INTEGER"),
        ("zo_number", "inf", "INVALID_INTEGER"),
        ("zo_number", "1,000", "INVALID_INTEGER"),
        ("zo_number", "1e3", "INVALID_INTEGER"),
        ("zo_number", "1.2.3", "INVALID_INTEGER"),
        ("zo_number", "٣", "INVALID_INTEGER"),
        ("zo_date", "2026-02-30", "INVALID_DATE"),
        ("zo_date", "2026-02-28T00:00:00Z", "INVALID_DATE"),
        ("zo_date", 1430438400001, "INVALID_DATE"),
        ("zo_at", "2020-02-29T03:30:17", "INVALID_LONG"),
        ("zo_at", "2020-02-29", "INVALID_LONG"),
        ("zo_at", "2020-02-30T03:30:17Z", "INVALID_LONG"),
        ("zo_at", "2019-05-13T12:05:53.602759Z", "INVALID_LONG"),
        ("zo_at", "tomorrow", "INVALID_LONG"),
        ("zo_flag", "yes", "INVALID_OPTION"),
        ("zo_flag", "True", "INVALID_OPTION"),
        ("hs_lead_status", "New", "INVALID_OPTION"),
        ("hs_lead_status", "NEW;OPEN", "INVALID_OPTION"),
        ("email", "ann@x", "INVALID_EMAIL"),
    ],
)
def test_a_bad_value_is_refused_with_its_code(write, name, value, code):
    assert write(name, value) == code


def test_the_messages_are_hubspots(hubspot, write):
    answer = hubspot.patch(
        f"{OBJECTS}/contacts/1001",
        {"properties": {"zo_date": 1606768561954, "zo_at": "soon", "zo_number": "few", "email": "a", "zo_x": "1"}},
    )
    assert [error["message"] for error in answer.json()["errors"]] == [
        "1606768561954 is at 20:36:1.954 UTC, not midnight!",
        "soon was not a valid long.",
        "few was not a valid number",
        "Email address a is invalid",
        'Property "zo_x" does not exist',
    ]


def test_the_company_industry_is_one_of_148_values_and_not_a_label(hubspot):
    definition = hubspot.get("/crm/properties/2026-09/companies/industry").json()
    assert len(definition["options"]) == 148
    assert hubspot.create("companies", name="A", industry="COMPUTER_SOFTWARE")
    for value in ("Computer Software", "TECHNOLOGY"):
        answer = hubspot.post(f"{OBJECTS}/companies", {"properties": {"name": "A", "industry": value}})
        assert answer.json()["errors"][0]["code"] == "INVALID_OPTION"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_number_keeps_its_value_and_its_form_is_stable(number):
    cleaned = clean_number(format(number, "f"))
    assert Decimal(cleaned) == number
    assert clean_number(cleaned) == cleaned


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)))
def test_an_instant_keeps_its_milliseconds_in_either_form(moment):
    moment = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    iso = moment.isoformat(timespec="milliseconds")
    milliseconds = str(round(moment.timestamp() * 1000))
    assert clean_datetime(iso) == clean_datetime(milliseconds) == iso.replace("+00:00", "Z")


@given(st.dates(min_value=datetime(1970, 1, 2).date()))
def test_a_day_stays_a_day(day):
    assert clean_date(day.isoformat()) == day.isoformat()


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text):
    try:
        cleaned = clean_email(text)
    except InvalidValue:
        return
    assert cleaned == "" or cleaned.count("@") == 1


@pytest.mark.parametrize(
    "text", ["a@b.co", "first.last+tag@sub.example.com", "o'neil@x-y.org", "a@xn--bcher-kva.example"]
)
def test_ordinary_addresses_are_taken(text):
    assert clean_email(text) == text


@pytest.mark.parametrize(
    "text",
    ["a@b", "a@b..co", "a.@b.co", ".a@b.co", "a b@c.co", "a@-b.co", "a@b.c", "ü@b.co", "a@@b.co", f"{'a' * 65}@b.co"],
)
def test_mistyped_addresses_are_refused(text):
    with pytest.raises(InvalidValue):
        clean_email(text)
