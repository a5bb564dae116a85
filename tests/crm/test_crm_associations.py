"""Contacts and companies that HubSpot does not associate: associated once; whom a person took apart stays apart."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from crm_world import CONTACTS, World, contact, door, write_rows
from scripted_server import Scripted, answering

from dagster_project.crm.associations import AssociationSummary, associate, describe_missing, find_missing
from dagster_project.crm.errors import CrmUnavailable
from dagster_project.privacy.opt_outs import OptOut
from dagster_project.state.run_log import steps_of_run
from dagster_project.state.tables import associations_made, identities

COLUMNS = dict.fromkeys(("record_key", "hubspot_id", "company_key", "company_hubspot_id", "matched_by"), pl.String)


def missing(contact_key: str, contact_id: str | None, company_id: str | None, matched_by="both_known") -> dict:
    """A row of decide.crm_associations_missing."""
    return {
        "record_key": contact_key,
        "hubspot_id": contact_id,
        "company_key": "acme",
        "company_hubspot_id": company_id,
        "matched_by": matched_by,
    }


def publish(world: World, *rows: dict) -> Path:
    return write_rows(world.snapshot_dir / "decide.crm_associations_missing.parquet", rows, COLUMNS)


def run(world: World, run_id: str = "run", api=None) -> AssociationSummary:
    world.calls()
    return associate(world.run(run_id), api or world.api, lambda line: None)


@pytest.fixture
def records(world) -> tuple[list[str], str]:
    contacts = world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(3)])
    (company,) = world.sandbox.add_companies([{"name": "Acme", "domain": "a.example"}])
    return contacts, company


def test_what_is_missing_is_associated_in_one_call_and_remembered(world, records):
    contacts, company = records
    publish(world, *(missing(f"u{number}", record_id, company) for number, record_id in enumerate(contacts)))
    assert (
        describe_missing(find_missing(world.run()))
        == "associations: 3 contacts to associate with their company; 1 call."
    )
    summary = run(world)
    assert (summary.associated, summary.calls) == (3, 1)
    assert all(world.sandbox.associated("contacts", record_id, "companies") == [company] for record_id in contacts)
    assert find_missing(world.run()).pairs == []
    assert (run(world, "again").calls, world.calls()) == (0, [])
    assert steps_of_run(world.engine, "run")["sync_associations"]["associated"] == 3


def test_whom_a_person_took_apart_stays_apart(world, records):
    (first, *_), company = records
    publish(world, missing("u0", first, company))
    run(world)
    world.sandbox.separate("contacts", first, "companies", company)
    assert run(world, "again").associated == 0
    assert world.sandbox.associated("contacts", first, "companies") == []


def test_a_label_that_is_there_and_another_company_stay(world, records):
    (first, *_), company = records
    (other,) = world.sandbox.add_companies([{"name": "Other", "domain": "other.example"}])
    world.sandbox.associate("contacts", first, "companies", other, "Primary")
    publish(world, missing("u0", first, company))
    run(world)
    assert set(world.sandbox.associated("contacts", first, "companies")) == {company, other}


def test_a_record_that_a_sync_has_just_made_is_known_by_its_key(world, records):
    contacts, company = records
    publish(world, missing("new", None, company, "contact_absent"), missing("unknown", None, company, "contact_absent"))
    with world.engine.begin() as connection:
        known = {"object_type": "contacts", "record_key": "new", "hubspot_id": contacts[2], "matched_by": "upsert"}
        connection.execute(identities.insert().values(known | {"recorded_at": world.now}))
    summary = run(world)
    assert (summary.associated, summary.left_out) == (1, {"contact_absent": 1})
    assert world.sandbox.associated("contacts", contacts[2], "companies") == [company]


def test_of_many_each_one_is_found_that_was_made_or_associated_since(world):
    """So many take several statements."""
    rows = [missing(f"u{number}", str(number), "9") for number in range(1, 1_000, 2)]
    publish(world, *rows, *(missing(f"u{number}", None, "9", "contact_absent") for number in range(0, 1_000, 2)))
    when = {"recorded_at": world.now, "matched_by": "upsert"}
    associated = {"company_key": "acme", "run_id": "run", "as_of": world.now, "acknowledged_at": world.now}
    with world.engine.begin() as connection:
        known = [{"record_key": f"u{number}", "hubspot_id": str(number)} for number in range(0, 1_000, 4)]
        # A company of the same key is another record.
        for kind, found in (("contacts", known), ("companies", [{"record_key": "u2", "hubspot_id": "2"}])):
            connection.execute(identities.insert(), [row | {"object_type": kind} | when for row in found])
        pairs = [("0", "9"), ("1", "9"), ("3", "8"), ("998", "9"), ("999", "9"), ("4711", "9")]
        connection.execute(
            associations_made.insert(),
            [{"hubspot_id": one, "company_id": other, "record_key": one} | associated for one, other in pairs],
        )
    found = find_missing(world.run())
    expected = {str(number) for number in range(1_000) if number % 2 or number % 4 == 0} - {"0", "1", "999"}
    assert {pair.contact_id for pair in found.pairs} == expected
    assert found.left_out == {"contact_absent": 250}


def test_the_plan_says_who_is_left_out_and_why(world):
    publish(world, missing("a", None, "9", "contact_absent"), missing("b", "1", None, "company_several_candidates"))
    told = describe_missing(find_missing(world.run())).splitlines()
    assert told[:2] == [
        "associations: nothing is missing.",
        "1 without their company, of the company: several HubSpot records have its key or its domain.",
    ]
    assert told[2].startswith("1 without their company, of the contact: HubSpot does not hold it (crm_objects.csv: ")


def test_one_record_that_is_gone_does_not_hold_back_the_others_and_is_tried_later(world, records):
    contacts, company = records
    world.sandbox.archive("contacts", contacts[1])
    publish(world, *(missing(f"u{number}", record_id, company) for number, record_id in enumerate(contacts)))
    summary = run(world)
    assert (summary.associated, summary.refused) == (2, {"OBJECT_NOT_FOUND": 1})
    (row,) = world.rejection_rows()
    assert (row["object_type"], row["record_key"], row["refused_values"]) == (
        "associations",
        "u1",
        {"company": company},
    )
    again = run(world, "again")
    assert (again.calls, again.waiting) == (0, 1)


def made(*contact_ids: str, company_id: str = "9") -> Scripted:
    results = [{"from": {"id": contact_id}, "to": {"id": company_id}} for contact_id in contact_ids]
    return Scripted(200, json.dumps({"status": "COMPLETE", "results": results}).encode())


def test_a_refusal_that_names_nobody_is_narrowed_down_to_the_one(world):
    publish(world, *(missing(f"u{number}", str(number), "9") for number in range(3)))
    refused = Scripted(400, b'{"category": "VALIDATION_ERROR", "message": "no"}')
    with answering(refused, made("0"), refused, refused, made("2")) as server:
        summary = run(world, api=door(server.url))
    assert (summary.associated, summary.refused, summary.calls) == (2, {"VALIDATION_ERROR": 1}, 5)
    assert [row["record_key"] for row in world.rejection_rows()] == ["u1"]


def test_a_batch_whose_answer_was_lost_is_sent_once_more(world, records):
    (first, *_), company = records
    publish(world, missing("u0", first, company))
    world.sandbox.inject("reset", when="after", path_regex="associate/default", times=1)
    assert run(world).associated == 1
    assert world.sandbox.associated("contacts", first, "companies") == [company]


def test_an_answer_that_names_nobody_is_no_acknowledgement(world):
    publish(world, missing("u0", "1", "9"))
    with answering(made()) as server:
        summary = run(world, api=door(server.url))
    assert (summary.associated, summary.refused) == (0, {"UNACCOUNTED": 1})
    assert (world.rows(associations_made), world.rejection_rows()) == ([], [])


def test_a_portal_that_is_gone_ends_the_run_and_what_was_made_is_known(world, monkeypatch):
    publish(world, *(missing(f"u{number}", str(number), "9") for number in range(3)))
    monkeypatch.setattr("dagster_project.crm.associations.BATCH_SIZE", 1)
    with answering(made("0"), Scripted(503)) as server, pytest.raises(CrmUnavailable):
        run(world, api=door(server.url))
    assert [row["hubspot_id"] for row in world.rows(associations_made)] == ["0"]
    assert [pair.contact_id for pair in find_missing(world.run()).pairs] == ["1", "2"]


def test_nothing_is_said_to_hubspot_of_whom_opted_out_since_the_build(world, records):
    contacts, company = records
    publish(world, *(missing(f"u{number}", record_id, company) for number, record_id in enumerate(contacts)))
    opted_out = replace(world.run(), read_opt_outs=lambda: [OptOut(email=None, user_id="u1", reason=None)])
    assert associate(opted_out, world.api, lambda line: None).left_out == {"contact_suppressed": 1}
    assert world.sandbox.associated("contacts", contacts[1], "companies") == []


def test_a_snapshot_of_an_earlier_version_says_nothing_is_missing(world):
    assert find_missing(world.run()).pairs == []


# Modes of crm_objects.csv


def test_create_makes_what_hubspot_does_not_hold_and_writes_nothing_else(world):
    creating = replace(CONTACTS, makes_unknown_records=True, writes_known_records=False)
    (known,) = world.add_contacts(1)
    world.publish_contacts(known, contact("new", pql_score=7))
    changes = world.unsynced(creating)
    assert changes.left_out == {"held_already": 1}
    assert world.sync(creating).acknowledged_records == 1
    assert world.held(known["hubspot_id"]) == {}
    made = world.sandbox.contact("new@a.example")
    assert made["zo_pql_score"] == "7"
    # It is held from now on.
    world.publish_contacts(known, contact("new", pql_score=8))
    assert world.unsynced(creating).record_count == 0
