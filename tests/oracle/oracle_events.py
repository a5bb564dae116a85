"""What the events of a person say: which of them a rule means, what stands in their properties, and what adds up."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

FLAGS = ("is_activity", "is_key_action", "is_login")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
MOST_DIGITS_BEFORE_POINT = 18
DECIMALS = 4
COMPARED = {
    ">=": lambda found, threshold: found >= threshold,
    ">": lambda found, threshold: found > threshold,
    "<=": lambda found, threshold: found <= threshold,
    "<": lambda found, threshold: found < threshold,
    "=": lambda found, threshold: found == threshold,
    "!=": lambda found, threshold: found != threshold,
}
Row = Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """`event_type` is the source's own name; the taxonomy says what it means."""

    event_id: str
    user_id: str
    event_type: str
    occurred_at: datetime
    properties: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def place(self) -> tuple[datetime, str]:
        return self.occurred_at, self.event_id


def parts(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def is_true(cell: str) -> bool:
    return cell.lower() == "true"


def text(event: Event, name: str) -> str | None:
    """What stands under a top-level key, as text; None where it is not known."""
    value = (event.properties or {}).get(name)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_number(written: str | None) -> Fraction | None:
    """To four decimals; what has more digits before the point than the definition allows is no number."""
    if written is None or not NUMBER.fullmatch(written):
        return None
    value = Fraction(written)
    return round(value, DECIMALS) if abs(value) < 10**MOST_DIGITS_BEFORE_POINT else None


def number(event: Event, name: str) -> Fraction | None:
    return as_number(text(event, name))


def carries_a_value(rule: Row, event: Event) -> bool:
    """Whether an event says something that the rule adds up; one that does not is none of its events."""
    aggregate = rule["aggregate"]
    if aggregate in ("count", "distinct_days"):
        return True
    if aggregate == "distinct_values":
        return text(event, rule["property"]) is not None
    names = (rule["property"], rule["divisor_property"])
    return any(number(event, name) is not None for name in names if name)


def events_of(rule: Row, events: Iterable[Event], taxonomy: Sequence[Row], as_of: datetime) -> list[Event]:
    """The events of one person that a rule looks at, in their order."""
    meant = {row["source_event"] for row in taxonomy if row["source"] == "product" and _is_meant(rule, row)}
    taken = [event for event in events if event.occurred_at <= as_of and event.event_type in meant]
    looked_at = [event for event in taken if passes(rule, event) and carries_a_value(rule, event)]
    return sorted(looked_at, key=lambda event: event.place)


def _is_meant(rule: Row, meaning: Row) -> bool:
    names = parts(rule["events"])
    return meaning["event_type"] in names or any(flag in names and is_true(meaning[flag]) for flag in FLAGS)


def passes(rule: Row, event: Event) -> bool:
    if not rule["filter_operator"]:
        return True
    operator, wanted, known = rule["filter_operator"], rule["filter_value"], text(event, rule["filter_property"])
    if known is None:
        return False
    if operator == "is_known":
        return known != ""
    if operator == "contains":
        return wanted.casefold() in known.casefold()
    if operator in ("=", "!="):
        return (known in parts(wanted)) == (operator == "=")
    value = as_number(known)
    return value is not None and COMPARED[operator](value, Fraction(wanted))


def value_of(rule: Row, seen: Sequence[Event]) -> Fraction | None:
    """What the events that are looked at add up to; `seen` is in the order of the events. None: not known."""
    aggregate, name = rule["aggregate"], rule["property"]
    if aggregate == "count":
        return Fraction(len(seen))
    if aggregate == "distinct_days":
        return Fraction(len({event.occurred_at.date() for event in seen}))
    if aggregate == "distinct_values":
        return Fraction(len({text(event, name) for event in seen} - {None}))
    numbers = _numbers(seen, name)
    if not numbers:
        return None
    if aggregate == "sum":
        return sum(numbers, Fraction(0))
    if aggregate == "max":
        return max(numbers)
    if aggregate == "latest":
        return numbers[-1]
    divisors = _numbers(seen, rule["divisor_property"])
    return numbers[-1] / divisors[-1] if divisors and divisors[-1] > 0 else None


def _numbers(seen: Sequence[Event], name: str) -> list[Fraction]:
    return [value for event in seen if (value := number(event, name)) is not None]
