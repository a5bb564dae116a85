"""Working hours are those of the clock on the wall, whatever daylight saving, weekends and absences do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.outreach.working_hours import WorkingHours

WEEK = ("mon", "tue", "wed", "thu", "fri")
BERLIN = WorkingHours("Europe/Berlin", WEEK, "08:00", "17:00")
NEW_YORK = WorkingHours("America/New_York", WEEK, "09:00", "17:30")
EVERY_DAY = WorkingHours("Europe/Berlin", (*WEEK, "sat", "sun"), "08:00", "17:00")
EVERY_DAY_AWAY = WorkingHours(
    "America/New_York", (*WEEK, "sat", "sun"), "00:00", "23:59", ((date(2026, 11, 2), date(2026, 11, 4)),)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "works"),
    [
        ("2026-11-20 06:59", False),
        ("2026-11-20 07:00", True),
        ("2026-11-20 15:59", True),
        ("2026-11-20 16:00", False),
        ("2026-11-21 09:00", False),
    ],
)
def test_work_begins_at_its_hour_and_is_over_at_its_end(instant: str, works: bool):
    assert BERLIN.works_at(utc(instant)) is works


@pytest.mark.parametrize(
    ("hours", "before", "after"),
    [
        # The clocks go forward on Sunday 29 March 2026 in Berlin, and back on 25 October.
        (BERLIN, "2026-03-27 07:00", "2026-03-30 06:00"),
        (BERLIN, "2026-10-23 06:00", "2026-10-26 07:00"),
        # In New York forward on 8 March, and back on 1 November.
        (NEW_YORK, "2026-03-06 14:00", "2026-03-09 13:00"),
        (NEW_YORK, "2026-10-30 13:00", "2026-11-02 14:00"),
    ],
)
def test_eight_in_the_morning_is_eight_before_and_after_the_clocks_change(hours: WorkingHours, before: str, after: str):
    moment = timedelta(minutes=1)
    assert hours.next_opening(utc(before) - moment) == utc(before)
    assert hours.next_opening(utc(before) + timedelta(hours=12)) == utc(after)
    assert not hours.works_at(utc(after) - moment)
    assert hours.works_at(utc(after))


@pytest.mark.parametrize(
    ("day", "hours_long"), [("2026-03-28", 9), ("2026-03-29", 9), ("2026-10-25", 9), ("2026-10-26", 9)]
)
def test_a_working_day_is_as_long_on_the_day_the_clocks_change(day: str, hours_long: int):
    opens = EVERY_DAY.next_opening(utc(f"{day} 00:00"))
    minutes = [opens + timedelta(minutes=number) for number in range(0, 24 * 60, 15)]
    assert (
        sum(EVERY_DAY.works_at(minute) for minute in minutes if minute < opens + timedelta(hours=23)) / 4 == hours_long
    )


@pytest.mark.parametrize(
    ("deadline", "carried"),
    [
        ("2026-11-20 15:30", "2026-11-20 15:30"),
        # Half an hour after the end of Friday is half an hour after the beginning of Monday.
        ("2026-11-20 16:30", "2026-11-23 07:30"),
        ("2026-11-19 18:00", "2026-11-20 09:00"),
        # At most until the end of that day.
        ("2026-11-22 12:00", "2026-11-23 16:00"),
        # The weekend of the change: an hour less passes until Monday, and as much of the day is left.
        ("2026-03-27 17:00", "2026-03-30 07:00"),
        ("2026-10-23 16:00", "2026-10-26 08:00"),
    ],
)
def test_what_of_a_deadline_lies_in_a_night_or_weekend_is_counted_on_from_the_next_morning(deadline, carried):
    assert BERLIN.carried(utc(deadline)) == utc(carried)


def test_whoever_is_away_is_waited_for():
    away = WorkingHours("Europe/Berlin", WEEK, "08:00", "17:00", ((date(2026, 11, 16), date(2026, 11, 27)),))
    assert away.next_opening(utc("2026-11-20 09:00")) == utc("2026-11-30 07:00")
    assert BERLIN.next_opening(utc("2026-11-20 09:00")) == utc("2026-11-20 09:00")


def test_somebody_who_is_away_for_good_is_not_waited_for():
    gone = WorkingHours("Europe/Berlin", WEEK, "08:00", "17:00", ((date(2020, 1, 1), date(2040, 1, 1)),))
    assert gone.next_opening(utc("2026-11-20 09:00")) == utc("2026-11-20 09:00")
    assert gone.carried(utc("2026-11-20 09:00")) == utc("2026-11-20 09:00")


@pytest.mark.parametrize(
    ("instant", "digest"),
    [
        ("2026-11-20 08:00", "2026-11-20 09:00"),
        ("2026-11-20 09:00", "2026-11-20 09:00"),
        ("2026-11-20 09:01", "2026-11-23 09:00"),
        ("2026-10-23 09:00", "2026-10-26 09:00"),
    ],
)
def test_the_next_digest_is_that_of_a_working_day(instant: str, digest: str):
    assert BERLIN.next_time(utc(instant), "10:00") == utc(digest)


def test_tomorrow_begins_at_midnight_where_the_person_is():
    assert BERLIN.midnight_after(utc("2026-11-20 22:59")) == utc("2026-11-20 23:00")
    assert NEW_YORK.midnight_after(utc("2026-11-20 22:59")) == utc("2026-11-21 05:00")


def test_a_day_is_the_same_where_the_person_is_and_not_in_greenwich():
    assert NEW_YORK.is_same_day(utc("2026-11-20 23:00"), utc("2026-11-21 03:00"))
    assert not BERLIN.is_same_day(utc("2026-11-20 22:00"), utc("2026-11-20 23:30"))


@given(
    hours=st.sampled_from([BERLIN, NEW_YORK, EVERY_DAY, EVERY_DAY_AWAY]),
    instant=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda found: found.replace(tzinfo=UTC)),
)
def test_work_always_begins_at_or_after_an_instant_and_is_within_hours(hours: WorkingHours, instant: datetime):
    opens = hours.next_opening(instant)
    assert opens >= instant
    assert hours.works_at(opens)
    assert hours.works_at(instant) == (opens == instant)
    at = opens.astimezone(ZoneInfo(hours.zone))
    assert opens == instant or f"{at:%H:%M}" == hours.begins
    carried = hours.carried(instant)
    assert carried >= opens
