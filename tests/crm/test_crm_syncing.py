"""A whole sync: what differs is sent, what HubSpot took is written down, and whatever is cut off is finished later."""

import os
import re
import signal
from dataclasses import replace
from datetime import timedelta

import pytest
from crm_process import started
from crm_world import (
    AS_OF,
    COMPANIES,
    CONTACTS,
    company,
    contact,
    door,
    mapped_property,
    upserting,
)
from scripted_server import Scripted, answering
from sqlalchemy import func, select

from dagster_project.crm.batches import NOT_FOUND, NOT_TAKEN
from dagster_project.crm.errors import CrmUnauthorised, CrmUnavailable
from dagster_project.crm.refusals import FIRST_RETRY, LONGEST_RETRY
from dagster_project.crm.syncing import SyncSummary, find_unsynced
from dagster_project.state.run_log import steps_of_run
from dagster_project.state.tables import identities, ledger_log


def writes(world):
    return [call["path"].rpartition("/")[2] for call in world.calls("/batch/") if call["write"]]


# The good run


def test_a_sync_makes_hubspot_hold_what_was_decided_and_a_second_one_sends_nothing(world):
    rows = world.add_contacts(150)
    world.publish_contacts(*rows)
    summary = world.sync()
    assert writes(world) == ["update", "update"]
    assert summary == SyncSummary(
        "contacts",
        changed_records=150,
        changed_properties={"zo_activation_status": 150, "zo_pql_score": 150},
        acknowledged_records=150,
        acknowledged_values=300,
        calls=2,
    )
    expected = {
        row["hubspot_id"]: {"zo_activation_status": "activated", "zo_pql_score": str(row["pql_score"])} for row in rows
    }
    assert world.ledger() == expected
    assert {record_id: world.held(record_id) for record_id in expected} == expected

    again = world.sync()
    assert world.calls() == []
    assert again == SyncSummary("contacts")


def test_what_a_sync_writes_down(world):
    (row,) = world.add_contacts(1)
    world.publish_contacts(row)
    world.sync(run_id="first")
    world.publish_contacts(row | {"pql_score": 9})
    world.sync(run_id="second")
    log = [(item["run_id"], item["property"], item["previous_value"], item["value"]) for item in world.rows(ledger_log)]
    assert log == [
        ("first", "zo_activation_status", None, "activated"),
        ("first", "zo_pql_score", None, "0"),
        ("second", "zo_pql_score", "0", "9"),
    ]
    assert {item["as_of"] for item in world.rows(ledger_log)} == {AS_OF}
    (identity,) = world.rows(identities)
    assert (identity["record_key"], identity["hubspot_id"], identity["matched_by"]) == (
        "u0",
        row["hubspot_id"],
        "update",
    )


def test_every_sync_leaves_its_summary_in_the_run_log(world):
    world.publish_contacts(*world.add_contacts(2), contact("absent"))
    summary = world.sync(run_id="first")
    assert steps_of_run(world.engine, "first") == {"sync_contacts": vars(summary)}
    world.sync(COMPANIES, run_id="first")
    assert set(steps_of_run(world.engine, "first")) == {"sync_contacts", "sync_companies"}


def test_progress_is_told_after_every_batch(world):
    from dagster_project.crm.syncing import sync_object

    world.publish_contacts(*world.add_contacts(150))
    lines = []
    sync_object(world.run(), world.api, CONTACTS, lines.append)
    # Both batches are on their way at once, and either may be answered first.
    first, second = lines
    # Both calls may have left before the first answer is told.
    assert re.match(
        r"contacts: (50|100) of 150 records acknowledged, 0 refused, [12] calls?; [0-9,]+ records/s,", first
    )
    assert re.fullmatch(r"contacts: 150 of 150 records acknowledged, 0 refused, 2 calls; [0-9,]+ records/s", second)


