"""Single records: what HubSpot takes, what it refuses, and what it answers."""

import pytest
from sandbox_client import OBJECTS

from dagster_project.sandbox.errors import Refusal


def codes(answer):
    return [(error["code"], error["context"]["propertyName"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_both_dated_versions_answer_with_and_without_a_trailing_slash(hubspot, version, slash):
    assert hubspot.get(f"/crm/objects/{version}/contacts{slash}").status_code == 200


@pytest.mark.parametrize("path", ["/crm/objects/2025-09/contacts", "/crm/v3/objects/contacts", "/nothing/here"])
def test_another_version_or_path_is_not_found_and_says_so_in_json(hubspot, path):
    answer = hubspot.get(path)
    assert answer.status_code == 404
    assert answer.json()["status"] == "error"
    assert answer.headers["X-HubSpot-Correlation-Id"] == answer.json()["correlationId"]


@pytest.mark.parametrize("name", ["contacts", "contact", "CONTACT", "0-1"])
def test_an_object_type_has_several_names(hubspot, name):
    assert hubspot.get(f"{OBJECTS}/{name}").status_code == 200


def test_an_unknown_object_type_is_refused(hubspot):
    answer = hubspot.get(f"{OBJECTS}/butterflies")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unable to infer object type from: butterflies"


def test_a_created_contact_echoes_what_hubspot_sets_besides_the_written_values(hubspot):
    created = hubspot.create("contacts", email="Ann@Example.com", firstname="Ann")
    assert created["id"] == "1001"
    assert created["properties"] == {
        "createdate": created["createdAt"],
        "email": "ann@example.com",
        "firstname": "Ann",
        "hs_all_contact_vids": "1001",
        "hs_email_domain": "example.com",
        "hs_is_contact": "true",
        "hs_is_unworked": "true",
        "hs_object_id": "1001",
        "hs_pipeline": "contacts-lifecycle-pipeline",
        "lastmodifieddate": created["updatedAt"],
    }
    assert created["archived"] is False
    assert created["createdAt"].endswith("Z")


def test_an_update_echoes_the_written_values_and_the_time(hubspot):
    hubspot.create("contacts", email="ann@example.com", firstname="Ann")
    answer = hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"lastname": "Lee"}})
    assert answer.status_code == 200
    assert set(answer.json()["properties"]) == {"lastname", "lastmodifieddate"}


def test_reading_tells_never_set_from_cleared_and_leaves_out_what_does_not_exist(hubspot):
    hubspot.create("contacts", email="ann@example.com", firstname="Ann")
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"firstname": ""}})
    read = hubspot.get(f"{OBJECTS}/contacts/1001", properties="firstname,lastname,nonsense").json()["properties"]
    assert set(read) == {"firstname", "lastname", "createdate", "lastmodifieddate", "hs_object_id"}
    assert read["firstname"] == ""
    assert read["lastname"] is None


def test_the_same_value_again_does_not_count_as_a_change(sandbox, hubspot):
    created = hubspot.create("contacts", email="ann@example.com", firstname="Ann")
    sandbox.clock.advance(5)
    answer = hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"firstname": "Ann"}})
    assert answer.json()["updatedAt"] == created["updatedAt"]
    assert len(sandbox.history("contacts", "1001")) == 1


@pytest.mark.parametrize(
    ("kind", "properties", "missing"),
    [
        ("contacts", {"jobtitle": "CEO"}, ["email", "firstname", "lastname"]),
        ("companies", {"country": "Peru"}, ["domain", "name"]),
        ("deals", {"dealname": "Big"}, ["dealstage", "pipeline"]),
        ("tasks", {"hs_task_subject": "Call"}, ["hs_timestamp"]),
        ("emails", {"hs_timestamp": "1700000000000"}, ["hs_email_direction"]),
        ("notes", {"hs_note_body": "Hi"}, ["hs_timestamp"]),
    ],
)
def test_a_record_without_its_required_properties_is_refused(hubspot, kind, properties, missing):
    answer = hubspot.post(f"{OBJECTS}/{kind}", {"properties": properties})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"]["properties"] == missing


