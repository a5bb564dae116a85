"""What people and companies did, counted in plain Python event by event and day by day: a second opinion on the SQL.

It holds for the shipped rule files and reads none of them: their numbers stand here as they are meant.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import cached_property

DAY = timedelta(days=1)
MONTH = timedelta(hours=30 * 24)
MILESTONES = ("onboarding_completed", "activation_feature_used")
LIVE_DAYS = {
    "paywall_hit": 14,
    "enterprise_feature": 30,
    "team_expansion": 30,
    "habitual_use": 14,
    "activation_milestone": 30,
}


@dataclass(frozen=True)
class Happened:
    event_id: str
    user_id: str
    company_id: str
    event_type: str
    is_activity: bool
    is_key_action: bool
    is_login: bool
    at: datetime
    feature_name: str | None = None


@dataclass(frozen=True)
class Person:
    company_id: str
    created_at: datetime


@dataclass(frozen=True)
class Shown:
    first_at: datetime
    last_at: datetime
    is_live: bool
    detail: str | None = None


class DayByDay:
    def __init__(self, events: Iterable[Happened], people: Mapping[str, Person], as_of: datetime) -> None:
        happened = [event for event in events if event.at <= as_of]
        self.events = sorted(happened, key=lambda event: (event.at, event.event_id))
        self.people = people
        self.as_of = as_of
        self.today = as_of.date()

    @cached_property
    def of_user(self) -> Mapping[str, list[Happened]]:
        events = defaultdict(list)
        for event in self.events:
            events[event.user_id].append(event)
        return events

    @cached_property
    def of_company(self) -> Mapping[str, list[Happened]]:
        events = defaultdict(list)
        for event in self.events:
            if event.company_id:
                events[event.company_id].append(event)
        return events

    def within(self, events: Iterable[Happened], window: timedelta) -> list[Happened]:
        return [event for event in events if event.at > self.as_of - window]

    # Companies

    def active_users(self, company_id: str, window: timedelta) -> set[str]:
        return {event.user_id for event in self.within(self.of_company[company_id], window) if event.is_activity}

    def key_actions_of_company(self, company_id: str) -> int:
        return sum(event.is_key_action for event in self.within(self.of_company[company_id], 7 * DAY))

    def company_figures(self, company_id: str) -> tuple:
        active = [len(self.active_users(company_id, window)) for window in (MONTH, 7 * DAY, DAY)]
        last = max((event.at for event in self.of_company[company_id] if event.is_activity), default=None)
        return (*active, self.key_actions_of_company(company_id), last)

    def days_with_active_users(self, company_id: str, threshold: int) -> list[date]:
        """The days at whose end, or now, so many had been active in the thirty days up to it."""
        days_of = defaultdict(set)
        for event in self.of_company[company_id]:
            if event.is_activity:
                days_of[event.user_id].add(event.at.date())
        first = min((min(days) for days in days_of.values()), default=self.today + DAY)
        every_day = [first + number * DAY for number in range((self.today - first).days + 1)]
        return [
            day
            for day in every_day
            if sum(any(day - 29 * DAY <= active <= day for active in days) for days in days_of.values()) >= threshold
        ]

    # People

    def activated_at(self, user_id: str) -> datetime | None:
        first = [
            next((event.at for event in self.of_user[user_id] if event.event_type == event_type), None)
            for event_type in MILESTONES
        ]
        return None if None in first else max(first)

    def hours_to_value(self, user_id: str) -> Decimal | None:
        activated_at, created_at = self.activated_at(user_id), self.people[user_id].created_at
        if activated_at is None or activated_at < created_at:
            return None
        return _cut(Decimal((activated_at - created_at) // timedelta(microseconds=1)) / Decimal(3_600_000_000))

    def adoption(self, user_id: str) -> tuple:
        lately = self.within(self.of_user[user_id], MONTH)
        features = {event.event_type for event in lately if event.is_key_action}
        days = {event.at.date() for event in lately if event.is_activity}
        actions = sum(event.is_key_action for event in lately)
        this_week = sum(event.is_key_action for event in self.within(self.of_user[user_id], 7 * DAY))
        teammates = self.active_users(self.people[user_id].company_id, MONTH) - {user_id}
        depth = _cut(Decimal(actions) / len(days)) if days else None
        return len(features), depth, len(teammates), this_week, this_week >= 3

    def habitual_days(self, user_id: str) -> list[date]:
        """The days up to which a login fell on at least five of seven, all after activation."""
        activated_at = self.activated_at(user_id)
        if activated_at is None:
            return []
        logins = {event.at.date() for event in self.of_user[user_id] if event.is_login and event.at > activated_at}
        every_day = [
            activated_at.date() + number * DAY for number in range((self.today - activated_at.date()).days + 1)
        ]
        return [day for day in every_day if sum(day - 6 * DAY <= login <= day for login in logins) >= 5]

    def habit(self, user_id: str) -> tuple:
        days = self.habitual_days(user_id)
        if self.today not in days:
            return False, None
        since = self.today
        while since - DAY in days:
            since -= DAY
        return True, _instant(since)

    def dormant_for(self, user_id: str) -> int | None:
        activated_at = self.activated_at(user_id)
        if activated_at is None:
            return None
        there_at = max([activated_at, *(event.at for event in self.of_user[user_id] if event.is_login)])
        return max((days for days in (7, 30, 60) if there_at <= self.as_of - days * DAY), default=None)

    def signals(self, user_id: str) -> dict[str, Shown]:
        shown: dict[str, tuple[datetime, datetime, str | None]] = {}
        for signal, event_type in (("paywall_hit", "paywall_hit"), ("enterprise_feature", "enterprise_feature_used")):
            events = [event for event in self.of_user[user_id] if event.event_type == event_type]
            if events:
                last = events[-1].at
                named = [event.feature_name for event in events if event.at == last and event.feature_name]
                shown[signal] = (events[0].at, last, named[-1] if named else None)
        company_id = self.people[user_id].company_id
        for signal, days, holds_now in (
            (
                "team_expansion",
                self.days_with_active_users(company_id, 5),
                len(self.active_users(company_id, MONTH)) >= 5,
            ),
            ("habitual_use", self.habitual_days(user_id), self.today in self.habitual_days(user_id)),
        ):
            days = [*days, self.today] if holds_now else days
            if days:
                shown[signal] = (_instant(days[0]), self.as_of if holds_now else _instant(days[-1]), None)
        if activated_at := self.activated_at(user_id):
            shown["activation_milestone"] = (activated_at, activated_at, None)
        return {
            signal: Shown(first, last, last > self.as_of - LIVE_DAYS[signal] * DAY, detail)
            for signal, (first, last, detail) in shown.items()
        }


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _cut(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.0001"), rounding=ROUND_DOWN)
