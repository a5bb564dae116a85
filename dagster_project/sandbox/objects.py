"""Endpoints for one record, the list of records, and merging two.

Sources: HubSpot docs: using object APIs, contacts guide; recorded answers.
"""

from typing import Any

from . import associations, errors, writes
from .batches import archive_record, history_of, key_of, unique_property
from .calls import Answer, Call, as_id, checked_properties
from .errors import Refusal, validation
from .object_types import CONTACTS, object_type
from .portal import Portal
from .records import Record

PAGE_LIMIT = 100
PAGE_DEFAULT = 10
MERGE_LIMIT = 250


def _found(portal: Portal, call: Call) -> Record:
    """The record a path names: by id, by the id of a record merged into it, or by a unique property.

    Raises:
        Refusal: 404.
    """
    kind = object_type(call.parts["type"])
    wanted = call.parts["id"]
    name = call.query.get("idProperty")
    if name:
        record = portal.records.holder(kind, name, key_of(portal, kind, unique_property(portal, kind, name), wanted))
    else:
        record = portal.records.resolved(kind, wanted)
    if record is None:
        raise errors.not_found(wanted)
    return record


def _body(portal: Portal, call: Call, record: Record) -> dict[str, Any]:
    body = writes.answered(record, writes.selected(portal, record, call.listed("properties")), call.base_url)
    if names := call.listed("propertiesWithHistory"):
        body["propertiesWithHistory"] = history_of(portal, record, names)
    if found := associations.of_record(portal, record, call.listed("associations")):
        body["associations"] = found
    return body


def read(portal: Portal, call: Call) -> Answer:
    if call.flag("archived"):
        kind = object_type(call.parts["type"])
        record = portal.records.any(kind, call.parts["id"])
        if record is None or record.archived_at is None or record.merged_into is not None:
            raise errors.not_found(call.parts["id"])
    else:
        record = _found(portal, call)
    return Answer(200, _body(portal, call, record))


def read_page(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    limit = call.number("limit", PAGE_DEFAULT, PAGE_LIMIT)
    after = call.query.get("after", "0")
    if not after.isdecimal():
        raise validation(f"Invalid after '{after}'")
    records, following = portal.records.page(kind, int(after), limit, archived=call.flag("archived"))
    body: dict[str, Any] = {"results": [_body(portal, call, record) for record in records]}
    if following is not None:
        link = f"{call.base_url}{call.path}?limit={limit}&after={following}"
        body["paging"] = {"next": {"after": following, "link": link}}
    return Answer(200, body)


def create(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    body = call.object_body("properties")
    values, wrong = writes.clean(portal, kind, checked_properties(body))
    if wrong:
        raise errors.values_not_valid(wrong)
    writes.check_not_gdpr_deleted(portal, kind, values)
    writes.check_required(kind, values)
    writes.check_unique(portal, kind, values, None)
    links = associations.checked_associations(portal, kind, body.get("associations"))
    record = writes.create(portal, kind, values, portal.clock.stamp())
    associations.apply_associations(portal, record, links)
    return Answer(201, writes.answered(record, writes.created_echo(record), call.base_url))


def update(portal: Portal, call: Call) -> Answer:
    record = _found(portal, call)
    values, wrong = writes.clean(portal, record.kind, checked_properties(call.object_body("properties")))
    if wrong:
        raise errors.values_not_valid(wrong)
    writes.check_not_gdpr_deleted(portal, record.kind, values)
    writes.check_unique(portal, record.kind, values, record)
    written = writes.update(portal, record, values, portal.clock.stamp())
    return Answer(200, writes.answered(record, writes.updated_echo(record, written), call.base_url))


def archive(portal: Portal, call: Call) -> Answer:
    """204; 404 for an id that is not there, which HubSpot's docs leave open."""
    archive_record(portal, _found(portal, call), writes.API)
    return Answer(204)


def gdpr_delete(portal: Portal, call: Call) -> Answer:
    """Delete a contact for good: it is in no recycle bin, and its addresses never make a contact again.

    204 also for one that is not there; an address without a contact is blocked all the same.
    Source: HubSpot docs, contacts guide, permanently delete a contact (GDPR-compliant).
    """
    wanted = as_id(call.object_body("objectId")["objectId"])
    if name := call.body.get("idProperty"):
        key = key_of(portal, CONTACTS, unique_property(portal, CONTACTS, name), wanted)
        record = portal.records.holder(CONTACTS, name, key)
        if name == "email":
            portal.block_emails([key])
    else:
        record = portal.records.resolved(CONTACTS, wanted)
    if record is not None:
        portal.block_emails(record.emails())
        archive_record(portal, record, writes.API)
        portal.records.erase(record)
    return Answer(204)


def merge(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    body = call.object_body("primaryObjectId", "objectIdToMerge")
    primary_id, other_id = as_id(body["primaryObjectId"]), as_id(body["objectIdToMerge"])
    primary, other = portal.records.live(kind, primary_id), portal.records.live(kind, other_id)
    if primary is None or other is None:
        raise errors.not_found(primary_id if primary is None else other_id)
    if primary is other:
        raise validation("A record cannot be merged into itself")
    merge_records(portal, primary, other, writes.API)
    return Answer(200, writes.answered(primary, writes.selected(portal, primary, []), call.base_url))


def merge_records(portal: Portal, primary: Record, other: Record, source: str) -> None:
    """Fold a record into another: its id and its e-mail addresses go on identifying the survivor.

    Values of the survivor win, the other's fill its gaps, and the later lifecycle stage stays.
    """
    kind, at = primary.kind, portal.clock.stamp()
    held, given = primary.properties, other.properties
    merged_ids = _joined(held.get("hs_merged_object_ids", ""), other.id, given.get("hs_merged_object_ids", ""))
    if len(merged_ids) > MERGE_LIMIT:
        raise Refusal(414, "Cannot have more than 250 identities on a profile")
    own = {kind.created, kind.modified, "hs_object_id", "hs_all_contact_vids", "associatedcompanyid"}
    changes = {name: value for name, value in given.items() if value and not held.get(name) and name not in own}
    changes["hs_merged_object_ids"] = ";".join(merged_ids)
    if "lifecyclestage" in portal.schema.definitions[kind.name]:
        order = ["", *(option["value"] for option in portal.schema.options(kind, "lifecyclestage"))]
        stages = [
            stage for stage in (held.get("lifecyclestage", ""), given.get("lifecyclestage", "")) if stage in order
        ]
        if stages:
            changes["lifecyclestage"] = max(stages, key=order.index)
    if kind is CONTACTS:
        addresses = [*primary.emails(), *other.emails()]
        changes |= {
            "email": addresses[0] if addresses else "",
            "hs_additional_emails": ";".join(dict.fromkeys(addresses[1:])),
            "hs_all_contact_vids": ";".join([primary.id, *merged_ids]),
        }
    portal.records.archive(other, at, source, merged_into=primary.id)
    portal.records.update(
        primary, {name: value for name, value in changes.items() if held.get(name, "") != value}, at, source
    )
    portal.links.move(kind, other.id, primary.id)


def _joined(*lists: str) -> list[str]:
    return list(dict.fromkeys(part for text in lists for part in text.split(";") if part))
