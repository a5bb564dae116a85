"""Nothing about a suppressed contact is written, whoever says that it is suppressed and however late."""

import crm_lists as lists
import polars as pl
import pytest
from crm_event_world import EVENTS, occurrence, publish_occurrences
from crm_undoing import left, undo
from crm_world import CONTACTS, contact, upserting, write_rows

from dagster_project.crm.owed_occurrences import find_owed
from dagster_project.privacy.names import EMAIL, HUBSPOT, USER, digests, salt_of
from dagster_project.privacy.opt_outs import OptOut, OptOutsInvalid
from dagster_project.privacy.suppression import Suppressed, read_suppressed
from dagster_project.state.tables import erased_names, suppressions


def opted_out(world, *names):
    """A sync with these opt-outs; the calls that it made to write."""
    world.calls()
    world.opt_outs = [OptOut(names.get(EMAIL), names.get(USER), None) for names in names]
    summary = world.sync()
    return summary, [call for call in world.calls("/contacts/batch/") if not call["path"].endswith("read")]


@pytest.mark.parametrize("name", [{EMAIL: "u0@a.example"}, {USER: "u0"}])
def test_whoever_opted_out_after_the_build_is_left_out_and_counted(world, name):
    rows = world.add_contacts(2)
    rows[0]["contact_email"] = "u0@a.example"
    world.publish_contacts(*rows)
    summary, _ = opted_out(world, name)
    assert summary.left_out == {"suppressed": 1}
    assert (world.held(rows[0]["hubspot_id"]), world.held(rows[1]["hubspot_id"])["zo_pql_score"]) == ({}, "1")


def test_a_suppressed_contact_that_is_no_longer_desired_is_not_emptied_either(world):
    rows = world.add_contacts(1)
    world.publish_contacts(*rows)
    world.sync()
    before = world.held(rows[0]["hubspot_id"])
    world.publish_contacts()
    summary, calls = opted_out(world, {USER: "u0"})
    assert (summary.left_out, calls) == ({"suppressed": 1}, [])
    assert world.held(rows[0]["hubspot_id"]) == before


def test_what_the_build_calls_suppressed_is_not_written(world):
    (row,) = world.add_contacts(1)
    world.publish_contacts(row | {"matched_by": "suppressed"})
    summary, calls = opted_out(world)
    assert (summary.left_out, calls) == ({"suppressed": 1}, [])


def test_an_erased_person_is_known_by_hashes_alone(world):
    rows = world.add_contacts(3)
    world.publish_contacts(*rows)
    names = [(USER, "u0"), (HUBSPOT, rows[1]["hubspot_id"]), (EMAIL, "u2@a.example")]
    hashes = digests(salt_of(world.engine), names)
    with world.engine.begin() as connection:
        for kind, digest in hashes:
            connection.execute(erased_names.insert().values(kind=kind, digest=digest, erased_at=world.now))
    summary, calls = opted_out(world)
    assert (summary.left_out, calls) == ({"suppressed": 3}, [])


def test_a_bad_opt_out_file_stops_the_sync_before_anything_is_sent(world):
    world.publish_contacts(*world.add_contacts(1))
    world.calls()

    def broken():
        raise OptOutsInvalid("row 2")

    world.read_opt_outs = broken
    with pytest.raises(OptOutsInvalid):
        world.sync()
    assert world.calls() == []


def test_an_address_that_was_deleted_under_the_gdpr_is_refused_once_and_never_tried_again(world):
    (deleted_id,) = world.sandbox.add_contacts([{"email": "gone@a.example"}])
    world.api.post("/crm/objects/{version}/contacts/gdpr-delete", {"objectId": deleted_id}, repeatable=True)
    rows = [contact("gone", contact_email="Gone@a.example"), contact("new", contact_email="new@a.example")]
    world.publish_contacts(*rows)
    summary = world.sync(upserting(CONTACTS))
    assert (summary.left_out, summary.rejected, summary.acknowledged_records) == ({"suppressed": 1}, {}, 1)
    assert [(row["record_key"], row["reason"]) for row in world.rows(suppressions)] == [("gone", "gdpr_deleted")]
    assert world.rejection_rows() == []

    world.calls()
    # Other values than before, and other ones wanted: still nothing is sent.
    world.publish_contacts(rows[0] | {"pql_score": 99}, rows[1])
    summary = world.sync(upserting(CONTACTS))
    assert (summary.left_out, world.calls("upsert")) == ({"suppressed": 1}, [])


@pytest.mark.parametrize("by", [USER, EMAIL, HUBSPOT])
def test_an_undo_does_not_write_to_a_suppressed_contact(world, by):
    rows = world.add_contacts(2)
    world.publish_contacts(*rows)
    world.sync(run_id="first")
    name = {USER: "u0", EMAIL: "u0@a.example", HUBSPOT: rows[0]["hubspot_id"]}[by]
    before = world.held(rows[0]["hubspot_id"])
    summary = undo(world, "first", suppressed=Suppressed({(by, name): "opted_out"}))
    assert world.held(rows[0]["hubspot_id"]) == before
    assert {(key, why) for key, *_, why in left(summary)} == {("u0", "suppressed")}
    assert world.held(rows[1]["hubspot_id"]) == {}


def test_nobody_is_suppressed_where_nobody_said_so(world):
    suppressed = read_suppressed(world.engine)
    assert not suppressed
    assert suppressed.why(user_id="u0", email="u0@a.example", hubspot_id="1") is None


def test_whoever_opted_out_after_the_build_is_neither_added_to_a_list_nor_taken_out_of_one(world):
    first, second, third = world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(3)])
    lists.publish(world, {"hot": [first]})
    lists.sync(world, lists.HOT)
    lists.publish(world, {"hot": [second, third]})
    world.opt_outs = [OptOut(None, f"key of {second}", None)]
    change = lists.changes(world, lists.HOT)["zo_hot"]
    assert (change.to_add, change.to_remove, change.left_out) == ((third,), (first,), {"suppressed": 1})
    # Whom the segment does not hold any more is known by what the last build decided.
    world.opt_outs = []
    decided = {"record_key": "u0", "hubspot_id": first, "reason": "opted_out"}
    write_rows(world.snapshot_dir / "decide.contacts_suppressed.parquet", [decided], dict.fromkeys(decided, pl.String))
    change = lists.changes(world, lists.HOT)["zo_hot"]
    assert (change.to_add, change.to_remove) == ((second, third), ())


def test_an_event_of_whoever_opted_out_after_the_build_is_left_out(world):
    publish_occurrences(world.snapshot_dir, [occurrence("a", "1"), occurrence("b", "2", record_key="u2")])
    assert find_owed(world.run(), EVENTS).sendable == 2
    world.opt_outs = [OptOut(None, "u1", None)]
    owed = find_owed(world.run(), EVENTS)
    assert (owed.rows["record_key"].to_list(), owed.left_out) == (["u2"], {"suppressed": 1})