def test_companies_are_synced_like_contacts(world):
    (first, second) = world.sandbox.add_companies(
        [{"name": "Acme", "domain": "acme.example"}, {"name": "Bolt", "domain": "bolt.example"}]
    )
    world.publish_companies(company("c1", first, active_users_30d=4), company("c2", second, active_users_30d=0))
    assert world.sync(COMPANIES).acknowledged_records == 2
    held = {item["zo_company_id"]: item["zo_company_active_users"] for item in world.sandbox.companies()}
    assert held == {"c1": "4", "c2": "0"}
    assert world.sync(COMPANIES) == SyncSummary("companies")


# Records that HubSpot does not hold


def test_users_whom_hubspot_does_not_hold_are_left_out_and_counted(world):
    rows = [
        contact("absent"),
        contact("nobody", matched_by="no_email", contact_email=None),
        contact("shadow", "1", matched_by="same_record_as_another_user"),
        contact("unread", matched_by="not_looked_up"),
    ]
    world.publish_contacts(*rows)
    summary = world.sync()
    assert summary.left_out == {"absent": 1, "no_email": 1, "same_record_as_another_user": 1, "not_looked_up": 1}
    assert (summary.acknowledged_records, summary.waiting_records) == (0, 0)
    assert world.calls() == []


def test_with_upsert_they_are_made_and_found_again_before_hubspot_is_read_anew(world):
    contacts = upserting(CONTACTS)
    world.publish_contacts(contact("u1", pql_score=8), contact("u2", matched_by="not_looked_up"))
    assert world.sync(contacts).acknowledged_records == 2
    assert writes(world) == ["upsert"]
    assert len(world.sandbox.contacts()) == 2
    assert {item["matched_by"] for item in world.rows(identities)} == {"upsert"}

    world.publish_contacts(contact("u1", pql_score=9), contact("u2", matched_by="not_looked_up"))
    world.sync(contacts)
    assert writes(world) == ["update"]
    assert world.sandbox.contact("u1@a.example")["zo_pql_score"] == "9"


# Failures on the way


@pytest.mark.parametrize(
    ("kind", "when", "error"),
    [
        ("503", "before", CrmUnavailable),
        ("502", "after", CrmUnavailable),
        ("reset", "after", CrmUnavailable),
        ("429_daily", "before", CrmUnavailable),
        ("477", "before", CrmUnavailable),
        ("missing_scopes", "before", CrmUnauthorised),
    ],
)
def test_what_was_acknowledged_before_a_failure_is_known_and_the_next_sync_goes_on_with_the_rest(
    world, kind, when, error
):
    # More than are on their way or wait to be written down when the first batch is.
    rows = world.add_contacts(2_500)
    world.publish_contacts(*rows)

    def break_down(line):
        world.sandbox.inject(kind, when=when, path_regex="batch/update")

    from dagster_project.crm.syncing import sync_object

    with pytest.raises(error):
        sync_object(world.run("first"), world.api, CONTACTS, break_down)
    known = world.ledger()
    assert 100 <= len(known) < 2_500
    held = {row["hubspot_id"] for row in rows if world.held(row["hubspot_id"])}
    assert known.keys() == held if when == "before" else known.keys() < held
    summary = steps_of_run(world.engine, "first")["sync_contacts"]
    assert (summary["acknowledged_records"], summary["changed_records"]) == (len(known), 2_500)

    world.sandbox.clear_faults()
    world.calls()
    assert world.sync().acknowledged_records == 2_500 - len(known)
    assert sum(call["inputs"] for call in world.calls("batch/update")) == 2_500 - len(known)
    assert len(world.ledger()) == 2_500
    assert world.sync() == SyncSummary("contacts")


def test_a_write_whose_acknowledgement_was_lost_is_made_again_and_changes_nothing(world):
    rows = world.add_contacts(3)
    world.publish_contacts(*rows)
    world.sync()
    before = world.ledger()
    world.forget_state()
    world.sync()
    assert world.ledger() == before
    assert all(len(world.sandbox.history("contacts", row["hubspot_id"])) == 2 for row in rows)


