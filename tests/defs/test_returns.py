"""Contacts go to sales, are neglected, go back to marketing, cool off and come again: the whole job on the sample."""

import shutil
from pathlib import Path

import pytest

from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.conftest import TOKEN
from tests.whole_run import SAMPLE_AS_OF, Pipeline, failed_checks, materialization, reasons

TWO_WEEKS_LATER, AN_HOUR_AFTER = "2026-12-04T09:00:00Z", "2026-12-04T10:00:00Z"
COOLED_OFF = "2026-12-18T09:00:00Z"
RETURNS = "sync/crm_contacts_returned"
NORA, GLORIA, KATRIN = (
    "nora.lindqvist@brightloom.example",
    "gloria.mensah@halcyonprint.example",
    "katrin.vogel@halcyonprint.example",
)


def contact_of(portal: Sandbox, email: str) -> dict:
    return portal.contact(email) or {}


def call(portal: Sandbox, email: str, at: str) -> None:
    """The owner of a contact talked to them."""
    contact = contact_of(portal, email)
    (record,) = portal.add_records("calls", [{"hs_timestamp": at, "hs_call_status": "COMPLETED"}])
    portal.edit("calls", record, hubspot_owner_id=contact["hubspot_owner_id"])
    portal.associate("calls", record, "contacts", contact["id"])


def open_deal(portal: Sandbox, email: str) -> None:
    deal = {"dealname": "Big", "dealstage": "qualifiedtobuy", "pipeline": "default"}
    (record,) = portal.add_records("deals", [deal])
    portal.associate("deals", record, "contacts", contact_of(portal, email)["id"])


def test_neglected_contacts_go_back_cool_off_and_come_again_to_whose_turn_it_is(pipeline: Pipeline, portal: Sandbox):
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}
    call(portal, GLORIA, "2026-11-25T10:00:00Z")
    open_deal(portal, KATRIN)

    later = pipeline.run(as_of=TWO_WEEKS_LATER)
    assert reasons(later) == {}
    told = materialization(later, RETURNS)
    # Twelve were handed off. Jia Wen was made sales qualified by hand, and is nobody's business here.
    assert (told["returned"], told["contacts_at_sales_qualified"], told["stale_contacts"]) == (10, 13, 11)
    assert not failed_checks(later) & {"returns_are_daily_business", "hubspot_took_every_return"}
    returned = contact_of(portal, NORA)
    assert (returned["lifecyclestage"], returned.get("hubspot_owner_id", "")) == ("marketingqualifiedlead", "")
    for kept in (GLORIA, KATRIN):
        assert contact_of(portal, kept)["lifecyclestage"] == "salesqualifiedlead"
        assert contact_of(portal, kept)["hubspot_owner_id"]

    # The next run tells HubSpot why, takes nobody back again, and hands nobody off who cools off.
    after = pipeline.run(as_of=AN_HOUR_AFTER)
    assert reasons(after) == {}
    assert materialization(after, RETURNS)["returned"] == 0
    returned = contact_of(portal, NORA)
    assert returned["zo_returned_at"] == TWO_WEEKS_LATER.replace("Z", ".000Z")
    assert returned["zo_return_reason"] == (
        "The owner did nothing: no call, e-mail, meeting, task or note by Dana Reyes in the 14 days since the handoff."
    )
    assert returned["lifecyclestage"] == "marketingqualifiedlead"
    assert set(pipeline.table("decide.handoffs")["handoff_state"]) == {"acknowledged"}

    assert reasons(pipeline.run(as_of=COOLED_OFF)) == {}
    again = [row for row in pipeline.table("decide.handoffs").rows(named=True) if row["episode"] == 2]
    assert "u_nora_lindqvist" in [row["record_key"] for row in again]
    came_back = contact_of(portal, NORA)
    assert came_back["lifecyclestage"] == "salesqualifiedlead"
    assert came_back["zo_handoff_at"] == COOLED_OFF.replace("Z", ".000Z")
    (nora,) = (row for row in again if row["record_key"] == "u_nora_lindqvist")
    assert came_back["hubspot_owner_id"] == nora["owner_id"]
    # Priya was away for all of November, and begins where the others are.
    (priya,) = pipeline.query("select owner_id from raw.hubspot_owners where email = 'priya.nair@orbit.example'")
    turns = [row["turn"] for row in again if row["owner_id"] == priya[0]]
    assert turns
    assert min(turns) >= 3


def test_so_many_at_once_are_held_until_a_person_lets_these_go(
    pipeline: Pipeline, portal: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, rules)
    settings = rules / "handoff_settings.csv"
    settings.write_text(settings.read_text().replace("max_returned,10,", "max_returned,3,"))
    monkeypatch.setenv("PQL_RULES_DIR", str(rules))
    pipeline.land_sample()
    pipeline.use_sandbox(portal, TOKEN)
    assert reasons(pipeline.run(as_of=SAMPLE_AS_OF)) == {}

    held = pipeline.run(as_of=TWO_WEEKS_LATER)
    assert reasons(held) == {}
    assert materialization(held, RETURNS)["returned"] == 0
    assert contact_of(portal, NORA)["lifecyclestage"] == "salesqualifiedlead"
    (check,) = (
        check
        for check in held.get_asset_check_evaluations()
        if check.check_name == "returns_are_daily_business" and not check.passed
    )
    approve = {"approve": check.metadata["approve"].value}

    monkeypatch.setenv("PQL_DRY_RUN", "true")
    dry = pipeline.materialize(RETURNS, as_of=TWO_WEEKS_LATER, config=approve)
    assert materialization(dry, RETURNS)["state"] == "dry run: 12 contacts would go back to marketing"
    assert contact_of(portal, NORA)["lifecyclestage"] == "salesqualifiedlead"

    monkeypatch.delenv("PQL_DRY_RUN")
    let_go = pipeline.materialize(RETURNS, as_of=TWO_WEEKS_LATER, config=approve)
    assert (reasons(let_go), materialization(let_go, RETURNS)["returned"]) == ({}, 12)
    assert contact_of(portal, NORA)["lifecyclestage"] == "marketingqualifiedlead"
