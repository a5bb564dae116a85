"""Updates → HubSpot over real HTTP: who gets written, who does not, and in how many calls."""

from dataclasses import replace

import pytest
from crm_world import COMPANIES, CONTACTS, door, mapped_property
from scripted_server import Scripted, answering

from dagster_project.crm.batches import NOT_FOUND, UNACCOUNTED
from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from dagster_project.crm.sending import send


def known(number, record_id, **values):
    return Update(f"u{number}", record_id, f"u{number}@a.example", values or {"zo_pql_score": str(number)}, {}, {})


def unknown(number, **values):
    return replace(known(number, None, **values), hubspot_id=None)


def add(world, count):
    ids = world.sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(count)])
    return [known(number, record_id) for number, record_id in enumerate(ids)]


def sent(world, updates, mapped=CONTACTS):
    """(who was acknowledged: record id, who was refused: category, inputs of each call)"""
    world.calls()
    outcomes = list(send(updates, world.api, mapped))
    acknowledged = {item.record_key: record_id for outcome in outcomes for item, record_id, _ in outcome.acknowledged}
    rejected = {item.update.record_key: item.category for outcome in outcomes for item in outcome.rejected}
    return acknowledged, rejected, [call["inputs"] for call in world.calls("/batch/")]


# What is written


def test_hundreds_of_updates_go_in_batches_of_a_hundred_and_arrive_each_at_its_record(world):
    updates = add(world, 250)
    acknowledged, rejected, calls = sent(world, updates)
    # They are on their way at once, so the last one may arrive before another.
    assert sorted(calls) == [50, 100, 100]
    assert rejected == {}
    assert acknowledged == {item.record_key: item.hubspot_id for item in updates}
    for number, item in enumerate(updates):
        assert world.held(item.hubspot_id) == {"zo_pql_score": str(number)}


def test_nothing_to_send_is_no_call(world):
    assert sent(world, []) == ({}, {}, [])


def test_known_and_unknown_records_never_share_a_batch(world):
    acknowledged, _, calls = sent(world, [unknown(7), *add(world, 2), unknown(8)])
    assert calls == [2, 2]
    assert set(acknowledged) == {"u0", "u1", "u7", "u8"}


def test_an_emptied_value_is_empty_in_hubspot(world):
    (item,) = add(world, 1)
    sent(world, [item])
    acknowledged, _, _ = sent(world, [replace(item, values={"zo_pql_score": None})])
    assert world.held(acknowledged["u0"]) == {}


# Unknown records


def test_a_contact_that_hubspot_does_not_hold_is_made_and_made_once(world):
    acknowledged, _, _ = sent(world, [unknown(1), unknown(2)])
    assert sent(world, [unknown(1), unknown(2)])[0] == acknowledged
    assert {item["email"]: item["id"] for item in world.sandbox.contacts()} == {
        "u1@a.example": acknowledged["u1"],
        "u2@a.example": acknowledged["u2"],
    }


def test_an_address_is_the_same_contact_in_any_case(world):
    (record_id,) = world.sandbox.add_contacts([{"email": "u1@a.example"}])
    loud = replace(unknown(1), upsert_key="U1@A.Example")
    assert sent(world, [loud])[0] == {"u1": record_id}


def test_an_upsert_by_an_additional_address_leaves_the_first_one_where_it_is(world):
    (record_id,) = world.sandbox.add_contacts(
        [{"email": "home@a.example", "hs_additional_emails": "u1@a.example;third@a.example"}]
    )
    assert sent(world, [unknown(1)])[0] == {"u1": record_id}
    held = world.sandbox.record("contacts", record_id)
    assert (held["email"], held["hs_additional_emails"]) == ("home@a.example", "u1@a.example;third@a.example")
    assert held["zo_pql_score"] == "1"


def test_a_company_is_made_by_its_own_key_with_name_and_domain_and_made_once(world):
    company = Update("c1", None, "c1", {"zo_company_active_users": "3"}, {}, {"name": "Acme", "domain": "acme.example"})
    acknowledged, _, _ = sent(world, [company], COMPANIES)
    assert sent(world, [company], COMPANIES)[0] == acknowledged
    (held,) = world.sandbox.companies()
    names = ("id", "zo_company_id", "zo_company_active_users", "name", "domain")
    assert [held[name] for name in names] == [acknowledged["c1"], "c1", "3", "Acme", "acme.example"]


@pytest.mark.parametrize("kind", ["502", "504", "reset"])
def test_an_upsert_whose_answer_was_lost_is_repeated_and_makes_nobody_twice(world, kind):
    world.sandbox.inject(kind, when="after", path_regex="batch/upsert", times=1)
    acknowledged, rejected, calls = sent(world, [unknown(number) for number in range(100)])
    assert (len(acknowledged), rejected, calls) == (100, {}, [100, 100])
    assert len(world.sandbox.contacts()) == 100


# Who is refused


