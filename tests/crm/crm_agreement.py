"""Whether HubSpot and the state say the same when all is over, but for what people did and HubSpot refuses."""

import json
from datetime import datetime

from crm_stories import NO_STAGE, STAGES
from crm_world import hubspot_text

from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.values import same_value
from dagster_project.sandbox.running import Sandbox


def is_refused_rightly(sandbox: Sandbox, record_id: str | None, refused: dict) -> bool:
    """Whether HubSpot would still refuse these values of a record."""
    if "zo_company_id" in refused:
        key = refused["zo_company_id"]
        return any(item.get("zo_company_id") == key and item["id"] != record_id for item in sandbox.companies())
    is_bad_stage = refused.get("lifecyclestage") == NO_STAGE
    is_bad_owner = not sandbox._portal.owners.is_active(refused.get("hubspot_owner_id") or "")
    # Stage, owner and time are written together or not at all.
    together = {"lifecyclestage", "hubspot_owner_id", "zo_handoff_at"}
    return refused.keys() <= together and (is_bad_stage or is_bad_owner)


def check_that_hubspot_agrees(sandbox: Sandbox, object_type: str, record: dict, unheard: set[tuple[str, str]]) -> None:
    """With what the ledger says, wherever we were the last to write; a stage that people moved on stays put.

    Nor is the ledger told of a value that landed unheard when the warehouse wants the former one again before the next
    run: `unheard` holds (object type, value) of what may have.
    """
    held = next((item for item in sandbox.records(object_type) if item["id"] == record["hubspot_id"]), None)
    for name, value in record.items():
        is_told = held is not None and name not in ("hubspot_id", "record_key")
        if is_told and _last_writer(sandbox, object_type, held["id"], name) == "API":
            has_moved_on = name == "lifecyclestage" and _is_further(held[name], value)
            landed_unheard = (object_type, held.get(name, "")) in unheard
            assert (held.get(name) or None) == value or has_moved_on or landed_unheard


def check_that_hubspot_holds_what_is_wanted(
    sandbox: Sandbox, mapped: MappedObject, rows: list[dict], refused: list[dict]
) -> None:
    """In every property of ours, of every record that a row speaks for; small steps and refused values apart."""
    held = {item["id"]: item for item in sandbox.records(mapped.object_type)}
    not_taken = {(row["record_key"], name) for row in refused for name in row["refused_values"]}
    for row in rows:
        record = held.get(row["hubspot_id"] or "")
        if record is None or row["matched_by"].startswith("same_record"):
            continue
        for property_ in mapped.watched:
            wanted = row[property_.source_column]
            if wanted is None or property_.min_change is not None or (row["record_key"], property_.name) in not_taken:
                continue
            text = hubspot_text(wanted) if isinstance(wanted, datetime) else str(wanted)
            assert same_value(property_.value_type, text, record.get(property_.name)), (row, property_.name, record)


def _last_writer(sandbox: Sandbox, object_type: str, record_id: str, name: str) -> str | None:
    """Without what was written to records that were merged into this one."""
    rows = sandbox._portal.store.rows(
        "select source, changes from history where type = ? and id = ? order by sequence", object_type, int(record_id)
    )
    return next((source for source, changes in reversed(rows) if name in json.loads(changes)), None)


def _is_further(held: str, wanted: str | None) -> bool:
    return wanted in STAGES and (held == "customer" or STAGES.index(held) > STAGES.index(wanted))
