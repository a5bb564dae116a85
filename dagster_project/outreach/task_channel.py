"""Tasks in HubSpot: each made once, with its contact and company, and found again by a line in its body.

Source: HubSpot docs, tasks guide and associate-records guide; tasks have no idempotency key.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from dagster_project.crm.paging import next_of
from dagster_project.outreach.channel import Bundle
from dagster_project.outreach.errors import RefusedForGood, RefusedForNow
from dagster_project.outreach.hubspot_door import HubSpotDoor, told_generally
from dagster_project.outreach.messages import Words, Writer
from dagster_project.outreach.outbox_rows import OutboxRow
from dagster_project.outreach.slack_text import cut
from dagster_project.rules.template_fields import listed
from dagster_project.state.chunking import chunks

TASKS = "/crm/objects/{version}/tasks"
TO_CONTACT, TO_COMPANY = 204, 192
PRIORITIES = {"high": "HIGH", "medium": "MEDIUM", "low": "LOW"}
# What HubSpot takes in a text property is 65,536 characters; a subject is read in one line.
LONGEST_SUBJECT, LONGEST_BODY_PART = 500, 10_000
READ_AT_ONCE = 100


class TaskChannel:
    is_repeatable = False

    def __init__(self, door: HubSpotDoor, writer: Writer):
        self._door = door
        self._writer = writer

    def check(self) -> None:
        self._door.check()

    def bundles(self, rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
        return [[row] for row in rows]

    def prepare(self, bundle: Bundle) -> dict:
        (row,) = bundle.rows
        owner = self._door.owner(row)
        contact = self._door.contact(row)
        facts = self._writer.facts(row)
        words = self._writer.words(row)
        if not words.subject:
            raise RefusedForNow(f"the template {row.action.payload['template']} says nothing in its block subject")
        self._door.write_opener(contact, words.opener)
        ends = [(contact.contact_id, TO_CONTACT)]
        company_id = row.action.payload["company_id"]
        ends += [(company_id, TO_COMPANY)] if company_id else []
        due_at = row.action.due_at or bundle.claimed_at
        return {
            "properties": {
                "hs_task_subject": cut(" ".join(words.subject.split()), LONGEST_SUBJECT),
                "hs_task_body": _body(words, facts, bundle.marker),
                "hs_timestamp": due_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "hs_task_priority": PRIORITIES.get(row.action.priority or "", "MEDIUM"),
                "hs_task_status": "NOT_STARTED",
                "hs_task_type": "TODO",
                "hubspot_owner_id": owner.owner_id,
            },
            "associations": [
                {
                    "to": {"id": end},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
                }
                for end, type_id in ends
            ],
        }

    def send(self, prepared: dict) -> dict:
        with told_generally():
            made = self._door.api.post(TASKS, prepared, repeatable=False).body
        return {"task_id": str(made["id"])}

    def find(self, bundle: Bundle, since: datetime) -> dict | None:
        """The task with the reference line, among those of the contact."""
        try:
            contact = self._door.contact(bundle.rows[0])
        except RefusedForGood:
            # With the contact went what stood on it; nobody is to be called any more.
            return None
        for ids in chunks(list(self._task_ids(contact.contact_id)), READ_AT_ONCE):
            asked = {"properties": ["hs_task_body"], "inputs": [{"id": task_id} for task_id in ids]}
            with told_generally():
                answer = self._door.api.post(f"{TASKS}/batch/read", asked, repeatable=True).body
            for task in answer.get("results") or []:
                if _reference(bundle.marker) in ((task.get("properties") or {}).get("hs_task_body") or ""):
                    return {"task_id": str(task["id"])}
        return None

    def _task_ids(self, contact_id: str) -> Iterator[str]:
        wanted: dict = {"id": contact_id}
        while True:
            with told_generally():
                path = "/crm/associations/{version}/contacts/tasks/batch/read"
                answer = self._door.api.post(path, {"inputs": [wanted]}, repeatable=True).body
            results = answer.get("results") or []
            for result in results:
                yield from (str(end["toObjectId"]) for end in result.get("to") or [])
            after = next_of(results[-1]) if results else None
            if after is None:
                return
            wanted = {"id": contact_id, "after": after}


def _body(words: Words, facts: dict, marker: str) -> str:
    """HTML, as HubSpot shows it; whatever people wrote is escaped."""
    parts = [_paragraph(words.text)]
    parts += [_list("What to say", words.talking_points.splitlines())]
    parts += [f"<p><b>How to begin</b></p>{_paragraph(words.opener)}"] if words.opener else []
    parts += [_list("Why the score", listed(facts.get("score_reasons")))]
    parts += [_list("Recent pages", listed(facts.get("recent_pages")))]
    parts += [_list("Features used", listed(facts.get("features_used")))]
    return "".join(parts) + f"<p>{_reference(marker)}</p>"


def _reference(marker: str) -> str:
    """The line that the task is found again by; who takes it out of a task takes that away."""
    return f"Reference: {escape(marker)}"


def _paragraph(text: str) -> str:
    return f"<p>{escape(cut(text, LONGEST_BODY_PART)).replace(chr(10), '<br>')}</p>"


def _list(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(cut(line, 1_000))}</li>" for line in lines[:50] if line.strip())
    return f"<p><b>{title}</b></p><ul>{items}</ul>" if items else ""