def test_a_sync_that_is_killed_on_the_way_is_finished_by_the_next_one(world, tmp_path):
    """Ten batches; the process is ended by kill -9 while HubSpot carries out the fourth, with the others behind it."""
    rows = world.add_contacts(1_000)
    world.publish_contacts(*rows)
    world.calls()
    # The first batch goes alone and is written down while the others travel.
    world.sandbox.inject("latency", path_regex="batch/update", latency_ms=150)
    process = started("contacts", world, tmp_path)
    try:
        while len(world.sandbox.requests(writes_only=True)) < 4 + setup_writes(world) and process.poll() is None:
            pass
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    world.sandbox.clear_faults()

    with world.engine.connect() as connection:
        known = connection.execute(select(func.count(ledger_log.c.hubspot_id.distinct()))).scalar()
    assert 100 <= known < 1_000
    assert known % 100 == 0
    held_before = sum(bool(world.held(row["hubspot_id"])) for row in rows)
    assert known <= held_before

    world.calls()
    summary = world.sync()
    assert summary.acknowledged_records == 1_000 - known
    assert world.ledger() == {row["hubspot_id"]: world.held(row["hubspot_id"]) for row in rows}
    assert all(world.ledger()[row["hubspot_id"]]["zo_pql_score"] == str(row["pql_score"]) for row in rows[::97])
    assert world.sync() == SyncSummary("contacts")


def setup_writes(world):
    """The writes that made the properties."""
    return sum("/crm/properties/" in call["path"] for call in world.sandbox.requests(writes_only=True))


# Refused values


def refusing(world):
    """A contact whose owner left: HubSpot refuses the update."""
    owner_id = world.sandbox.add_owner("left@o.example", archived=True)
    rows = world.add_contacts(3)
    rows[1] |= {"owner_id": owner_id}
    world.publish_contacts(*rows)
    return rows


def test_a_refused_value_waits_and_comes_again_when_its_time_has_come(world):
    rows = refusing(world)
    summary = world.sync()
    # Of the refused record everything but the owner was taken.
    assert (summary.acknowledged_records, summary.rejected) == (3, {"VALIDATION_ERROR": 1})
    assert summary.rejected_records == 1
    assert summary.rejection_examples[0].startswith("u1: VALIDATION_ERROR: ")
    (waiting,) = world.rejection_rows()
    assert (waiting["record_key"], waiting["tries"]) == ("u1", 1)
    assert waiting["next_try_at"] == world.now + FIRST_RETRY
    assert waiting["refused_values"] == {"hubspot_owner_id": rows[1]["owner_id"]}
    assert "hubspot_owner_id" not in world.ledger()[rows[1]["hubspot_id"]]
    assert world.ledger()[rows[1]["hubspot_id"]].keys() == world.ledger()[rows[0]["hubspot_id"]].keys()

    world.calls()
    summary = world.sync()
    assert (summary.changed_records, summary.waiting_records, world.calls()) == (1, 1, [])

    world.now += FIRST_RETRY
    assert world.sync().rejected == {"VALIDATION_ERROR": 1}
    (waiting,) = world.rejection_rows()
    assert (waiting["tries"], waiting["next_try_at"]) == (2, world.now + 2 * FIRST_RETRY)


def test_a_refused_record_is_asked_for_less_and_less_but_once_a_day(world):
    refusing(world)
    pauses = []
    for _ in range(8):
        world.sync()
        (waiting,) = world.rejection_rows()
        pauses.append(waiting["next_try_at"] - world.now)
        world.now = waiting["next_try_at"]
    assert pauses == [timedelta(hours=hours) for hours in (1, 2, 4, 8, 16)] + [LONGEST_RETRY] * 3


def test_a_refused_record_comes_again_when_its_value_changes(world):
    rows = refusing(world)
    world.sync()
    rows[1] |= {"owner_id": world.sandbox.add_owner("here@o.example")}
    world.publish_contacts(*rows)
    assert world.sync().acknowledged_records == 1
    assert world.rejection_rows() == []
    assert world.sync() == SyncSummary("contacts")


def test_a_record_that_hubspot_takes_after_all_is_forgiven(world):
    rows = refusing(world)
    world.sync()
    with world.sandbox._portal.store.transaction():
        world.sandbox._portal.owners.set_archived(rows[1]["owner_id"], archived=False)
    world.now += FIRST_RETRY
    assert world.sync().acknowledged_records == 1
    assert world.rejection_rows() == []


