"""The actions of a snapshot → the outbox: once their time has come, and HubSpot holds what they tell of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dagster_project.crm.errors import CrmUnauthorised, CrmUnavailable
from dagster_project.crm.known_records import known_record_ids
from dagster_project.outreach import outbox
from dagster_project.outreach.act_run import ActRun
from dagster_project.outreach.calendars import DIGEST
from dagster_project.outreach.outbox_rows import Action, known_ids
from dagster_project.outreach.owed import ON_A_CONTACT, Times, acknowledged_owners, read_actions, times_of
from dagster_project.rules.template_fields import COLUMNS

NOT_ACKNOWLEDGED = "HubSpot has not acknowledged the {what} yet"
NO_CONTACT = "HubSpot does not hold the contact yet"
NO_OWNER_KNOWN = "somebody took the contact over, and HubSpot cannot be asked who that is"


@dataclass(frozen=True)
class Owed:
    """An action that is not in the outbox yet, and why it waits; None: it may be put there.

    `held_owner_id`: of a handoff that HubSpot acknowledged, the owner it holds.
    """

    row: dict
    times: Times
    contact_id: str | None
    held_owner_id: str | None
    waits_for: str | None


def find_owed(run: ActRun) -> tuple[list[Owed], int]:
    """The actions that are not in the outbox yet, and how many are owed in all; asks nobody.

    Raises:
        ActionsOutdated: The marts were published by an earlier version.
    """
    rows = [
        row
        for row in read_actions(run.snapshot_actions)
        if run.suppressed.why(user_id=row["record_key"], email=row["contact_email"]) is None
    ]
    in_outbox = known_ids(run.engine, [row["action_id"] for row in rows])
    new = [row for row in rows if row["action_id"] not in in_outbox]
    acknowledged = acknowledged_owners(run.engine, new)
    with run.engine.connect() as connection:
        record_ids = known_record_ids(connection, "contacts", [row["record_key"] for row in new])
    found = []
    for row in new:
        times = times_of(row, run.calendars, run.as_of)
        contact_id = row["hubspot_id"] or record_ids.get(row["record_key"])
        waits_for = _waits_for(run, row, times, contact_id, acknowledged)
        found.append(Owed(row, times, contact_id, acknowledged.get(row["handoff_id"]), waits_for))
    return found, len(rows)


def enqueue_ready(run: ActRun) -> tuple[int, Counter[str]]:
    """Put what may leave into the outbox; how many actions are owed, and why the others wait.

    What is too late already is put there too, so that it expires there and is told.
    """
    found, owed = find_owed(run)
    ready = [item for item in found if item.waits_for is None or is_told_late(run, item)]
    waits = Counter(item.waits_for for item in found if item.waits_for and not is_told_late(run, item))
    actions = []
    for item in ready:
        try:
            actions.append(_action(run, item))
        except (CrmUnavailable, CrmUnauthorised):
            waits[NO_OWNER_KNOWN] += 1
    if actions:
        outbox.enqueue(run.engine, actions, as_of=run.as_of, now=run.now())
        late = {item.row["action_id"]: item.waits_for for item in ready if item.waits_for is not None}
        outbox.note_waiting(run.engine, late, run.now())
    return owed, waits


def is_told_late(run: ActRun, item: Owed) -> bool:
    """Whether it never left in time; of a channel that is not set up nothing is said at all."""
    return item.times.expires_at < run.as_of and run.door(item.row["kind"]).open is not None


def _waits_for(
    run: ActRun, row: dict, times: Times, contact_id: str | None, acknowledged: Mapping[str, str | None]
) -> str | None:
    door = run.door(row["kind"])
    if door.open is None:
        return door.closed
    for name, what in (("handoff_id", "handoff"), ("return_id", "return")):
        if row[name] is not None and row[name] not in acknowledged:
            return NOT_ACKNOWLEDGED.format(what=what)
    if times.leaves_at > run.as_of and row["kind"] != DIGEST:
        return "its not-before has not come"
    if row["kind"] in ON_A_CONTACT and contact_id is None:
        return NO_CONTACT
    if row["in_working_hours"]:
        return run.calendars.off_work(row["kind"], row["target"], row["owner_email"], run.as_of)
    return None


def _action(run: ActRun, item: Owed) -> Action:
    row, times = item.row, item.times
    owner = {name: row[name] for name in ("owner_id", "owner_email", "owner_name", "pool", "turn")}
    held = item.held_owner_id
    if held is not None and held != row["owner_id"]:
        # Somebody took the contact between the decision and the write, and kept it: nobody's turn was used.
        found = run.owner_of(held)
        owner = {"owner_id": held, "owner_email": None, "owner_name": None, "pool": None, "turn": None}
        if found is not None:
            owner |= {"owner_email": found.email, "owner_name": found.name}
    facts = {name: _plain(row.get(name)) for name in COLUMNS} | {
        "owner_email": owner["owner_email"],
        "owner_name": owner["owner_name"] or owner["owner_email"],
        "record_url": None if item.contact_id is None else run.record_url(item.contact_id),
    }
    return Action(
        action_id=row["action_id"],
        trigger_id=row["trigger_id"],
        kind=row["kind"],
        target=row["target"],
        record_key=row["record_key"],
        payload={
            "facts": facts,
            "template": row["template"],
            "owner_email": owner["owner_email"],
            "contact_id": item.contact_id,
            "company_id": row["company_hubspot_id"],
            "company_key": row["company_key"],
            "in_working_hours": bool(row["in_working_hours"]),
            "expires_hours": row["expires_hours"],
            "is_handoff": row["handoff_id"] is not None,
        },
        expires_at=times.expires_at,
        subject_key=row["subject_key"],
        episode=row["episode"],
        moment_at=row["moment_at"].replace(tzinfo=UTC),
        owner_id=owner["owner_id"],
        pool=owner["pool"],
        turn=owner["turn"],
        priority=row["priority"],
        due_at=times.due_at,
        leaves_at=times.leaves_at,
    )


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    return value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else value
