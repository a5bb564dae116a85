"""Actions over every channel at once, and how often each is seen at its receiver."""

from collections import Counter

from action_rows import CHANNEL, action_row
from delivery_desk import Desk

MEMBER = "dana.reyes@orbit.example"
KINDS = (
    ("slack_message", "owner", "sql_handoff"),
    ("slack_message", CHANNEL, "sql_handoff"),
    ("hubspot_task", "owner", "paywall_hit"),
    ("sequence", "Came and went", "came_and_went"),
    ("webhook", "enrichment", None),
    ("slack_digest", "#pql-alerts", "content_icp"),
)


def people_the_sandbox(desk: Desk, people: int) -> None:
    """HubSpot and Slack know the owner; HubSpot knows so many contacts."""
    desk.sandbox.add_slack_user(MEMBER, "Dana")
    desk.sandbox.add_owner(MEMBER, "Dana", "Reyes")
    desk.sandbox.add_contacts([{"email": f"user{number}@brightloom.io"} for number in range(1, people + 1)])


def decide_everything(desk: Desk, people: int) -> list[str]:
    """Owe each person an action of every kind; the ids."""
    contacts = {contact["email"]: contact["id"] for contact in desk.sandbox.contacts()}
    rows = [
        action_row(
            number,
            kind=kind,
            target=target,
            template=template,
            hubspot_id=contacts[f"user{number}@brightloom.io"],
            owner_email=MEMBER,
        )
        for number in range(1, people + 1)
        for kind, target, template in KINDS
    ]
    desk.decide(*rows)
    return [row["action_id"] for row in rows]


def arrivals(desk: Desk) -> Counter[str]:
    """How often each action arrived: posts, lines of digests, tasks, enrolments, and webhooks by their keys."""
    seen: Counter[str] = Counter()
    rows = {row["action_id"]: row for row in map(desk.row, desk.states())}
    together: dict[str, list[str]] = {}
    for action_id, row in rows.items():
        if row["sent_as"]:
            together.setdefault(row["sent_as"], []).append(action_id)
    for marker in desk.posted():
        seen.update(together.get(marker, [marker]))
    for task in desk.sandbox.tasks():
        seen[task["hs_task_body"].rpartition("Reference: ")[2].removesuffix("</p>")] += 1
    by_contact = {
        row["payload"]["contact_id"]: action_id for action_id, row in rows.items() if row["kind"] == "sequence"
    }
    seen.update(by_contact[enrolment["contactId"]] for enrolment in desk.sandbox.enrollments())
    seen.update({item["key"] for item in desk.sandbox.webhooks()})
    return seen