@pytest.mark.parametrize("kind", ["calls", "meetings", "notes", "tasks"])
def test_activities_need_a_time_and_nothing_else(hubspot, kind):
    created = hubspot.create(kind, hs_timestamp=1_700_000_000_000)
    assert created["properties"]["hs_timestamp"] == "2023-11-14T22:13:20.000Z"
    assert created["properties"]["hs_createdate"] == created["createdAt"]


def test_every_bad_value_of_a_record_is_reported(hubspot):
    answer = hubspot.post(
        f"{OBJECTS}/contacts",
        {"properties": {"email": "no", "nope": "1", "createdate": "2026-01-01", "lifecyclestage": "Lead"}},
    )
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert answer.json()["message"].startswith('Property values were not valid: [{"isValid":false,')
    assert codes(answer) == [
        ("INVALID_EMAIL", ["email"]),
        ("PROPERTY_DOESNT_EXIST", ["nope"]),
        ("READ_ONLY_VALUE", ["createdate"]),
        ("INVALID_OPTION", ["lifecyclestage"]),
    ]


def test_additional_addresses_and_the_associated_company_are_read_only(hubspot):
    answer = hubspot.post(
        f"{OBJECTS}/contacts",
        {"properties": {"email": "a@b.co", "hs_additional_emails": "c@b.co", "associatedcompanyid": "5001"}},
    )
    assert [code for code, _ in codes(answer)] == ["READ_ONLY_VALUE", "READ_ONLY_VALUE"]


def test_an_owner_must_exist_and_be_active(sandbox, hubspot):
    active, gone = sandbox.add_owner("a@own.co", "Ada", "L"), sandbox.add_owner("g@own.co", archived=True)
    assert hubspot.create("contacts", email="a@b.co", hubspot_owner_id=active)
    for owner_id in (gone, "999"):
        answer = hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"hubspot_owner_id": owner_id}})
        assert answer.status_code == 400
    answer = hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"hubspot_owner_id": ""}})
    assert answer.status_code == 200


def test_a_taken_address_is_a_conflict_that_names_its_holder(hubspot):
    hubspot.create("contacts", email="ann@example.com")
    answer = hubspot.post(f"{OBJECTS}/contacts", {"properties": {"email": " ANN@example.com"}})
    assert answer.status_code == 409
    assert answer.json()["message"] == "Contact already exists. Existing ID: 1001"
    assert answer.json()["category"] == "CONFLICT"
    assert "context" not in answer.json()


def test_an_additional_address_of_another_contact_cannot_be_taken_either(sandbox, hubspot):
    hubspot.create("contacts", email="ann@example.com")
    sandbox.edit("contacts", "1001", hs_additional_emails="ann@home.net")
    answer = hubspot.post(f"{OBJECTS}/contacts", {"properties": {"email": "ann@home.net"}})
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(
        "propertyName=email, value=ann@home.net} on 1002. 1001 already has that value."
    )


def test_a_person_cannot_give_a_contact_an_address_of_another_one(sandbox):
    sandbox.add_contacts([{"email": "ann@example.com"}, {"email": "bob@example.com"}])
    with pytest.raises(Refusal, match="1001 already has that value"):
        sandbox.edit("contacts", "1002", hs_additional_emails="bob@home.net;ann@example.com")


def test_companies_may_share_a_domain(hubspot):
    first, second = (hubspot.create("companies", domain="acme.com", name="Acme") for _ in range(2))
    assert (first["id"], second["id"]) == ("5001", "5002")


