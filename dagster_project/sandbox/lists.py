"""Lists of records: static ones whose members a client adds and removes, and dynamic ones that HubSpot fills itself.

Source: HubSpot docs: lists guide and specification, and the models of the official client. The bodies of refusals, the
status of a name that is taken and the largest number of ids in one call are not verified: the stricter reading is kept.
"""

from collections.abc import Sequence
from typing import Any

from .calls import Answer, Call, as_id
from .errors import Refusal, invalid_json, validation
from .object_types import ObjectType, object_type
from .portal import Portal

FIRST_ID = 201
PROCESSING_TYPES = ("MANUAL", "DYNAMIC", "SNAPSHOT")
MEMBERS_PER_PAGE = 250
MOST_IDS = 100_000


def create(portal: Portal, call: Call) -> Answer:
    body = call.object_body("name", "objectTypeId", "processingType")
    name, processing_type = str(body["name"]).strip(), body["processingType"]
    if not name:
        raise validation("List name must not be blank")
    if processing_type not in PROCESSING_TYPES:
        raise validation(f"Processing type '{processing_type}' is not one of {list(PROCESSING_TYPES)}")
    if portal.store.one("select id from lists where name = ?", name) is not None:
        raise validation(f"List names must be unique: a list named '{name}' already exists")
    found = add(portal, name, object_type(str(body["objectTypeId"])), processing_type)
    return Answer(200, {"list": found})


def add(portal: Portal, name: str, kind: ObjectType, processing_type: str = "MANUAL") -> dict[str, Any]:
    list_id = (portal.store.meta("last_list_id") or FIRST_ID - 1) + 1
    portal.store.set_meta("last_list_id", list_id)
    at = portal.clock.stamp()
    portal.store.execute(
        "insert into lists values (?, ?, ?, ?, ?, ?)", list_id, name, kind.type_id, processing_type, at, at
    )
    return _found(portal, str(list_id))


def read(portal: Portal, call: Call) -> Answer:
    return Answer(200, {"list": _found(portal, call.parts["id"])})


def read_by_name(portal: Portal, call: Call) -> Answer:
    kind, name = object_type(call.parts["type_id"]), call.parts["name"]
    list_id = portal.store.one("select id from lists where name = ? and type_id = ?", name, kind.type_id)
    if list_id is None:
        raise _no_list(name)
    return Answer(200, {"list": _found(portal, str(list_id))})


def search(portal: Portal, call: Call) -> Answer:
    """Lists whose name has the words of `query`, oldest first."""
    body = call.body if isinstance(call.body, dict) else {}
    words = str(body.get("query") or "").lower()
    offset, count = int(body.get("offset") or 0), int(body.get("count") or 20)
    found = [item for item in all_lists(portal) if words in item["name"].lower()]
    page = found[offset : offset + count]
    after = offset + len(page)
    return Answer(200, {"lists": page, "total": len(found), "offset": after, "hasMore": after < len(found)})


def delete(portal: Portal, call: Call) -> Answer:
    found = _found(portal, call.parts["id"])
    remove(portal, found["listId"])
    return Answer(204)


def remove(portal: Portal, list_id: str) -> None:
    portal.store.execute("delete from lists where id = ?", int(list_id))
    portal.store.execute("delete from list_members where list_id = ?", int(list_id))


def read_members(portal: Portal, call: Call) -> Answer:
    """A page in the order of the record ids; `after` is the last id of the page before."""
    found = _found(portal, call.parts["id"])
    limit, after = call.number("limit", 100, MEMBERS_PER_PAGE), call.query.get("after", "0")
    if not after.isdecimal():
        raise validation(f"Invalid after '{after}'")
    everybody = _members(portal, found)
    held = [(record_id, at) for record_id, at in everybody if int(record_id) > int(after)]
    page = held[:limit]
    results = [{"recordId": record_id, "membershipTimestamp": at} for record_id, at in page]
    body: dict[str, Any] = {"results": results, "total": len(everybody)}
    if len(held) > limit:
        body["paging"] = {"next": {"after": page[-1][0]}}
    return Answer(200, body)


def add_members(portal: Portal, call: Call) -> Answer:
    return _changed(portal, call, _ids(call.body), [])


