"""Batches of records: all or nothing without trace ids, one by one with them, and never in order."""

import pytest
from sandbox_client import OBJECTS


def contact(number, trace=None, **properties):
    item = {"properties": {"email": f"u{number}@x.com", **properties}}
    return {**item, "objectWriteTraceId": trace} if trace is not None else item


def ids_by_email(answer):
    return {result["properties"]["email"]: result["id"] for result in answer.json()["results"]}


def test_a_batch_is_answered_in_another_order_than_its_inputs(hubspot):
    answer = hubspot.batch("create", [contact(number, trace=f"t{number}") for number in range(20)])
    assert answer.status_code == 201
    assert answer.json()["status"] == "COMPLETE"
    traces = [result["objectWriteTraceId"] for result in answer.json()["results"]]
    assert sorted(traces) == sorted(f"t{number}" for number in range(20))
    assert traces != [f"t{number}" for number in range(20)]


def test_the_order_is_the_same_in_every_run(sandbox, hubspot):
    def order():
        answer = hubspot.batch("create", [contact(number) for number in range(20)])
        return [result["id"] for result in answer.json()["results"]]

    first = order()
    sandbox.reset()
    assert order() == first


@pytest.mark.parametrize("call", ["create", "update", "upsert", "archive", "read"])
def test_a_batch_takes_a_hundred_inputs_and_not_one_more(hubspot, call):
    inputs = [{"id": str(number), "idProperty": "email", "properties": {}} for number in range(101)]
    answer = hubspot.batch(call, inputs)
    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "The maximum number of inputs supported in a batch is 100. Please reduce the number of items and try again"
    )


def test_reading_histories_takes_fifty_inputs(hubspot):
    answer = hubspot.batch("read", [{"id": str(n)} for n in range(51)], propertiesWithHistory=["email"])
    assert answer.status_code == 400
    assert "property histories is 50" in answer.json()["message"]


def test_without_trace_ids_one_bad_input_refuses_the_whole_batch(sandbox, hubspot):
    answer = hubspot.batch("create", [contact(1), contact(2, nope="x"), contact(3, nope="y")])
    assert answer.status_code == 400
    assert answer.json()["message"].count("PROPERTY_DOESNT_EXIST") == 2
    # The same mistake twice is listed once: which inputs had it cannot be told.
    assert len(answer.json()["errors"]) == 1
    assert sandbox.contacts() == []


@pytest.mark.parametrize("traces", [("a", "a", "b"), ("a", None, "b"), ("", "a", "b")])
def test_repeated_or_missing_trace_ids_count_as_none(sandbox, hubspot, traces):
    inputs = [contact(number, trace=trace) for number, trace in enumerate(traces)]
    inputs[2]["properties"]["nope"] = "x"
    assert hubspot.batch("create", inputs).status_code == 400
    assert sandbox.contacts() == []


def test_with_trace_ids_the_good_inputs_are_written_and_the_bad_ones_named(sandbox, hubspot):
    hubspot.create("contacts", email="u9@x.com")
    answer = hubspot.batch(
        "create",
        [contact(1, "a"), contact(2, "b", nope="x"), contact(9, "c"), {"properties": {}, "objectWriteTraceId": "d"}],
    )
    assert answer.status_code == 207
    body = answer.json()
    assert [result["objectWriteTraceId"] for result in body["results"]] == ["a"]
    assert body["numErrors"] == 3
    errors = {error["context"]["objectWriteTraceId"][0]: error for error in body["errors"]}
    assert errors["b"]["category"] == "VALIDATION_ERROR"
    assert "PROPERTY_DOESNT_EXIST" in errors["b"]["message"]
    assert errors["c"] == {
        "status": "error",
        "category": "CONFLICT",
        "message": "Contact already exists. Existing ID: 1001",
        "context": {"objectWriteTraceId": ["c"], "existingId": ["1001"]},
    }
    assert "Some required properties were not set" in errors["d"]["message"]
    assert [item["email"] for item in sandbox.contacts()] == ["u9@x.com", "u1@x.com"]


