"""What an answer says about each update of a batch, by whatever HubSpot names it with."""

import gzip
import json
import random

import pytest
from crm_world import COMPANIES, CONTACTS
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.crm.batches import (
    NOT_FOUND,
    NOT_TAKEN,
    UNACCOUNTED,
    read_answer,
    update_body,
    upsert_body,
    upsert_property,
)
from dagster_project.crm.changes import Update


def update(number, **values):
    """Of a record whose id is known."""
    values = values or {"zo_pql_score": "8"}
    return Update(f"u{number}", str(100 + number), f"u{number}@a.example", values, {}, {})


def unknown(key, email=None, **values):
    return Update(key, None, email or f"{key}@a.example", values or {"zo_pql_score": "8"}, {}, {})


def gone(number):
    return Update(f"u{number}", str(100 + number), None, {"zo_pql_score": None}, {}, {}, is_gone=True)


def result(record_id, properties=None, **fields):
    return {"id": record_id, "properties": properties or {}, **fields}


def acknowledged(outcome):
    return {item.record_key: record_id for item, record_id, _ in outcome.acknowledged}


def rejected(outcome):
    return {rejection.update.record_key: rejection.category for rejection in outcome.rejected}


# What is asked


def test_known_records_are_updated_by_their_id():
    assert update_body([update(1, zo_pql_score="8"), update(2, zo_pql_score=None, zo_activation_status="")]) == {
        "inputs": [
            {"id": "101", "objectWriteTraceId": "0", "properties": {"zo_pql_score": "8"}},
            {"id": "102", "objectWriteTraceId": "1", "properties": {"zo_pql_score": "", "zo_activation_status": ""}},
        ]
    }


def test_unknown_contacts_are_named_by_their_address_and_the_address_is_not_written():
    assert upsert_body([unknown("u1", "Ann@a.example")], CONTACTS) == {
        "inputs": [
            {
                "id": "Ann@a.example",
                "idProperty": "email",
                "objectWriteTraceId": "0",
                "properties": {"zo_pql_score": "8"},
            }
        ]
    }


def test_unknown_companies_are_named_by_our_own_property_and_made_with_what_is_known():
    company = Update("c1", None, "c1", {"zo_company_active_users": "3"}, {}, {"name": "Acme", "domain": "acme.example"})
    assert upsert_property(COMPANIES) == "zo_company_id"
    (item,) = upsert_body([company], COMPANIES)["inputs"]
    assert (item["id"], item["idProperty"]) == ("c1", "zo_company_id")
    assert item["properties"] == {
        "zo_company_id": "c1",
        "zo_company_active_users": "3",
        "name": "Acme",
        "domain": "acme.example",
    }


# Who is meant


def test_results_are_matched_by_trace_id_whatever_their_order():
    batch = [unknown("u0"), unknown("u1"), unknown("u2")]
    results = [result(f"9{trace}", objectWriteTraceId=str(trace)) for trace in (2, 0, 1)]
    assert acknowledged(read_answer(batch, {"results": results}, CONTACTS)) == {"u0": "90", "u1": "91", "u2": "92"}


def test_results_without_trace_ids_are_matched_by_record_id():
    batch = [update(1), update(2), update(3)]
    answer = {"results": [result("103"), result("101"), result("102")]}
    assert acknowledged(read_answer(batch, answer, CONTACTS)) == {"u1": "101", "u2": "102", "u3": "103"}


def test_upserted_contacts_without_trace_ids_are_matched_by_address_in_any_case():
    batch = [unknown("u1", "Ann@A.example"), unknown("u2")]
    answer = {"results": [result("8", {"email": "u2@a.example"}), result("9", {"email": "ann@a.example"})]}
    assert acknowledged(read_answer(batch, answer, CONTACTS)) == {"u1": "9", "u2": "8"}


def test_companies_whose_keys_differ_in_their_case_only_are_not_mixed_up():
    batch = [Update(key, None, key, {"zo_company_active_users": "1"}, {}, {}) for key in ("Acme", "acme")]
    answer = {"results": [result("8", {"zo_company_id": "acme"}), result("9", {"zo_company_id": "Acme"})]}
    assert acknowledged(read_answer(batch, answer, COMPANIES)) == {"acme": "8", "Acme": "9"}


def test_a_record_id_is_never_taken_for_the_key_of_another_record():
    batch = [Update("c1", "101", "202", {"zo_company_active_users": "1"}, {}, {}), update(5)]
    outcome = read_answer(batch, {"results": [result("202"), result("105")]}, COMPANIES)
    assert acknowledged(outcome) == {"u5": "105"}
    assert rejected(outcome) == {"c1": UNACCOUNTED}


