"""Fifteen failures that other tools met with HubSpot, and others besides: none of them happens here.

Each is told in public by those who met it; the number is that of its row in our notes on HubSpot's API.
"""

import json
from dataclasses import replace

import pytest
from crm_books import check_batches
from crm_copies import HOUR, Copy, unhurried_door
from crm_watching import watched_calls
from crm_world import (
    COMPANIES,
    CONTACTS,
    FakeTime,
    company,
    contact,
    definition,
    door,
    mapped_property,
    upserting,
)
from scripted_server import Scripted, answering

from dagster_project.crm.batches import BATCH_SIZE, NOT_FOUND, NOT_TAKEN, UNACCOUNTED
from dagster_project.crm.copying import read_crm
from dagster_project.crm.errors import CrmUnavailable
from dagster_project.crm.owners import read_active_owner
from dagster_project.crm.provisioning import PropertiesUnusable, provision
from dagster_project.crm.syncing import SyncSummary, sync_object
from dagster_project.sandbox import search

MAKING, MAKING_COMPANIES = upserting(CONTACTS), upserting(COMPANIES)


def inputs(world, part="batch/"):
    return [call["inputs"] for call in world.calls(part)]


def watched(world, **options):
    return watched_calls(world.sandbox.url, lambda moment: None, **options)


def test_a_batch_that_came_too_soon_is_sent_again_after_the_pause(world):
    """1: the official client is told to retry, and a POST that met a 429 is not."""
    world.publish_contacts(*world.add_contacts(3))
    world.sandbox.inject("429", path_regex="batch/update", times=2)
    time = FakeTime()
    assert world.sync(api=door(world.sandbox.url, time)).acknowledged_records == 3
    assert time.pauses == [10.0, 10.0]


def test_contacts_that_exist_already_are_no_conflict_however_many_there_are(world):
    """2: of several contacts that exist, a batch create names the first, and nobody learns of the others."""
    rows = [row | {"hubspot_id": None, "matched_by": "absent"} for row in world.add_contacts(5)]
    world.publish_contacts(*rows, contact("new", pql_score=1))
    world.calls()
    assert world.sync(MAKING).acknowledged_records == 6
    assert inputs(world) == [6]
    assert len(world.sandbox.contacts()) == 6


def test_one_record_in_conflict_is_told_and_the_others_of_its_batch_are_written(world):
    """3: one value that another record has fails a whole batch upsert with 409."""
    key = mapped_property("zo_taken", "domain", unique=True)
    world.sandbox.add_property("companies", **definition(key))
    world.sandbox.add_companies([{"name": "Theirs", "domain": "x.example", "zo_taken": "taken.example"}])
    mapped = replace(MAKING_COMPANIES, properties=(*COMPANIES.properties, replace(key, is_unique=False)))
    rows = [company(f"c{n}", domain=f"d{n}.example", company_name=f"C{n}") for n in range(8)]
    rows[5] |= {"domain": "taken.example"}
    world.publish_companies(*rows)
    world.calls()
    summary = world.sync(mapped)
    assert (summary.acknowledged_records, summary.rejected) == (7, {"CONFLICT": 1})
    assert summary.rejection_examples[0].startswith("c5: CONFLICT: ")
    assert inputs(world) == [8, 4, 4, 2, 1, 1, 2]
    assert {item.get("zo_company_id") for item in world.sandbox.companies()} == {
        *(f"c{n}" for n in range(8) if n != 5),
        None,
    }


def test_a_record_is_in_one_batch_once_whoever_speaks_for_it(world):
    """4: one record with two labels is sent twice in one batch, and the 400 comes after part was written."""
    first, second = world.add_contacts(2)
    shadow = second | {"record_key": "shadow", "pql_score": 99, "matched_by": "same_record_as_another_user"}
    gone = first | {"record_key": "before"}
    world.publish_contacts(gone)
    world.sync()
    # The record of a user who went belongs to another one now, and one record has two users.
    world.publish_contacts(first | {"pql_score": 50}, second, shadow)
    api = watched(world)
    assert world.sync(api=api).acknowledged_records == 2
    check_batches(api.left, BATCH_SIZE)
    assert sorted(item["id"] for batch in api.left for item in batch.inputs) == [
        first["hubspot_id"],
        second["hubspot_id"],
    ]
    assert world.held(second["hubspot_id"])["zo_pql_score"] == "1"


