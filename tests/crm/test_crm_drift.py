"""Values of ours that somebody changed in HubSpot: found when it is read, and written again, left or held."""

from dataclasses import replace

import pytest
from crm_moments import CutOff, Moments, watched_door
from crm_undoing import undo
from crm_world import CONTACTS, World
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.crm.changes import Changes
from dagster_project.crm.copied_objects import contacts
from dagster_project.crm.copying import read_crm
from dagster_project.crm.drift import read_drift
from dagster_project.crm.drift_finding import find_drift
from dagster_project.crm.object_reading import CopyState
from dagster_project.crm.planning import describe_plan
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.syncing import find_unsynced, sync_object
from dagster_project.crm.watching import ROWS_AT_ONCE, Watched
from dagster_project.state.tables import drift

WATCHED = {"contacts": tuple(ours.name for ours in CONTACTS.watched)}


def where(who_wins: str, *names: str) -> MappedObject:
    """The map, in which changes of these properties (of all, where none is named) are judged so."""
    chosen = names or WATCHED["contacts"]
    properties = (replace(item, who_wins=who_wins) if item.name in chosen else item for item in CONTACTS.properties)
    return replace(CONTACTS, properties=tuple(properties))


def look(world: World, mapped: MappedObject = CONTACTS, past: dict[str, CopyState] | None = None) -> int:
    """Read HubSpot as the copy does and say how many values of ours it holds otherwise."""
    crm = read_crm(world.api, None, past, world.sandbox.clock.now(), watched=WATCHED)
    read = crm.objects["contacts"]
    found = find_drift(world.engine, world.state_dir, world.api, mapped, read, world.now)
    if past is not None:
        past["contacts"] = read.state
    world.calls()
    return found


def differing(changes: Changes) -> set[tuple]:
    return {(row["record_key"], row["property"], row["value"], row["previous"]) for row in changes.rows.to_dicts()}


def synced_contacts(world: World, count: int = 1, **columns) -> list[dict]:
    rows = [row | columns for row in world.add_contacts(count)]
    world.publish_contacts(*rows)
    world.sync(run_id="first")
    assert look(world) == 0
    return rows


def test_what_a_person_changed_is_found_and_ours_is_written_again(world):
    first, second = synced_contacts(world, 2, pql_score=40)
    world.sandbox.edit("contacts", first["hubspot_id"], zo_pql_score="99")
    assert world.unsynced().record_count == 0
    assert look(world) == 1
    assert differing(world.unsynced()) == {("u0", "zo_pql_score", "40", "99")}
    summary = world.sync(run_id="second")
    assert summary.changed_properties == {"zo_pql_score": 1}
    assert world.held(first["hubspot_id"])["zo_pql_score"] == world.held(second["hubspot_id"])["zo_pql_score"] == "40"
    # Neither before HubSpot is read again nor after.
    assert (world.unsynced().record_count, look(world), world.unsynced().record_count) == (0, 0, 0)


def test_what_a_person_emptied_is_written_again_and_what_they_typed_where_we_have_nothing_is_emptied(world):
    (row,) = synced_contacts(world)
    record_id = row["hubspot_id"]
    assert "zo_last_active_at" not in world.held(record_id)
    world.sandbox.edit("contacts", record_id, zo_activation_status="", zo_last_active_at="2026-06-01T08:00:00Z")
    assert look(world) == 2
    world.sync(run_id="second")
    assert world.held(record_id) == {"zo_activation_status": "activated", "zo_pql_score": "0"}
    assert look(world) == 0


def test_the_same_value_written_otherwise_is_no_change(world):
    (row,) = synced_contacts(world, pql_score=40, last_active_at=world.now.replace(tzinfo=None))
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="40.0")
    assert look(world) == 0


