"""Everything that runs wrote to a sandbox and to whom, without the moments at which the sandbox took it."""

import re
from collections import Counter
from typing import Any

from dagster_project.sandbox.running import Sandbox

KINDS = ("contacts", "companies", "deals", "tasks")
# HubSpot sets these itself, to the moment of the write.
ITS_OWN = re.compile(
    "createdate|hs_createdate|lastmodifieddate|hs_lastmodifieddate|hubspot_owner_assigneddate|"
    "hs_lifecyclestage_.*_date|hs_v2_date_.*|hs_latest_sequence_enrolled_date"
)
# What was there before the first run.
SEED = "SEED"


def written_to(sandbox: Sandbox) -> dict[str, Any]:
    """By what it is: the writes to each record in their order, and everything else that a run leaves behind."""
    written: dict[str, Any] = {
        f"{kind} {record['id']}": [
            _as_said(write, sandbox) for write in sandbox.history(kind, record["id"]) if write["source"] != SEED
        ]
        for kind in KINDS
        for record in sandbox.records(kind)
    }
    for contact in sandbox.contacts():
        written[f"companies of contact {contact['id']}"] = sandbox.associated("contacts", contact["id"], "companies")
    calls = sandbox.requests(writes_only=True)
    written["calls"] = Counter((call["method"], call["path"], call["inputs"]) for call in calls)
    written["lists"] = sandbox.lists()
    written["messages"] = [
        (message["channel"], _without_port(repr((message.get("text"), message.get("blocks"))), sandbox))
        for message in sandbox.messages()
    ]
    written["enrollments"] = [(item["contactId"], item["sequenceId"]) for item in sandbox.enrollments()]
    written["events"] = sorted(repr(event) for event in sandbox.events())
    return written


def _as_said(write: dict[str, Any], sandbox: Sandbox) -> str:
    changes = {name: change for name, change in write["changes"].items() if not ITS_OWN.fullmatch(name)}
    return _without_port(f"{write['source']} {sorted(changes.items())}", sandbox)


def _without_port(text: str, sandbox: Sandbox) -> str:
    """Links lead to the portal, which has another port each time."""
    return text.replace(sandbox.url, "")
