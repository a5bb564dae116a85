"""Endpoints for property definitions and their groups.

Source: HubSpot docs: properties guide; recorded property batches (a name that exists is reported in a 207).
"""

from typing import Any

from .calls import Answer, Call, batch_answer, inputs_of
from .errors import Refusal, duplicate_ids, fields_not_set, validation
from .object_types import ObjectType, object_type
from .portal import Portal

LIMIT = 100  # not documented for properties; the limit of all other batches
REQUIRED = ("name", "label", "type", "fieldType", "groupName")


def read_all(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    return Answer(200, {"results": _bodies(portal, kind, archived=call.flag("archived"))})


def _bodies(portal: Portal, kind: ObjectType, *, archived: bool) -> list[dict[str, Any]]:
    if archived:
        return list(portal.schema.archived[kind.name].values())
    return [definition.body for definition in portal.schema.definitions[kind.name].values()]


def read(portal: Portal, call: Call) -> Answer:
    kind, name = object_type(call.parts["type"]), call.parts["name"]
    if call.flag("archived") and name in portal.schema.archived[kind.name]:
        return Answer(200, portal.schema.archived[kind.name][name])
    return Answer(200, portal.schema.definition(kind, name).body)


def create(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    body = portal.schema.prepared(kind, call.object_body(*REQUIRED))
    portal.schema.save(kind, body)
    return Answer(201, body)


def update(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    return Answer(200, portal.schema.update(kind, call.parts["name"], call.object_body()))


def archive(portal: Portal, call: Call) -> Answer:
    portal.schema.archive(object_type(call.parts["type"]), call.parts["name"])
    return Answer(204)


def batch_create(portal: Portal, call: Call) -> Answer:
    """Names that exist are reported one by one; any other mistake refuses the whole batch."""
    kind = object_type(call.parts["type"])
    inputs = inputs_of(call, LIMIT)
    started_at = portal.clock.stamp()
    results, items = [], []
    names: set[str] = set()
    for item in inputs:
        missing = [field for field in REQUIRED if item.get(field) is None]
        if missing:
            raise fields_not_set(*missing)
        if item["name"] in names:
            raise duplicate_ids([item["name"]])
        names.add(item["name"])
        try:
            unique = sum(body["hasUniqueValue"] for body in results)
            results.append(portal.schema.prepared(kind, item, unique))
        except Refusal as refusal:
            if refusal.status != 409:
                raise
            items.append(refusal.as_item())
    for body in results:
        portal.schema.save(kind, body)
    return batch_answer(portal.shuffled(results), items, started_at, portal.clock.stamp(), 201)


def batch_read(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    inputs = inputs_of(call, LIMIT)
    started_at = portal.clock.stamp()
    results, items = [], []
    bodies = {body["name"]: body for body in _bodies(portal, kind, archived=call.body.get("archived") is True)}
    for item in inputs:
        name = item.get("name")
        if not isinstance(name, str):
            raise fields_not_set("name")
        if name in bodies:
            results.append(bodies[name])
            continue
        items.append(
            Refusal(
                404,
                f"No {kind.label} property named '{name}' exists",
                "OBJECT_NOT_FOUND",
                sub_category="Properties.PROPERTY_NOT_FOUND",
                context={"name": [name]},
            ).as_item()
        )
    return batch_answer(portal.shuffled(results), items, started_at, portal.clock.stamp(), 200)


def batch_archive(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    names = [item.get("name") for item in inputs_of(call, LIMIT)]
    for name in names:
        if name in portal.schema.definitions[kind.name]:
            portal.schema.archive(kind, name)
    return Answer(204)


def read_groups(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    return Answer(200, {"results": list(portal.schema.groups[kind.name].values())})


def read_group(portal: Portal, call: Call) -> Answer:
    return Answer(200, _group(portal, call))


def _group(portal: Portal, call: Call) -> dict[str, Any]:
    kind, name = object_type(call.parts["type"]), call.parts["name"]
    group = portal.schema.groups[kind.name].get(name)
    if group is None:
        raise Refusal(404, f"No property group named '{name}' exists", "OBJECT_NOT_FOUND", context={"name": [name]})
    return group


def create_group(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    body = call.object_body("name", "label")
    name = body["name"]
    if name in portal.schema.groups[kind.name]:
        raise Refusal(
            409,
            f"A property group named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            sub_category="Properties.GROUP_WITH_NAME_EXISTS",
            context={"name": [name]},
        )
    group = {
        "name": name,
        "label": body["label"],
        "displayOrder": body.get("displayOrder", -1),
        "archived": False,
    }
    portal.schema.save_group(kind, _checked(group))
    return Answer(201, group)


def update_group(portal: Portal, call: Call) -> Answer:
    group = _group(portal, call)
    changes = call.object_body()
    unknown = sorted(set(changes) - {"label", "displayOrder"})
    if unknown:
        raise validation(f"These fields of a property group cannot be changed: {unknown}")
    group = _checked({**group, **changes})
    portal.schema.save_group(object_type(call.parts["type"]), group)
    return Answer(200, group)


def _checked(group: dict[str, Any]) -> dict[str, Any]:
    for field in ("name", "label"):
        if not isinstance(group[field], str) or not group[field].strip():
            raise validation(f"Property group {field} must not be blank")
    return group
