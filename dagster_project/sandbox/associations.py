"""Association endpoints, and associations given when a record is created.

Sources: HubSpot docs: associate records guide (2,000 inputs to create, 1,000 to read; integer ids and null labels in
answers); the 2026-09 association specification; recorded refusals.
"""

from typing import Any, NamedTuple

from .calls import Answer, Call, as_id, batch_answer, inputs_of
from .errors import Refusal, fields_not_set, invalid_json, validation
from .links import KINDS, association_types, type_id
from .object_types import ObjectType, object_type
from .portal import Portal
from .records import Record

CREATE_LIMIT = 2_000
READ_LIMIT = 1_000
READ_PAGE = 500  # associated records answered per input


class Link(NamedTuple):
    kind: ObjectType
    record_id: str
    labels: frozenset[str | None]


def checked_associations(portal: Portal, kind: ObjectType, given: Any) -> list[Link]:
    """The `associations` of a create input: `[{to: {id}, types: [{associationCategory, associationTypeId}]}]`.

    Raises:
        Refusal: 400, a type that does not lead away from this object type, or a record that does not exist.
    """
    if given is None:
        return []
    if not isinstance(given, list):
        raise invalid_json("Cannot deserialize `associations`: it must be an Array")
    links: list[Link] = []
    for item in given:
        to_id = _end(item, "to")
        by_kind: dict[str, set[str | None]] = {}
        for number in _type_numbers(item):
            ends = next((ends for ends, types in association_types().items() if number in types), None)
            if ends is None:
                raise _invalid(f"association type {number} does not exist")
            if ends[0] != kind.name:
                expected = KINDS[ends[0]].type_id
                raise _invalid(
                    f"invalid from object type {kind.type_id} for associations to be created. expected: {expected}"
                )
            by_kind.setdefault(ends[1], set()).add(association_types()[ends][number])
        for to_type, labels in by_kind.items():
            if portal.records.live(KINDS[to_type], to_id) is None:
                raise _invalid(f"{KINDS[to_type].label} object with id {to_id} does not exist")
            links.append(Link(KINDS[to_type], to_id, frozenset(labels)))
    return links


def _invalid(reason: str) -> Refusal:
    return validation("One or more associations are invalid", errors=[{"message": reason}])


def apply_associations(portal: Portal, record: Record, links: list[Link]) -> None:
    for link in links:
        portal.links.associate(record.kind, record.id, link.kind, link.record_id, link.labels)


def _end(item: Any, name: str) -> str:
    end = item.get(name) if isinstance(item, dict) else None
    if not isinstance(end, dict) or end.get("id") is None:
        raise fields_not_set(f"{name}.id")
    return as_id(end["id"])


def _type_numbers(item: dict[str, Any]) -> list[int]:
    types = item.get("types")
    if not isinstance(types, list) or not types or not all(isinstance(spec, dict) for spec in types):
        raise fields_not_set("types")
    numbers: list[int] = []
    for spec in types:
        number = spec.get("associationTypeId")
        if spec.get("associationCategory") != "HUBSPOT_DEFINED" or not isinstance(number, int):
            raise _invalid("the sandbox has no association labels but HubSpot's own (HUBSPOT_DEFINED)")
        numbers.append(number)
    return numbers


def _ends(call: Call) -> tuple[ObjectType, ObjectType]:
    start, end = object_type(call.parts["from_type"]), object_type(call.parts["to_type"])
    if (start.name, end.name) not in association_types():
        raise validation(f"{start.label} and {end.label} cannot be associated")
    return start, end


def create(portal: Portal, call: Call) -> Answer:
    """Associate pairs with labels. A type of the other direction is refused for the whole batch."""
    start, end = _ends(call)
    names = association_types()[start.name, end.name]
    pairs: list[tuple[str, str, set[str | None]]] = []
    for item in inputs_of(call, CREATE_LIMIT):
        numbers = _type_numbers(item)
        wrong = [number for number in numbers if number not in names]
        if wrong:
            raise validation(
                f"0-{wrong[0]} is not a valid association type between {start.label} and {end.label}",
                sub_category="crm.associations.INVALID_ASSOCIATION_TYPE",
                context={
                    "type": [f"0-{wrong[0]}"],
                    "fromObjectType": [start.label],
                    "toObjectType": [end.label],
                },
            )
        pairs.append((_end(item, "from"), _end(item, "to"), {names[number] for number in numbers}))

    def result(from_id: str, to_id: str) -> dict[str, Any]:
        labels = [names[number] for number in sorted(portal.links.of(start, from_id, end)[to_id])]
        return {
            "fromObjectTypeId": start.type_id,
            "fromObjectId": int(from_id),
            "toObjectTypeId": end.type_id,
            "toObjectId": int(to_id),
            "labels": [label for label in labels if label is not None],
        }

    return _associated(portal, start, end, pairs, result, 201)


