"""One record written: its values cleaned, its conflicts found, what HubSpot derives from them, and what it answers.

Everything is checked before anything changes, so a refusal leaves no trace.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from . import errors
from .errors import PropertyError
from .object_types import COMPANIES, CONTACTS, DEALS, TASKS, ObjectType
from .portal import Portal
from .properties import DEFAULTS
from .records import Record
from .values import InvalidValue

API = "API"
PERSON = "CRM_UI"


def clean(
    portal: Portal, kind: ObjectType, raw: Mapping[str, Any], *, by_person: bool = False
) -> tuple[dict[str, str], list[PropertyError]]:
    """(values as HubSpot stores them, what it refuses). A person or a seed may set read-only values."""
    definitions = portal.schema.definitions[kind.name]
    values: dict[str, str] = {}
    refused: list[PropertyError] = []
    for name, value in raw.items():
        definition = definitions.get(name)
        if definition is None:
            refused.append(PropertyError(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif definition.is_read_only and not by_person:
            message = f'"{name}" is a read only property; its value cannot be set.'
            refused.append(PropertyError(name, "READ_ONLY_VALUE", message))
        else:
            try:
                values[name] = definition.clean(value)
            except InvalidValue as error:
                refused.append(PropertyError(name, error.code, error.message))
    return values, refused


def check_required(kind: ObjectType, values: Mapping[str, str]) -> None:
    missing = [name for name in kind.required if not values.get(name)]
    if missing:
        raise errors.required_properties(*missing)
    if kind.required_any and not any(values.get(name) for name in kind.required_any):
        raise errors.required_properties(*kind.required_any)


def check_unique(
    portal: Portal, kind: ObjectType, values: Mapping[str, str], record: Record | None, *, status: int = 400
) -> None:
    """Refuse a unique value that another record holds.

    An e-mail address that is another contact's first one is answered 409 with the id; one that is an additional
    address of another contact is answered like any other unique value (both recorded).
    """
    for name in portal.schema.unique[kind.name]:
        value = values.get(name)
        if not value:
            continue
        holder = portal.records.holder(kind, name, value)
        if holder is None or holder is record:
            continue
        if name == "email" and holder.properties.get("email") == value:
            raise errors.contact_exists(holder.id)
        _refuse_taken(portal, kind, name, value, record, holder, status)
    for address in values.get("hs_additional_emails", "").split(";") if kind is CONTACTS else ():
        holder = portal.records.holder(kind, "email", address)
        if holder is not None and holder is not record:
            _refuse_taken(portal, kind, "hs_additional_emails", address, record, holder, status)


def check_not_gdpr_deleted(portal: Portal, kind: ObjectType, values: Mapping[str, str]) -> None:
    """Refuse an address that a GDPR delete has put on the portal's blocklist."""
    addresses = (
        {values.get("email", ""), *values.get("hs_additional_emails", "").split(";")} if kind is CONTACTS else ()
    )
    for email in sorted(portal.gdpr_deleted_emails().intersection(addresses)):
        raise errors.gdpr_deleted(email)


def _refuse_taken(
    portal: Portal, kind: ObjectType, name: str, value: str, record: Record | None, holder: Record, status: int
) -> None:
    writing = record.id if record else portal.records.next_id(kind)
    raise errors.value_taken(kind.label, name, value, writing, holder.id, status=status)


def create(portal: Portal, kind: ObjectType, values: dict[str, str], at: str, source: str = API) -> Record:
    """Add a record with cleaned and checked values."""
    values = {
        name: value.removeprefix(";") if portal.schema.definitions[kind.name][name].is_multiple else value
        for name, value in values.items()
    }
    record_id = portal.records.next_id(kind)
    derived = _derived(portal, kind, {}, values, at)
    if kind is CONTACTS:
        derived |= {
            "hs_all_contact_vids": record_id,
            "hs_is_contact": "true",
            "hs_is_unworked": "true",
            "hs_pipeline": "contacts-lifecycle-pipeline",
        }
    if kind is DEALS and not values.get("createdate"):
        values.pop("createdate", None)
    return portal.records.create(kind, derived | values, at, source)


