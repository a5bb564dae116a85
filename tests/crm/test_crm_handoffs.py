"""A handoff is made as it was decided, unless people were faster; then what they did stays."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from crm_handing_off import (
    DECIDED_AT,
    OWNER,
    SQL_STAGE,
    STAGE,
    TIME,
    Lead,
    add_lead,
    claim,
    handed_off,
    held,
    publish,
    rebuilt,
    written,
)
from crm_moments import at, watched_door
from crm_world import AS_OF, CONTACTS, contact, hubspot_text, mapped_property, upserting
from scripted_server import Scripted, answering
from sqlalchemy import event

from dagster_project.crm.batches import NOT_FOUND
from dagster_project.crm.provisioning import provision
from dagster_project.crm.refusals import FIRST_RETRY
from dagster_project.crm.syncing import SyncSummary
from dagster_project.sandbox.object_types import CONTACTS as OF_CONTACTS

# The map with all that is written together.
SAYING_WHY = replace(
    CONTACTS,
    properties=(
        *CONTACTS.properties,
        mapped_property("zo_handoff_reason", "handoff_reason", clears=False),
        mapped_property("zo_sales_track", "sales_track", clears=False),
    ),
)


@pytest.fixture
def owner(world):
    return world.sandbox.add_owner("ann@o.example", "Ann", "Ash")


@pytest.fixture
def other_owner(world, owner):
    return world.sandbox.add_owner("bob@o.example", "Bob", "Birch")


def without(*columns):
    """The property map without these columns."""
    return replace(
        CONTACTS, properties=tuple(item for item in CONTACTS.properties if item.source_column not in columns)
    )


# As it was decided


def test_stage_owner_and_time_are_written_together_in_one_update_and_acknowledged(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    summary = world.sync(run_id="first")
    assert (summary.handoffs, summary.handoffs_overtaken) == (1, {})
    assert held(world, lead) == handed_off(lead)
    *_, write = world.sandbox.history("contacts", lead.hubspot_id)
    assert {STAGE, OWNER, TIME, "zo_pql_score"} <= set(write["changes"])
    (row,) = world.handoff_rows()
    assert row == {
        "handoff_id": "handoff of u1",
        "record_key": "u1",
        "episode": 1,
        "owner_id": owner,
        "owner_reason": "round_robin",
        "handed_off_at": DECIDED_AT,
        "run_id": "first",
        "claimed_at": world.now,
        "acknowledged_as_of": AS_OF,
        "acknowledged_at": world.now,
        "pool": "ae",
        "track": "enterprise",
        "route_id": "large",
        "turn": 1,
        "reason": "PQL score 70",
    }
    world.calls()
    assert world.sync() == SyncSummary("contacts")
    assert world.calls() == []


def test_reason_and_track_are_written_with_them_all_or_none(world, owner):
    provision(world.api, [SAYING_WHY])
    first, second = add_lead(world, "u1", owner), add_lead(world, "u2", "999999")
    publish(world, first, second)
    summary = world.sync(SAYING_WHY)
    assert (summary.handoffs, list(summary.handoffs_overtaken)) == (1, ["u2"])
    record = world.sandbox.contact(first.email)
    assert (record["zo_handoff_reason"], record["zo_sales_track"]) == ("PQL score 70", "enterprise")
    record = world.sandbox.contact(second.email)
    assert not record.get("zo_handoff_reason")
    assert not record.get("zo_sales_track")


def test_a_contact_that_got_an_owner_meanwhile_takes_nobodys_turn(world, owner, other_owner):
    publish(world, add_lead(world, "u1", owner, hubspot_owner_id=other_owner))
    assert world.sync().handoffs == 1
    (row,) = world.handoff_rows()
    assert (row["owner_id"], row["owner_reason"]) == (other_owner, "existing_owner")
    assert (row["pool"], row["turn"]) == (None, None)
    assert (row["track"], row["route_id"]) == ("enterprise", "large")


def test_who_has_an_open_deal_becomes_the_owner_of_a_contact_that_has_none(world, owner):
    lead = replace(add_lead(world, "u1", owner), owner_reason="open_deal", pool=None, turn=None)
    publish(world, lead)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead)
    assert claim(world, lead)[:2] == (owner, "open_deal")


def test_a_snapshot_of_an_earlier_version_hands_off_without_a_turn(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    path = world.snapshot_dir / "decide.handoffs.parquet"
    pl.read_parquet(path).drop("pool", "track", "route_id", "turn", "handoff_reason").write_parquet(path)
    assert world.sync().handoffs == 1
    (row,) = world.handoff_rows()
    assert (row["turn"], row["reason"]) == (None, None)


def test_a_handoff_is_claimed_before_it_is_written(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    seen = []
    api = watched_door(world.sandbox.url, at("before batch/update", lambda: seen.append(claim(world, lead))))
    world.sync(api=api)
    assert seen == [(owner, "round_robin", DECIDED_AT, False)]
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)


def test_a_contact_that_was_decided_to_stay_with_its_owner_is_not_assigned(world, owner):
    lead = replace(add_lead(world, "u1", owner, hubspot_owner_id=owner), owner_reason="existing_owner")
    publish(world, lead)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead)
    assert written(world, lead, OWNER) == [owner]
    assert claim(world, lead) == (owner, "existing_owner", DECIDED_AT, True)


def test_a_contact_without_a_stage_is_handed_off(world, owner):
    (record_id,) = world.sandbox.add_contacts([{"email": "u1@a.example"}])
    lead = Lead("u1", record_id, owner)
    publish(world, lead)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead)


def test_an_acknowledged_handoff_is_the_salespersons_and_is_not_repeated(world, owner, other_owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sync()
    world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage="lead", hubspot_owner_id=other_owner)
    # The state was put back from a backup, so that the ledger knows nothing of it; the handoff is known to be made.
    changed = replace(lead, pql_score=71)
    publish(world, changed)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("delete from ledger_log")
    assert world.sync().handoffs == 0
    assert held(world, lead) == {STAGE: "lead", OWNER: other_owner, TIME: hubspot_text(DECIDED_AT)}
    assert world.held(lead.hubspot_id)["zo_pql_score"] == "71"


def test_only_contacts_about_to_be_handed_off_are_looked_at_again(world, owner):
    lead = add_lead(world, "u1", owner)
    (record_id,) = world.sandbox.add_contacts([{"email": "u2@a.example"}])
    world.publish_contacts(lead.desired_row(), contact("u2", record_id))
    world.publish_handoffs(lead.handoff_row())
    world.calls()
    world.sync()
    assert [call["inputs"] for call in world.calls("/batch/")] == [1, 2]

    changed = replace(rebuilt(world, lead), pql_score=71)
    publish(world, changed)
    world.calls()
    world.sync()
    assert [call["path"].rpartition("/")[2] for call in world.calls()] == ["update"]


def test_more_handoffs_than_a_database_takes_values_in_one_statement(world, owner):
    """Databases differ in that number; here it is made small."""
    if world.engine.dialect.name != "sqlite":
        pytest.skip("only that of SQLite can be made small")

    def allow_few(connection, _record, _proxy):
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 120)

    event.listen(world.engine, "checkout", allow_few)
    ids = world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(130)])
    leads = [Lead(f"u{number}", record_id, owner) for number, record_id in enumerate(ids)]
    publish(world, *leads)
    assert world.sync().handoffs == 130
    assert all(held(world, lead) == handed_off(lead) for lead in leads)


# People were faster


def test_a_contact_that_got_an_owner_meanwhile_keeps_it_and_the_claim_says_so(world, owner, other_owner):
    lead = add_lead(world, "u1", owner, hubspot_owner_id=other_owner)
    publish(world, lead)
    summary = world.sync()
    assert (summary.handoffs, summary.handoffs_overtaken) == (1, {})
    assert held(world, lead) == handed_off(lead, other_owner)
    assert written(world, lead, OWNER) == [other_owner]
    assert claim(world, lead) == (other_owner, "existing_owner", DECIDED_AT, True)


def test_an_owner_who_was_changed_since_the_decision_stays(world, owner, other_owner):
    lead = replace(add_lead(world, "u1", owner, hubspot_owner_id=other_owner), owner_reason="existing_owner")
    publish(world, lead)
    assert world.sync().handoffs == 1
    assert claim(world, lead) == (other_owner, "existing_owner", DECIDED_AT, True)
    assert written(world, lead, OWNER) == [other_owner]


@pytest.mark.parametrize("stage", [SQL_STAGE, "opportunity", "customer", "evangelist", "other"])
def test_a_contact_at_sales_qualified_or_beyond_is_left_alone_and_gets_its_other_values(world, owner, stage):
    lead = add_lead(world, "u1", owner, lifecyclestage=stage)
    publish(world, lead)
    summary = world.sync()
    assert (summary.handoffs, summary.acknowledged_records) == (0, 1)
    assert summary.handoffs_overtaken == {"u1": f"the contact is at stage {stage} by now"}
    assert held(world, lead) == {STAGE: stage}
    assert world.held(lead.hubspot_id)["zo_pql_score"] == "70"
    assert claim(world, lead) is None


@pytest.mark.parametrize(("before", "is_made"), [(SQL_STAGE, True), ("opportunity", False)])
def test_a_stage_of_the_portals_own_counts_by_its_place(world, owner, before, is_made):
    world.sandbox.add_lifecycle_stage("4711", "In trial", before=before)
    lead = add_lead(world, "u1", owner, lifecyclestage="4711")
    publish(world, lead)
    assert world.sync().handoffs == is_made
    assert held(world, lead)[STAGE] == (SQL_STAGE if is_made else "4711")


def test_a_stage_that_the_portal_does_not_list_is_left_alone(world, owner):
    world.sandbox.add_lifecycle_stage("4711", "In trial", before=SQL_STAGE)
    lead = add_lead(world, "u1", owner, lifecyclestage="4711")
    schema = world.sandbox._portal.schema
    with world.sandbox._portal.store.transaction():
        schema.set_options(
            OF_CONTACTS, STAGE, [item for item in schema.options(OF_CONTACTS, STAGE) if item["value"] != "4711"]
        )
    publish(world, lead)
    assert world.sync().handoffs_overtaken == {"u1": "the contact is at stage 4711 by now"}


def test_one_who_was_overtaken_does_not_hold_back_the_others(world, owner):
    leads = [
        add_lead(world, "u1", owner),
        add_lead(world, "u2", owner, lifecyclestage="customer"),
        add_lead(world, "u3", owner),
    ]
    publish(world, *leads)
    summary = world.sync()
    assert (summary.handoffs, set(summary.handoffs_overtaken), summary.acknowledged_records) == (2, {"u2"}, 3)
    assert [held(world, lead).get(OWNER) for lead in leads] == [owner, None, owner]


def test_a_contact_that_hubspot_does_not_hold_any_more_is_not_handed_off(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sandbox.archive("contacts", lead.hubspot_id)
    summary = world.sync()
    assert summary.handoffs_overtaken == {"u1": "HubSpot does not hold the contact any more"}
    assert (summary.handoffs, summary.rejected, claim(world, lead)) == (0, {NOT_FOUND: 1}, None)


def test_a_contact_that_is_deleted_between_the_look_and_the_write_stays_claimed_until_the_next_look(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    archive = at("before batch/update", lambda: world.sandbox.archive("contacts", lead.hubspot_id))
    assert world.sync(api=watched_door(world.sandbox.url, archive)).rejected == {NOT_FOUND: 1}
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, False)
    world.now += FIRST_RETRY
    assert world.sync().handoffs_overtaken == {"u1": "HubSpot does not hold the contact any more"}
    assert claim(world, lead) is None


def test_a_user_who_moved_to_another_record_is_handed_off_there_and_the_old_one_is_emptied(world, owner):
    """With a map that empties the time, which the shipped one does not."""
    properties = tuple(
        replace(item, clears_when_unknown=True) if item.source_column == "handoff_at" else item
        for item in CONTACTS.properties
    )
    emptying = replace(CONTACTS, properties=properties)
    first, second = add_lead(world, "old", owner), add_lead(world, "new", owner)
    before = replace(first, record_key="u1", state="waiting")
    publish(world, before)
    world.sync(emptying)
    assert world.held(first.hubspot_id)[TIME]

    moved = replace(second, record_key="u1", decided_at=DECIDED_AT + timedelta(hours=1))
    publish(world, moved)
    assert world.sync(emptying).handoffs == 1
    assert held(world, second) == handed_off(moved)
    assert held(world, first) == {STAGE: "lead"}


# Owners who left


def test_a_handoff_to_somebody_who_was_deactivated_waits_for_the_next_build(world, owner, other_owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sandbox.archive_owner(owner)
    summary = world.sync()
    assert summary.handoffs_overtaken == {
        "u1": f"owner {owner} is no longer in HubSpot; the next build chooses another"
    }
    assert held(world, lead) == {STAGE: "lead"}
    assert claim(world, lead) is None

    again = rebuilt(world, lead, owner_id=other_owner)
    publish(world, again)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(again)


def test_somebody_who_left_gives_way_to_whom_was_decided(world, owner, other_owner):
    lead = add_lead(world, "u1", owner, hubspot_owner_id=other_owner)
    publish(world, lead)
    world.sandbox.archive_owner(other_owner)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead)
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)


def test_an_existing_owner_who_left_is_not_handed_anybody(world, owner):
    lead = replace(add_lead(world, "u1", owner, hubspot_owner_id=owner), owner_reason="existing_owner")
    publish(world, lead)
    world.sandbox.archive_owner(owner)
    assert "the next build chooses another" in world.sync().handoffs_overtaken["u1"]
    assert held(world, lead) == {STAGE: "lead", OWNER: owner}


def test_a_contact_that_was_taken_away_from_its_owner_waits_for_the_next_build(world, owner):
    lead = replace(add_lead(world, "u1", owner), owner_reason="existing_owner")
    publish(world, lead)
    assert world.sync().handoffs_overtaken == {
        "u1": "nobody owns the contact any more; the next build chooses an owner"
    }
    assert held(world, lead) == {STAGE: "lead"}


def test_an_owner_is_asked_for_once_however_many_contacts_they_take(world, owner):
    leads = [add_lead(world, f"u{number}", owner) for number in range(5)]
    publish(world, *leads)
    world.calls()
    assert world.sync().handoffs == 5
    assert len(world.calls("/owners/")) == 1


# Contacts that HubSpot does not hold yet


def test_a_contact_is_made_and_handed_off_in_one_write(world, owner):
    lead = Lead("u1", None, owner)
    publish(world, lead)
    summary = world.sync(upserting(CONTACTS))
    assert (summary.handoffs, summary.acknowledged_records) == (1, 1)
    assert held(world, lead) == handed_off(lead)
    (write,) = world.sandbox.history("contacts", world.sandbox.contact(lead.email)["id"])
    assert {STAGE, OWNER, TIME} <= set(write["changes"])
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)
    assert world.sync(upserting(CONTACTS)) == SyncSummary("contacts")


@pytest.mark.parametrize("address", ["email", "hs_additional_emails"])
def test_a_contact_that_somebody_made_meanwhile_keeps_its_owner(world, owner, other_owner, address):
    (record_id,) = world.sandbox.add_contacts([{"email": "first@a.example"} | {address: "u1@a.example"}])
    world.sandbox.edit("contacts", record_id, hubspot_owner_id=other_owner)
    lead = Lead("u1", None, owner)
    publish(world, lead)
    assert world.sync(upserting(CONTACTS)).handoffs == 1
    assert len(world.sandbox.contacts()) == 1
    assert held(world, lead) == handed_off(lead, other_owner)
    assert claim(world, lead) == (other_owner, "existing_owner", DECIDED_AT, True)


def test_a_contact_that_somebody_made_a_customer_meanwhile_is_left_alone(world, owner):
    world.sandbox.add_contacts([{"email": "u1@a.example", STAGE: "customer"}])
    lead = Lead("u1", None, owner)
    world.publish_contacts(lead.desired_row() | {"contact_email": "U1@A.example"})
    world.publish_handoffs(lead.handoff_row())
    assert world.sync(upserting(CONTACTS)).handoffs_overtaken == {"u1": "the contact is at stage customer by now"}
    assert held(world, lead) == {STAGE: "customer"}


# A map that lacks one of the three


@pytest.mark.parametrize(("column", "name"), [("lifecycle_stage", STAGE), ("owner_id", OWNER), ("handoff_at", TIME)])
def test_a_map_without_one_of_the_three_writes_the_other_two(world, owner, column, name):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    assert world.sync(without(column)).handoffs == 1
    expected = {STAGE: "lead"} | {key: value for key, value in handed_off(lead).items() if key != name}
    assert held(world, lead) == expected
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)
    assert world.sync(without(column)) == SyncSummary("contacts")


@pytest.mark.parametrize("column", ["lifecycle_stage", "owner_id", "handoff_at"])
def test_a_write_that_was_not_acknowledged_is_known_again_whatever_the_map_lacks(world, owner, column):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sync(without(column))
    before = held(world, lead)
    world.forget_state()
    publish(world, rebuilt(world, lead))
    summary = world.sync(without(column))
    assert (summary.handoffs, summary.handoffs_overtaken) == (1, {})
    assert held(world, lead) == before
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)


def test_without_a_time_in_the_map_a_stage_that_a_person_set_is_not_taken_for_ours(world, owner):
    lead = add_lead(world, "u1", owner, lifecyclestage=SQL_STAGE)
    publish(world, lead)
    summary = world.sync(without("handoff_at"))
    assert summary.handoffs_overtaken == {"u1": f"the contact is at stage {SQL_STAGE} by now"}
    assert (held(world, lead), claim(world, lead)) == ({STAGE: SQL_STAGE}, None)


def test_a_handoff_with_nothing_left_to_write_is_acknowledged_all_the_same(world, owner, other_owner):
    """The map has the owner only, and a person assigned the contact meanwhile."""
    lead = add_lead(world, "u1", owner, hubspot_owner_id=other_owner)
    publish(world, lead)
    owner_only = without("lifecycle_stage", "handoff_at", "pql_score", "activation_status")
    world.calls()
    summary = world.sync(owner_only)
    assert (summary.handoffs, summary.acknowledged_records) == (1, 0)
    assert world.calls("batch/update") == []
    assert claim(world, lead) == (other_owner, "existing_owner", DECIDED_AT, True)
    assert world.sync(owner_only).handoffs == 0


def test_a_map_without_all_three_hands_off_nobody(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    summary = world.sync(without("lifecycle_stage", "owner_id", "handoff_at"))
    assert (summary.handoffs, summary.acknowledged_records, claim(world, lead)) == (0, 1, None)


# Refusals


def test_a_handoff_is_made_though_another_value_of_the_contact_is_refused(world, owner):
    lead = add_lead(world, "u1", owner)
    # HubSpot takes no text longer than 65,536 characters.
    world.publish_contacts(lead.desired_row() | {"activation_status": "x" * 70_000})
    world.publish_handoffs(lead.handoff_row())
    summary = world.sync()
    assert (summary.handoffs, summary.rejected) == (1, {"VALIDATION_ERROR": 1})
    assert held(world, lead) == handed_off(lead)
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)


def test_a_refused_handoff_stays_claimed_and_is_made_later_with_the_same_owner_and_time(world, owner, other_owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    # Somebody deletes the property in HubSpot: without the time there is no handoff.
    world.api.call("DELETE", f"/crm/properties/{{version}}/contacts/{TIME}")
    summary = world.sync()
    assert (summary.handoffs, summary.rejected) == (0, {"VALIDATION_ERROR": 1})
    assert held(world, lead) == {STAGE: "lead"}
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, False)

    # A build that was on its way decided on somebody else, later; the claim stands.
    schema = world.sandbox._portal.schema
    with world.sandbox._portal.store.transaction():
        schema.save(OF_CONTACTS, schema.archived["contacts"].pop(TIME) | {"archived": False})
    late = replace(lead, owner_id=other_owner, decided_at=DECIDED_AT + timedelta(hours=2))
    publish(world, late)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead)
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)


def test_a_handoff_that_nobody_answered_for_is_made_by_the_next_run(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sandbox.inject("empty_2xx", path_regex="batch/update", times=1)
    assert world.sync().rejected == {"UNACCOUNTED": 1}
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, False)
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead)


def test_a_stage_that_hubspot_did_not_take_leaves_the_handoff_open(world, owner):
    """It answers 200 and keeps the stage."""
    lead = Lead("u1", "101", owner)
    publish(world, lead)
    looked = '{"results": [{"id": "101", "properties": {"lifecyclestage": "lead"}}]}'
    stages = '{"results": [{"stages": [{"id": "lead", "displayOrder": 0}, {"id": "%s", "displayOrder": 1}]}]}'
    kept = '{"results": [{"id": "101", "properties": {"lifecyclestage": "lead"}}]}'
    answers = [looked, stages % SQL_STAGE, f'{{"id": "{owner}"}}', kept]
    with answering(*(Scripted(200, answer.encode()) for answer in answers)) as server:
        summary = world.sync(api=watched_door(server.url, lambda name: None))
    assert (summary.handoffs, summary.rejected) == (0, {"NOT_TAKEN": 1})
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, False)
    assert world.ledger()["101"][TIME] == hubspot_text(DECIDED_AT)
    assert STAGE not in world.ledger()["101"]


# Claims that were made before


def test_a_claim_that_was_not_written_is_withdrawn_when_people_were_faster(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sandbox.inject("empty_2xx", path_regex="batch/update", times=1)
    world.sync()
    world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage="opportunity")
    publish(world, rebuilt(world, lead))
    assert world.sync().handoffs_overtaken == {"u1": "the contact is at stage opportunity by now"}
    assert (claim(world, lead), held(world, lead)) == (None, {STAGE: "opportunity"})


def test_a_claim_that_was_not_written_follows_an_owner_who_was_assigned_since(world, owner, other_owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sandbox.inject("empty_2xx", path_regex="batch/update", times=1)
    world.sync()
    world.sandbox.edit("contacts", lead.hubspot_id, hubspot_owner_id=other_owner)
    publish(world, rebuilt(world, lead))
    assert world.sync().handoffs == 1
    assert held(world, lead) == handed_off(lead, other_owner)
    assert claim(world, lead) == (other_owner, "existing_owner", DECIDED_AT, True)


@pytest.mark.parametrize("stage", ["opportunity", "customer"])
def test_a_written_handoff_that_sales_moved_on_before_it_was_acknowledged_is_acknowledged(world, owner, stage):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sync()
    world.forget_state()
    world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage=stage)
    publish(world, rebuilt(world, lead))
    summary = world.sync()
    assert (summary.handoffs, summary.handoffs_overtaken, summary.rejected) == (1, {}, {})
    assert held(world, lead) == handed_off(lead) | {STAGE: stage}
    assert claim(world, lead) == (owner, "round_robin", DECIDED_AT, True)
    # Nothing was said about the stage, so nothing of it was acknowledged.
    assert set(world.ledger()[lead.hubspot_id]) & {STAGE, OWNER, TIME} == {OWNER, TIME}


def test_a_written_handoff_whose_owner_left_before_it_was_acknowledged_is_acknowledged(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sync()
    world.forget_state()
    world.sandbox.archive_owner(owner)
    publish(world, rebuilt(world, lead))
    summary = world.sync()
    assert (summary.handoffs, summary.rejected) == (1, {})
    assert held(world, lead) == handed_off(lead)


# Two runs at once


@pytest.mark.parametrize(
    "moment", ["before batch/read", "after batch/read", "before {version}/contacts", "before batch/update"]
)
def test_of_two_runs_that_hand_off_one_contact_the_first_claim_counts(world, owner, other_owner, moment):
    """While the first run is under way, a second one decides on another owner at another time, and finishes."""
    lead = add_lead(world, "u1", owner)
    rival = replace(lead, owner_id=other_owner, decided_at=DECIDED_AT + timedelta(hours=1))
    publish(world, lead)

    def second_run():
        publish(world, rival)
        assert world.sync(run_id="second").handoffs == 1

    world.sync(api=watched_door(world.sandbox.url, at(moment, second_run)), run_id="first")
    first = lead if moment == "before batch/update" else rival
    assert held(world, lead) == handed_off(first)
    assert claim(world, lead) == (first.owner_id, "round_robin", first.decided_at, True)
    assert written(world, lead, OWNER) == [first.owner_id]


def test_a_claim_that_another_run_writes_at_the_last_moment_counts(world, owner, other_owner):
    """It lands after this run looked for claims and before it writes its own."""
    lead = add_lead(world, "u1", owner)
    rival = replace(lead, owner_id=other_owner, decided_at=DECIDED_AT + timedelta(hours=1))
    publish(world, lead)

    def second_run():
        publish(world, rival)
        assert world.sync(run_id="second").handoffs == 1

    # Owners are asked for last, with the claims already read.
    world.sync(api=watched_door(world.sandbox.url, at(f"before {{version}}/{owner}", second_run)), run_id="first")
    assert held(world, lead) == handed_off(rival)
    assert claim(world, lead) == (other_owner, "round_robin", rival.decided_at, True)
    assert written(world, lead, OWNER) == [other_owner]


def test_a_claim_that_another_run_withdraws_at_the_last_moment_is_not_made(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    world.sandbox.inject("empty_2xx", path_regex="batch/update", times=1)
    world.sync()

    def second_run():
        world.sandbox.edit("contacts", lead.hubspot_id, lifecyclestage="customer")
        assert set(world.sync(run_id="second").handoffs_overtaken) == {"u1"}

    moment = at(f"before {{version}}/{owner}", second_run)
    summary = world.sync(api=watched_door(world.sandbox.url, moment), run_id="first")
    assert (summary.handoffs, set(summary.handoffs_overtaken)) == (0, {"u1"})
    assert (claim(world, lead), held(world, lead)) == (None, {STAGE: "customer"})


def test_of_two_runs_that_write_one_handoff_the_first_acknowledgement_stays(world, owner):
    lead = add_lead(world, "u1", owner)
    publish(world, lead)
    acknowledged = []

    def second_run():
        assert world.sync(run_id="second").handoffs == 1
        acknowledged.append(world.now)
        world.now += timedelta(minutes=1)

    world.sync(api=watched_door(world.sandbox.url, at("after batch/update", second_run)), run_id="first")
    assert [row["acknowledged_at"] for row in world.handoff_rows()] == acknowledged
    assert held(world, lead) == handed_off(lead)