def test_a_refusal_is_forgotten_when_nothing_differs_any_more(world):
    rows = refusing(world)
    world.sync()
    assert len(world.rejection_rows()) == 1
    world.publish_contacts(rows[0], rows[1] | {"owner_id": None}, rows[2])
    assert world.sync() == SyncSummary("contacts")
    assert world.rejection_rows() == []


def test_what_a_record_that_is_gone_refused_does_not_hold_back_the_one_that_is_made_after_it(world):
    contacts = upserting(CONTACTS)
    (row,) = world.add_contacts(1)
    world.sandbox.archive("contacts", row["hubspot_id"])
    world.publish_contacts(row)
    assert world.sync(contacts).rejected == {NOT_FOUND: 1}
    world.publish_contacts(row | {"hubspot_id": None, "matched_by": "absent"})
    assert world.sync(contacts).acknowledged_records == 1
    assert world.sync(contacts) == SyncSummary("contacts")


def test_what_was_refused_of_a_record_that_was_made_waits_also_when_its_id_is_known(world):
    contacts = upserting(CONTACTS)
    world.publish_contacts(contact("u1", pql_score=8, lifecycle_stage="no_such_stage"))
    assert world.sync(contacts).rejected == {"VALIDATION_ERROR": 1}
    world.calls()
    assert (world.sync(contacts).waiting_records, world.calls()) == (1, [])


def test_a_value_that_stays_put_is_told_while_the_others_are_acknowledged(world):
    """HubSpot answers 200 and keeps the stage."""
    row = contact("u1", "101", pql_score=8, lifecycle_stage="lead")
    world.publish_contacts(row)
    kept = {"zo_activation_status": "activated", "zo_pql_score": "8.0", "lifecyclestage": "customer"}
    body = {"results": [{"id": "101", "properties": kept}]}
    with answering(Scripted(200, str(body).replace("'", '"').encode())) as server:
        summary = world.sync(api=door(server.url))
        assert (summary.acknowledged_records, summary.acknowledged_values) == (1, 2)
        assert summary.rejected == {NOT_TAKEN: 1}
        assert "lifecyclestage stays 'customer', sent was 'lead'" in summary.rejection_examples[0]
        assert world.ledger() == {"101": {"zo_activation_status": "activated", "zo_pql_score": "8"}}
        assert [item["refused_values"] for item in world.rejection_rows()] == [{"lifecyclestage": "lead"}]
        calls = len(server.seen)
        assert world.sync(api=door(server.url)).waiting_records == 1
        assert len(server.seen) == calls


def test_a_record_nobody_answered_for_is_asked_for_again_at_once(world):
    world.publish_contacts(*world.add_contacts(3))
    world.sandbox.inject("empty_2xx", path_regex="batch/update", times=1)
    assert world.sync().rejected == {"UNACCOUNTED": 3}
    assert world.rejection_rows() == []
    assert world.sync().acknowledged_records == 3


def test_no_more_than_ten_refusals_are_quoted(world):
    rows = world.add_contacts(30)
    owner_id = world.sandbox.add_owner("left@o.example", archived=True)
    world.publish_contacts(*(row | {"owner_id": owner_id} for row in rows))
    summary = world.sync()
    assert summary.rejected == {"VALIDATION_ERROR": 30}
    assert len(summary.rejection_examples) == 10


# Records that went away


def test_a_user_who_is_gone_is_emptied_and_nothing_else_is_touched(world):
    rows = world.add_contacts(4)
    world.publish_contacts(*rows)
    world.sync()
    world.publish_contacts(*rows[1:])
    summary = world.sync()
    assert (summary.acknowledged_records, summary.acknowledged_values) == (1, 2)
    assert world.held(rows[0]["hubspot_id"]) == {}
    assert all(world.held(row["hubspot_id"]) for row in rows[1:])
    assert world.sync() == SyncSummary("contacts")


def test_a_record_that_was_deleted_with_its_user_is_empty_already(world):
    rows = world.add_contacts(2)
    world.publish_contacts(*rows)
    world.sync()
    world.sandbox.archive("contacts", rows[0]["hubspot_id"])
    world.publish_contacts(rows[1])
    summary = world.sync()
    assert (summary.rejected, world.rejection_rows()) == ({}, [])
    assert set(world.ledger()[rows[0]["hubspot_id"]]) == set()
    assert world.sync() == SyncSummary("contacts")


