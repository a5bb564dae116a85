"""A sync that would change too much sends nothing, says why, and lets the one plan through that a person approves."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from crm_world import CONTACTS, contact, mapped_property

from dagster_project.crm.breaker import ALWAYS_ALLOWED, PlanHeld, reasons_to_hold
from dagster_project.crm.planning import describe_plan

PLAN_ID = r"approve: ([0-9a-f]{12}),"


def limited(**limits):
    return replace(CONTACTS, **limits)


def synced(world, count, **columns):
    rows = [row | columns for row in world.add_contacts(count)]
    world.publish_contacts(*rows)
    world.sync()
    world.calls()
    return rows


def reasons(world, mapped=CONTACTS):
    return reasons_to_hold(world.unsynced(mapped), mapped)


# Records that are gone


def test_emptying_more_than_is_allowed_is_held_before_any_call(world):
    rows = synced(world, 60)
    world.publish_contacts(*rows[13:])
    with pytest.raises(PlanHeld) as raised:
        world.sync(run_id="held")
    plan = world.unsynced().plan_id
    assert str(raised.value) == (
        "The sync of contacts is held, nothing was sent: 13 of the 60 contacts that HubSpot holds of ours are no "
        "longer in the warehouse; emptying them is more than max_cleared_pct of crm_objects.csv, 20 %. If events are "
        "missing or a rule is wrong, mend that. If it is meant, materialize sync/crm_contacts_synced with the config "
        f"approve: {plan}, which lets exactly this plan through."
    )
    assert world.calls() == []
    assert len(world.ledger()) == 60
    assert world.sync(limited(max_cleared_pct=22)).acknowledged_records == 13


def test_emptying_as_much_as_is_allowed_is_not_held(world):
    rows = synced(world, 60)
    world.publish_contacts(*rows[12:])
    assert world.sync().acknowledged_records == 12


def test_a_few_records_may_always_be_emptied(world):
    rows = synced(world, ALWAYS_ALLOWED + 1)
    world.publish_contacts(rows[0])
    assert world.sync().acknowledged_records == ALWAYS_ALLOWED


def test_records_that_were_emptied_before_do_not_make_a_later_loss_look_small(world):
    rows = synced(world, 70)
    world.publish_contacts(*rows[50:])
    world.sync(limited(max_cleared_pct=100))
    world.publish_contacts(*rows[61:])
    with pytest.raises(PlanHeld, match="11 of the 20 contacts"):
        world.sync()


def test_an_empty_warehouse_empties_nothing(world):
    synced(world, 30)
    world.publish_contacts()
    with pytest.raises(PlanHeld, match="30 of the 30 contacts"):
        world.sync()


# Records and values that change


def test_records_that_would_change_are_counted_once_each_and_at_the_limit_they_pass(world):
    rows = synced(world, 40)
    active = datetime(2026, 6, 1, tzinfo=UTC).replace(tzinfo=None)
    changed = [row | {"pql_score": 99, "activation_status": "x", "last_active_at": active} for row in rows[:20]]
    world.publish_contacts(*changed, *rows[20:])
    assert reasons(world, limited(max_changed_pct=50)) == []
    assert reasons(world, limited(max_changed_pct=49)) == [
        "20 of the 40 contacts that HubSpot holds of ours would get other values, more than max_changed_pct of "
        "crm_objects.csv, 49 %"
    ]


def test_what_hubspot_holds_nothing_of_yet_may_always_be_written(world):
    rows = synced(world, 20)
    world.publish_contacts(*(row | {"lifecycle_stage": "lead"} for row in rows), *world_of_new(world))
    assert reasons(world, limited(max_changed_pct=0, max_demoted_pct=0, max_cleared_values=0)) == []


def world_of_new(world):
    ids = world.sandbox.add_contacts([{"email": f"new{number}@a.example"} for number in range(30)])
    return [contact(f"new{number}", record_id, pql_score=1) for number, record_id in enumerate(ids)]


def test_values_that_would_be_emptied_on_records_that_stay_are_counted(world):
    rows = synced(world, 12)
    world.publish_contacts(*(row | {"pql_score": None, "activation_status": None} for row in rows))
    assert reasons(world, limited(max_cleared_values=24)) == []
    assert reasons(world, limited(max_cleared_values=23)) == [
        "24 values of contacts that stay would be emptied, more than max_cleared_values of crm_objects.csv, 23"
    ]


def test_a_property_has_a_limit_of_its_own(world):
    rows = synced(world, 40)
    status = replace(CONTACTS.properties[0], max_changed_pct=30)
    mapped = limited(properties=(status, *CONTACTS.properties[1:]))
    world.publish_contacts(*(row | {"activation_status": "x", "pql_score": 77} for row in rows[:12]), *rows[12:])
    assert reasons(world, mapped) == []
    world.publish_contacts(*(row | {"activation_status": "x"} for row in rows[:13]), *rows[13:])
    assert reasons(world, mapped) == [
        "zo_activation_status would change on 13 of the 40 contacts that have one, more than its max_changed_pct in "
        "crm_property_map.csv, 30 %"
    ]


def test_only_scores_that_fall_below_the_floor_of_their_band_count_as_demoted(world):
    score = replace(mapped_property("zo_pql_score", "pql_score", "number"), source_column="combined_score")
    mapped = limited(properties=(score,), band_floors=(0, 40, 70), max_demoted_pct=30)
    rows = synced(world, 40, pql_score=70)
    column = replace(score, source_column="pql_score")

    def held(*scores):
        world.publish_contacts(*(row | {"pql_score": value} for row, value in zip(rows, scores, strict=True)))
        changes = world.unsynced(limited(properties=(column,)))
        return reasons_to_hold(changes, mapped)

    assert held(*[69] * 12, *[70] * 28) == []
    assert held(*[71] * 30, *[100] * 10) == []
    assert held(*[69] * 12, 39, *[71] * 27) == [
        "13 of the 40 contacts would fall to a lower band, more than max_demoted_pct of crm_objects.csv, 30 %"
    ]


def test_all_reasons_are_told_at_once(world):
    rows = synced(world, 60)
    world.publish_contacts(*(row | {"activation_status": "x"} for row in rows[20:]))
    assert len(reasons(world, limited(max_changed_pct=10))) == 2


# Approval


def test_the_approved_plan_is_sent_and_needs_no_other_leave(world):
    rows = synced(world, 30)
    world.publish_contacts(rows[0])
    with pytest.raises(PlanHeld, match=PLAN_ID):
        world.sync()
    assert world.sync(approved=world.unsynced().plan_id).acknowledged_records == 29
    assert world.unsynced().rows.is_empty()


@pytest.mark.parametrize("kept", [1, 30])
def test_a_plan_that_is_another_one_by_now_is_not_sent_however_little_it_changes(world, kept):
    rows = synced(world, 30)
    world.publish_contacts(*rows[:kept])
    approved = world.unsynced().plan_id
    world.publish_contacts(rows[0] | {"pql_score": 55}, *rows[1:kept])
    with pytest.raises(PlanHeld) as raised:
        world.sync(approved=approved)
    assert str(raised.value) == (
        f"The plan {approved} of contacts was approved, and by now it is another one, {world.unsynced().plan_id}: the "
        "world moved since. Nothing was sent. `make plan` shows what it is now."
    )
    assert world.calls() == []


def test_a_plan_that_need_not_be_approved_may_be(world):
    world.publish_contacts(*world.add_contacts(3))
    assert world.sync(approved=world.unsynced().plan_id).acknowledged_records == 3


def test_the_id_of_a_plan_is_that_of_its_values_in_whatever_order(world):
    rows = synced(world, 5)
    world.publish_contacts(*(row | {"activation_status": "x"} for row in rows))
    first = world.unsynced().plan_id
    world.publish_contacts(*(row | {"activation_status": "x"} for row in reversed(rows)))
    assert world.unsynced().plan_id == first
    world.publish_contacts(*(row | {"activation_status": "y"} for row in rows))
    assert world.unsynced().plan_id != first


def test_the_plan_says_that_it_would_be_held_and_how_to_approve_it(world):
    rows = synced(world, 30)
    world.publish_contacts(rows[0])
    changes = world.unsynced()
    told = describe_plan(changes, reasons_to_hold(changes, CONTACTS)).splitlines()
    assert told[-2].startswith("Held: 29 of the 30 contacts that HubSpot holds of ours are no longer in the warehouse;")
    assert told[-1] == f"It is sent when {changes.plan_id} is approved."
    assert told[0].endswith(f"Plan {changes.plan_id}.")