def test_a_unique_value_of_another_record_is_refused(sandbox, hubspot):
    sandbox.add_property("companies", name="zo_company_id", type="string", fieldType="text", hasUniqueValue=True)
    hubspot.create("companies", name="One", zo_company_id="c1")
    hubspot.create("companies", name="Two", zo_company_id="c2")
    answer = hubspot.patch(f"{OBJECTS}/companies/5002", {"properties": {"zo_company_id": "c1"}})
    assert answer.status_code == 400
    assert "propertyName=zo_company_id, value=c1} on 5002. 5001 already has that value." in answer.json()["message"]


def test_records_are_found_by_unique_property_and_by_any_address(sandbox, hubspot):
    sandbox.add_property("companies", name="zo_company_id", type="string", fieldType="text", hasUniqueValue=True)
    hubspot.create("companies", name="One", zo_company_id="c1")
    hubspot.create("contacts", email="ann@example.com")
    sandbox.edit("contacts", "1001", hs_additional_emails="ann@home.net")
    assert hubspot.get(f"{OBJECTS}/companies/c1", idProperty="zo_company_id").json()["id"] == "5001"
    for address in ("ann@example.com", "Ann@Home.net"):
        assert hubspot.get(f"{OBJECTS}/contacts/{address}", idProperty="email").json()["id"] == "1001"
    patched = hubspot.patch(f"{OBJECTS}/contacts/ann@home.net", {"properties": {"city": "Oslo"}}, idProperty="email")
    assert patched.json()["id"] == "1001"
    refused = hubspot.get(f"{OBJECTS}/companies/One", idProperty="name")
    assert refused.status_code == 400
    assert refused.json()["message"] == "Unable to perform update/upsert by non-unique 0-2 property name"


def test_a_missing_record_is_not_found_and_a_word_gets_its_own_message(hubspot):
    number, word = hubspot.get(f"{OBJECTS}/contacts/42"), hubspot.get(f"{OBJECTS}/contacts/ann@example.com")
    assert (number.status_code, word.status_code) == (404, 404)
    assert number.json()["message"] == "resource not found"
    assert word.json()["message"] == "Object not found.  objectId are usually numeric."
    assert word.json()["context"] == {"id": ["ann@example.com"]}


def test_an_archived_record_is_gone_and_stays_in_the_recycle_bin(hubspot):
    hubspot.create("contacts", email="ann@example.com")
    assert hubspot.delete(f"{OBJECTS}/contacts/1001").status_code == 204
    assert hubspot.get(f"{OBJECTS}/contacts/1001").status_code == 404
    assert hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"city": "Oslo"}}).status_code == 404
    assert hubspot.get(f"{OBJECTS}/contacts").json()["results"] == []
    (archived,) = hubspot.get(f"{OBJECTS}/contacts", archived="true").json()["results"]
    assert archived["archived"] is True
    assert archived["archivedAt"]
    assert hubspot.get(f"{OBJECTS}/contacts/1001", archived="true").status_code == 200
    assert hubspot.create("contacts", email="ann@example.com")["id"] == "1002"


def test_the_list_is_read_in_pages(sandbox, hubspot):
    sandbox.add_contacts({"email": f"u{number}@x.com"} for number in range(25))
    hubspot.delete(f"{OBJECTS}/contacts/1011")
    ids, after = [], None
    while True:
        body = hubspot.get(f"{OBJECTS}/contacts", limit=10, **({"after": after} if after else {})).json()
        ids += [result["id"] for result in body["results"]]
        if "paging" not in body:
            break
        after = body["paging"]["next"]["after"]
    assert ids == [str(1001 + number) for number in range(25) if number != 10]


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_page_has_at_most_a_hundred_records(hubspot, limit):
    assert hubspot.get(f"{OBJECTS}/contacts", limit=limit).status_code == 400


def test_a_lifecycle_stage_only_moves_forward(sandbox, hubspot):
    hubspot.create("contacts", email="ann@example.com", lifecyclestage="opportunity")
    back = hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"lifecyclestage": "lead"}})
    assert back.status_code == 200
    assert back.json()["properties"]["lifecyclestage"] == "lead"  # the answer does not tell
    assert sandbox.contact("ann@example.com")["lifecyclestage"] == "opportunity"
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"lifecyclestage": "customer"}})
    assert sandbox.contact("ann@example.com")["lifecyclestage"] == "customer"