def remove_members(portal: Portal, call: Call) -> Answer:
    return _changed(portal, call, [], _ids(call.body))


def add_and_remove_members(portal: Portal, call: Call) -> Answer:
    body = call.object_body()
    return _changed(portal, call, _ids(body.get("recordIdsToAdd")), _ids(body.get("recordIdsToRemove")))


def _changed(portal: Portal, call: Call, to_add: Sequence[str], to_remove: Sequence[str]) -> Answer:
    if len(to_add) + len(to_remove) > MOST_IDS:
        raise validation(f"At most {MOST_IDS} record ids can be changed at once")
    added, removed, missing = change(portal, call.parts["id"], to_add, to_remove)
    return Answer(
        200,
        {
            "recordsIdsAdded": portal.shuffled(added),
            "recordIdsRemoved": portal.shuffled(removed),
            "recordIdsMissing": missing,
        },
    )


def change(
    portal: Portal, list_id: str, to_add: Sequence[str], to_remove: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """Who was added, who was removed, and the ids that no record has; who is in already, or not in, is nowhere."""
    found = _found(portal, list_id)
    if found["processingType"] == "DYNAMIC":
        raise validation(f"List {list_id} is DYNAMIC; memberships can only be set on MANUAL and SNAPSHOT lists")
    kind, at = object_type(found["objectTypeId"]), portal.clock.stamp()
    before = {record_id for record_id, _ in _members(portal, found)}
    known = {record_id for record_id in {*to_add, *to_remove} if portal.records.live(kind, record_id) is not None}
    added = [record_id for record_id in dict.fromkeys(to_add) if record_id in known - before]
    removed = [record_id for record_id in dict.fromkeys(to_remove) if record_id in known & before]
    for record_id in added:
        portal.store.execute("insert or replace into list_members values (?, ?, ?)", int(list_id), int(record_id), at)
    for record_id in removed:
        portal.store.execute(
            "delete from list_members where list_id = ? and record_id = ?", int(list_id), int(record_id)
        )
    if added or removed:
        portal.store.execute("update lists set updated_at = ? where id = ?", at, int(list_id))
    return added, removed, sorted({*to_add, *to_remove} - known)


def _ids(raw: Any) -> list[str]:
    if not isinstance(raw, list):
        raise invalid_json("Cannot deserialize record ids: they must be an Array")
    ids = [as_id(item) for item in raw]
    for record_id in ids:
        if not record_id.isdecimal():
            raise validation(f"'{record_id}' is no record id")
    return ids


def all_lists(portal: Portal) -> list[dict[str, Any]]:
    return [_found(portal, str(list_id)) for (list_id,) in portal.store.rows("select id from lists order by id")]


def members(portal: Portal, list_id: str) -> list[str]:
    """The ids of the live records in a list, in order."""
    return [record_id for record_id, _ in _members(portal, _found(portal, list_id))]


def _members(portal: Portal, found: dict[str, Any]) -> list[tuple[str, str]]:
    kind = object_type(found["objectTypeId"])
    rows = portal.store.rows(
        "select record_id, at from list_members where list_id = ? order by record_id", int(found["listId"])
    )
    # Whoever was deleted or merged into another is in no list any more.
    return [(str(record_id), at) for record_id, at in rows if portal.records.live(kind, str(record_id)) is not None]


def _found(portal: Portal, list_id: str) -> dict[str, Any]:
    """A list as HubSpot answers it.

    Raises:
        Refusal: 404, there is none with this id.
    """
    rows = portal.store.rows("select * from lists where id = ?", int(list_id)) if list_id.isdecimal() else []
    if not rows:
        raise _no_list(list_id)
    ((_, name, type_id, processing_type, created_at, updated_at),) = rows
    found = {
        "listId": list_id,
        "listVersion": 1,
        "name": name,
        "objectTypeId": type_id,
        "processingType": processing_type,
        "processingStatus": "COMPLETE",
        "createdAt": created_at,
        "updatedAt": updated_at,
    }
    return found | {"size": len(_members(portal, found))}


def _no_list(name: str) -> Refusal:
    return Refusal(404, f"List '{name}' does not exist", "OBJECT_NOT_FOUND", sub_category="ListError.LIST_NOT_FOUND")
