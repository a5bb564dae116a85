"""Whether HubSpot and the state say the same when all is over, but for what people did and HubSpot refuses."""

import json

from crm_stories import NO_STAGE, STAGES

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


def _last_writer(sandbox: Sandbox, object_type: str, record_id: str, name: str) -> str | None:
    """Without what was written to records that were merged into this one."""
    rows = sandbox._portal.store.rows(
        "select source, changes from history where type = ? and id = ? order by sequence", object_type, int(record_id)
    )
    return next((source for source, changes in reversed(rows) if name in json.loads(changes)), None)


def _is_further(held: str, wanted: str | None) -> bool:
    return wanted in STAGES and (held == "customer" or STAGES.index(held) > STAGES.index(wanted))
