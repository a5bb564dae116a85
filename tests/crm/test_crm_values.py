"""When two texts are the same value: the rules by which an echo is judged and nothing is sent twice."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.crm.values import same_value


@pytest.mark.parametrize(
    ("value_type", "left", "right"),
    [
        ("number", "8", "8.0"),
        ("number", "8.00", "8"),
        ("number", "-0", "0"),
        ("number", "1e3", "1000"),
        ("number", "123456789012345678.5", "123456789012345678.50"),
        ("datetime", "2026-06-30T12:00:00Z", "2026-06-30T14:00:00+02:00"),
        ("datetime", "2026-06-30T12:00:00.000Z", "2026-06-30T12:00:00"),
        ("datetime", "2026-06-30T12:00:00.123Z", "2026-06-30T12:00:00.123999Z"),
        ("datetime", "1782820800123", "2026-06-30T12:00:00.123Z"),
        ("datetime", "-1", "1969-12-31T23:59:59.999Z"),
        ("text", "", None),
        ("number", None, ""),
        ("datetime", None, None),
        ("enumeration", "lead", "lead"),
        ("multi_select", "hot;cold", "cold;hot"),
        ("multi_select", ";hot", "hot"),
        ("multi_select", "hot;hot", "hot"),
        ("boolean", "true", "True"),
        ("date", "2026-06-30", "2026-06-30T00:00:00Z"),
        ("date", "2026-06-30", "1782777600000"),
        ("date", "", None),
    ],
)
def test_the_same_value_in_two_ways(value_type, left, right):
    assert same_value(value_type, left, right)
    assert same_value(value_type, right, left)


@pytest.mark.parametrize(
    ("value_type", "left", "right"),
    [
        ("number", "8", "8.000000001"),
        ("number", "123456789012345678", "123456789012345679"),  # one and the same as floats
        ("number", "0", None),
        ("number", "0", ""),
        ("number", "8", "eight"),
        ("datetime", "2026-06-30T12:00:00.123Z", "2026-06-30T12:00:00.124Z"),
        ("datetime", "2026-06-30T12:00:00Z", "2026-06-30T12:00:00+02:00"),
        ("datetime", "2026-06-30T12:00:00Z", "yesterday"),
        ("datetime", "99999999999999999999", "2026-06-30T12:00:00Z"),  # no year has that many milliseconds
        ("text", "8", "8.0"),
        ("text", "Lead", "lead"),
        ("enumeration", "lead", "Lead"),
        ("text", " ", ""),
        ("multi_select", "hot;cold", "hot"),
        ("multi_select", "hot", "Hot"),
        ("multi_select", "hot", None),
        ("boolean", "true", "false"),
        ("boolean", "false", None),
        ("date", "2026-06-30", "2026-07-01"),
        ("date", "2026-06-30", "1782864000000"),
        ("date", "2026-06-30", "soon"),
    ],
)
def test_two_values(value_type, left, right):
    assert not same_value(value_type, left, right)
    assert not same_value(value_type, right, left)


def test_what_is_no_number_or_instant_is_compared_as_text():
    assert same_value("number", "many", "many")
    assert same_value("datetime", "soon", "soon")
    assert same_value("datetime", "99999999999999999999", "99999999999999999999")


@settings(deadline=None)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_zone_and_as_milliseconds(moment, minutes):
    instant = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    elsewhere = instant.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    milliseconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert same_value("datetime", instant.isoformat(), elsewhere)
    assert same_value("datetime", str(milliseconds), elsewhere)
    assert not same_value("datetime", str(milliseconds + 1), elsewhere)


@settings(deadline=None)
@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=6), st.integers(0, 3))
def test_zeros_at_the_end_do_not_make_another_number(number, zeros):
    assert same_value("number", f"{number:f}", f"{number:f}" + "0" * zeros)
