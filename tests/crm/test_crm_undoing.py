"""One sync taken back: previous values where HubSpot still holds ours, and a list of what was left and why."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from crm_handing_off import add_lead, handed_off, held, publish
from crm_moments import CutOff, Moments, watched_door
from crm_undoing import OWN, left, undo
from crm_world import COMPANIES, CONTACTS, World, company, door, upserting
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import Scripted, answering

from dagster_project.crm.errors import CrmUnavailable
from dagster_project.crm.syncing import SyncSummary
from dagster_project.crm.undoing import UndoImpossible
from dagster_project.crm.written import read_last_runs
from dagster_project.sandbox.running import running_sandbox
from dagster_project.state.run_log import steps_of_run
from dagster_project.state.tables import identities, ledger_log, rejections, undone_values


def two_syncs(world, count=1):
    """Contacts that a first sync made active with a score, and a second one gave another score and a last activity."""
    rows = world.add_contacts(count)
    world.publish_contacts(*rows)
    world.sync(run_id="first")
    later = [row | {"pql_score": 80, "last_active_at": datetime(2026, 6, 1, 8)} for row in rows]
    world.publish_contacts(*later)
    world.sync(run_id="second")
    world.calls()
    return later


def inputs_written(world):
    return [call["inputs"] for call in world.calls("/batch/") if call["write"]]


# What is taken back


def test_previous_values_come_back_what_was_new_is_emptied_and_the_ledger_says_so(world):
    rows = two_syncs(world, 3)
    summary = undo(world, "second")
    assert (summary.taken_back, summary.records) == ({"zo_last_active_at": 3, "zo_pql_score": 3}, 3)
    assert (summary.left, summary.already_back) == ([], 0)
    for number, row in enumerate(rows):
        expected = {"zo_activation_status": "activated", "zo_pql_score": str(number)}
        assert world.held(row["hubspot_id"]) == world.ledger()[row["hubspot_id"]] == expected
    # One look and one write.
    assert ([call["path"].rpartition("/")[2] for call in world.calls("/batch/")], summary.calls) == (
        ["read", "update"],
        2,
    )


def test_what_an_undo_writes_down(world):
    (row,) = two_syncs(world)
    known, refused = world.rows(identities), world.rows(rejections)
    undo(world, "second")
    log = [
        (item["property"], item["previous_value"], item["value"])
        for item in world.rows(ledger_log)
        if item["run_id"] == "undo"
    ]
    assert sorted(log) == [
        ("zo_last_active_at", "2026-06-01T08:00:00.000Z", None),
        ("zo_pql_score", "80", "0"),
    ]
    assert (world.rows(identities), world.rows(rejections)) == (known, refused)
    assert steps_of_run(world.engine, "undo")["undo_contacts"] == {
        "undone_run_id": "second",
        "taken_back": {"zo_last_active_at": 1, "zo_pql_score": 1},
        "records": 1,
        "already_back": 0,
        "left": {},
        "calls": 2,
    }
    assert [(item["record_key"], item["hubspot_id"], item["undone_run_id"]) for item in world.rows(undone_values)] == [
        ("u0", row["hubspot_id"], "second")
    ] * 2


def test_the_first_sync_of_all_can_be_taken_back(world):
    rows = world.add_contacts(150)
    world.publish_contacts(*rows)
    world.sync(run_id="first")
    world.calls()
    assert undo(world, "first").records == 150
    assert [(call["path"].rpartition("/")[2], call["inputs"]) for call in world.calls("/batch/")] == [
        ("read", 100),
        ("update", 100),
        ("read", 50),
        ("update", 50),
    ]
    assert all(world.held(row["hubspot_id"]) == {} for row in rows)
    assert not any(world.ledger().values())


def test_of_a_value_that_a_run_wrote_twice_the_first_previous_and_the_last_value_count(world):
    (row,) = world.add_contacts(1)
    for run_id, score in (("first", 10), ("second", 20), ("second", 30)):
        world.publish_contacts(row | {"pql_score": score})
        world.sync(run_id=run_id)
    assert undo(world, "second").taken_back == {"zo_pql_score": 1}
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "10"


def test_records_that_a_sync_emptied_hold_their_values_again(world):
    rows = world.add_contacts(3)
    world.publish_contacts(*rows)
    world.sync(run_id="first")
    world.publish_contacts(*rows[1:])
    world.sync(run_id="second")
    assert world.held(rows[0]["hubspot_id"]) == {}
    undo(world, "second")
    expected = {"zo_activation_status": "activated", "zo_pql_score": "0"}
    assert world.held(rows[0]["hubspot_id"]) == world.ledger()[rows[0]["hubspot_id"]] == expected
    assert world.sync().left_out == {"undone": 1}


def test_a_user_who_moved_to_another_record_moves_back(world):
    first, second = world.add_contacts(2)
    world.publish_contacts(first)
    world.sync(run_id="first")
    world.publish_contacts(first | {"hubspot_id": second["hubspot_id"]})
    world.sync(run_id="second")
    known = world.rows(identities)
    undo(world, "second")
    assert world.held(first["hubspot_id"])["zo_pql_score"] == "0"
    assert world.held(second["hubspot_id"]) == {}
    assert world.rows(identities) == known
    world.calls()
    assert world.sync().left_out == {"undone": 1}
    assert world.calls() == []


def test_companies_are_taken_back_and_keep_their_key(world):
    (record_id,) = world.sandbox.add_companies([{"name": "Acme", "domain": "acme.example"}])
    world.publish_companies(company("c1", record_id, active_users_30d=4))
    world.sync(COMPANIES, run_id="first")
    summary = undo(world, "first", mapped=COMPANIES)
    assert left(summary) == [("c1", "zo_company_id", "c1", None, "key")]
    (record,) = world.sandbox.companies()
    assert (record["zo_company_id"], record.get("zo_company_active_users") or None) == ("c1", None)


def test_a_company_that_a_run_made_is_not_made_a_second_time(world):
    companies = upserting(COMPANIES)
    row = company("c1", company_name="Acme", domain="acme.example", active_users_30d=4)
    world.publish_companies(row)
    world.sync(companies, run_id="first")
    undo(world, "first", mapped=companies)
    assert world.sync(companies).left_out == {"undone": 1}
    world.publish_companies(row | {"active_users_30d": 5})
    world.sync(companies)
    assert [item["zo_company_active_users"] for item in world.sandbox.companies()] == ["5"]


def test_a_contact_that_a_run_made_is_found_again(world):
    contacts = upserting(CONTACTS)
    row = {"record_key": "u1", "matched_by": "absent", "contact_email": "u1@a.example", "pql_score": 8}
    world.publish_contacts(row)
    world.sync(contacts, run_id="first")
    undo(world, "first", mapped=contacts)
    assert world.sync(contacts).left_out == {"undone": 1}
    world.publish_contacts(row | {"pql_score": 9})
    world.sync(contacts)
    assert [item["zo_pql_score"] for item in world.sandbox.contacts()] == ["9"]


# What is left


def test_what_somebody_changed_since_is_left_and_listed(world):
    rows = two_syncs(world, 2)
    world.sandbox.edit("contacts", rows[0]["hubspot_id"], zo_pql_score="55")
    summary = undo(world, "second")
    assert left(summary) == [("u0", "zo_pql_score", "80", "55", "changed_since")]
    assert summary.taken_back == {"zo_last_active_at": 2, "zo_pql_score": 1}
    assert world.held(rows[0]["hubspot_id"]) == {"zo_activation_status": "activated", "zo_pql_score": "55"}
    # The ledger goes on knowing what we wrote last.
    assert world.ledger()[rows[0]["hubspot_id"]]["zo_pql_score"] == "80"


def test_a_value_that_is_only_written_otherwise_was_not_changed(world):
    (row,) = two_syncs(world)
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="80.0")
    assert undo(world, "second").left == []


def test_what_a_later_run_wrote_over_it_is_left_and_that_run_named(world):
    (row,) = two_syncs(world)
    world.publish_contacts(row | {"pql_score": 90})
    world.sync(run_id="third")
    summary = undo(world, "second")
    assert left(summary) == [("u0", "zo_pql_score", "80", None, "overtaken")]
    assert summary.left[0].detail == "run third wrote 90"
    assert summary.taken_back == {"zo_last_active_at": 1}
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "90"


def test_records_that_are_no_longer_there_are_listed(world):
    archived, merged, survivor = two_syncs(world, 3)
    world.sandbox.archive("contacts", archived["hubspot_id"])
    world.sandbox.merge("contacts", survivor["hubspot_id"], merged["hubspot_id"])
    summary = undo(world, "second")
    gone = {(item.record_key, item.property) for item in summary.left if item.why == "record_gone"}
    assert gone == {(key, name) for key in ("u0", "u1") for name in ("zo_pql_score", "zo_last_active_at")}
    assert len(summary.left) == 4
    assert world.held(survivor["hubspot_id"])["zo_pql_score"] == "2"


def test_a_record_that_goes_between_the_look_and_the_write_is_listed(world):
    (row,) = two_syncs(world)

    def archive(name):
        if name == "after batch/read":
            world.sandbox.archive("contacts", row["hubspot_id"])

    summary = undo(world, "second", api=watched_door(world.sandbox.url, archive))
    assert summary.left_by_reason == {"record_gone": 2}
    assert (summary.values, world.rows(undone_values)) == (0, [])


def test_stage_owner_and_time_of_a_handoff_stay_while_the_rest_is_taken_back(world):
    owner_id = world.sandbox.add_owner("dana@o.example")
    lead = add_lead(world, "u1", owner_id)
    publish(world, lead)
    world.sync(run_id="first")
    handoffs = world.handoff_rows()
    summary = undo(world, "first")
    assert {(name, why) for _, name, _, _, why in left(summary)} == {
        ("lifecyclestage", "handoff"),
        ("hubspot_owner_id", "handoff"),
        ("zo_handoff_at", "handoff"),
    }
    assert summary.taken_back == {"zo_activation_status": 1, "zo_pql_score": 1}
    assert held(world, lead) == handed_off(lead)
    assert world.handoff_rows() == handoffs


def test_of_a_property_of_hubspots_own_nobody_knows_what_was_there_before(world):
    (row,) = world.add_contacts(1)
    world.publish_contacts(row | {"lifecycle_stage": "lead"})
    world.sync(run_id="first")
    by_band = [replace(item, source_column="band") if item.is_hubspots_own else item for item in CONTACTS.properties]
    summary = undo(world, "first", mapped=replace(CONTACTS, properties=tuple(by_band)))
    assert left(summary) == [("u0", "lifecyclestage", "lead", None, "not_known")]
    assert world.held(row["hubspot_id"]) == {"lifecyclestage": "lead"}


def test_a_property_that_the_map_has_no_more_is_left(world):
    two_syncs(world)
    fewer = replace(CONTACTS, properties=CONTACTS.properties[:1] + CONTACTS.properties[2:])
    assert left(undo(world, "second", mapped=fewer)) == [("u0", "zo_pql_score", "80", None, "not_mapped")]


def test_a_previous_value_that_hubspot_refuses_is_left_with_its_words(world):
    (row,) = two_syncs(world)
    record_id = row["hubspot_id"]
    held_now = f'{{"zo_pql_score": "80", "zo_last_active_at": "{1780300800000}"}}'
    refusal = '{"category": "VALIDATION_ERROR", "message": "no such value", "context": {"objectWriteTraceId": ["0"]}}'
    answers = (
        Scripted(200, f'{{"results": [{{"id": "{record_id}", "properties": {held_now}}}]}}'.encode()),
        Scripted(207, f'{{"results": [], "errors": [{refusal}]}}'.encode()),
    )
    with answering(*answers) as server:
        summary = undo(world, "second", api=door(server.url))
    assert summary.left_by_reason == {"refused": 2}
    assert summary.left[0].detail == "VALIDATION_ERROR: no such value"
    assert world.rows(undone_values) == []
    assert world.ledger()[record_id]["zo_pql_score"] == "80"
    # A refusal of an undo is no refusal of what a sync wants to write.
    assert world.rejection_rows() == []


# Syncs after an undo


def test_the_sync_after_an_undo_writes_nothing_of_it_and_counts_it(world):
    two_syncs(world, 2)
    undo(world, "second")
    world.calls()
    for _ in range(2):
        assert world.sync() == SyncSummary("contacts", left_out={"undone": 2})
    assert world.calls() == []
    assert (world.unsynced().record_count, world.unsynced().left_out) == (0, {"undone": 2})


def test_a_value_that_the_warehouse_wants_otherwise_goes_out_by_itself(world):
    (row,) = two_syncs(world)
    undo(world, "second")
    world.publish_contacts(row | {"pql_score": 33})
    summary = world.sync()
    assert (summary.changed_properties, summary.left_out) == ({"zo_pql_score": 1}, {"undone": 1})
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "33"


@pytest.mark.parametrize("between", [0, 33])
def test_a_value_that_was_not_wanted_for_a_while_is_sent_when_it_is_wanted_again(world, between):
    """0 is what the undo wrote back: then the warehouse agrees with it, and nothing is sent."""
    (row,) = two_syncs(world)
    undo(world, "second")
    world.publish_contacts(row | {"pql_score": between})
    # A look is enough, as the sensor takes it.
    assert world.unsynced().left_out == {"undone": 1}
    world.publish_contacts(row)
    assert world.sync().changed_properties == {"zo_pql_score": 1}
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "80"


def test_a_look_that_began_before_the_undo_ended_forgets_nothing_of_it(world, monkeypatch):
    (row,) = two_syncs(world)
    from dagster_project.crm import syncing

    fold = syncing.ledger.fold

    def undone_meanwhile(*arguments):
        path = fold(*arguments)
        folded = path.read_bytes()
        monkeypatch.undo()
        undo(world, "second")
        # An undo folds at its end; its values are noted before.
        path.write_bytes(folded)
        return path

    monkeypatch.setattr(syncing.ledger, "fold", undone_meanwhile)
    world.unsynced()
    assert world.sync() == SyncSummary("contacts", left_out={"undone": 1})
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "0"


def test_a_record_that_is_left_out_for_another_reason_does_not_end_what_was_undone(world):
    (row,) = two_syncs(world)
    undo(world, "second")
    world.publish_contacts(row | {"matched_by": "same_record_as_another_user"})
    assert world.unsynced().left_out == {"same_record_as_another_user": 1}
    world.publish_contacts(row)
    assert world.sync().left_out == {"undone": 1}


def test_a_property_that_is_not_in_the_map_for_a_while_stays_undone(world):
    two_syncs(world)
    undo(world, "second")
    fewer = replace(CONTACTS, properties=CONTACTS.properties[:1])
    assert world.unsynced(fewer).left_out == {}
    assert world.sync() == SyncSummary("contacts", left_out={"undone": 1})


def test_a_user_who_is_found_on_another_record_is_left_as_undone_there_too(world):
    (row,) = two_syncs(world)
    undo(world, "second")
    (survivor,) = world.sandbox.add_contacts([{"email": "survivor@a.example"}])
    world.sandbox.merge("contacts", survivor, row["hubspot_id"])
    world.publish_contacts(row | {"hubspot_id": survivor, "matched_by": "secondary_email"})
    world.sync()
    # 0 came with the merge; 80 is what was undone.
    assert world.held(survivor) == {"zo_activation_status": "activated", "zo_pql_score": "0"}
    assert world.sync() == SyncSummary("contacts", left_out={"undone": 1})


# Several undos


def test_two_syncs_are_taken_back_the_later_one_first(world):
    (row,) = two_syncs(world)
    undo(world, "second")
    summary = undo(world, "first", "undo of first")
    assert summary.left == []
    assert world.held(row["hubspot_id"]) == world.ledger()[row["hubspot_id"]] == {}
    world.calls()
    for _ in range(2):
        assert world.sync() == SyncSummary("contacts", left_out={"undone": 1})
    assert world.calls() == []
    # What the warehouse never wanted meanwhile is not kept.
    assert {item["value"] for item in world.rows(undone_values)} == {"activated", "80", "2026-06-01T08:00:00.000Z"}

    undo(world, "undo of first", "back to the first")
    assert world.held(row["hubspot_id"]) == {"zo_activation_status": "activated", "zo_pql_score": "0"}
    assert world.sync() == SyncSummary("contacts", left_out={"undone": 1})
    undo(world, "undo", "back to the second")
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "80"
    assert world.sync() == SyncSummary("contacts")


def test_the_earlier_of_two_syncs_alone_takes_back_what_the_later_one_did_not_touch(world):
    (row,) = two_syncs(world)
    summary = undo(world, "first")
    assert left(summary) == [("u0", "zo_pql_score", "0", None, "overtaken")]
    assert world.held(row["hubspot_id"]) == {
        "zo_pql_score": "80",
        "zo_last_active_at": "2026-06-01T08:00:00.000Z",
    }


def test_a_value_that_a_later_run_decided_anew_is_its_own(world):
    (row,) = two_syncs(world)
    for run_id, score in (("third", 50), ("fourth", 80)):
        world.publish_contacts(row | {"pql_score": score})
        world.sync(run_id=run_id)
    assert left(undo(world, "second")) == [("u0", "zo_pql_score", "80", None, "overtaken")]


def test_an_undo_that_is_undone_writes_the_values_again_and_the_sync_agrees(world):
    (row,) = two_syncs(world)
    before = world.held(row["hubspot_id"])
    undo(world, "second")
    summary = undo(world, "undo", "again")
    assert (summary.values, summary.left) == (2, [])
    assert world.held(row["hubspot_id"]) == before
    assert {item["value"] for item in world.rows(undone_values)} == {"0", None}
    assert world.sync() == SyncSummary("contacts")
    assert world.rows(undone_values) == []


def test_an_undo_of_the_undo_holds_against_a_warehouse_that_was_corrected(world):
    (row,) = two_syncs(world)
    undo(world, "second")
    world.publish_contacts(row | {"pql_score": 0, "last_active_at": None})
    assert world.sync() == SyncSummary("contacts")
    undo(world, "undo", "again")
    assert world.sync().left_out == {"undone": 1}
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "80"


# A second try, a dry run, nothing to do


def test_the_same_run_taken_back_twice_is_taken_back_once(world):
    two_syncs(world, 2)
    undo(world, "second")
    world.calls()
    summary = undo(world, "second", "again")
    assert (summary.values, summary.already_back, summary.left, world.calls()) == (0, 4, [], [])
    assert world.sync().left_out == {"undone": 2}


def test_an_undo_during_which_hubspot_goes_away_is_finished_by_the_next_one(world):
    rows = two_syncs(world, 250)

    def break_down(name):
        if name == "after batch/update":
            world.sandbox.inject("503", path_regex="batch/read")

    with pytest.raises(CrmUnavailable):
        undo(world, "second", api=watched_door(world.sandbox.url, break_down))
    world.sandbox.clear_faults()
    world.calls()
    summary = undo(world, "second", "again")
    # Two values a contact, but of two that had the score before which everybody was given; whichever batch was first.
    assert (summary.already_back + summary.values, summary.records, summary.left) == (2 * 250 - 2, 150, [])
    assert summary.already_back in (199, 200)
    assert inputs_written(world) == [100, 50]
    assert_all_back(world, rows)


def assert_all_back(world, rows):
    for row in rows:
        number = int(row["record_key"].removeprefix("u")) % 101
        expected = {"zo_activation_status": "activated", "zo_pql_score": str(number)}
        assert world.held(row["hubspot_id"]) == world.ledger()[row["hubspot_id"]] == expected
    assert world.sync() == SyncSummary("contacts", left_out={"undone": len(rows)})


def test_an_undo_that_is_cut_off_anywhere_can_be_run_again(new_state, tmp_path):
    cut_at, names = 0, []
    while True:
        with running_sandbox() as sandbox:
            folder = tmp_path / str(cut_at)
            folder.mkdir()
            world = World(sandbox, new_state(folder), folder)
            rows = two_syncs(world, 3)
            moments = Moments(cut_at)
            try:
                with moments.of(world.engine):
                    undo(world, "second", api=watched_door(sandbox.url, moments))
            except CutOff:
                pass
            summary = undo(world, "second", "again")
            assert summary.left == []
            assert_all_back(world, rows)
            names.append(moments.names[-1])
            if not moments.is_cut:
                break
        cut_at += 1
    assert {"before batch/update", "after batch/update", "before commit"} <= set(names)


def test_a_dry_run_says_the_same_and_sends_nothing(world):
    rows = two_syncs(world, 2)
    world.sandbox.edit("contacts", rows[0]["hubspot_id"], zo_pql_score="55")
    before, log = [world.held(row["hubspot_id"]) for row in rows], world.rows(ledger_log)
    world.calls()
    told = undo(world, "second", "looked", dry_run=True)
    assert not any(call["write"] for call in world.calls("/batch/update"))
    assert ([world.held(row["hubspot_id"]) for row in rows], world.rows(ledger_log)) == (before, log)
    assert (world.rows(undone_values), steps_of_run(world.engine, "looked")) == ([], {})
    done = undo(world, "second")
    assert (told.taken_back, told.records, told.left) == (done.taken_back, done.records, done.left)
    assert (told.calls, done.calls) == (1, 2)


def test_a_run_that_nobody_knows_is_refused(world):
    with pytest.raises(UndoImpossible) as raised:
        undo(world, "nobody's")
    assert str(raised.value) == (
        "No run nobody's is known here; `make undo` lists the last runs that wrote to HubSpot."
    )
    assert world.calls() == []


def test_a_run_that_wrote_nothing_is_refused(world):
    two_syncs(world)
    world.sync(run_id="idle")
    with pytest.raises(UndoImpossible, match="Run idle wrote nothing to HubSpot: there is nothing to take back"):
        undo(world, "idle")


def test_the_last_runs_say_what_they_wrote_and_took_back(world):
    two_syncs(world, 2)
    (record_id,) = world.sandbox.add_companies([{"domain": "acme.example"}])
    world.publish_companies(company("c1", record_id))
    world.sync(COMPANIES, run_id="second")
    undo(world, "first")
    found = [(run.run_id, run.values, run.undoes, run.undone_by) for run in read_last_runs(world.engine, 10)]
    assert found == [
        ("undo", {"contacts": 2}, "first", []),
        ("second", {"companies": 2, "contacts": 4}, None, []),
        ("first", {"contacts": 4}, None, ["undo"]),
    ]
    assert [run.run_id for run in read_last_runs(world.engine, 1)] == ["undo"]


# Whatever was synced

scores = st.one_of(st.none(), st.integers(0, 100))
moments_of_activity = st.one_of(st.none(), st.datetimes(datetime(2020, 1, 1), datetime(2026, 6, 1)))
wanted = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "activation_status": st.sampled_from([None, "activated", "not_activated"]),
            "pql_score": scores,
            "last_active_at": moments_of_activity,
        }
    ),
)
snapshots = st.lists(wanted, min_size=4, max_size=4)


@settings(max_examples=15)
@given(snapshots, snapshots)
def test_undoing_a_sync_leaves_our_properties_as_they_were_before_it(new_shared_state, first, second):
    """None: the user is gone from the snapshot, or not yet there."""
    with running_sandbox() as sandbox, TemporaryDirectory() as name:
        folder = Path(name)
        engine = new_shared_state(folder)
        world = World(sandbox, engine, folder)
        contacts = world.add_contacts(4)

        def sync(snapshot, run_id):
            world.publish_contacts(
                *(row | more for row, more in zip(contacts, snapshot, strict=True) if more is not None)
            )
            world.sync(run_id=run_id)
            return [world.held(row["hubspot_id"]) for row in contacts]

        before, after = sync(first, "A"), sync(second, "B")
        if before == after:
            return
        undo(world, "B")
        now = [world.held(row["hubspot_id"]) for row in contacts]
        assert now == before
        assert all(set(values) <= OWN for values in now)
        ledger = world.ledger()
        assert [ledger.get(row["hubspot_id"], {}) for row in contacts] == before
        world.calls()
        world.sync()
        assert world.calls() == []
        engine.dispose()
