"""Every event that is sent is defined in HubSpot with its properties, or none of it is sent and the reason is told."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.crm.errors import CrmRefused, CrmScopeMissing
from dagster_project.crm.event_map import EventProperty, MappedEvent
from dagster_project.crm.paging import pages_of
from dagster_project.crm.transport import HubSpotApi

# Specifications of one version have either, so the portal is asked which it answers.
ROOTS = ("/events/custom/{version}", "/events/{version}")
PAGE_SIZE = 100
OBJECT = "CONTACT"
PORTAL_PREFIX = re.compile(r"^pe[0-9]+_")
TYPES = {"text": "string", "number": "number", "datetime": "datetime"}


@dataclass
class Definitions:
    """The events that can be sent, by our name with HubSpot's (`pe<portal>_<name>`); what was made; and what is wrong
    with the others, by our name. `root` is where sends go.
    """

    root: str
    names: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def ensure_definitions(api: HubSpotApi, events: Iterable[MappedEvent]) -> Definitions:
    """Create the definitions and properties that are missing. An event that cannot be sent does not hold back others.

    Raises:
        CrmScopeMissing: The portal has no custom events, which take an Enterprise hub, or the token not their scope.
    Source: HubSpot docs, define custom events.
    """
    root, present = _read(api)
    found = Definitions(root)
    for event in events:
        try:
            held = present.get(event.name) or _create(api, event, found)
            problems = list(_complete(api, event, held, found))
            if not held.get("fullyQualifiedName"):
                problems.append("HubSpot's answer does not say by which name it is sent")
        except CrmRefused as refusal:
            problems = [f"HubSpot does not make it: {refusal.hubspot_message}"]
        if problems:
            found.problems[event.name] = "; ".join(problems)
        else:
            found.names[event.name] = held["fullyQualifiedName"]
    return found


def _read(api: HubSpotApi) -> tuple[str, dict[str, dict]]:
    """Where this portal has its events, and the definitions by name."""
    for root in ROOTS:
        try:
            return root, {_short_name(item): item for item in _definitions(api, root)}
        except CrmRefused as refusal:
            if refusal.status != 404:
                raise
    raise CrmScopeMissing("HubSpot answers at no address where it has custom events (404).")


def _definitions(api: HubSpotApi, root: str) -> Iterator[dict]:
    for page in pages_of(api, f"{root}/event-definitions", {"includeProperties": "true", "limit": PAGE_SIZE}):
        yield from page.get("results") or []


def _create(api: HubSpotApi, event: MappedEvent, found: Definitions) -> dict:
    body = {
        "name": event.name,
        "label": event.label,
        "description": event.description,
        "primaryObject": OBJECT,
        "propertyDefinitions": [_definition(item) for item in event.properties if not item.is_hubspots_own],
        "includeDefaultProperties": any(item.is_hubspots_own for item in event.properties),
    }
    try:
        # A name that is there already is refused, so a lost answer may be followed by a repeat.
        held = api.post(f"{found.root}/event-definitions", body, repeatable=True).body
    except CrmRefused as refusal:
        # Another run made it between our two calls, or a call whose answer was lost did.
        held = _read(api)[1].get(event.name) if refusal.status in (400, 409) else None
        if held is None:
            raise
        return held
    found.made.append(event.name)
    return held


def _complete(api: HubSpotApi, event: MappedEvent, held: dict, found: Definitions) -> Iterator[str]:
    """Add the properties that a definition lacks, and tell why it cannot be used as it is."""
    if held.get("archived"):
        yield "its definition is archived; restore it in HubSpot's custom events, or choose another event_name"
        return
    on = str(held.get("primaryObject") or OBJECT).upper()
    if on not in (OBJECT, "0-1"):
        yield f"its definition is for {on} and not for contacts; choose another event_name in crm_events.csv"
        return
    present = {item["name"]: item for item in held.get("properties") or []}
    for item in event.properties:
        if item.name not in present:
            if item.is_hubspots_own:
                yield f"its definition has no {item.name}; add the default properties to it in HubSpot"
                continue
            path = f"{found.root}/event-definitions/{held.get('fullyQualifiedName') or event.name}/property"
            try:
                api.post(path, _definition(item), repeatable=True)
            except CrmRefused as refusal:
                # Made meanwhile, by another run or by a call whose answer was lost.
                if refusal.status != 409:
                    raise
            else:
                found.made.append(f"{event.name}.{item.name}")
        elif present[item.name].get("type") != TYPES[item.value_type]:
            yield (
                f"its property {item.name} is of type {present[item.name].get('type')} in HubSpot, and "
                f"crm_event_properties.csv says {item.value_type}; change the file or name another property"
            )


def _short_name(held: dict) -> str:
    """Without the number of the portal, with which some answers have it."""
    return PORTAL_PREFIX.sub("", str(held.get("name") or held.get("fullyQualifiedName")))


def _definition(item: EventProperty) -> dict:
    return {"name": item.name, "label": item.label, "type": TYPES[item.value_type]}