def update(portal: Portal, record: Record, values: Mapping[str, str], at: str, source: str = API) -> dict[str, str]:
    """Change a record to cleaned and checked values and return the values as written.

    A lifecycle stage that would go backwards stays put while the answer repeats the value sent: what HubSpot answers
    is not verified, and this is the reading that makes a client read back.
    """
    kind, held = record.kind, record.properties
    definitions = portal.schema.definitions[kind.name]
    written: dict[str, str] = {}
    changes: dict[str, str] = {}
    for name, value in values.items():
        if value[:1] == ";" and definitions[name].is_multiple:
            value = ";".join(dict.fromkeys(part for part in f"{held.get(name, '')}{value}".split(";") if part))
        written[name] = value
        if held.get(name, "") == value:
            continue
        if name == "lifecyclestage" and source == API and not _is_forward(portal, kind, held.get(name, ""), value):
            continue
        changes[name] = value
    if changes:
        if "email" in changes and kind is CONTACTS:
            additional = [email for email in record.emails()[1:] if email != changes["email"]]
            if "hs_additional_emails" in held and "hs_additional_emails" not in changes:
                changes["hs_additional_emails"] = ";".join(additional)
        changes |= {
            name: value
            for name, value in _derived(portal, kind, held, changes, at).items()
            if held.get(name, "") != value
        }
        portal.records.update(record, changes, at, source)
    return written


def _is_forward(portal: Portal, kind: ObjectType, held: str, wanted: str) -> bool:
    if not held or not wanted:
        return True
    order = [option["value"] for option in portal.schema.options(kind, "lifecyclestage")]
    return held not in order or order.index(wanted) > order.index(held)


@cache
def deal_stages() -> list[dict[str, Any]]:
    return json.loads((DEFAULTS / "deal_stages.json").read_text(encoding="utf-8"))


def _derived(
    portal: Portal, kind: ObjectType, held: Mapping[str, str], changes: Mapping[str, str], at: str
) -> dict[str, str]:
    """Values HubSpot sets itself when others change."""
    derived: dict[str, str] = {}
    if "hubspot_owner_id" in changes:
        derived["hubspot_owner_assigneddate"] = at if changes["hubspot_owner_id"] else ""
    if kind in (CONTACTS, COMPANIES) and changes.get("lifecyclestage"):
        entered = f"hs_lifecyclestage_{changes['lifecyclestage']}_date"
        if entered in portal.schema.definitions[kind.name]:
            derived[entered] = at
    if kind is CONTACTS and "email" in changes:
        derived["hs_email_domain"] = changes["email"].partition("@")[2]
    if kind is DEALS and changes.get("dealstage"):
        stage = next(stage for stage in deal_stages() if stage["id"] == changes["dealstage"])
        derived["hs_v2_date_entered_current_stage"] = at
        derived["hs_is_closed"] = str(stage["isClosed"]).lower()
        derived["hs_is_closed_won"] = str(stage["isClosed"] and stage["probability"] == "1.0").lower()
    if kind is TASKS and "hs_task_status" in changes:
        done = changes["hs_task_status"] == "COMPLETED"
        derived["hs_task_completion_date"] = at if done else ""
        if not done and not held.get("hs_task_completion_date"):
            del derived["hs_task_completion_date"]
    return {name: value for name, value in derived.items() if name not in changes}


# Answers


def answered(record: Record, properties: Mapping[str, str | None], base_url: str) -> dict[str, Any]:
    """A record in HubSpot's shape; `url` leads to its page."""
    body: dict[str, Any] = {
        "id": record.id,
        "properties": dict(sorted(properties.items())),
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "archived": record.archived_at is not None,
        "url": f"{base_url}/contacts/{errors.PORTAL_ID}/record/{record.kind.type_id}/{record.id}",
    }
    if record.archived_at is not None:
        body["archivedAt"] = record.archived_at
    return body


def selected(portal: Portal, record: Record, names: list[str]) -> dict[str, str | None]:
    """The properties asked for, and those every answer carries.

    Recorded: a property that does not exist is left out, one that was never set is null, a cleared one is "".
    """
    kind, held = record.kind, record.properties
    definitions = portal.schema.definitions[kind.name]
    if not names:
        return {name: held.get(name) for name in kind.returned}
    wanted = {name: held.get(name) for name in names if name in definitions}
    return wanted | {name: held.get(name) for name in (kind.created, kind.modified, "hs_object_id")}


def created_echo(record: Record) -> dict[str, str]:
    """What a create answers: everything it set, as recorded."""
    return {name: value for name, value in record.properties.items() if not name.startswith("hs_lifecyclestage_")}


def updated_echo(record: Record, written: Mapping[str, str]) -> dict[str, str | None]:
    """What an update answers: the written values, the time, and for an address its domain, as recorded."""
    echo: dict[str, str | None] = {**written, record.kind.modified: record.updated_at}
    if written.get("email") and record.kind is CONTACTS:
        echo["hs_email_domain"] = record.properties.get("hs_email_domain")
    return echo
