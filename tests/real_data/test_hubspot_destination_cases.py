"""What two other tools test of their HubSpot destinations: each case is replayed, or says why it is not ours."""

import json

import pytest

from dagster_project.crm.batches import NOT_TAKEN, read_answer
from dagster_project.crm.errors import CrmRefused, CrmUnauthorised
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.provisioning import PropertiesUnusable, provision
from dagster_project.crm.reading_held import read_held
from dagster_project.crm.sending import send
from dagster_project.crm.syncing import SyncRun, sync_object
from tests.crm.crm_world import (
    AS_OF,
    CONTACT_COLUMNS,
    CONTACTS,
    HANDOFF_COLUMNS,
    FakeTime,
    contact,
    mapped_property,
    upserting,
    write_rows,
)
from tests.crm.scripted_server import Scripted, answering
from tests.real_data.destination_cases import ACTIONS, RUDDER, case, case_names, contacts_written
from tests.real_data.hubspot_exchanges import as_text, define_missing, map_of, noted_calls, update_of

pytestmark = pytest.mark.skipif(
    not (ACTIONS.is_file() and RUDDER.is_file()), reason=f"no cases in {ACTIONS.parent} (set PQL_REAL_DATA)"
)

# Replayed below, by the name of the test that does.
WRITTEN = [
    *(f"action {number}" for number in (12, 13, 15, 19, 20, 21, 22, 24)),
    *(f"processor {number}" for number in (0, 3, 17, 18, 19, 22, 25, 26, 33, 43, 44, 45)),
    *(f"router_new_api {number}" for number in (0, 1, 3, 4)),
    *(f"router_legacy {number}" for number in (0, 1, 3)),
]
STAYS_PUT = ["action 15", "action 22"]
NO_ADDRESS = ["action 16", "processor 4", "processor 24", "processor 36"]
BAD_TOKEN = ["action 1", "processor 7"]
GOOD_TOKEN, REFUSED, TOO_MANY, UNREADABLE, OTHER_TYPE = (
    "action 0",
    "action 14",
    "processor 8",
    "action 23",
    "processor 42",
)
REPLAYED = {*WRITTEN, *STAYS_PUT, *NO_ADDRESS, *BAD_TOKEN, GOOD_TOKEN, REFUSED, TOO_MANY, UNREADABLE, OTHER_TYPE}

NO_EVENTS = "behavioural events are not sent: what happened becomes a score or a date in a property"
NO_TRACKING = "the tracking API of 2019 takes page events from browsers; facts become properties"
NO_CUSTOM_OBJECTS = "custom objects are not written: users are contacts, and accounts are companies"
NO_EVENT_STREAM = "about the other tool's event stream: messages, their types and their settings"
NO_SETTINGS_OF_THEIRS = "settings that the other tool has; ours are read in settings.py"
NOT_OURS = {
    **dict.fromkeys([f"action {number}" for number in range(2, 12)], NO_EVENTS),
    **dict.fromkeys([f"processor {number}" for number in (21, 28, 31, 32, 37, 38)], NO_EVENTS),
    "router_new_api 2": NO_EVENTS,
    **dict.fromkeys([f"processor {number}" for number in (2, 5, 6, 9, 14, 15, 16, 23, 40)], NO_TRACKING),
    "router_legacy 2": "a request that the other tool made before and hands through",
    **dict.fromkeys([f"action {number}" for number in range(25, 41)], NO_CUSTOM_OBJECTS),
    **dict.fromkeys([f"processor {number}" for number in (10, 11, 12, 13, 41)], NO_CUSTOM_OBJECTS),
    **dict.fromkeys(
        [f"router_{kind} {n}" for kind in ("reverse_etl", "legacy_reverse_etl") for n in (0, 1)], NO_CUSTOM_OBJECTS
    ),
    **dict.fromkeys([f"processor {number}" for number in (1, 27, 34, 39)], NO_EVENT_STREAM),
    **dict.fromkeys(
        [f"processor {number}" for number in (29, 30, 35)], "settings of theirs; ours are read in settings.py"
    ),
    "action 17": "lists and objects are made into text in the warehouse, where a model says how",
    "action 18": "blanks are taken off in the warehouse; what it holds is sent letter by letter",
    "processor 20": "contacts are found by address, which is unique in HubSpot, and never by a first name",
    "router_associations_reverse_etl 0": "a label of theirs between a company and a person, named and not numbered",
}


def test_every_case_is_replayed_or_says_why_it_is_not_ours():
    names = set(case_names())
    assert REPLAYED | NOT_OURS.keys() == names
    assert REPLAYED.isdisjoint(NOT_OURS)
    assert len(names) == 101


@pytest.mark.parametrize("name", WRITTEN)
def test_a_contact_is_written_with_the_values_of_the_case_and_by_its_id_where_that_is_known(sandbox, name):
    wanted = contacts_written(name)
    assert wanted
    mapped = map_of(*(item.properties for item in wanted))
    define_missing(sandbox, mapped)
    updates, ids = [], {}
    for item in wanted:
        email = item.email or f"{item.record_id}@known.example"
        if item.record_id is not None:
            (ids[email],) = sandbox.add_contacts([{"email": email}])
        updates.append(update_of(item.properties, ids.get(email), email))
    api = noted_calls(sandbox.url)
    outcomes = list(send(updates, api, mapped))

    assert [rejection for outcome in outcomes for rejection in outcome.rejected] == []
    sent = {
        (path.rpartition("/")[2], item["id"]): item["properties"] for path, body in api.asked for item in body["inputs"]
    }
    assert sent == {
        ("update", item.hubspot_id) if item.hubspot_id else ("upsert", item.upsert_key): item.values for item in updates
    }
    for item, update in zip(wanted, updates, strict=True):
        held = sandbox.contact(update.upsert_key)
        assert ids.get(update.upsert_key, held["id"]) == held["id"]
        texts = {key: as_text(value) for key, value in item.properties.items() if key != "graduation_date"}
        assert {key: held[key] for key in texts} == texts
        if "graduation_date" in item.properties:
            assert held["graduation_date"] == "2022-09-30T10:32:22.262Z"
    assert len(sandbox.contacts()) == len(wanted)


