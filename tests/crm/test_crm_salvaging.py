"""A record that HubSpot refuses for some of its values: the others arrive, and what was refused is told."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from crm_world import AS_OF, CONTACTS, door, hubspot_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_server import Scripted, answering

from dagster_project.crm.batches import NOT_FOUND, UNACCOUNTED
from dagster_project.crm.changes import Update
from dagster_project.crm.handoffs import written_together
from dagster_project.crm.salvaging import NOT_VALID, send_what_is_valid, values_named

TOGETHER = written_together(CONTACTS)
BAD_NUMBER, BAD_INSTANT = {"zo_pql_score": "many"}, {"zo_last_active_at": "yesterday"}
GOOD = {"zo_activation_status": "activated"}


def update(record_id, **values):
    return Update("u", record_id, "u@a.example", values, {}, {})


def add(world, *contents):
    ids = world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(len(contents))])
    return [
        Update(f"u{number}", record_id, f"u{number}@a.example", dict(values), {}, {})
        for number, (record_id, values) in enumerate(zip(ids, contents, strict=True))
    ]


def sent(api, updates, mapped=CONTACTS):
    """({who: values taken}, {who: values refused}, outcomes)"""
    outcomes = list(send_what_is_valid(updates, api, mapped, TOGETHER))
    taken, refused = {}, {}
    for outcome in outcomes:
        for item, _, values in outcome.acknowledged:
            taken.setdefault(item.record_key, {}).update(values)
        for rejection in outcome.rejected:
            assert rejection.update.record_key not in refused
            refused[rejection.update.record_key] = rejection.values
    return taken, refused, outcomes


def inputs(world):
    return [call["inputs"] for call in world.calls("/batch/")]


def test_the_good_values_of_a_record_are_written_and_the_bad_one_is_told_by_name(world):
    updates = add(world, GOOD | BAD_NUMBER, {"zo_pql_score": "8"})
    world.calls()
    taken, refused, outcomes = sent(world.api, updates)
    assert taken == {"u0": GOOD, "u1": {"zo_pql_score": "8"}}
    assert refused == {"u0": BAD_NUMBER}
    assert world.held(updates[0].hubspot_id) == GOOD
    assert inputs(world) == [2, 1]
    (rejection,) = outcomes[-1].rejected
    assert (rejection.category, "zo_pql_score" in rejection.message) == ("VALIDATION_ERROR", True)


def test_all_bad_values_are_left_out_at_once(world):
    (item,) = add(world, GOOD | BAD_NUMBER | BAD_INSTANT)
    world.calls()
    taken, refused, _ = sent(world.api, [item])
    assert (taken, refused) == ({"u0": GOOD}, {"u0": BAD_NUMBER | BAD_INSTANT})
    assert inputs(world) == [1, 1]


def test_a_record_of_which_every_value_is_bad_is_not_asked_for_again(world):
    (item,) = add(world, BAD_NUMBER | BAD_INSTANT)
    world.calls()
    assert sent(world.api, [item])[:2] == ({}, {"u0": BAD_NUMBER | BAD_INSTANT})
    assert inputs(world) == [1]


def test_a_refusal_that_names_no_value_is_not_asked_for_again(world):
    updates = add(world, GOOD, GOOD)
    world.sandbox.archive("contacts", updates[0].hubspot_id)
    world.calls()
    assert sent(world.api, updates)[:2] == ({"u1": GOOD}, {"u0": GOOD})
    assert inputs(world) == [2]


def test_a_contact_that_is_made_is_made_without_its_bad_value(world):
    item = Update("u0", None, "new@a.example", GOOD | BAD_NUMBER, {}, {})
    assert sent(world.api, [item])[:2] == ({"u0": GOOD}, {"u0": BAD_NUMBER})
    (made,) = world.sandbox.contacts()
    assert (made["email"], made["zo_activation_status"]) == ("new@a.example", "activated")


def test_stage_owner_and_time_of_a_handoff_are_refused_together(world):
    owner_id = world.sandbox.add_owner("left@o.example", archived=True)
    handoff = {
        "lifecyclestage": "salesqualifiedlead",
        "hubspot_owner_id": owner_id,
        "zo_handoff_at": hubspot_text(AS_OF),
    }
    (item,) = add(world, GOOD | handoff)
    assert sent(world.api, [item])[:2] == ({"u0": GOOD}, {"u0": handoff})
    assert world.held(item.hubspot_id) == GOOD


def refusal(*names):
    items = [{"isValid": False, "message": "no", "error": "INVALID_OPTION", "name": name} for name in names]
    return {"status": "error", "category": "VALIDATION_ERROR", "message": NOT_VALID + json.dumps(items)}


def answer(status, **body):
    return Scripted(status, json.dumps(body).encode())


def test_a_value_that_only_the_second_refusal_names_is_left_out_too():
    item = update("1", **GOOD, **BAD_NUMBER, **BAD_INSTANT)
    result = {"id": "1", "properties": GOOD}
    script = [Scripted(400, json.dumps(refusal(name)).encode()) for name in ("zo_pql_score", "zo_last_active_at")]
    with answering(*script, answer(200, results=[result])) as server:
        taken, refused, outcomes = sent(door(server.url), [item])
        assert len(server.seen) == 3
    assert (taken, refused) == ({"u": GOOD}, {"u": BAD_NUMBER | BAD_INSTANT})
    assert len(outcomes) == 1


def test_a_rest_that_is_refused_for_another_reason_is_told_as_one_refusal():
    item = update("1", **GOOD, **BAD_NUMBER)
    gone = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["1"]}}
    script = [Scripted(400, json.dumps(refusal("zo_pql_score")).encode()), answer(207, errors=[gone])]
    with answering(*script) as server:
        taken, refused, outcomes = sent(door(server.url), [item])
    assert (taken, refused) == ({}, {"u": GOOD | BAD_NUMBER})
    assert "gone" in outcomes[0].rejected[0].message


def test_a_record_that_is_gone_is_forgotten_also_when_a_value_was_refused_first(world):
    """HubSpot looks at the values before it looks for the record."""
    (row,) = world.add_contacts(1)
    world.publish_contacts(row)
    world.sync()
    world.sandbox.archive("contacts", row["hubspot_id"])
    world.publish_contacts(row | {"pql_score": 77, "lifecycle_stage": "no_such_stage"})
    assert world.sync().rejected == {NOT_FOUND: 1}
    assert world.ledger() == {row["hubspot_id"]: {}}


def test_a_rest_that_nobody_answered_for_is_not_held_back_with_what_was_refused():
    item = update("1", **GOOD, **BAD_NUMBER)
    script = [Scripted(400, json.dumps(refusal("zo_pql_score")).encode()), answer(200, results=[])]
    with answering(*script) as server:
        (outcome,) = send_what_is_valid([item], door(server.url), CONTACTS, TOGETHER)
    told = {rejection.category: rejection.values for rejection in outcome.rejected}
    assert told == {"VALIDATION_ERROR": BAD_NUMBER, UNACCOUNTED: GOOD}


def test_the_refused_value_waits_and_the_others_go_on(world):
    rows = world.add_contacts(1)
    # A stage that HubSpot has no option for.
    world.publish_contacts(rows[0] | {"lifecycle_stage": "no_such_stage"})
    assert (world.sync().rejected, world.sync().waiting_records) == ({"VALIDATION_ERROR": 1}, 1)
    world.publish_contacts(rows[0] | {"lifecycle_stage": "no_such_stage", "pql_score": 77})
    summary = world.sync()
    assert (summary.acknowledged_values, summary.rejected) == (1, {"VALIDATION_ERROR": 1})
    assert world.held(rows[0]["hubspot_id"])["zo_pql_score"] == "77"
    (waiting,) = world.rejection_rows()
    assert (waiting["refused_values"], waiting["tries"]) == ({"lifecyclestage": "no_such_stage"}, 2)


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (refusal("a", "b")["message"], {"a", "b"}),
        (refusal("a")["message"] + " (2 more)", {"a"}),
        ("Error: " + refusal("a")["message"], {"a"}),
        (NOT_VALID + "[{", set()),
        (NOT_VALID + '{"name": "a"}', set()),
        (NOT_VALID + '["a", {"name": null}, {}]', set()),
        ("Contact already exists. Existing ID: 1", set()),
        ("", set()),
    ],
)
def test_what_a_message_names_is_read_and_anything_else_names_nothing(message, names):
    assert values_named(message) == names


CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        "zo_activation_status": st.sampled_from(["activated", "not_activated"]),
        "zo_pql_score": st.sampled_from(["1", "2", "many", "1,5"]),
        "zo_last_active_at": st.sampled_from(["2026-06-29T08:30:15.123Z", "yesterday"]),
        "lifecyclestage": st.sampled_from(["lead", "salesqualifiedlead", "no_such_stage"]),
    },
).filter(bool)
BAD = {"many", "1,5", "yesterday", "no_such_stage"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CONTENTS, min_size=1, max_size=8))
def test_every_good_value_arrives_and_every_bad_one_is_told(world, contents):
    updates = add_anew(world, contents)
    taken, refused, _ = sent(world.api, updates)
    for item in updates:
        good = {name: value for name, value in item.values.items() if value not in BAD}
        bad = {name: value for name, value in item.values.items() if value in BAD}
        assert taken.get(item.record_key, {}) == good
        assert refused.get(item.record_key, {}) == bad
        held = world.held(item.hubspot_id)
        assert {name: held[name] for name in good} == good
        assert not held.keys() & (bad.keys() - {"lifecyclestage"})


def add_anew(world, contents):
    """Contacts of an example of its own."""
    ids = world.sandbox.add_contacts([{"email": f"{uuid4()}@a.example"} for _ in contents])
    return [
        replace(update(record_id, **values), record_key=f"u{record_id}")
        for record_id, values in zip(ids, contents, strict=True)
    ]
