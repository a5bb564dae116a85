"""Custom behavioural events: accepted with 204 and stored; one uuid counts once per event type.

Source: HubSpot docs: send event data guide. What HubSpot does with an event or a property that is not defined, and with
a value of another type, is not verified; here it refuses the whole batch. An event of a contact that is not there is
accepted and goes nowhere.
"""

import json
from collections.abc import Mapping
from typing import Any

from .calls import Answer, Call, inputs_of
from .errors import validation
from .event_definitions import NAME, find, full_name
from .object_types import CONTACTS
from .portal import Portal
from .records import Record
from .values import InvalidValue, clean_datetime, clean_number

BATCH_LIMIT = 500
MAX_PROPERTIES = 50
MAX_VALUE = 256
MAX_URL = 1_024

_LONG = ("hs_url", "hs_referrer")
_CLEANERS = {"number": clean_number, "datetime": clean_datetime}


def send(portal: Portal, call: Call) -> Answer:
    _store(portal, [_checked(portal, call.object_body("eventName"))])
    return Answer(204)


def send_batch(portal: Portal, call: Call) -> Answer:
    _store(portal, [_checked(portal, item) for item in inputs_of(call, BATCH_LIMIT)])
    return Answer(204)


def _checked(portal: Portal, event: Mapping[str, Any]) -> Mapping[str, Any]:
    name = event.get("eventName")
    definition = find(portal, name) if isinstance(name, str) else None
    if definition is None or name != full_name(definition["name"]):
        raise validation(f"No event definition named {name!r} exists")
    if not any(event.get(key) for key in ("objectId", "email", "utk")):
        raise validation("One of objectId, email or utk is required")
    properties = event.get("properties") or {}
    if not isinstance(properties, dict) or len(properties) > MAX_PROPERTIES:
        raise validation(f"properties must be an object of at most {MAX_PROPERTIES} properties")
    types = {item["name"]: item["type"] for item in definition["properties"]}
    for key, value in properties.items():
        _check_value(key, value, types)
    if event.get("occurredAt") is not None:
        try:
            clean_datetime(event["occurredAt"])
        except InvalidValue as error:
            raise validation(f"occurredAt: {error.message}") from None
    return event


def _check_value(key: str, value: Any, types: Mapping[str, str]) -> None:
    longest = MAX_URL if key in _LONG else MAX_VALUE
    if not NAME.fullmatch(key) or value is None or len(str(value)) > longest:
        raise validation(f"Event property {key!r} is not valid: at most {longest} characters are allowed")
    if key not in types:
        raise validation(f"Event property {key!r} does not exist", sub_category="PROPERTY_DOESNT_EXIST")
    try:
        if types[key] in _CLEANERS:
            _CLEANERS[types[key]](value)
    except InvalidValue as error:
        raise validation(f"Event property {key!r}: {error.message}") from None


def _store(portal: Portal, events: list[Mapping[str, Any]]) -> None:
    for event in events:
        if event.get("objectId") and portal.records.live(CONTACTS, str(event["objectId"])) is None:
            continue
        portal.store.execute(
            "insert or ignore into events (event_name, uuid, at, body) values (?, ?, ?, ?)",
            event["eventName"],
            event.get("uuid"),
            portal.clock.stamp(),
            json.dumps(event),
        )


def all_events(portal: Portal) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in portal.store.rows("select body from events order by sequence")]


def events_of(portal: Portal, contact: Record) -> list[dict[str, Any]]:
    """What stands on the timeline of a contact, the latest first."""
    email = contact.properties.get("email", "")
    found = [
        event
        for event in all_events(portal)
        if str(event.get("objectId", "")) == contact.id or (email and event.get("email") == email)
    ]
    return sorted(found, key=lambda event: str(event.get("occurredAt", "")), reverse=True)
