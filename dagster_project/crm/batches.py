"""One batch of updates: the request body, and what the answer says about each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.values import same_value

BATCH_SIZE = 100
EMAIL, ADDITIONAL_EMAILS = "email", "hs_additional_emails"
UNACCOUNTED = "UNACCOUNTED"
NOT_TAKEN = "NOT_TAKEN"
# HubSpot's own word for a record that is archived, was merged into another one, or never was.
NOT_FOUND = "OBJECT_NOT_FOUND"


@dataclass(frozen=True)
class Rejection:
    """Values of an update that HubSpot did not take: all of them, or those that it left as they were."""

    update: Update
    category: str
    message: str
    values: dict[str, str | None]


@dataclass
class Outcome:
    """What one batch brought. `acknowledged` holds (update, record id, the values that were taken)."""

    acknowledged: list[tuple[Update, str, dict[str, str | None]]] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def update_body(batch: Sequence[Update]) -> dict:
    """`batch/update` of records whose ids are known."""
    return {"inputs": [_input(update.hubspot_id, position, update.values) for position, update in enumerate(batch)]}


def upsert_body(batch: Sequence[Update], mapped: MappedObject) -> dict:
    """`batch/upsert` of records that HubSpot may not hold, by e-mail or by our own unique property."""
    name = upsert_property(mapped)
    inputs = []
    for position, update in enumerate(batch):
        properties = {**update.made_with, **update.values}
        # A new contact gets the address it is named by. As a property it would become the first address of a contact
        # that is known by another one.
        if name != EMAIL:
            properties[name] = update.upsert_key
        inputs.append(_input(update.upsert_key, position, properties) | {"idProperty": name})
    return {"inputs": inputs}


def upsert_property(mapped: MappedObject) -> str:
    """Contacts go by their address: by our user id, one that HubSpot holds with this address would be made twice."""
    key = mapped.key_property
    return key.name if key is not None and mapped.object_type != "contacts" else EMAIL


def _input(record_id: str, position: int, values: dict[str, str | None]) -> dict:
    properties: Mapping[str, str | None] = values
    if None in values.values():
        # HubSpot empties a property on ""; what null means in a request is not documented.
        properties = {name: "" if value is None else value for name, value in values.items()}
    return {"id": record_id, "objectWriteTraceId": str(position), "properties": properties}


def read_answer(batch: Sequence[Update], body: dict, mapped: MappedObject) -> Outcome:
    """Match results and errors to the updates of a batch, by trace id or id and never by position.

    An update that is in neither is rejected as UNACCOUNTED: a 2xx with nothing written exists.
    Source: HubSpot docs, CRM objects and error handling (multi-status answers).
    """
    outcome = Outcome()
    types = {property_.name: property_.value_type for property_ in mapped.properties}
    open_updates = dict(enumerate(batch))
    by_id = {update.hubspot_id: position for position, update in open_updates.items() if update.hubspot_id}
    key_property = upsert_property(mapped)
    by_key = {
        _as_key(update.upsert_key, key_property): position
        for position, update in open_updates.items()
        if update.hubspot_id is None
    }

    def take(item: dict) -> Update | None:
        position = _position(item, by_id, by_key, key_property)
        return None if position is None else open_updates.pop(position, None)

    for result in body.get("results") or []:
        if update := take(result):
            _read_result(update, result, types, outcome)
    for error in body.get("errors") or []:
        context = error.get("context") or {}
        named = [{"objectWriteTraceId": trace_id} for trace_id in context.get("objectWriteTraceId") or []]
        named += [{"id": record_id} for name in ("ids", "id") for record_id in context.get(name) or []]
        for update in filter(None, map(take, named)):
            if update.is_gone and error.get("category") == NOT_FOUND:
                # A record that is not there holds nothing of ours, which is what was to be reached.
                outcome.acknowledged.append((update, str(update.hubspot_id), update.values))
            else:
                outcome.rejected.append(rejection_of(update, error))
    for update in open_updates.values():
        message = "HubSpot's answer names this record neither as written nor as refused"
        outcome.rejected.append(Rejection(update, UNACCOUNTED, message, update.values))
    return outcome


def _position(item: dict, by_id: dict[str, int], by_key: dict[str, int], key_property: str) -> int | None:
    trace_id = str(item.get("objectWriteTraceId") or "")
    if trace_id.isdigit():
        return int(trace_id)
    record_id = str(item.get("id") or "")
    if record_id in by_id:
        return by_id[record_id]
    key = (item.get("properties") or {}).get(key_property) or record_id
    return by_key.get(_as_key(key, key_property))


def _as_key(value: str | None, key_property: str) -> str:
    """HubSpot keeps addresses in lower case; our own keys may differ by nothing but their case."""
    return str(value).lower() if key_property == EMAIL else str(value)


def rejection_of(update: Update, error: dict) -> Rejection:
    """What an item of `errors` in an answer says of an update."""
    category, message = str(error.get("category") or "UNKNOWN"), str(error.get("message") or "no message")
    return Rejection(update, category, message, update.values)


def refused_alone(update: Update, refusal: CrmRefused) -> Rejection:
    """What a refused call says of the one update that was in it."""
    return Rejection(update, refusal.category, refusal.hubspot_message, update.values)


def _read_result(update: Update, result: dict, types: dict[str, str], outcome: Outcome) -> None:
    """A property whose echo differs was not taken: a lifecycle stage that stays put answers 200 as well."""
    echoed = result.get("properties") or {}
    # Nearly every answer says letter by letter what was sent.
    if update.values and update.values.items() <= echoed.items():
        outcome.acknowledged.append((update, str(result["id"]), update.values))
        return
    taken, not_taken, kept = {}, {}, []
    for name, value in update.values.items():
        value_type = types.get(name, "text")
        # HubSpot reformats text as it likes; the other types have one meaning.
        if value_type != "text" and name in echoed and not same_value(value_type, value, echoed[name]):
            not_taken[name] = value
            kept.append(f"{name} stays {echoed[name]!r}, sent was {value!r}")
        else:
            taken[name] = value
    if taken:
        outcome.acknowledged.append((update, str(result["id"]), taken))
    if not_taken:
        outcome.rejected.append(Rejection(update, NOT_TAKEN, "; ".join(kept), not_taken))
