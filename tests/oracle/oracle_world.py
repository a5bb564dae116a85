"""Worlds to compare two answers on: people, what they did when, and rules of every kind, with every edge on purpose.

A world is made of one number. Most instants lie exactly a window or a period of decay from another one, or a
microsecond beside it, because that is where answers part.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle.oracle_events import Event
from tests.oracle.oracle_rule_sets import DECAY_DAYS, DOMAINS, PROPERTIES, WINDOWS, rule_set

SOURCE_EVENTS = (
    "signed_up",
    "logged_in",
    "file_uploaded",
    "report_created",
    "page_viewed",
    "api_key_created",
    "admin_panel_visited",
    "content_downloaded",
    "unheard_of",
)
STEPS = (
    *(timedelta(hours=hours) for hours in WINDOWS),
    *(timedelta(days=days) for days in (*DECAY_DAYS, 180)),
    timedelta(0),
    timedelta(minutes=7),
    # Half of a billionth of the fifth part of ten days: a linear decay that lies between two numbers of nine decimals.
    timedelta(microseconds=432),
)
MICROSECONDS = (0, 0, 0, 1, -1)
VALUES: tuple[Any, ...] = (
    *(0, 1, 2, 3, 5, 10, -4, 100, 2.5, 0.1, 99.9999, -0.5),
    *("1", "2.5", "007", "-3", "0.0001", "7.00004", "3.99996"),
    # The most digits that a number may have before the point, and more.
    *("123456789012345678.5", "12345678901234567890.5"),
    *("", "abc", "ABC", "export", "Export 50%", "a_b", "axb", "École", "école", "1,5", "12 apples", "true"),
    *(True, False, None),
)
LONGEST = timedelta(days=400)
TITLES = (
    *("VP Sales", "vice president of data", "Vice-President", "Director, Growth", "DIRECTOR", "Sales Director"),
    *("Student", "Working student", "Students' helper", "Intern", "Internal auditor", "VPN engineer", "Vice admiral"),
    *("Clerk", "Directorate clerk", "Ingénieur", "ingénieur d'études", None),
)
INDUSTRIES = ("COMPUTER_SOFTWARE", "Computer software", "INTERNET", "financial services", "RETAIL", None)
SIZES = (None, 0, 1, 9, 10, 24, 25, 49, 50, 99, 100, 500, 501, 1000, 20000)
COUNTRIES = ("US", "us", "DE", "FR", None)
USAGE = (None, 0, 1, 8, 79.9999, 80, 80.0001, 100, 250)


@dataclass(frozen=True)
class World:
    as_of: datetime
    users: Sequence[Mapping]
    companies: Sequence[Mapping]
    events: Sequence[Event]
    rules: Mapping[str, Sequence[Mapping[str, str]]]


def world(number: int, user_count: int = 30, rule_count: int = 14) -> World:
    chance = random.Random(number)
    as_of = chance.choice([datetime(2026, 6, 30, 12, 30), datetime(2026, 3, 1), datetime(2026, 11, 20, 23, 59, 59)])
    companies = [
        {
            "company_id": f"c{count}",
            "employee_count": chance.choice(SIZES),
            "industry": chance.choice(INDUSTRIES),
            "usage_count": chance.choice(USAGE),
            "usage_limit": chance.choice((None, 0, 80, 100, 100, 3)),
        }
        for count in range(8)
    ]
    users = [
        {
            "user_id": f"u{count}",
            "email": f"u{count}@{chance.choice(DOMAINS)}",
            "job_title": chance.choice(TITLES),
            "country": chance.choice(COUNTRIES),
            "company_id": chance.choice([*(company["company_id"] for company in companies), "c9"]),
        }
        for count in range(user_count)
    ]
    rules = rule_set(chance, rule_count)
    # Whether somebody who never came has been away for long is another question: here everybody came once.
    is_away_looked_at = any("days" in rule["condition"] for rule in rules["negative_rules"])
    ids = iter(chance.sample(range(1, 100_000), user_count * 60))
    events = []
    for user in users:
        instants = [as_of - LONGEST] if is_away_looked_at else []
        instants += _instants(chance, as_of, chance.choice((0, 1, 2, 4, 8, 16, 30)))
        for position, instant in enumerate(instants):
            is_first = is_away_looked_at and position == 0
            source_event = "logged_in" if is_first else chance.choice(SOURCE_EVENTS)
            events.append(Event(f"e{next(ids)}", user["user_id"], source_event, instant, _properties(chance)))
    return World(as_of, users, companies, events, rules)


def _instants(chance: random.Random, as_of: datetime, count: int) -> list[datetime]:
    instants = [as_of]
    while len(instants) <= count:
        near = chance.choice(instants)
        step, times = chance.choice(STEPS), chance.choice((1, 1, 1, 1, 2))
        instant = near + chance.choice((-1, -1, -1, 1)) * step * times
        if chance.random() < 0.1:
            instant = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        instant += timedelta(microseconds=chance.choice(MICROSECONDS))
        if as_of - LONGEST < instant < as_of + timedelta(days=40):
            instants.append(instant)
    # The clock itself is only where steps begin, and one of the instants by chance.
    return instants[1:]


def _properties(chance: random.Random) -> dict[str, Any] | None:
    if chance.random() < 0.05:
        return None
    return {name: chance.choice(VALUES) for name in PROPERTIES if chance.random() < 0.8}


def written(instant: datetime) -> str:
    return instant.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