@pytest.mark.parametrize("call", ["update", "upsert"])
def test_trace_ids_isolate_bad_updates_and_upserts_too(sandbox, hubspot, call):
    sandbox.add_contacts([{"email": "u1@x.com"}, {"email": "u2@x.com"}])
    keys = {"update": ["1001", "1002"], "upsert": ["u1@x.com", "u2@x.com"]}[call]
    inputs = [
        {"id": key, "properties": {"city": "Oslo", **extra}, "objectWriteTraceId": key}
        | ({"idProperty": "email"} if call == "upsert" else {})
        for key, extra in zip(keys, ({}, {"lifecyclestage": "Big"}), strict=True)
    ]
    answer = hubspot.batch(call, inputs)
    assert answer.status_code == 207
    assert [result["id"] for result in answer.json()["results"]] == ["1001"]
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": [keys[1]]}
    assert [item.get("city") for item in sandbox.contacts()] == ["Oslo", None]


def test_without_trace_ids_an_existing_address_is_a_conflict_of_the_whole_batch(sandbox, hubspot):
    sandbox.add_contacts([{"email": "u1@x.com"}, {"email": "u2@x.com"}])
    answer = hubspot.batch("create", [contact(0), contact(1), contact(2)])
    assert answer.status_code == 409
    assert answer.json()["message"] == "Contact already exists. Existing ID: 1001"  # only the first one
    assert len(sandbox.contacts()) == 2


@pytest.mark.parametrize("traces", [(None, None), ("a", "b")])
def test_one_new_address_twice_in_a_batch_is_a_conflict_that_names_nobody(sandbox, hubspot, traces):
    answer = hubspot.batch("create", [contact(1, traces[0]), contact(1, traces[1])])
    assert answer.status_code == 409
    assert answer.json()["message"] == "Contact already exists"
    assert sandbox.contacts() == []


@pytest.mark.parametrize("traces", [(None, None), ("a", "b")])
def test_duplicate_ids_refuse_the_whole_batch_with_and_without_trace_ids(sandbox, hubspot, traces):
    sandbox.add_contacts([{"email": "u1@x.com"}])
    inputs = [{"id": "1001", "properties": {"city": "Oslo"}, "objectWriteTraceId": trace} for trace in traces]
    answer = hubspot.batch("update", inputs)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Duplicate IDs found in batch input: [1001]. IDs must be unique"
    assert answer.json()["context"] == {"ids": ["1001"]}
    assert "city" not in sandbox.contacts()[0]


def test_addresses_that_differ_in_case_are_duplicates(hubspot):
    inputs = [{"id": key, "idProperty": "email", "properties": {}} for key in ("A@x.com", "a@X.com ")]
    answer = hubspot.batch("upsert", inputs)
    assert answer.status_code == 400
    assert answer.json()["context"] == {"ids": ["a@x.com"]}