@pytest.mark.parametrize(("who_wins", "why"), [("theirs", "theirs"), ("hold", "held_for_a_person")])
def test_a_change_that_is_theirs_or_held_stays_and_is_counted_while_other_values_go_on(world, who_wins, why):
    mapped = where(who_wins, "zo_pql_score")
    (row,) = synced_contacts(world, pql_score=40)
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="99")
    look(world, mapped)
    world.publish_contacts(row | {"pql_score": 41, "activation_status": "not_activated"})
    changes = world.unsynced(mapped)
    assert differing(changes) == {("u0", "zo_activation_status", "not_activated", "activated")}
    assert changes.left_out == {why: 1}
    world.sync(mapped, run_id="second")
    assert world.held(row["hubspot_id"]) == {"zo_activation_status": "not_activated", "zo_pql_score": "99"}
    assert world.unsynced(mapped).record_count == 0


def test_a_held_change_is_told_in_the_plan_and_overwritten_when_a_person_says_so(world):
    mapped = where("hold")
    (row,) = synced_contacts(world, pql_score=40)
    record_id = row["hubspot_id"]
    world.sandbox.edit("contacts", record_id, zo_pql_score="99")
    look(world, mapped)
    told = describe_plan(world.unsynced(mapped), [])
    assert f"Somebody must decide about 1 record ({record_id})" in told
    for overwritten in (["1"], []):
        sync_object(world.run("no"), world.api, mapped, lambda line: None, overwritten=overwritten)
        assert world.held(record_id)["zo_pql_score"] == "99"
    sync_object(world.run("yes"), world.api, mapped, lambda line: None, overwritten=[record_id])
    assert world.held(record_id)["zo_pql_score"] == "40"
    assert look(world, mapped) == 0


def test_a_person_who_puts_our_value_back_ends_it(world):
    mapped = where("hold")
    (row,) = synced_contacts(world, pql_score=40)
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="99")
    assert look(world, mapped) == 1
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="40")
    assert look(world, mapped) == 0
    assert (read_drift(world.engine, "contacts"), world.unsynced(mapped).drift) == ([], [])


def test_what_comes_back_each_time_is_left_after_three_times_until_it_is_another_value(world):
    (row,) = synced_contacts(world, pql_score=40)
    record_id = row["hubspot_id"]
    for number in range(3):
        world.sandbox.edit("contacts", record_id, zo_pql_score="99")
        look(world)
        assert world.sync(run_id=f"again {number}").acknowledged_values == 1
    world.sandbox.edit("contacts", record_id, zo_pql_score="99")
    look(world)
    changes = world.unsynced()
    assert changes.record_count == 0
    assert [item.left_because for item in changes.drift] == ["came_back"]
    world.publish_contacts(row | {"pql_score": 50})
    assert world.unsynced().left_out == {"came_back": 1}
    world.sandbox.edit("contacts", record_id, zo_pql_score="98")
    look(world)
    assert differing(world.unsynced()) == {("u0", "zo_pql_score", "50", "98")}


def test_what_a_copy_that_lags_still_says_is_no_change(world):
    """A copy of what changed is made by search, which is behind; what HubSpot holds is asked before it is believed."""
    (row,) = synced_contacts(world, pql_score=40)
    behind = read_crm(world.api, None, None, world.sandbox.clock.now(), watched=WATCHED).objects["contacts"]
    world.publish_contacts(row | {"pql_score": 41})
    world.sync(run_id="second")
    assert find_drift(world.engine, world.state_dir, world.api, CONTACTS, behind, world.now) == 0


def test_only_what_was_read_is_judged_and_the_rest_stays_as_it_was_found(world):
    mapped = where("hold")
    first, second = synced_contacts(world, 2, pql_score=40)
    past: dict[str, CopyState] = {}
    look(world, mapped, past)
    for row, properties, found in ((first, {"zo_pql_score": "99"}, 1), (second, {"phone": "1"}, 1), (second, {}, 0)):
        world.sandbox.clock.advance(1_200)
        world.sandbox.edit("contacts", row["hubspot_id"], firstname="Ann", **properties)
        # By then the index that changes are searched in knows of it.
        world.sandbox.clock.advance(5)
        assert look(world, mapped, past) == found
    assert [item.hubspot_id for item in read_drift(world.engine, "contacts")] == [first["hubspot_id"]]


