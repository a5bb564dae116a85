"""Sequence enrolments: one contact at a time, in one sequence at a time, and no way back through the API.

Source: HubSpot docs: sequences guide and specification. The bodies of refusals are not verified; the codes are those
of the knowledge base. 1,000 enrolments per inbox and day is quoted by third parties only, and kept here.
"""

import json
from typing import Any

from . import writes
from .calls import Answer, Call, as_id
from .errors import Refusal, not_found, validation
from .object_types import CONTACTS
from .owners import Owner
from .portal import Portal
from .records import Record
from .sequence_list import all_sequences

FIRST_ID = 7001
PAGE_LIMIT = 100


def read_all(portal: Portal, call: Call) -> Answer:
    """The sequences that a user may use, in pages; `name` keeps those whose name holds it."""
    _active_user(portal, call)
    limit, after = call.number("limit", PAGE_LIMIT, PAGE_LIMIT), call.query.get("after", "0")
    if not after.isdecimal():
        raise validation(f"Invalid after '{after}'")
    wanted = call.query.get("name", "").lower()
    found = [body for body in all_sequences(portal.store) if wanted in body["name"].lower()]
    start = int(after)
    answer: dict[str, Any] = {"total": len(found), "results": found[start : start + limit]}
    if start + limit < len(found):
        answer["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(200, answer)


def read_one(portal: Portal, call: Call) -> Answer:
    _active_user(portal, call)
    sequence_id = call.parts["id"]
    found = next((body for body in all_sequences(portal.store) if body["id"] == sequence_id), None)
    if found is None:
        raise not_found(sequence_id)
    return Answer(200, {**found, "steps": [], "settings": {}})


def _active_user(portal: Portal, call: Call) -> Owner:
    user_id = call.query.get("userId")
    if not user_id:
        raise validation("Required query parameter userId is missing")
    owner = portal.owners.by_user_id(user_id)
    if owner is None or owner.archived:
        raise validation(f"User {user_id} does not exist or is not active")
    return owner


def enroll(portal: Portal, call: Call) -> Answer:
    owner = _active_user(portal, call)
    user_id = str(owner.user_id)
    body = call.object_body("contactId", "sequenceId", "senderEmail")
    if str(body["senderEmail"]).strip().lower() != owner.email:
        raise _refused("SENDER_NOT_CONNECTED", f"{body['senderEmail']} is not a connected inbox of user {user_id}")
    sequence_id = as_id(body["sequenceId"])
    sequence = portal.store.one("select name from sequences where id = ?", sequence_id)
    if sequence is None:
        raise not_found(sequence_id)
    contact_id = as_id(body["contactId"])
    contact = portal.records.live(CONTACTS, contact_id)
    if contact is None:
        raise not_found(contact_id)
    email = contact.properties.get("email")
    if not email:
        raise _refused("CONTACT_MISSING_EMAIL", f"Contact {contact_id} has no email address")
    if contact.properties.get("hs_email_optout") == "true":
        raise _refused("UNSUBSCRIBED", f"Contact {contact_id} is unsubscribed")
    if portal.store.one("select id from enrollments where contact_id = ? and active", contact_id):
        raise _refused("ALREADY_ENROLLED", f"Contact {contact_id} is already enrolled in a sequence")
    sent_today = portal.store.one(
        "select count(*) from enrollments where sender = ? and at >= ?", owner.email, portal.clock.stamp()[:10]
    )
    if sent_today >= portal.settings.enrollments_per_sender:
        raise _refused("SEND_LIMIT_REACHED", f"{owner.email} has reached its daily enrollment limit")
    at = portal.clock.stamp()
    enrollment_id = (portal.store.one("select max(id) from enrollments") or FIRST_ID - 1) + 1
    enrollment = {"id": str(enrollment_id), "toEmail": email, "enrolledAt": at, "updatedAt": at}
    details = {
        **enrollment,
        "sequenceId": sequence_id,
        "sequenceName": sequence,
        "enrolledBy": user_id,
        "enrolledByEmail": owner.email,
    }
    portal.store.execute(
        "insert into enrollments values (?, ?, ?, ?, 1, ?)",
        enrollment_id,
        contact_id,
        owner.email,
        at,
        json.dumps(details),
    )
    count = int(contact.properties.get("hs_sequences_enrolled_count") or 0) + 1
    _set(
        portal,
        contact,
        {
            "hs_sequences_is_enrolled": "true",
            "hs_sequences_actively_enrolled_count": "1",
            "hs_sequences_enrolled_count": str(count),
            "hs_latest_sequence_enrolled": sequence_id,
            "hs_latest_sequence_enrolled_date": at,
        },
    )
    return Answer(200, enrollment)


def _refused(code: str, message: str) -> Refusal:
    return validation(message, sub_category=code, errors=[{"message": message, "code": code}])


def _set(portal: Portal, contact: Record, values: dict[str, str]) -> None:
    writes.update(portal, contact, values, portal.clock.stamp(), "SEQUENCES")


def read_enrollment(portal: Portal, call: Call) -> Answer:
    """The sequence a contact is in at present; 404 when it is in none."""
    contact_id = call.parts["id"]
    text = portal.store.one("select body from enrollments where contact_id = ? and active", contact_id)
    if text is None:
        raise not_found(contact_id)
    return Answer(200, json.loads(text))


def finish(portal: Portal, contact_id: str) -> None:
    """A person, a reply or the last step ended the enrolment; the API cannot."""
    at = portal.clock.stamp()
    portal.store.execute("update enrollments set active = 0 where contact_id = ?", contact_id)
    if contact := portal.records.live(CONTACTS, contact_id):
        ended = {
            "hs_sequences_is_enrolled": "false",
            "hs_sequences_actively_enrolled_count": "0",
            "hs_latest_sequence_ended_date": at,
        }
        _set(portal, contact, ended)


def all_enrollments(portal: Portal) -> list[dict[str, Any]]:
    rows = portal.store.rows("select contact_id, active, body from enrollments order by id")
    return [{**json.loads(body), "contactId": contact_id, "active": bool(active)} for contact_id, active, body in rows]