@pytest.mark.parametrize(
    "context", [{}, {"ids": []}, {"ids": [""]}, {"id": [None]}, {"objectWriteTraceId": ["x", "-1", "9"]}]
)
def test_an_error_that_names_nobody_we_asked_about_is_nobodys(context):
    batch = [gone(1), update(2)]
    answer = {"results": [result("102")], "errors": [{"category": "CONFLICT", "context": context}]}
    outcome = read_answer(batch, answer, CONTACTS)
    assert acknowledged(outcome) == {"u2": "102"}
    assert rejected(outcome) == {"u1": UNACCOUNTED}


def test_errors_are_matched_by_trace_id_by_ids_and_by_address():
    batch = [update(1), update(2), update(3), update(4)]
    answer = {
        "results": [result("104", objectWriteTraceId="3")],
        "errors": [
            {"category": "VALIDATION_ERROR", "message": "no", "context": {"objectWriteTraceId": ["0"]}},
            {"category": NOT_FOUND, "message": "gone", "context": {"ids": ["103", "102"]}},
        ],
    }
    outcome = read_answer(batch, answer, CONTACTS)
    assert acknowledged(outcome) == {"u4": "104"}
    assert rejected(outcome) == {"u1": "VALIDATION_ERROR", "u2": NOT_FOUND, "u3": NOT_FOUND}
    assert {rejection.message for rejection in outcome.rejected} == {"no", "gone"}
    refused = {"errors": [{"category": "CONFLICT", "context": {"id": ["U1@a.example"]}}]}
    assert rejected(read_answer([unknown("u1")], refused, CONTACTS)) == {"u1": "CONFLICT"}


def test_every_field_of_an_error_may_be_missing():
    outcome = read_answer([update(1)], {"errors": [{"context": {"ids": ["101"]}}, {}, {"context": None}]}, CONTACTS)
    (rejection,) = outcome.rejected
    assert (rejection.category, rejection.message) == ("UNKNOWN", "no message")
    assert rejection.values == {"zo_pql_score": "8"}


@pytest.mark.parametrize("body", [{}, {"results": []}, {"results": None, "errors": None}, {"status": "COMPLETE"}])
def test_a_success_that_names_nobody_wrote_nothing(body):
    outcome = read_answer([update(1), update(2)], body, CONTACTS)
    assert outcome.acknowledged == []
    assert rejected(outcome) == {"u1": UNACCOUNTED, "u2": UNACCOUNTED}


def test_a_record_that_is_named_twice_counts_once():
    answer = {
        "results": [result("101"), result("101")],
        "errors": [{"category": "CONFLICT", "context": {"ids": ["101"]}}],
    }
    outcome = read_answer([update(1)], answer, CONTACTS)
    assert (len(outcome.acknowledged), outcome.rejected) == (1, [])


def test_emptying_a_record_that_is_not_there_is_done_and_writing_to_it_is_not():
    answer = {"errors": [{"category": NOT_FOUND, "context": {"ids": ["101", "102"]}}]}
    outcome = read_answer([gone(1), update(2)], answer, CONTACTS)
    assert [(item.record_key, taken) for item, _, taken in outcome.acknowledged] == [("u1", {"zo_pql_score": None})]
    assert rejected(outcome) == {"u2": NOT_FOUND}


# What was taken


@pytest.mark.parametrize(
    ("name", "sent", "echoed"),
    [
        ("zo_pql_score", "8", "8"),
        ("zo_pql_score", "8", "8.0"),
        ("zo_pql_score", None, ""),
        ("zo_pql_score", None, None),
        ("zo_last_active_at", "2026-06-30T12:00:00.000Z", "2026-06-30T12:00:00Z"),
        ("zo_last_active_at", "2026-06-30T12:00:00.000Z", "1782820800000"),
        ("lifecyclestage", "lead", "lead"),
        # Text is HubSpot's to reformat.
        ("zo_activation_status", "activated ", "Activated"),
    ],
)
def test_an_echo_of_the_same_value_is_an_acknowledgement(name, sent, echoed):
    outcome = read_answer([update(1, **{name: sent})], {"results": [result("101", {name: echoed})]}, CONTACTS)
    assert [taken for _, _, taken in outcome.acknowledged] == [{name: sent}]
    assert outcome.rejected == []


