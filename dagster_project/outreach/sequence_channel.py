"""Enrolments in HubSpot's sequences: a contact is in one at a time, and nothing but a person or its end takes it out.

Source: HubSpot's specification of sequences; the bodies of refusals are not verified, the codes are those of the
knowledge base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.paging import pages_of
from dagster_project.crm.values import known_instant
from dagster_project.outreach.calendars import Calendars
from dagster_project.outreach.channel import Bundle
from dagster_project.outreach.errors import RefusedForGood, RefusedForNow
from dagster_project.outreach.hubspot_door import Contact, HubSpotDoor, told_generally
from dagster_project.outreach.messages import Writer
from dagster_project.outreach.outbox_rows import OutboxRow
from dagster_project.outreach.working_hours import WorkingHours

SEQUENCES = "/automation/sequences/{version}"
ENROLLMENTS = f"{SEQUENCES}/enrollments"
PAGE = 100
# HubSpot's code → what it means for whoever reads it; nothing changes these for this contact.
FOR_GOOD = {
    "CONTACT_MISSING_EMAIL": "the contact has no e-mail address",
    "UNSUBSCRIBED": "the contact unsubscribed from mails",
    "BOUNCED": "mails to the contact bounce",
    "BLOCKED_ADDRESS": "HubSpot blocks the address of the contact",
    "QUARANTINED_ADDRESS": "HubSpot has put the address of the contact under quarantine",
}
FOR_NOW = {
    "ALREADY_ENROLLED": "the contact is in another sequence",
    "SENDER_NOT_CONNECTED": "{sender} is no connected inbox of the user: connect it in HubSpot, or mend sender_email "
    "in sales_team.csv",
}
LIMIT_REACHED = "SEND_LIMIT_REACHED"


@dataclass(frozen=True)
class Sender:
    user_id: str
    email: str


@dataclass(frozen=True)
class Enrolling:
    """One enrolment as it is asked for; with `receipt` it has happened already."""

    body: dict
    sender: Sender
    tomorrow: datetime
    receipt: dict | None = None


class SequenceChannel:
    """The target of an action is a sequence's name or id; its sender is the owner, as sales_team.csv has them."""

    is_repeatable = False

    def __init__(self, door: HubSpotDoor, writer: Writer, calendars: Calendars):
        self._door = door
        self._writer = writer
        self._calendars = calendars
        self._by_name: dict[str, dict[str, str]] = {}
        self._full_until: dict[str, datetime] = {}

    def check(self) -> None:
        self._door.check()

    def bundles(self, rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
        return [[row] for row in rows]

    def prepare(self, bundle: Bundle) -> Enrolling:
        (row,) = bundle.rows
        sender = self._sender(row)
        self._refuse_beyond_limit(sender)
        contact = self._door.contact(row)
        sequence_id = self._sequence_id(row.action.target, sender)
        tomorrow = self._hours(row).midnight_after(bundle.claimed_at)
        body = {"contactId": contact.contact_id, "sequenceId": sequence_id, "senderEmail": sender.email}
        current = self._current(contact)
        if current is not None:
            receipt = _receipt_if_ours(current, sequence_id, row.enqueued_at or bundle.claimed_at)
            if receipt is None:
                raise RefusedForNow(f"the contact is in the sequence {current.get('sequenceName') or 'of another'}")
            return Enrolling(body, sender, tomorrow, receipt)
        self._door.write_opener(contact, self._writer.words(row).opener)
        return Enrolling(body, sender, tomorrow)

    def send(self, prepared: Enrolling) -> dict:
        if prepared.receipt is not None:
            return prepared.receipt
        with told_generally():
            try:
                path = f"{ENROLLMENTS}?userId={prepared.sender.user_id}"
                made = self._door.api.post(path, prepared.body, repeatable=False).body
            except CrmRefused as refusal:
                raise self._refused(refusal, prepared) from None
        return {"enrollment_id": str(made.get("id")), "sequence_id": prepared.body["sequenceId"]}

    def find(self, bundle: Bundle, since: datetime) -> dict | None:
        """Whether the contact is in the sequence, or was put into it, since the action was owed."""
        (row,) = bundle.rows
        since = min(since, row.enqueued_at or since)
        try:
            contact = self._door.contact(row)
        except RefusedForGood:
            # With the contact went its enrolment.
            return None
        sequence_id = self._sequence_id(row.action.target, self._sender(row))
        current = self._current(contact)
        if current is not None:
            return _receipt_if_ours(current, sequence_id, since)
        latest = contact.properties.get("hs_latest_sequence_enrolled")
        at = known_instant(contact.properties.get("hs_latest_sequence_enrolled_date"))
        if latest == sequence_id and at is not None and at >= since:
            return {"sequence_id": sequence_id, "enrolled_at": at.isoformat()}
        return None

    def _sender(self, row: OutboxRow) -> Sender:
        """As sales_team.csv says it, and what is empty there as HubSpot knows the owner."""
        owner = self._door.owner(row)
        member = self._calendars.member(row.action.payload.get("owner_email"))
        if member is None:
            return Sender(owner.user_id, owner.email)
        return Sender(member.hubspot_user_id or owner.user_id, member.sender_email or member.member_email)

    def _hours(self, row: OutboxRow) -> WorkingHours:
        action = row.action
        return self._calendars.hours(action.kind, action.target, action.payload.get("owner_email"))

    def _refuse_beyond_limit(self, sender: Sender) -> None:
        """What a sender was refused once today is not asked again for each contact."""
        until = self._full_until.get(sender.email)
        if until is not None:
            raise _limit_reached(sender, until)

    def _sequence_id(self, target: str, sender: Sender) -> str:
        """Raises:
        RefusedForNow: The user has no sequence of this name.
        """
        if target.isdecimal():
            return target
        if sender.user_id not in self._by_name:
            self._by_name[sender.user_id] = self._read_names(sender.user_id)
        names = self._by_name[sender.user_id]
        if target not in names:
            there = ", ".join(sorted(names)) or "none at all"
            raise RefusedForNow(
                f"HubSpot shows user {sender.user_id} no sequence {target!r}, but {there}: share it, or mend the "
                "target in trigger_actions.csv"
            )
        return names[target]

    def _read_names(self, user_id: str) -> dict[str, str]:
        with told_generally():
            pages = pages_of(self._door.api, SEQUENCES, {"userId": user_id, "limit": PAGE})
            return {found["name"]: str(found["id"]) for page in pages for found in page.get("results") or []}

    def _current(self, contact: Contact) -> dict | None:
        """The sequence a contact is in at present, if it is in one."""
        with told_generally():
            try:
                return self._door.api.get(f"{ENROLLMENTS}/contact/{contact.contact_id}")
            except CrmRefused as refusal:
                if refusal.status != 404:
                    raise
                return None

    def _refused(self, refusal: CrmRefused, prepared: Enrolling) -> Exception:
        codes = [code for error in refusal.errors if (code := error.get("code"))]
        code = codes[0] if codes else ""
        if code in FOR_GOOD:
            return RefusedForGood(f"HubSpot does not enrol: {FOR_GOOD[code]}")
        if code in FOR_NOW:
            return RefusedForNow(f"HubSpot does not enrol: {FOR_NOW[code].format(sender=prepared.sender.email)}")
        if code == LIMIT_REACHED:
            self._full_until[prepared.sender.email] = prepared.tomorrow
            return _limit_reached(prepared.sender, prepared.tomorrow)
        if refusal.status == 404:
            return RefusedForGood(f"HubSpot does not enrol: {refusal.hubspot_message}")
        return RefusedForNow(f"HubSpot does not enrol: {refusal.hubspot_message}")


def _limit_reached(sender: Sender, until: datetime) -> RefusedForNow:
    return RefusedForNow(
        f"{sender.email} has reached what HubSpot lets an inbox enrol in a day; tomorrow again", not_before=until
    )


def _receipt_if_ours(current: dict, sequence_id: str, since: datetime) -> dict | None:
    """An enrolment in the sequence that was asked for, since it was owed, is what was owed, whoever made it."""
    enrolled_at = known_instant(current.get("enrolledAt"))
    if str(current.get("sequenceId")) != sequence_id or enrolled_at is None or enrolled_at < since:
        return None
    return {"enrollment_id": str(current.get("id")), "sequence_id": sequence_id}