def test_every_input_has_a_trace_of_its_own_by_which_its_fate_is_known(world):
    """5: duplicates of a batch are merged and share a trace, so nobody knows which of them was refused."""
    rows = world.add_contacts(60)
    for row in rows[::7]:
        row |= {"lifecycle_stage": "no_such_stage"}
    world.publish_contacts(*rows)
    api = watched(world)
    summary = world.sync(api=api)
    check_batches(api.left, BATCH_SIZE)
    assert summary.rejected == {"VALIDATION_ERROR": 9}
    assert {row["record_key"] for row in world.rejection_rows()} == {row["record_key"] for row in rows[::7]}


def test_a_contact_that_the_search_does_not_show_yet_is_found_all_the_same(world):
    """6: the search says "not found", the create says 409."""
    world.sandbox.set(search_lag_seconds=HOUR)
    world.sandbox.add_contacts([{"email": "u1@a.example", "firstname": "Ann"}])
    world.publish_contacts(contact("u1", pql_score=8))
    world.calls()
    assert world.sync(MAKING).acknowledged_records == 1
    assert {call["path"].rpartition("/")[2] for call in world.calls()} == {"upsert"}
    (held,) = world.sandbox.contacts()
    assert (held["firstname"], held["zo_pql_score"]) == ("Ann", "8")


def test_a_company_is_made_once_also_when_nobody_remembers_having_made_it(world):
    """7: search-then-create makes a second company within the lag of the index."""
    world.sandbox.set(search_lag_seconds=HOUR)
    world.publish_companies(company("c1", domain="acme.example", company_name="Acme"))
    world.sandbox.inject("reset", when="after", path_regex="batch/upsert", times=1)
    world.sync(MAKING_COMPANIES)
    world.forget_state()
    world.sync(MAKING_COMPANIES)
    (made,) = world.sandbox.companies()
    assert (made["domain"], made["zo_company_id"]) == ("acme.example", "c1")


def test_a_company_that_hubspot_makes_by_itself_gets_no_twin(world):
    """8: HubSpot makes the company from a contact's address at the same moment."""
    wanted = company("c1", domain="acme.example", company_name="Acme")
    world.publish_companies(wanted)
    assert world.sync(COMPANIES).left_out == {"absent": 1}
    (made,) = world.sandbox.add_companies([{"name": "acme.example", "domain": "acme.example"}])
    world.publish_companies(wanted | {"hubspot_id": made, "matched_by": "domain"})
    assert world.sync(COMPANIES).acknowledged_records == 1
    (held,) = world.sandbox.companies()
    assert held["zo_company_id"] == "c1"


def test_a_contact_with_the_addresses_of_two_users_does_not_hold_up_its_batch(world):
    """9: two inputs lead to one contact, by its first address and by another one, and the batch fails."""
    world.sandbox.add_contacts([{"email": "u1@a.example", "hs_additional_emails": "u2@a.example"}])
    world.publish_contacts(*(contact(f"u{n}", pql_score=5) for n in range(5)))
    assert world.sync(MAKING).rejected == {}
    assert len(world.sandbox.contacts()) == 4
    assert {held["zo_pql_score"] for held in world.sandbox.contacts()} == {"5"}
    held = world.sandbox.contact("u2@a.example")
    assert held["email"] == "u1@a.example"
    # The next copy tells that both are one, and who speaks for it.
    known = [contact(f"u{n}", world.sandbox.contact(f"u{n}@a.example")["id"], pql_score=5) for n in range(5)]
    known[2] |= {"matched_by": "same_record_as_another_user"}
    world.publish_contacts(*known)
    assert world.sync(MAKING) == SyncSummary("contacts")


