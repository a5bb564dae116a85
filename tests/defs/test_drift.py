"""What somebody changes of ours in HubSpot, from the copy to the sync, as Dagster shows it."""

import csv
import shutil
from pathlib import Path

from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import TOKEN
from tests.whole_run import SAMPLE_AS_OF, Pipeline, materialization, reasons

CHECK = "nobody_must_decide_about_changes_in_hubspot"


def rules_that_hold(folder: Path, *properties: str) -> Path:
    """The shipped rules, with these properties on hold when somebody changes them."""
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    path = folder / "crm_property_map.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"who_wins": "hold"} if row["property"] in properties else row for row in rows)
    return folder


def test_a_changed_score_is_written_again_and_a_held_one_waits_for_a_person(
    pipeline: Pipeline, portal: Sandbox, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("PQL_RULES_DIR", str(rules_that_hold(tmp_path / "rules", "zo_activation_status")))
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    contact = next(contact for contact in portal.contacts() if contact.get("zo_activation_status") == "activated")
    record_id, score = contact["hs_object_id"], contact["zo_pql_score"]
    portal.edit("contacts", record_id, zo_pql_score="100", zo_activation_status="not_activated")

    pipeline.materialize("raw/hubspot")
    diff = pipeline.materialize("diff/crm_contacts_changed")
    listed = materialization(diff, "diff/crm_contacts_changed")["changed_in_hubspot"].records
    told = {record.data["property"]: record.data for record in listed}
    assert told["zo_pql_score"]["what_happens"] == "ours is written again"
    assert (told["zo_activation_status"]["ours"], told["zo_activation_status"]["in_hubspot"]) == (
        "activated",
        "not_activated",
    )
    checks = {check.check_name: check for check in diff.get_asset_check_evaluations()}
    assert (checks[CHECK].passed, checks[CHECK].severity.value) == (False, "WARN")

    pipeline.materialize("sync/crm_contacts_synced")
    held = portal.record("contacts", record_id)
    assert (held["zo_pql_score"], held["zo_activation_status"]) == (score, "not_activated")
    pipeline.materialize("sync/crm_contacts_synced", config={"overwrite": [record_id]})
    assert portal.record("contacts", record_id)["zo_activation_status"] == "activated"