def test_two_addresses_of_one_contact_are_duplicates(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com", "hs_additional_emails": "ann@home.net"}])
    inputs = [{"id": key, "idProperty": "email", "properties": {}} for key in ("ann@x.com", "ann@home.net")]
    answer = hubspot.batch("upsert", inputs)
    assert answer.status_code == 400
    assert answer.json()["context"] == {"ids": ["1001"]}


def test_missing_archived_and_merged_ids_are_listed_and_the_others_updated(sandbox, hubspot):
    sandbox.add_contacts({"email": f"u{number}@x.com"} for number in range(4))
    sandbox.archive("contacts", "1002")
    sandbox.merge("contacts", "1003", "1004")
    inputs = [
        {"id": record_id, "properties": {"city": "Oslo"}, "objectWriteTraceId": record_id}
        for record_id in ("1001", "1002", "1004", "77")
    ]
    answer = hubspot.batch("update", inputs)
    assert answer.status_code == 207
    assert [result["id"] for result in answer.json()["results"]] == ["1001"]
    (error,) = answer.json()["errors"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["message"].startswith("Could not get some CONTACT objects")
    assert error["context"] == {"ids": ["1002", "1004", "77"]}


def test_an_address_as_the_id_of_an_update_changes_nothing_and_raises_no_error(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com"}, {"email": "bob@x.com"}])
    inputs = [{"id": "ann@x.com", "properties": {"city": "Oslo"}}, {"id": "1002", "properties": {"city": "Oslo"}}]
    answer = hubspot.batch("update", inputs)
    assert answer.status_code == 200
    assert [result["id"] for result in answer.json()["results"]] == ["1002"]
    assert "errors" not in answer.json()
    assert "city" not in sandbox.contact("ann@x.com")


def test_contacts_are_not_updated_by_address_even_with_the_property_named(hubspot):
    answer = hubspot.batch("update", [{"id": "ann@x.com", "idProperty": "email", "properties": {"city": "Oslo"}}])
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unable to perform update/upsert by non-unique 0-1 property email"


def test_records_are_updated_by_a_unique_property(sandbox, hubspot):
    sandbox.add_property("companies", name="zo_company_id", type="string", fieldType="text", hasUniqueValue=True)
    sandbox.add_companies([{"name": "Acme", "zo_company_id": "c1"}])
    inputs = [{"id": "c1", "idProperty": "zo_company_id", "properties": {"city": "Oslo"}}]
    answer = hubspot.batch("update", inputs, kind="companies")
    assert answer.json()["results"][0]["id"] == "5001"


def test_an_upsert_creates_and_updates_and_says_which(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com", "hs_additional_emails": "ann@home.net"}])
    inputs = [
        {"id": key, "idProperty": "email", "properties": {"city": "Oslo"}, "objectWriteTraceId": key}
        for key in ("Ann@home.net", "new@x.com")
    ]
    answer = hubspot.batch("upsert", inputs)
    assert answer.status_code == 200
    results = {result["objectWriteTraceId"]: result for result in answer.json()["results"]}
    assert (results["Ann@home.net"]["new"], results["Ann@home.net"]["id"]) == (False, "1001")
    assert (results["new@x.com"]["new"], results["new@x.com"]["properties"]["email"]) == (True, "new@x.com")
    assert sandbox.contact("ann@x.com")["email"] == "ann@x.com"


@pytest.mark.parametrize(
    ("kind", "name"), [("companies", "domain"), ("deals", "dealname"), ("contacts", "hs_object_id")]
)
def test_an_upsert_by_a_property_without_unique_values_is_refused(hubspot, kind, name):
    answer = hubspot.batch("upsert", [{"id": "x", "idProperty": name, "properties": {}}], kind=kind)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Unable to perform update/upsert by non-unique 0-")
    assert answer.json()["message"].endswith(f"property {name}")


def test_an_upsert_needs_the_property_it_goes_by(hubspot):
    answer = hubspot.batch("upsert", [{"id": "ann@x.com", "properties": {}}])
    assert answer.status_code == 400
    assert "idProperty" in answer.json()["message"]


def test_an_upsert_with_a_bad_address_names_the_input(hubspot):
    inputs = [
        {"id": key, "idProperty": "email", "properties": {}, "objectWriteTraceId": key} for key in ("a@b.co", "a@b")
    ]
    answer = hubspot.batch("upsert", inputs)
    assert answer.status_code == 207
    assert "INVALID_EMAIL" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("traces", [(None, None), ("a", "b")])
def test_a_taken_unique_value_fails_the_whole_upsert(sandbox, hubspot, traces):
    sandbox.add_property("contacts", name="zo_user_id", type="string", fieldType="text", hasUniqueValue=True)
    sandbox.add_contacts([{"email": "ann@x.com", "zo_user_id": "u1"}])
    inputs = [
        {"id": key, "idProperty": "email", "properties": {"zo_user_id": user}, "objectWriteTraceId": trace}
        for key, user, trace in (("bob@x.com", "u2", traces[0]), ("eve@x.com", "u1", traces[1]))
    ]
    answer = hubspot.batch("upsert", inputs)
    assert answer.status_code == 409
    assert answer.json()["category"] == "CONFLICT"
    assert "1001 already has that value" in answer.json()["message"]
    assert len(sandbox.contacts()) == 1


def test_reading_lists_the_missing_ids(sandbox, hubspot):
    sandbox.add_contacts({"email": f"u{number}@x.com"} for number in range(3))
    answer = hubspot.batch("read", [{"id": "1001"}, {"id": "1003"}, {"id": "5"}], properties=["email", "city"])
    assert answer.status_code == 207
    assert {result["id"]: result["properties"]["email"] for result in answer.json()["results"]} == {
        "1001": "u0@x.com",
        "1003": "u2@x.com",
    }
    assert answer.json()["results"][0]["properties"]["city"] is None
    assert answer.json()["errors"][0]["context"] == {"ids": ["5"]}


def test_contacts_are_read_by_any_of_their_addresses(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com", "hs_additional_emails": "ann@home.net"}])
    answer = hubspot.batch("read", [{"id": "ANN@home.net"}], idProperty="email", properties=["email"])
    assert answer.status_code == 200
    assert answer.json()["results"][0]["properties"]["email"] == "ann@x.com"


def test_what_was_just_written_is_read_back(hubspot):
    hubspot.batch("create", [contact(1)])
    answer = hubspot.batch("read", [{"id": "u1@x.com"}], idProperty="email")
    assert ids_by_email(answer) == {"u1@x.com": "1001"}


def test_archiving_is_quiet_about_ids_that_are_not_there(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com"}])
    assert hubspot.batch("archive", [{"id": "1001"}, {"id": "5"}]).status_code == 204
    assert sandbox.contacts() == []


def test_a_value_is_appended_with_a_leading_semicolon(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com", "hs_buying_role": "DECISION_MAKER"}])
    answer = hubspot.batch("update", [{"id": "1001", "properties": {"hs_buying_role": ";END_USER;DECISION_MAKER"}}])
    assert answer.json()["results"][0]["properties"]["hs_buying_role"] == "DECISION_MAKER;END_USER"
    hubspot.batch("update", [{"id": "1001", "properties": {"hs_buying_role": "CHAMPION"}}])
    assert sandbox.contacts()[0]["hs_buying_role"] == "CHAMPION"


@pytest.mark.parametrize("inputs", [None, {}, [], ["a"], [{"properties": {}}, 1]])
def test_inputs_that_are_no_list_of_objects_are_refused(hubspot, inputs):
    assert hubspot.post(f"{OBJECTS}/contacts/batch/create", {"inputs": inputs}).status_code == 400


def test_a_task_is_created_with_its_associations(sandbox, hubspot):
    sandbox.add_companies([{"name": "Acme", "domain": "acme.com"}])
    sandbox.add_contacts([{"email": "ann@acme.com"}])
    task = {
        "properties": {
            "hs_timestamp": "2026-11-20T09:00:00Z",
            "hs_task_subject": "Call Ann",
            "hs_task_priority": "HIGH",
        },
        "associations": [
            {"to": {"id": "1001"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]},
            {"to": {"id": 5001}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]},
        ],
    }
    answer = hubspot.batch("create", [task], kind="tasks")
    assert answer.status_code == 201
    assert answer.json()["results"][0]["id"] == "9001"
    assert sandbox.associated("tasks", "9001", "contacts") == ["1001"]
    assert sandbox.associated("companies", "5001", "tasks") == ["9001"]


@pytest.mark.parametrize(("number", "to_id"), [(203, "1001"), (204, "1"), (9999, "1001")])
def test_a_task_with_a_wrong_association_is_not_created(sandbox, hubspot, number, to_id):
    sandbox.add_contacts([{"email": "ann@acme.com"}])
    link = {"to": {"id": to_id}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}]}
    task = {"properties": {"hs_timestamp": "2026-11-20T09:00:00Z"}, "associations": [link]}
    answer = hubspot.batch("create", [task], kind="tasks")
    assert answer.status_code == 400
    assert answer.json()["message"] == "One or more associations are invalid"
    assert sandbox.tasks() == []