def test_a_record_that_was_deleted_is_told_once_and_then_left_out(world):
    """The copy of HubSpot that was decided on still shows the contact at first, then no more."""
    rows = world.add_contacts(2)
    world.publish_contacts(*rows)
    world.sync()
    world.sandbox.archive("contacts", rows[0]["hubspot_id"])
    world.publish_contacts(rows[0] | {"pql_score": 50}, rows[1])
    assert world.sync().rejected == {NOT_FOUND: 1}

    world.publish_contacts(rows[0] | {"hubspot_id": None, "matched_by": "absent", "pql_score": 51}, rows[1])
    world.calls()
    summary = world.sync()
    assert (summary.left_out, summary.rejected, world.calls()) == ({"absent": 1}, {}, [])


def test_a_record_that_was_deleted_is_made_anew_where_records_are_made(world):
    contacts = upserting(CONTACTS)
    world.publish_contacts(contact("u1", pql_score=1))
    world.sync(contacts)
    (first,) = world.sandbox.contacts()
    world.sandbox.archive("contacts", first["id"])
    world.publish_contacts(contact("u1", pql_score=2))
    assert world.sync(contacts).rejected == {NOT_FOUND: 1}
    assert world.sync(contacts).acknowledged_records == 1
    (second,) = world.sandbox.contacts()
    assert (second["id"] != first["id"], second["zo_pql_score"]) == (True, "2")
    assert world.sync(contacts) == SyncSummary("contacts")


def test_a_contact_that_was_merged_into_another_is_followed_and_the_old_record_forgotten(world):
    first, second = world.add_contacts(2)
    world.publish_contacts(first)
    world.sync()
    world.sandbox.merge("contacts", second["hubspot_id"], first["hubspot_id"])
    # The next build finds the user by the additional address of the survivor.
    moved = first | {"hubspot_id": second["hubspot_id"], "matched_by": "secondary_email", "pql_score": 60}
    world.publish_contacts(moved)
    summary = world.sync()
    assert (summary.acknowledged_records, summary.rejected) == (2, {})
    assert world.held(second["hubspot_id"])["zo_pql_score"] == "60"
    assert [(row["record_key"], row["hubspot_id"]) for row in world.rows(identities)] == [("u0", second["hubspot_id"])]
    assert world.sync() == SyncSummary("contacts")


def test_a_user_who_moves_between_records_leaves_nothing_behind(world):
    first, second = world.add_contacts(2)
    world.publish_contacts(first)
    world.sync()
    world.publish_contacts(first | {"hubspot_id": second["hubspot_id"], "pql_score": 60})
    world.sync()
    assert (world.held(first["hubspot_id"]), world.held(second["hubspot_id"])["zo_pql_score"]) == ({}, "60")
    assert [(row["record_key"], row["hubspot_id"]) for row in world.rows(identities)] == [("u0", second["hubspot_id"])]
    assert world.sync() == SyncSummary("contacts")


# What only looks


def synced(world, count):
    rows = world.add_contacts(count)
    world.publish_contacts(*rows)
    world.sync()
    world.calls()
    return rows


def test_looking_sends_nothing_and_needs_no_portal(world):
    world.publish_contacts(*world.add_contacts(5))
    world.calls()
    changes = find_unsynced(world.run(), CONTACTS)
    assert changes.record_count == 5
    assert world.calls() == []


def test_a_property_that_is_new_in_the_map_is_sent_for_everybody(world):
    rows = synced(world, 5)
    more = replace(
        CONTACTS, properties=(*CONTACTS.properties, mapped_property("zo_score_twice", "pql_score", "number"))
    )
    world.sandbox.add_property("contacts", name="zo_score_twice", type="number", fieldType="number")
    summary = world.sync(more)
    assert summary.changed_properties == {"zo_score_twice": 5}
    assert world.sandbox.record("contacts", rows[4]["hubspot_id"])["zo_score_twice"] == "4"
