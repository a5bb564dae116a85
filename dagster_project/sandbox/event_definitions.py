"""Definitions of custom events: what can be sent, and with which properties.

Source: HubSpot docs: define custom events; specification of event definitions. A portal can define 500, each with 50
properties of its own; names stay, and what an occurrence was sent with stays as it was.
"""

import json
import re
from typing import Any

from .calls import Answer, Call
from .errors import PORTAL_ID, Refusal, fields_not_set, validation
from .portal import Portal

MOST_DEFINITIONS = 500
MOST_PROPERTIES = 50
PAGE_LIMIT = 100
LONGEST_LABEL = 100
TYPES = ("string", "number", "enumeration", "datetime")
OBJECTS = ("CONTACT", "COMPANY", "DEAL", "TICKET")
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
# Of the properties that every event may have by default, a few.
DEFAULTS = {"hs_url": "URL", "hs_referrer": "Referrer", "hs_page_title": "Page title"}


def read_all(portal: Portal, call: Call) -> Answer:
    limit = call.number("limit", 10, PAGE_LIMIT)
    after = call.query.get("after", "")
    bodies = [body for body in _all(portal) if body["name"] > after]
    answer: dict[str, Any] = {"total": len(_all(portal)), "results": [_shown(body, call) for body in bodies[:limit]]}
    if len(bodies) > limit:
        answer["paging"] = {"next": {"after": bodies[limit - 1]["name"]}}
    return Answer(200, answer)


def _shown(body: dict[str, Any], call: Call) -> dict[str, Any]:
    return body if call.flag("includeProperties") else {**body, "properties": []}


def read(portal: Portal, call: Call) -> Answer:
    return Answer(200, _wanted(portal, call))


def create(portal: Portal, call: Call) -> Answer:
    body = call.object_body("label", "name")
    name = _checked_name(body["name"])
    if find(portal, name) is not None:
        raise Refusal(409, f"An event definition named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
    if len(_all(portal)) >= MOST_DEFINITIONS:
        raise validation(f"An account can define at most {MOST_DEFINITIONS} custom events")
    if not isinstance(body["label"], str) or not 0 < len(body["label"].strip()) <= LONGEST_LABEL:
        raise validation(f"label must be a text of at most {LONGEST_LABEL} characters")
    primary = body.get("primaryObject") or OBJECTS[0]
    if primary not in OBJECTS:
        raise validation(f"primaryObject '{primary}' is not one of {', '.join(OBJECTS)}")
    wanted = body.get("propertyDefinitions") or []
    if len(wanted) > MOST_PROPERTIES:
        raise validation(f"An event can have at most {MOST_PROPERTIES} properties")
    defaults = DEFAULTS if body.get("includeDefaultProperties") else {}
    definition = {
        "id": str(1 + (portal.store.one("select count(*) from event_definitions") or 0)),
        "name": name,
        "fullyQualifiedName": full_name(name),
        "labels": {"singular": body["label"], "plural": body["label"]},
        "description": body.get("description") or "",
        "primaryObject": primary,
        "archived": False,
        "createdAt": portal.clock.stamp(),
        "properties": [_property(default, label, "string") for default, label in defaults.items()],
    }
    for item in wanted:
        definition["properties"].append(_new_property(definition, item))
    _save(portal, definition)
    return Answer(201, definition)


def create_property(portal: Portal, call: Call) -> Answer:
    definition = _wanted(portal, call)
    own = [item for item in definition["properties"] if item["name"] not in DEFAULTS]
    if len(own) >= MOST_PROPERTIES:
        raise validation(f"An event can have at most {MOST_PROPERTIES} properties")
    created = _new_property(definition, call.object_body("name", "label", "type"))
    definition["properties"].append(created)
    _save(portal, definition)
    return Answer(201, created)


def full_name(name: str) -> str:
    return f"pe{PORTAL_ID}_{name}"


def find(portal: Portal, name: str) -> dict[str, Any] | None:
    """The definition with this name, with or without the number of the portal in front of it."""
    text = portal.store.one("select body from event_definitions where name = ?", name.removeprefix(f"pe{PORTAL_ID}_"))
    return None if text is None else json.loads(text)


def _wanted(portal: Portal, call: Call) -> dict[str, Any]:
    name = call.parts["name"]
    definition = find(portal, name)
    if definition is None:
        raise Refusal(404, f"No event definition named '{name}' exists", "OBJECT_NOT_FOUND")
    return definition


def _all(portal: Portal) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in portal.store.rows("select body from event_definitions order by name")]


def _save(portal: Portal, definition: dict[str, Any]) -> None:
    portal.store.execute(
        "insert or replace into event_definitions values (?, ?)", definition["name"], json.dumps(definition)
    )


def _new_property(definition: dict[str, Any], wanted: Any) -> dict[str, Any]:
    if not isinstance(wanted, dict):
        raise validation("A property definition must be an object")
    missing = [field for field in ("name", "label", "type") if not wanted.get(field)]
    if missing:
        raise fields_not_set(*missing)
    name = _checked_name(wanted["name"])
    if any(item["name"] == name for item in definition["properties"]):
        raise Refusal(409, f"A property named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
    if wanted["type"] not in TYPES:
        raise validation(f"type '{wanted['type']}' is not one of {', '.join(TYPES)}")
    return _property(name, wanted["label"], wanted["type"])


def _property(name: str, label: str, type_name: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": type_name, "description": "", "archived": False}


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise validation(
            f"Name {name!r} is not valid: up to 50 lower-case letters, digits and underscores, beginning with a letter"
        )
    return name