def create_default(portal: Portal, call: Call) -> Answer:
    """Associate pairs without a label; a label they have stays."""
    start, end = _ends(call)
    names = association_types()[start.name, end.name]
    pairs: list[tuple[str, str, set[str | None]]] = []
    for item in inputs_of(call, CREATE_LIMIT):
        from_id, to_id = _end(item, "from"), _end(item, "to")
        held = portal.links.of(start, from_id, end).get(to_id, set())
        pairs.append((from_id, to_id, {names[number] for number in held}))
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id(start, end)}

    def result(from_id: str, to_id: str) -> dict[str, Any]:
        return {"from": {"id": from_id}, "to": {"id": to_id}, "associationSpec": spec}

    return _associated(portal, start, end, pairs, result, 200)


def _associated(
    portal: Portal,
    start: ObjectType,
    end: ObjectType,
    pairs: list[tuple[str, str, set[str | None]]],
    result: Any,
    status: int,
) -> Answer:
    started_at = portal.clock.stamp()
    done: list[tuple[str, str]] = []
    items: list[dict[str, Any]] = []
    for from_id, to_id, labels in pairs:
        missing = {
            f"{side}ObjectId": [record_id]
            for side, kind, record_id in (("from", start, from_id), ("to", end, to_id))
            if portal.records.live(kind, record_id) is None
        }
        if missing:
            # The fields of this item are not verified; that missing records are reported one by one is documented.
            message = f"{start.label} {from_id} and {end.label} {to_id} could not be associated: not found"
            context = {"fromObjectId": [from_id], "toObjectId": [to_id], **missing}
            items.append(Refusal(404, message, "OBJECT_NOT_FOUND", context=context).as_item())
            continue
        portal.links.associate(start, from_id, end, to_id, labels)
        done.append((from_id, to_id))
    results = [result(from_id, to_id) for from_id, to_id in done]
    return batch_answer(portal.shuffled(results), items, started_at, portal.clock.stamp(), status)


def read(portal: Portal, call: Call) -> Answer:
    """Associated records of up to 1,000 records, in pages per record; one without any is reported as an error."""
    start, end = _ends(call)
    inputs = inputs_of(call, READ_LIMIT)
    started_at = portal.clock.stamp()
    names = association_types()[start.name, end.name]
    results: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    for item in inputs:
        if item.get("id") is None:
            raise fields_not_set("id")
        record_id, after = as_id(item["id"]), str(item.get("after") or "0")
        if not after.isdecimal():
            raise validation(f"Invalid after '{after}'")
        found = [other for other in portal.links.of(start, record_id, end).items() if int(other[0]) >= int(after)]
        if not found:
            items.append(
                Refusal(
                    404,
                    f"No {end.singular} is associated with {start.singular} {record_id}.",
                    "OBJECT_NOT_FOUND",
                    sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
                    context={
                        "fromObjectId": [record_id],
                        "fromObjectType": [start.singular],
                        "toObjectType": [end.singular],
                    },
                ).as_item()
            )
            continue
        result: dict[str, Any] = {
            "from": {"id": record_id},
            "to": [
                {"toObjectId": int(other), "associationTypes": _described(names, types)}
                for other, types in found[:READ_PAGE]
            ],
        }
        if len(found) > READ_PAGE:
            result["paging"] = {"next": {"after": found[READ_PAGE][0]}}
        results.append(result)
    return batch_answer(portal.shuffled(results), items, started_at, portal.clock.stamp(), 200)


def _described(names: dict[int, str | None], types: set[int]) -> list[dict[str, Any]]:
    return [{"category": "HUBSPOT_DEFINED", "typeId": number, "label": names[number]} for number in sorted(types)]


def archive(portal: Portal, call: Call) -> Answer:
    """Remove all associations of pairs; 204 also where there were none."""
    start, end = _ends(call)
    pairs: list[tuple[str, str]] = []
    for item in inputs_of(call, CREATE_LIMIT):
        ends = item.get("to")
        if not isinstance(ends, list):
            raise fields_not_set("to")
        pairs.extend((_end(item, "from"), _end({"to": to}, "to")) for to in ends)
    for from_id, to_id in pairs:
        portal.links.separate(start, from_id, end, to_id)
    return Answer(204)


def of_record(portal: Portal, record: Record, names: list[str]) -> dict[str, Any]:
    """What `?associations=companies` adds to a record; object types without associated records are left out."""
    found: dict[str, Any] = {}
    for name in names:
        kind = object_type(name)
        types = association_types().get((record.kind.name, kind.name), {})
        results = [
            {"id": other, "type": _type_name(record.kind, kind, types[number])}
            for other, numbers in portal.links.of(record.kind, record.id, kind).items()
            for number in sorted(numbers)
        ]
        if results:
            found[kind.name] = {"results": results}
    return found


def _type_name(start: ObjectType, end: ObjectType, label: str | None) -> str:
    """Recorded: the primary company is `contact_to_company`, any other `contact_to_company_unlabeled`."""
    name = f"{start.singular}_to_{end.singular}"
    has_labels = len(association_types()[start.name, end.name]) > 1
    return f"{name}_unlabeled" if has_labels and label is None else name
