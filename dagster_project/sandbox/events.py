"""Custom behavioural events: accepted with 204 and stored; one uuid counts once per event type.

Source: HubSpot docs: send event data guide. Whether an event definition exists is not checked, since the sandbox has
none; the shape of the name is.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from .calls import Answer, Call, inputs_of
from .errors import PORTAL_ID, validation
from .portal import Portal
from .values import InvalidValue, clean_datetime

BATCH_LIMIT = 500
MAX_PROPERTIES = 50
MAX_VALUE = 256
MAX_URL = 1_024

_EVENT_NAME = re.compile(rf"pe{PORTAL_ID}_[a-z][a-z0-9_]{{0,49}}")
_PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_LONG = ("hs_url", "hs_referrer")


def send(portal: Portal, call: Call) -> Answer:
    _store(portal, [_checked(call.object_body("eventName"))])
    return Answer(204)


def send_batch(portal: Portal, call: Call) -> Answer:
    _store(portal, [_checked(item) for item in inputs_of(call, BATCH_LIMIT)])
    return Answer(204)


def _checked(event: Mapping[str, Any]) -> Mapping[str, Any]:
    name = event.get("eventName")
    if not isinstance(name, str) or not _EVENT_NAME.fullmatch(name):
        raise validation(f"eventName {name!r} is not valid: expected pe{PORTAL_ID}_ and a name of [a-z][a-z0-9_]*")
    if not any(event.get(key) for key in ("objectId", "email", "utk")):
        raise validation("One of objectId, email or utk is required")
    properties = event.get("properties") or {}
    if not isinstance(properties, dict) or len(properties) > MAX_PROPERTIES:
        raise validation(f"properties must be an object of at most {MAX_PROPERTIES} properties")
    for key, value in properties.items():
        longest = MAX_URL if key in _LONG else MAX_VALUE
        if not _PROPERTY_NAME.fullmatch(key) or value is None or len(str(value)) > longest:
            raise validation(f"Event property {key!r} is not valid: at most {longest} characters are allowed")
    if event.get("occurredAt") is not None:
        try:
            clean_datetime(event["occurredAt"])
        except InvalidValue as error:
            raise validation(f"occurredAt: {error.message}") from None
    return event


def _store(portal: Portal, events: list[Mapping[str, Any]]) -> None:
    for event in events:
        portal.store.execute(
            "insert or ignore into events (event_name, uuid, at, body) values (?, ?, ?, ?)",
            event["eventName"],
            event.get("uuid"),
            portal.clock.stamp(),
            json.dumps(event),
        )


def all_events(portal: Portal) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in portal.store.rows("select body from events order by sequence")]
