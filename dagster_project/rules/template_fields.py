"""What a message template may say: the fields of an action, and a few words about them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from jinja2 import Undefined

from dagster_project.counting import counted

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# Columns of decide.actions with a value as it may stand there; any of them may be unknown.
COLUMNS: dict[str, object] = {
    "trigger_id": "paywall_hit",
    "label": "Paywall hit",
    "priority": "high",
    "due_minutes": 120,
    "contact_email": "nora@brightloom.io",
    "first_name": "Nora",
    "contact_name": "Nora Lindqvist",
    "job_title": "Head of Operations",
    "company_name": "Brightloom",
    "domain": "brightloom.io",
    "industry": "Software",
    "country": "SE",
    "employee_count": 85,
    "pql_score": 74,
    "fit_score": 60,
    "combined_score": 65,
    "band": "mql",
    "activated_days_ago": 3,
    "days_since_login": 1,
    "days_since_active": 1,
    "teammates_invited_count": 2,
    "key_action_7d_count": 14,
    "company_active_users": 5,
    "colleagues_active": 4,
    "feature_name": "automation rules",
    "topic": "Forecasting",
    "score_reasons": "Hit the paywall +20; 5+ logins in 7 days +10",
    "signals": "Hit the paywall; Pricing page three times",
    "recent_pages": "/pricing; /docs/automation",
    "features_used": "reports; automation rules",
    "track": "enterprise",
    "plan": "free",
    "return_reason": "no activity by the owner for 14 days",
    "handoff_reason": "hit the paywall",
    "handed_off_at": datetime(2026, 11, 20, 9, tzinfo=UTC),
    "moment_at": datetime(2026, 11, 20, 8, tzinfo=UTC),
    "owner_name": "Dana Reyes",
    "owner_email": "dana@orbit.example",
    "owner_reason": "round_robin",
    "pool": "emea",
}
# What is added to them when the message is made.
ADDED: dict[str, object] = {
    # How Slack knows the owner, else the name; of nobody it is unknown.
    "owner_called": "@Dana",
    "record_url": "https://app.hubspot.com/contacts/1/record/0-1/7",
    # Whether the moment was on the day on which the message is made, where the owner is.
    "is_today": True,
}
FIELDS = COLUMNS | ADDED


def spelled(count: int | None) -> str:
    """`four`; from thirteen on `13`."""
    if count is None:
        return ""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else f"{count:,}"


def counted_words(count: int | None, noun: str, plural: str | None = None) -> str:
    """`1 teammate`, `2 teammates`; nothing where the count is unknown."""
    return "" if count is None else counted(count, noun, plural)


def spelled_words(count: int | None, noun: str, plural: str | None = None) -> str:
    """`one colleague`, `four colleagues`."""
    return "" if count is None else f"{spelled(count)} {noun if count == 1 else plural or f'{noun}s'}"


def duration(minutes: int | None) -> str:
    """`2 hours` where it is whole hours, else `90 minutes`; whole days from two on are days."""
    if minutes is None:
        return ""
    if minutes % 1_440 == 0 and minutes > 1_440:
        return counted(minutes // 1_440, "day")
    return counted(minutes // 60, "hour") if minutes % 60 == 0 else counted(minutes, "minute")


def days_ago(days: int | None) -> str:
    """`today`, `1 day ago`, `3 days ago`."""
    if days is None:
        return ""
    return f"{counted(days, 'day')} ago" if days else "today"


def known(parts: Iterable[object], between: str = ", ") -> str:
    """Those parts that say something, with the text between them; `"x" if there_is_one` without `else` says nothing."""
    said = (str(part) for part in parts if part is not None and not isinstance(part, Undefined))
    return between.join(part for part in said if part)


def listed(text: str | None) -> list[str]:
    """`a; b` as its parts."""
    return [part.strip() for part in (text or "").split(";") if part.strip()]


HELPERS = {
    "spelled": spelled,
    "counted": counted_words,
    "spelled_count": spelled_words,
    "duration": duration,
    "days_ago": days_ago,
    "known": known,
    "listed": listed,
}
