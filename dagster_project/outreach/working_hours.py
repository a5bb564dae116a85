"""When somebody works: days and hours of their own zone, and the days they are away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dagster_project.rules.schema.cells import WEEKDAYS

# So far is looked for a working day; somebody who is away for longer than a year is not waited for.
HORIZON_DAYS = 400
DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingHours:
    """A week and its exceptions; hours are those of the clock on the wall there, whatever daylight saving does.

    `begins` and `ends` are times of day such as `08:00`. `absences`: first and last day.
    """

    zone: str
    days: tuple[str, ...]
    begins: str
    ends: str
    absences: tuple[tuple[date, date], ...] = ()

    def works_at(self, instant: datetime) -> bool:
        return any(opens <= instant < closes for opens, closes in self._stretches(self._day(instant), 1))

    def next_opening(self, instant: datetime) -> datetime:
        """This instant where it is within working hours, else when they next begin.

        Somebody who works on no day that can be seen is not waited for: then it is this instant.
        """
        for opens, closes in self._stretches(self._day(instant), HORIZON_DAYS):
            if instant < closes:
                return max(instant, opens)
        return instant

    def carried(self, instant: datetime) -> datetime:
        """A deadline as it stands for somebody with these hours.

        What of it lies in a night, a weekend or an absence is counted on from when work begins again, until the end of
        that day: two hours from Friday 16:30 end on Monday 9:30 where work ends at 17:00 and begins at 8:00, and a day
        from Friday 16:30 on Monday 17:00.
        """
        opens = self.next_opening(instant)
        if opens == instant:
            return instant
        today, ends = self._day(instant), self._instant(self._day(opens), self.ends)
        for days_ago in range(HORIZON_DAYS):
            for _, closes in self._stretches(today - days_ago * DAY, 1):
                if closes <= instant:
                    return min(opens + (instant - closes), ends)
        return opens

    def next_time(self, instant: datetime, at: str) -> datetime:
        """The first working day's `at` (as `09:00`) that is not before this instant."""
        for day in self._working_days(self._day(instant), HORIZON_DAYS):
            moment = self._instant(day, at)
            if moment >= instant:
                return moment
        return instant

    def midnight_after(self, instant: datetime) -> datetime:
        return self._instant(self._day(instant) + DAY, "00:00")

    def is_same_day(self, one: datetime, other: datetime) -> bool:
        return self._day(one) == self._day(other)

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def _stretches(self, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
        for day in self._working_days(first, days):
            yield self._instant(day, self.begins), self._instant(day, self.ends)

    def _working_days(self, first: date, days: int) -> Iterator[date]:
        for number in range(days):
            day = first + number * DAY
            is_away = any(begins <= day <= ends for begins, ends in self.absences)
            if WEEKDAYS[day.weekday()] in self.days and not is_away:
                yield day

    def _instant(self, day: date, at: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(at), ZoneInfo(self.zone)).astimezone(UTC)