def test_one_bad_record_of_a_hundred_does_not_hold_back_the_others(world):
    updates = add(world, 100)
    updates[42] = replace(updates[42], values={"zo_pql_score": "many"})
    acknowledged, rejected, calls = sent(world, updates)
    assert rejected == {"u42": "VALIDATION_ERROR"}
    assert set(acknowledged) == {item.record_key for item in updates} - {"u42"}
    assert calls == [100]


def test_a_record_that_was_archived_or_merged_is_named_and_the_others_are_written(world):
    updates = add(world, 5)
    world.sandbox.archive("contacts", updates[1].hubspot_id)
    world.sandbox.merge("contacts", updates[2].hubspot_id, updates[3].hubspot_id)
    acknowledged, rejected, calls = sent(world, updates)
    assert rejected == {"u1": NOT_FOUND, "u3": NOT_FOUND}
    assert set(acknowledged) == {"u0", "u2", "u4"}
    assert calls == [5]


def with_badge(world, count, culprit):
    """Upserts that carry a unique value; the culprit's is another contact's."""
    world.sandbox.add_property("contacts", name="zo_badge", type="string", fieldType="text", hasUniqueValue=True)
    world.sandbox.add_contacts([{"email": "holder@a.example", "zo_badge": "taken"}])
    return [unknown(number, zo_badge="taken" if number == culprit else f"badge {number}") for number in range(count)]


@pytest.mark.parametrize("culprit", [0, 37, 99])
def test_a_refusal_of_the_whole_batch_is_halved_until_the_culprit_is_found(world, culprit):
    acknowledged, rejected, calls = sent(world, with_badge(world, 100, culprit))
    assert rejected == {f"u{culprit}": "CONFLICT"}
    assert len(acknowledged) == 99
    # Two halves on each of at most seven levels.
    assert len(calls) <= 1 + 2 * 7
    assert calls[:2] == [100, 50]
    assert len(world.sandbox.contacts()) == 100


def test_two_updates_of_one_record_are_told_apart_by_halving(world):
    first, second, third = add(world, 3)
    again = replace(
        third, record_key="again", hubspot_id=first.hubspot_id, values={"zo_activation_status": "activated"}
    )
    acknowledged, rejected, calls = sent(world, [first, second, third, again])
    assert rejected == {}
    assert set(acknowledged) == {"u0", "u1", "u2", "again"}
    assert calls == [4, 2, 2]
    assert world.held(first.hubspot_id) == {"zo_pql_score": "0", "zo_activation_status": "activated"}


def test_a_property_that_the_portal_lacks_refuses_every_record_by_itself(world):
    mapped = replace(CONTACTS, properties=(mapped_property("zo_unheard_of", "pql_score"),))
    updates = [replace(item, values={"zo_unheard_of": "1"}) for item in add(world, 4)]
    acknowledged, rejected, calls = sent(world, updates, mapped)
    assert acknowledged == {}
    assert set(rejected.values()) == {"VALIDATION_ERROR"}
    assert calls == [4]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_success_that_names_nobody_leaves_everybody_unaccounted_for(world, when):
    updates = add(world, 3)
    world.sandbox.inject("empty_2xx", when=when, path_regex="batch/update", times=1)
    acknowledged, rejected, calls = sent(world, updates)
    assert acknowledged == {}
    assert rejected == dict.fromkeys(("u0", "u1", "u2"), UNACCOUNTED)
    assert calls == [3]


@pytest.mark.parametrize("status", [404, 413, 414, 415])
def test_a_refusal_that_no_record_can_have_caused_is_an_error_and_is_not_halved(status):
    with answering(Scripted(status)) as server, pytest.raises(CrmRefused):
        list(send([known(1, "1"), known(2, "2")], door(server.url), CONTACTS))
    assert len(server.seen) == 1


# What ends it


@pytest.mark.parametrize(
    ("kind", "error"), [("503", CrmUnavailable), ("429_daily", CrmUnavailable), ("invalid_token", CrmUnauthorised)]
)
def test_what_was_told_before_a_failure_stands(world, kind, error):
    updates = add(world, 2_500)
    told = []

    def until_it_fails():
        for outcome in send(updates, world.api, CONTACTS):
            told.append(outcome)
            if len(told) == 1:
                world.sandbox.inject(kind, path_regex="batch/update")

    # Those that were on their way when it began to fail are told before it is raised.
    with pytest.raises(error):
        until_it_fails()
    acknowledged = {item.record_key for outcome in told for item, _, _ in outcome.acknowledged}
    written = {item.record_key for item in updates if world.held(item.hubspot_id)}
    assert len(told[0].acknowledged) == 100
    assert 100 <= len(acknowledged) < 2_500
    assert acknowledged == written


def test_a_busy_portal_is_waited_for(world):
    world.sandbox.inject("429", path_regex="batch/update", times=3)
    acknowledged, rejected, calls = sent(world, add(world, 10))
    assert (len(acknowledged), rejected, len(calls)) == (10, {}, 4)