def test_a_known_contact_is_updated_by_its_id_and_the_answer_is_counted(world):
    """10: a batch update by address changes nothing and says nothing."""
    rows = world.add_contacts(3)
    world.publish_contacts(*rows)
    api = watched(world)
    assert world.sync(api=api).acknowledged_records == 3
    (batch,) = api.left
    assert {item["id"] for item in batch.inputs} == {row["hubspot_id"] for row in rows}
    assert all("idProperty" not in item for item in batch.inputs)


def test_an_address_with_a_slip_is_told_and_stops_nobody_else(world):
    """11: one INVALID_EMAIL aborts the whole run."""
    rows = [contact("u1"), contact("typo", contact_email="ann@@a.example"), contact("u2")]
    world.publish_contacts(*rows)
    summary = world.sync(MAKING)
    assert (summary.acknowledged_records, summary.rejected) == (2, {"VALIDATION_ERROR": 1})
    assert "Email address ann@@a.example is invalid" in summary.rejection_examples[0]
    assert len(world.sandbox.contacts()) == 2


def test_more_changes_of_one_moment_than_a_search_may_answer_are_read_to_their_end(sandbox, monkeypatch):
    """12: after 10,000 results comes a 400, and paging by time goes round for ever where all have one time."""
    monkeypatch.setattr(search, "MAX_RESULTS", 400)
    copy = Copy(sandbox, unhurried_door(sandbox))
    sandbox.add_contacts([{"email": "first@a.example"}])
    copy.run()
    sandbox.clock.advance(HOUR)
    new = sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(900)])
    assert len({sandbox.record("contacts", record_id)["lastmodifieddate"] for record_id in new}) == 1
    copy.run()
    assert {item["id"] for item in copy.read("contacts").items} >= set(new)
    assert copy.calls.count("POST contacts/search") < 10


def test_a_run_that_meets_its_limit_keeps_what_it_did_and_the_next_one_does_the_rest(world):
    """13: a 429 ends the run before it notes how far it came, so each run does the same and ends at the same place."""
    rows = world.add_contacts(2_500)
    world.publish_contacts(*rows)

    def use_up_the_day(_line):
        world.sandbox.inject("429_daily", path_regex="batch/update")

    with pytest.raises(CrmUnavailable):
        sync_object(world.run("first"), world.api, CONTACTS, use_up_the_day)
    done = len(world.ledger())
    assert done >= BATCH_SIZE
    world.sandbox.clear_faults()
    world.calls()
    assert world.sync().acknowledged_records == 2_500 - done
    assert sum(inputs(world)) == 2_500 - done


def test_what_hubspot_did_not_take_is_not_noted_as_done(world):
    """13, the other way round: the mark moves on although 400 of 525 uploads failed."""
    rows = world.add_contacts(5)
    world.sandbox.archive("contacts", rows[0]["hubspot_id"])
    rows[1] |= {"lifecycle_stage": "no_such_stage"}
    world.publish_contacts(*rows)
    assert world.sync().rejected == {NOT_FOUND: 1, "VALIDATION_ERROR": 1}
    assert rows[0]["hubspot_id"] not in {at for at, held in world.ledger().items() if held}
    assert "lifecyclestage" not in world.ledger()[rows[1]["hubspot_id"]]
    assert world.unsynced().record_count == 2


