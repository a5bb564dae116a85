"""The CRM object types the sandbox knows, and what differs between them.

Sources: HubSpot docs: using object APIs (type ids, required properties), search the CRM (default and searchable
properties).
"""

from dataclasses import dataclass

from .errors import Refusal


@dataclass(frozen=True, slots=True)
class ObjectType:
    name: str  # contacts: in paths and scopes
    singular: str  # contact: in association types
    label: str  # CONTACT: in error messages
    type_id: str  # 0-1
    first_id: int
    created: str
    modified: str
    returned: tuple[str, ...]  # properties answered when none are asked for
    searched: tuple[str, ...]  # properties a search `query` looks into
    required: tuple[str, ...] = ()
    required_any: tuple[str, ...] = ()

    @property
    def is_activity(self) -> bool:
        return self.created == "hs_createdate"


def _activity(name: str, type_id: str, first_id: int, searched: tuple[str, ...], *required: str) -> ObjectType:
    return ObjectType(
        name=name,
        singular=name.removesuffix("s"),
        label=name.removesuffix("s").upper(),
        type_id=type_id,
        first_id=first_id,
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        returned=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        searched=searched,
        required=("hs_timestamp", *required),
    )


CONTACTS = ObjectType(
    name="contacts",
    singular="contact",
    label="CONTACT",
    type_id="0-1",
    first_id=1001,
    created="createdate",
    modified="lastmodifieddate",
    returned=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    searched=("firstname", "lastname", "email", "phone", "hs_additional_emails", "fax", "mobilephone", "company"),
    # The contacts guide says one of them is required, the general guide that none is: the stricter one.
    required_any=("email", "firstname", "lastname"),
)
COMPANIES = ObjectType(
    name="companies",
    singular="company",
    label="COMPANY",
    type_id="0-2",
    first_id=5001,
    created="createdate",
    modified="hs_lastmodifieddate",
    returned=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    searched=("website", "phone", "name", "domain"),
    required_any=("domain", "name"),
)
DEALS = ObjectType(
    name="deals",
    singular="deal",
    label="DEAL",
    type_id="0-3",
    first_id=3001,
    created="createdate",
    modified="hs_lastmodifieddate",
    returned=(
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    searched=("dealname", "pipeline", "dealstage", "description", "dealtype"),
    required=("dealname", "dealstage", "pipeline"),
)
TASKS = _activity("tasks", "0-27", 9001, ("hs_task_body", "hs_task_subject"))
CALLS = _activity("calls", "0-48", 11001, ("hs_call_title",))
EMAILS = _activity("emails", "0-49", 13001, ("hs_email_subject",), "hs_email_direction")
MEETINGS = _activity("meetings", "0-47", 15001, ("hs_meeting_title", "hs_meeting_body"))
NOTES = _activity("notes", "0-46", 17001, ("hs_note_body",))

OBJECT_TYPES = (CONTACTS, COMPANIES, DEALS, TASKS, CALLS, EMAILS, MEETINGS, NOTES)
_BY_ALIAS = {alias: kind for kind in OBJECT_TYPES for alias in (kind.name, kind.singular, kind.type_id)}


def object_type(text: str) -> ObjectType:
    """The type a path names: plural, singular or type id, in any case (recorded traffic uses `CONTACT`).

    Raises:
        Refusal: 400 as HubSpot answers for an unknown type.
    """
    kind = _BY_ALIAS.get(text.lower())
    if kind is None:
        raise Refusal(400, f"Unable to infer object type from: {text}")
    return kind