@pytest.mark.parametrize(
    ("name", "sent", "echoed", "kept"),
    [
        (
            "lifecyclestage",
            "salesqualifiedlead",
            "customer",
            "lifecyclestage stays 'customer', sent was 'salesqualifiedlead'",
        ),
        ("zo_pql_score", "8", "9", "zo_pql_score stays '9', sent was '8'"),
        ("zo_pql_score", None, "9", "zo_pql_score stays '9', sent was None"),
        ("hubspot_owner_id", "201", None, "hubspot_owner_id stays None, sent was '201'"),
    ],
)
def test_an_echo_of_another_value_was_not_taken_and_does_not_take_the_rest_with_it(name, sent, echoed, kept):
    sent_values = {name: sent, "zo_activation_status": "activated", "zo_handoff_at": "2026-06-30T12:00:00.000Z"}
    answer = {"results": [result("101", {name: echoed, "zo_activation_status": "activated"})]}
    outcome = read_answer([update(1, **sent_values)], answer, CONTACTS)
    ((_, _, taken),) = outcome.acknowledged
    assert taken == {key: value for key, value in sent_values.items() if key != name}
    (rejection,) = outcome.rejected
    assert (rejection.category, rejection.message, rejection.values) == (NOT_TAKEN, kept, {name: sent})


def test_a_record_of_which_nothing_was_taken_is_not_acknowledged():
    outcome = read_answer([update(1)], {"results": [result("101", {"zo_pql_score": "1"})]}, CONTACTS)
    assert outcome.acknowledged == []
    assert rejected(outcome) == {"u1": NOT_TAKEN}


def test_a_property_that_is_not_echoed_is_taken_on_trust():
    outcome = read_answer([update(1)], {"results": [result("101", {})]}, CONTACTS)
    assert acknowledged(outcome) == {"u1": "101"}


# All of them


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["result", "trace error", "id error", "nothing"]), min_size=1, max_size=100), st.randoms()
)
def test_every_update_is_accounted_for_exactly_once(fates, shuffler: random.Random):
    batch = [update(number) for number in range(len(fates))]
    results = [
        result(item.hubspot_id, objectWriteTraceId=str(place))
        for place, (item, fate) in enumerate(zip(batch, fates, strict=True))
        if fate == "result"
    ]
    errors = [
        {"category": "X", "context": {"objectWriteTraceId": [str(place)]}}
        for place, fate in enumerate(fates)
        if fate == "trace error"
    ]
    missing = [item.hubspot_id for item, fate in zip(batch, fates, strict=True) if fate == "id error"]
    errors += [{"category": NOT_FOUND, "context": {"ids": missing}}] if missing else []
    shuffler.shuffle(results)
    shuffler.shuffle(errors)
    outcome = read_answer(batch, {"results": results, "errors": errors}, CONTACTS)
    expected = {"trace error": "X", "id error": NOT_FOUND, "nothing": UNACCOUNTED}
    assert acknowledged(outcome) == {
        item.record_key: item.hubspot_id for item, fate in zip(batch, fates, strict=True) if fate == "result"
    }
    assert rejected(outcome) == {
        item.record_key: expected[fate] for item, fate in zip(batch, fates, strict=True) if fate != "result"
    }


# Recorded traffic


def test_recorded_answers_account_for_every_input(real_data):
    """Answers of the real API (2022): shuffled, without trace ids, with more properties than were sent."""
    with gzip.open(real_data / "hubspot_recorded_contacts" / "interactions.json.gz", "rt", encoding="utf-8") as file:
        recorded = json.load(file)["export-objects/export-records-contact.js"]
    seen = {"create": 0, "update": 0}
    for interaction in recorded:
        call = interaction["path"].rpartition("/")[2]
        if "/batch/" not in interaction["path"] or call not in seen:
            continue
        inputs, answer = interaction["request_body"]["inputs"], interaction["response_body"]
        batch = [
            Update(str(place), item.get("id"), item["properties"].get("email"), item["properties"], {}, {})
            for place, item in enumerate(inputs)
        ]
        outcome = read_answer(batch, answer, CONTACTS)
        assert outcome.rejected == []
        assert {item.record_key for item, _, _ in outcome.acknowledged} == {item.record_key for item in batch}
        emails = {item["id"]: item["properties"].get("email") for item in answer["results"]}
        for item, record_id, taken in outcome.acknowledged:
            assert taken == item.values
            assert record_id == (item.hubspot_id or record_id)
            if item.hubspot_id is None:
                assert emails[record_id] == item.upsert_key.lower()
        seen[call] += len(batch)
    assert seen["create"] >= 100
    assert seen["update"] >= 12
