"""What an occurrence says, as HubSpot takes it: lengths and kinds are checked before anything is sent."""

import json
from collections import Counter
from decimal import Decimal, InvalidOperation

from dagster_project.crm.event_map import EventProperty, MappedEvent
from dagster_project.crm.values import known_instant

# Source: HubSpot docs, custom events, limits; in characters.
LONGEST_TEXT = 256
LONGEST_URL = 1_024
ELLIPSIS = "…"
# Why a value is not sent as it was stated; the words that people read.
CUT = f"cut to {LONGEST_TEXT} characters"
TOO_LONG = f"left out, longer than {LONGEST_URL} characters"
NO_NUMBER = "left out, no number"
NO_INSTANT = "left out, no instant"


def values_of(event: MappedEvent, stated: str, changed: Counter[str]) -> dict[str, str]:
    """The values of one occurrence, by property; what could not be sent as stated is counted in `changed`.

    A text that is too long is cut: its beginning still says what it was about. Half an address leads nowhere, and a
    number that is none says nothing, so these are left out.
    """
    texts = json.loads(stated)
    values: dict[str, str] = {}
    for item in event.properties:
        if item.name in texts:
            value, problem = _value(item, texts[item.name])
            if problem is not None:
                changed[f"{event.name}.{item.name}: {problem}"] += 1
            if value is not None:
                values[item.name] = value
    return values


def _value(item: EventProperty, text: str) -> tuple[str | None, str | None]:
    """The value to send, and what is different about it."""
    if item.is_hubspots_own:
        return (text, None) if len(text) <= LONGEST_URL else (None, TOO_LONG)
    if item.value_type == "number":
        number = _plain_number(text)
        return (None, NO_NUMBER) if number is None else (number, None)
    if item.value_type == "datetime":
        instant = known_instant(text.strip())
        return (None, NO_INSTANT) if instant is None else (str(round(instant.timestamp() * 1000)), None)
    if len(text) > LONGEST_TEXT:
        return text[: LONGEST_TEXT - 1] + ELLIPSIS, CUT
    return text, None


def _plain_number(text: str) -> str | None:
    """Without a power of ten, which could stand for more digits than an occurrence may carry."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > LONGEST_TEXT:
        return None
    written = f"{number:f}"
    return written if len(written) <= LONGEST_TEXT else None
