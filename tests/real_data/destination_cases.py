"""Other tools' tests of a HubSpot destination, and what each of them wants written on contacts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.real_data.hubspot_exchanges import CASES

ACTIONS, RUDDER = CASES / "action_destinations.json", CASES / "rudder_2023_mit.json"
ROUTERS = (
    "router_new_api",
    "router_reverse_etl",
    "router_associations_reverse_etl",
    "router_legacy",
    "router_legacy_reverse_etl",
)


@dataclass(frozen=True)
class Contact:
    """One contact that a case wants written: `record_id` where it is known, `email` where it is found by that."""

    record_id: str | None
    email: str | None
    properties: dict


def case_names() -> list[str]:
    """Every case there is: a test of one tool, an event of the other, an event of one of its batches."""
    rudder = json.loads(RUDDER.read_text(encoding="utf-8"))
    names = [f"action {number}" for number in range(len(_actions()))]
    names += [f"processor {number}" for number in range(len(rudder["processor"]))]
    return names + [f"{name} {number}" for name in ROUTERS for number in range(len(rudder[name]["input"]))]


def _actions() -> list[dict]:
    return json.loads(ACTIONS.read_text(encoding="utf-8"))


def case(name: str) -> dict:
    kind, _, number = name.rpartition(" ")
    if kind == "action":
        return _actions()[int(number)]
    rudder = json.loads(RUDDER.read_text(encoding="utf-8"))
    if kind == "processor":
        return rudder[kind][int(number)]
    return {"input": rudder[kind]["input"][int(number)], "expected": rudder[kind]["expected"]}


def contacts_written(name: str) -> list[Contact]:
    """What a case wants HubSpot to hold in the end, whatever calls it takes; the last word on a property counts."""
    found: dict[str, Contact] = {}
    for contact in _of_action(case(name)) if name.startswith("action") else _of_rudder(case(name)):
        key = contact.email or str(contact.record_id)
        before = found[key].properties if key in found else {}
        found[key] = replace(contact, properties=before | contact.properties)
    return list(found.values())


def _of_action(wanted: dict) -> Iterator[Contact]:
    for request in wanted["expected_requests"]:
        body = request["expected_body"]
        if isinstance(body, dict) and "email" in body.get("properties", {}):
            yield Contact(None, body["properties"]["email"], body["properties"])
    for text in wanted.get("snapshot_bodies") or []:
        body = json.loads(text) if isinstance(text, str) else {}
        yield from _inputs(body)


def _of_rudder(wanted: dict) -> Iterator[Contact]:
    expected = wanted["expected"]
    for item in expected if isinstance(expected, list) else [expected]:
        request = item.get("batchedRequest", item)
        endpoint, body = request["endpoint"], request["body"]["JSON"]
        if batch := request["body"]["JSON_ARRAY"].get("batch"):
            for entry in json.loads(batch):
                yield Contact(None, entry["email"], _by_name(entry["properties"]))
        elif "/contact" in endpoint and "inputs" in body:
            yield from _inputs(body)
        elif "/contact" in endpoint:
            properties = body["properties"]
            properties = _by_name(properties) if isinstance(properties, list) else properties
            last = endpoint.rpartition("/")[2]
            yield Contact(last if last.isdigit() else None, properties["email"], properties)


def _inputs(body: dict) -> Iterator[Contact]:
    for item in body.get("inputs", []):
        if "properties" in item:
            yield Contact(item.get("id"), item["properties"].get("email"), item["properties"])


def _by_name(properties: list[dict]) -> dict:
    return {item["property"]: item["value"] for item in properties}
