"""Recorded exchanges and other tools' cases as our own code meets them: a door, updates, and a map to write with."""

import gzip
import json
from typing import Any

from dagster_project.crm.batches import EMAIL
from dagster_project.crm.changes import Update
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.transport import Answer, HubSpotApi
from dagster_project.sandbox.running import Sandbox
from tests.conftest import REAL_DATA
from tests.crm.crm_world import door, mapped_property

RECORDINGS = REAL_DATA / "hubspot_recorded_contacts" / "interactions.json.gz"
CASES = REAL_DATA / "hubspot_destination_cases"
# Properties that are no text, in the recordings and in the cases.
TYPES = {
    "number_field": "number",
    "grouparoo_custom_number": "number",
    "graduation_date": "datetime",
    "lifecyclestage": "enumeration",
}


def recorded_exchanges() -> list[dict]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as file:
        return [exchange for recording in json.load(file).values() for exchange in recording]


class NotedCalls(HubSpotApi):
    """Keeps what was asked: (path, body)."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.asked: list[tuple[str, dict | None]] = []

    def call(self, method: str, path: str, *, body: dict | None = None, **options: Any) -> Answer:
        self.asked.append((path, body))
        return super().call(method, path, body=body, **options)


def noted_calls(url: str, **options: Any) -> NotedCalls:
    return door(url, kind=NotedCalls, **options)


def update_of(properties: dict, record_id: str | None, email: str | None) -> Update:
    """What our diff would hand over to write these; an address is a key and no value of ours."""
    values = {name: as_text(value) for name, value in properties.items() if name != EMAIL}
    return Update(email or str(record_id), record_id, email, values, {}, {})


def as_text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def map_of(*all_properties: dict) -> MappedObject:
    names = dict.fromkeys(name for properties in all_properties for name in properties if name != EMAIL)
    properties = tuple(mapped_property(name, name, TYPES.get(name, "text")) for name in names)
    return MappedObject("contacts", properties, makes_unknown_records=True, max_cleared_pct=100)


def define_missing(sandbox: Sandbox, mapped: MappedObject) -> None:
    """The properties of a case that no portal has by itself."""
    present = sandbox._portal.schema.definitions["contacts"]
    kinds = {"text": ("string", "text"), "number": ("number", "number"), "datetime": ("datetime", "date")}
    for property_ in mapped.properties:
        if property_.name not in present:
            type_name, field_type = kinds[property_.value_type]
            sandbox.add_property("contacts", name=property_.name, type=type_name, fieldType=field_type)