def test_a_lifecycle_stage_goes_back_after_it_was_cleared(sandbox, hubspot):
    hubspot.create("companies", name="Acme", lifecyclestage="opportunity")
    hubspot.patch(f"{OBJECTS}/companies/5001", {"properties": {"lifecyclestage": ""}})
    hubspot.patch(f"{OBJECTS}/companies/5001", {"properties": {"lifecyclestage": "marketingqualifiedlead"}})
    assert sandbox.record("companies", "5001")["lifecyclestage"] == "marketingqualifiedlead"
    assert sandbox.record("companies", "5001")["hs_lifecyclestage_marketingqualifiedlead_date"]


def test_a_custom_stage_takes_its_place_in_the_order(sandbox, hubspot):
    sandbox.add_lifecycle_stage("1234567", "PQL", before="salesqualifiedlead")
    hubspot.create("contacts", email="ann@example.com", lifecyclestage="1234567")
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"lifecyclestage": "marketingqualifiedlead"}})
    assert sandbox.contact("ann@example.com")["lifecyclestage"] == "1234567"
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"lifecyclestage": "salesqualifiedlead"}})
    assert sandbox.contact("ann@example.com")["lifecyclestage"] == "salesqualifiedlead"


def test_a_person_may_do_what_the_api_may_not(sandbox, hubspot):
    hubspot.create("contacts", email="ann@example.com", lifecyclestage="opportunity")
    sandbox.edit("contacts", "1001", lifecyclestage="lead", hs_email_last_open_date="2026-01-02T03:04:05Z")
    contact = sandbox.contact("ann@example.com")
    assert contact["lifecyclestage"] == "lead"
    assert contact["hs_email_last_open_date"] == "2026-01-02T03:04:05.000Z"
    assert sandbox.history("contacts", "1001")[-1]["source"] == "CRM_UI"


def test_merging_keeps_the_survivor_and_all_identities(sandbox, hubspot):
    hubspot.create("contacts", email="ann@example.com", lifecyclestage="lead")
    hubspot.create("contacts", email="ann@home.net", city="Oslo", lifecyclestage="opportunity")
    answer = hubspot.post(f"{OBJECTS}/contacts/merge", {"primaryObjectId": "1001", "objectIdToMerge": "1002"})
    assert answer.status_code == 200
    assert answer.json()["id"] == "1001"
    survivor = sandbox.contact("ann@home.net")
    assert survivor["id"] == "1001"
    assert survivor["hs_merged_object_ids"] == "1002"
    assert survivor["hs_additional_emails"] == "ann@home.net"
    assert (survivor["city"], survivor["lifecyclestage"]) == ("Oslo", "opportunity")
    # The old id goes on working one record at a time, but not in batches.
    assert hubspot.get(f"{OBJECTS}/contacts/1002").json()["id"] == "1001"
    assert hubspot.patch(f"{OBJECTS}/contacts/1002", {"properties": {"city": "Bergen"}}).json()["id"] == "1001"
    batch = hubspot.batch("update", [{"id": "1002", "properties": {"city": "Narvik"}}])
    assert batch.status_code == 207
    assert batch.json()["errors"][0]["context"]["ids"] == ["1002"]


def test_merging_needs_two_live_records(hubspot):
    hubspot.create("contacts", email="ann@example.com")
    for pair, status in ((("1001", "9"), 404), (("1001", "1001"), 400)):
        body = {"primaryObjectId": pair[0], "objectIdToMerge": pair[1]}
        assert hubspot.post(f"{OBJECTS}/contacts/merge", body).status_code == status