@pytest.mark.parametrize("kind", ["502", "423", "504"])
def test_answers_that_are_lost_and_locks_lead_to_no_second_write_and_no_lost_one(world, kind):
    """14: 502s, and tasks at once on one record."""
    rows = world.add_contacts(350)
    world.publish_contacts(*rows)
    world.sandbox.inject(kind, when="after", path_regex="batch/update", probability=0.5, seed=4, times=4)
    api = watched(world, at_once=3)
    assert world.sync(api=api).acknowledged_records == 350
    check_batches(api.left, BATCH_SIZE)
    # Whatever was sent twice was sent alike, and is in one batch only.
    batches = {tuple(item["id"] for item in batch.inputs) for batch in api.left}
    assert sum(map(len, batches)) == 350
    assert all(len(world.sandbox.history("contacts", row["hubspot_id"])) == 2 for row in rows)
    assert world.sync() == SyncSummary("contacts")


def test_two_users_with_one_new_address_are_one_contact(world):
    """15: two inputs with the same new address in one create are a 409."""
    rows = [contact("u1"), contact("u2", contact_email="u1@a.example", matched_by="same_record_as_another_user")]
    # A build would not let this one through: HubSpot itself takes both for one.
    rows.append(contact("u3", contact_email="U1@A.example"))
    world.publish_contacts(*rows, contact("u4"))
    summary = world.sync(MAKING)
    assert (summary.rejected, summary.left_out) == ({}, {"same_record_as_another_user": 1})
    assert {held["email"] for held in world.sandbox.contacts()} == {"u1@a.example", "u4@a.example"}
    assert len(world.sandbox.contacts()) == 2


def test_a_property_of_another_type_is_told_before_anything_is_written(world):
    """15, second part: a moment in a property of type date is an invalid date."""
    world.sandbox.add_property("contacts", name="zo_seen_at", type="date", fieldType="date")
    mapped = replace(CONTACTS, properties=(*CONTACTS.properties, mapped_property("zo_seen_at", "seen_at", "datetime")))
    world.calls()
    with pytest.raises(PropertiesUnusable, match=r"contacts\.zo_seen_at is of type date, the map says datetime"):
        provision(world.api, [mapped])
    assert not any(call["write"] for call in world.calls())


# Also


def test_a_success_that_wrote_nothing_is_not_believed(world):
    """Also: a 2xx that names no record."""
    world.publish_contacts(*world.add_contacts(3))
    world.sandbox.inject("empty_2xx", path_regex="batch/update", times=1)
    assert world.sync().rejected == {UNACCOUNTED: 3}
    assert world.ledger() == {}
    assert world.sync().acknowledged_records == 3


def test_an_owner_who_left_has_no_user_id_and_breaks_nothing(world):
    """Also: archived owners answer with `userId: null`."""
    left = world.sandbox.add_owner("left@o.example", "Ann", "Lee", archived=True)
    here = world.sandbox.add_owner("here@o.example")
    archived = world.api.get("/crm/owners/{version}", {"archived": "true"})["results"]
    assert [(item["id"], item["userId"]) for item in archived] == [(left, None)]
    assert read_active_owner(world.api, left) is None
    assert [owner["owner_id"] for owner in read_crm(world.api, None).owners] == [here]


def test_a_stage_that_stays_put_is_told_and_not_noted_as_written(world):
    """Also: HubSpot answers 200 to a stage that goes back, and keeps the one it has."""
    world.publish_contacts(contact("u1", "101", lifecycle_stage="lead"))
    kept = {"zo_activation_status": "activated", "lifecyclestage": "customer"}
    body = json.dumps({"results": [{"id": "101", "properties": kept}]}).encode()
    with answering(Scripted(200, body)) as server:
        assert world.sync(api=door(server.url)).rejected == {NOT_TAKEN: 1}
    assert world.ledger() == {"101": {"zo_activation_status": "activated"}}


def test_a_write_that_landed_although_its_answer_was_an_error_is_made_once(world):
    """Also: a 504 although the write landed."""
    world.sandbox.inject("504", when="after", path_regex="batch/upsert", times=1)
    world.publish_contacts(contact("u1", pql_score=8))
    assert world.sync(MAKING).acknowledged_records == 1
    (held,) = world.sandbox.contacts()
    assert len(world.sandbox.history("contacts", held["id"])) == 1