def test_a_record_that_is_gone_or_was_never_written_has_not_drifted(world):
    (row,) = synced_contacts(world, pql_score=40)
    world.sandbox.add_contacts([{"email": "new@a.example", "zo_pql_score": "7"}])
    assert look(world) == 0
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="99")
    assert look(world) == 1
    world.sandbox.archive("contacts", row["hubspot_id"])
    assert look(world) == 0
    assert read_drift(world.engine, "contacts") == []


def test_stage_and_owner_are_never_looked_at(world):
    (row,) = synced_contacts(world, lifecycle_stage=None)
    world.sandbox.edit("contacts", row["hubspot_id"], lifecyclestage="customer")
    assert look(world) == 0
    assert "lifecyclestage" not in WATCHED["contacts"]


def test_a_sync_that_is_cut_off_after_hubspot_took_ours_does_not_count_it_as_come_back(world):
    (row,) = synced_contacts(world, pql_score=40)
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="99")
    look(world)
    with pytest.raises(CutOff):
        world.sync(api=watched_door(world.sandbox.url, Moments(cut_at=1)), run_id="cut off")
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "40"
    assert look(world) == 0
    assert world.unsynced().record_count == 0
    assert [row["times_rewritten"] for row in world.rows(drift)] == [0]


def test_undoing_a_run_that_wrote_over_a_persons_value_gives_it_back(world):
    (row,) = synced_contacts(world, pql_score=40)
    world.sandbox.edit("contacts", row["hubspot_id"], zo_pql_score="99")
    look(world)
    world.sync(run_id="second")
    undo(world, "second")
    assert world.held(row["hubspot_id"])["zo_pql_score"] == "99"
    assert (look(world), world.unsynced().record_count) == (0, 0)


# What is kept while HubSpot is read

texts = st.one_of(st.none(), st.sampled_from(["", "40", "long " * 9]))


@given(st.lists(st.tuples(st.integers(1, 5), texts, texts), max_size=12))
def test_the_last_that_was_read_of_each_record_is_kept_and_the_rest_of_it_is_passed_on(read):
    watched = Watched(("zo_a", "zo_key"), also_used=("zo_key",))
    for record_id, ours, key in read:
        held = {"email": "x@a.example", "zo_a": ours, "zo_key": key}
        assert watched.take(str(record_id), held) == {"email": "x@a.example", "zo_key": key}
    expected = {str(record_id): (ours or None, key or None) for record_id, ours, key in read}
    assert {row[0]: row[1:] for row in watched.table().rows()} == expected


def test_many_records_are_kept_in_parts_and_given_whole():
    watched = Watched(("zo_a",))
    for number in range(ROWS_AT_ONCE + 1):
        watched.take(str(number), {"zo_a": str(number)})
    table = watched.table()
    assert table.height == ROWS_AT_ONCE + 1
    assert table["hubspot_id"].to_list() == table["zo_a"].to_list()


def test_a_copy_is_read_whole_when_another_property_is_to_be_watched():
    assert contacts(watched=("zo_a",)).fingerprint != contacts(watched=("zo_a", "zo_b")).fingerprint
    assert contacts(watched=("zo_b", "zo_a")).fingerprint == contacts(watched=("zo_a", "zo_b")).fingerprint


def test_nothing_is_asked_of_hubspot_where_nothing_is_suspected(world):
    synced_contacts(world, 3)
    read = read_crm(world.api, None, None, world.sandbox.clock.now(), watched=WATCHED).objects["contacts"]
    world.calls()
    assert find_drift(world.engine, world.state_dir, world.api, CONTACTS, read, world.now) == 0
    assert world.calls() == []
    assert find_unsynced(world.run(), CONTACTS).drift == []