def test_a_new_primary_address_is_no_longer_an_additional_one(sandbox, hubspot):
    hubspot.create("contacts", email="ann@example.com")
    sandbox.edit("contacts", "1001", hs_additional_emails="ann@home.net;ann@work.org")
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"email": "ann@home.net"}})
    assert sandbox.contact("ann@home.net")["hs_additional_emails"] == "ann@work.org"
    assert sandbox.contact("ann@example.com") is None


def test_a_closed_deal_is_marked_as_closed(hubspot):
    created = hubspot.create("deals", dealname="Big", pipeline="default", dealstage="appointmentscheduled")
    assert created["properties"]["hs_is_closed"] == "false"
    hubspot.patch(f"{OBJECTS}/deals/3001", {"properties": {"dealstage": "closedwon"}})
    read = hubspot.get(f"{OBJECTS}/deals/3001", properties="hs_is_closed,hs_is_closed_won").json()["properties"]
    assert (read["hs_is_closed"], read["hs_is_closed_won"]) == ("true", "true")


def test_a_completed_task_says_when(sandbox, hubspot):
    hubspot.create("tasks", hs_timestamp="2026-01-01T00:00:00Z", hs_task_status="NOT_STARTED")
    assert "hs_task_completion_date" not in sandbox.tasks()[0]
    hubspot.patch(f"{OBJECTS}/tasks/9001", {"properties": {"hs_task_status": "COMPLETED"}})
    assert sandbox.tasks()[0]["hs_task_completion_date"]


def test_former_values_are_read_with_history(sandbox, hubspot):
    hubspot.create("contacts", email="ann@example.com", city="Oslo")
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"city": "Bergen"}})
    body = hubspot.get(f"{OBJECTS}/contacts/1001", propertiesWithHistory="city").json()
    assert [entry["value"] for entry in body["propertiesWithHistory"]["city"]] == ["Bergen", "Oslo"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b'{"properties": {"number": NaN}}', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(hubspot, content):
    answer = hubspot.send("POST", f"{OBJECTS}/contacts", content)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input JSON on line 1, column")


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}])
def test_a_value_that_is_no_scalar_is_refused(hubspot, value):
    assert hubspot.post(f"{OBJECTS}/contacts", {"properties": {"firstname": value}}).status_code == 400


def test_a_method_a_path_does_not_have_is_refused(hubspot):
    assert hubspot.send("PUT", f"{OBJECTS}/contacts", b"{}").status_code == 405


def test_an_address_that_was_deleted_under_the_gdpr_never_makes_a_contact_again(sandbox, hubspot):
    record = hubspot.create("contacts", email="a@x.example")
    other = hubspot.create("contacts", email="b@x.example")
    assert hubspot.post(f"{OBJECTS}/contacts/gdpr-delete", {"objectId": record["id"]}).status_code == 204
    path = f"{OBJECTS}/contacts/gdpr-delete"
    assert hubspot.post(path, {"objectId": "c@x.example", "idProperty": "email"}).status_code == 204
    assert hubspot.get(f"{OBJECTS}/contacts/{record['id']}", archived="true").status_code == 404
    for address in ("a@x.example", "c@x.example"):
        answer = hubspot.post(f"{OBJECTS}/contacts", {"properties": {"email": address}})
        assert (answer.status_code, answer.json()["category"]) == (400, "GDPR_BLACKLISTED_EMAIL")
    assert (
        hubspot.patch(f"{OBJECTS}/contacts/{other['id']}", {"properties": {"email": "a@x.example"}}).status_code == 400
    )
    inputs = [
        {"id": email, "idProperty": "email", "objectWriteTraceId": email, "properties": {"firstname": "A"}}
        for email in ("a@x.example", "new@x.example")
    ]
    answer = hubspot.batch("upsert", inputs)
    assert answer.status_code == 207
    assert [error["context"]["objectWriteTraceId"] for error in answer.json()["errors"]] == [["a@x.example"]]
    assert [item["objectWriteTraceId"] for item in answer.json()["results"]] == ["new@x.example"]