@pytest.mark.parametrize("name", STAYS_PUT)
def test_a_stage_that_hubspot_keeps_is_told_and_not_set_by_way_of_nothing(name):
    """The other tool empties the stage and sets it again; here it is sales' own, and what stays put is told."""
    # The answer to the first write of the stage, which shows another one.
    reply = next(
        item["reply_body"]
        for item in case(name)["expected_requests"]
        if "subscriber" in json.dumps(item["expected_body"])
    )
    results = reply.get("results", [reply])
    (wanted,) = [item for item in contacts_written(name) if "lifecyclestage" in item.properties]
    update = update_of(wanted.properties, results[0]["id"], None)
    outcome = read_answer([update], {"results": results}, map_of(wanted.properties))
    (rejection,) = outcome.rejected
    assert (rejection.category, rejection.values) == (NOT_TAKEN, {"lifecyclestage": "subscriber"})
    ((_, record_id, taken),) = outcome.acknowledged
    assert (record_id, "lifecyclestage" in taken) == (results[0]["id"], False)


@pytest.mark.parametrize("name", NO_ADDRESS)
def test_a_person_without_an_address_is_left_out_and_counted(sandbox, engine, tmp_path, name):
    assert "email" not in json.dumps(case(name).get("calls") or case(name)["input"]["message"].get("traits"))
    row = contact("u1", matched_by="no_email", contact_email=None)
    write_rows(tmp_path / "decide.crm_contacts_desired.parquet", [row], CONTACT_COLUMNS)
    write_rows(tmp_path / "decide.handoffs.parquet", [], HANDOFF_COLUMNS)
    run = SyncRun(tmp_path, tmp_path / "state", engine, "run", AS_OF, lambda: AS_OF)
    api = noted_calls(sandbox.url)
    summary = sync_object(run, api, upserting(CONTACTS), lambda line: None)
    assert (summary.left_out, api.asked) == ({"no_email": 1}, [])


def error_body(name):
    """What HubSpot said, as the other tool quotes it."""
    return json.loads(case(name)["expected"]["error"].partition(": ")[2])


@pytest.mark.parametrize("name", BAD_TOKEN)
def test_a_token_that_is_not_accepted_ends_the_run_at_once(name):
    body = {} if name.startswith("action") else error_body(name)
    with answering(Scripted(401, json.dumps(body).encode())) as server:
        with pytest.raises(CrmUnauthorised, match="does not accept the token"):
            noted_calls(server.url).get("/crm/objects/{version}/contacts", {"limit": 1})
        assert len(server.seen) == 1


def test_a_token_that_is_accepted_is_no_matter():
    (request,) = case(GOOD_TOKEN)["expected_requests"]
    with answering(Scripted(request["reply_status"], json.dumps(request["reply_body"]).encode())) as server:
        assert noted_calls(server.url).get("/crm/objects/{version}/contacts", {"limit": 1}) == {}


def test_a_limit_in_other_words_is_waited_for_as_any():
    time = FakeTime()
    refusal = Scripted(429, json.dumps(error_body(TOO_MANY)).encode())
    with answering(refusal, Scripted(200, b'{"results": []}')) as server:
        assert noted_calls(server.url, time=time).get("/crm/properties/{version}/contacts") == {"results": []}
    assert time.pauses == [10.0]


def test_a_refusal_is_told_in_hubspots_own_words():
    (request,) = case(REFUSED)["expected_requests"]
    update = update_of(request["expected_body"]["properties"], "801", None)
    with answering(Scripted(request["reply_status"], json.dumps(request["reply_body"]).encode())) as server:
        (outcome,) = send([update], noted_calls(server.url), map_of(request["expected_body"]["properties"]))
    (rejection,) = outcome.rejected
    assert (rejection.category, rejection.message) == ("VALIDATION_ERROR", request["reply_body"]["message"])


def test_what_cannot_be_read_is_not_taken_for_nobody_there():
    (request,) = case(UNREADABLE)["expected_requests"]
    with answering(Scripted(request["reply_status"], json.dumps(request["reply_body"]).encode())) as server:
        found = read_held(noted_calls(server.url), "contacts", ["a@a.example"], ["lastname"], "email")
        with pytest.raises(CrmRefused, match="'lastname' Property does not exist"):
            list(found)


def test_a_number_in_the_portal_that_is_text_in_the_map_is_told_before_anything_is_written(sandbox):
    assert "days_to_close" in case(OTHER_TYPE)["expected"]["error"]
    sandbox.add_property("contacts", name="days_to_close", type="number", fieldType="number")
    mapped = MappedObject("contacts", (mapped_property("days_to_close", "days"),), True, 100)
    with pytest.raises(PropertiesUnusable, match=r"contacts\.days_to_close is of type number, the map says string"):
        provision(noted_calls(sandbox.url), [mapped])
