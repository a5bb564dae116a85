"""Associations: directions, labels, primary companies and missing records."""

import pytest
from sandbox_client import OBJECTS


@pytest.fixture
def crm(sandbox):
    sandbox.add_companies([{"name": "Acme", "domain": "acme.com"}, {"name": "Bolt", "domain": "bolt.io"}])
    sandbox.add_contacts([{"email": "ann@acme.com"}, {"email": "bob@bolt.io"}])
    sandbox.add_records("tasks", [{"hs_timestamp": "2026-11-20T09:00:00Z"}])
    return sandbox


def path(start, end, call):
    return f"/crm/associations/2026-09/{start}/{end}/batch/{call}"


def pair(from_id, to_id, *numbers):
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number} for number in numbers]
    return {"from": {"id": from_id}, "to": {"id": to_id}, **({"types": types} if types else {})}


def test_records_are_associated_in_both_directions(crm, hubspot):
    answer = hubspot.post(path("tasks", "contacts", "create"), {"inputs": [pair("9001", "1001", 204)]})
    assert answer.status_code == 201
    assert answer.json()["results"] == [
        {"fromObjectTypeId": "0-27", "fromObjectId": 9001, "toObjectTypeId": "0-1", "toObjectId": 1001, "labels": []}
    ]
    assert crm.associated("contacts", "1001", "tasks") == ["9001"]


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        ("contacts", "tasks", 204),
        ("tasks", "contacts", 203),
        ("contacts", "companies", 280),
        ("deals", "companies", 342),
    ],
)
def test_a_type_of_the_other_direction_is_refused(crm, hubspot, start, end, number):
    answer = hubspot.post(path(start, end, "create"), {"inputs": [pair("1001", "5001", number)]})
    assert answer.status_code == 400
    assert answer.json()["subCategory"] == "crm.associations.INVALID_ASSOCIATION_TYPE"


def test_the_primary_company_is_one_and_known_to_the_contact(crm, hubspot):
    create = path("contacts", "companies", "create")
    hubspot.post(create, {"inputs": [pair("1001", "5001", 279, 1)]})
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == "5001"
    answer = hubspot.post(create, {"inputs": [pair("1001", "5002", 1)]})
    assert answer.json()["results"][0]["labels"] == ["Primary"]
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == "5002"
    (result,) = hubspot.post(path("contacts", "companies", "read"), {"inputs": [{"id": "1001"}]}).json()["results"]
    assert result == {
        "from": {"id": "1001"},
        "to": [
            {
                "toObjectId": 5001,
                "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}],
            },
            {
                "toObjectId": 5002,
                "associationTypes": [
                    {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
                    {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
                ],
            },
        ],
    }


def test_writing_labels_replaces_those_that_were_there(crm, hubspot):
    create = path("contacts", "companies", "create")
    hubspot.post(create, {"inputs": [pair("1001", "5001", 1)]})
    hubspot.post(create, {"inputs": [pair("1001", "5001", 279)]})
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == ""


def test_the_default_association_keeps_the_labels(crm, hubspot):
    crm.associate("contacts", "1001", "companies", "5001", "Primary")
    answer = hubspot.post(path("contacts", "companies", "associate/default"), {"inputs": [pair("1001", "5001")]})
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {
            "from": {"id": "1001"},
            "to": {"id": "5001"},
            "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279},
        }
    ]
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == "5001"


def test_missing_records_are_reported_and_the_others_associated(crm, hubspot):
    inputs = [pair("1001", "5001", 279), pair("1002", "99", 279), pair("98", "5001", 279)]
    answer = hubspot.post(path("contacts", "companies", "create"), {"inputs": inputs})
    assert answer.status_code == 207
    assert [(result["fromObjectId"], result["toObjectId"]) for result in answer.json()["results"]] == [(1001, 5001)]
    assert [error["category"] for error in answer.json()["errors"]] == ["OBJECT_NOT_FOUND"] * 2
    assert answer.json()["errors"][0]["context"] == {"fromObjectId": ["1002"], "toObjectId": ["99"]}


def test_a_record_without_associations_is_reported_when_read(crm, hubspot):
    crm.associate("contacts", "1001", "companies", "5001")
    answer = hubspot.post(path("contacts", "companies", "read"), {"inputs": [{"id": "1001"}, {"id": "1002"}]})
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert answer.json()["errors"][0]["context"]["fromObjectId"] == ["1002"]


def test_many_associations_of_one_record_come_in_pages(crm, hubspot):
    crm.add_contacts({"email": f"u{number}@acme.com", "company_domain": "acme.com"} for number in range(501))
    read = path("companies", "contacts", "read")
    (first,) = hubspot.post(read, {"inputs": [{"id": "5001"}]}).json()["results"]
    after = first["paging"]["next"]["after"]
    (second,) = hubspot.post(read, {"inputs": [{"id": "5001", "after": after}]}).json()["results"]
    assert (len(first["to"]), len(second["to"]), "paging" in second) == (500, 1, False)


def test_archiving_removes_all_associations_of_a_pair(crm, hubspot):
    crm.associate("contacts", "1001", "companies", "5001", "Primary")
    body = {"inputs": [{"from": {"id": "1001"}, "to": [{"id": "5001"}, {"id": "5002"}]}]}
    assert hubspot.post(path("contacts", "companies", "archive"), body).status_code == 204
    assert crm.associated("companies", "5001", "contacts") == []
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == ""


@pytest.mark.parametrize(("call", "limit"), [("create", 2_000), ("associate/default", 2_000), ("read", 1_000)])
def test_a_batch_of_associations_is_limited(crm, hubspot, call, limit):
    item = {"id": "1"} if call == "read" else pair("1", "2", 279)
    assert hubspot.post(path("contacts", "companies", call), {"inputs": [item] * (limit + 1)}).status_code == 400
    assert hubspot.post(path("contacts", "companies", call), {"inputs": [item] * limit}).status_code == 207


@pytest.mark.parametrize("item", [{}, {"from": {"id": "1"}}, {"from": "1", "to": "2"}, pair("1001", "5001")])
def test_an_input_without_ends_or_types_is_refused(crm, hubspot, item):
    assert hubspot.post(path("contacts", "companies", "create"), {"inputs": [item]}).status_code == 400


def test_labels_of_others_are_refused(crm, hubspot):
    item = {**pair("1001", "5001"), "types": [{"associationCategory": "USER_DEFINED", "associationTypeId": 36}]}
    assert hubspot.post(path("contacts", "companies", "create"), {"inputs": [item]}).status_code == 400


def test_object_types_without_association_types_are_refused(crm, hubspot):
    assert hubspot.post(path("tasks", "calls", "read"), {"inputs": [{"id": "9001"}]}).status_code == 400


def test_a_record_shows_its_associations_on_request(crm, hubspot):
    crm.associate("contacts", "1001", "companies", "5001", "Primary")
    body = hubspot.get(f"{OBJECTS}/contacts/1001", associations="companies,deals").json()
    assert body["associations"] == {
        "companies": {
            "results": [
                {"id": "5001", "type": "contact_to_company"},
                {"id": "5001", "type": "contact_to_company_unlabeled"},
            ]
        }
    }


def test_an_archived_record_is_associated_with_nothing(crm, hubspot):
    crm.associate("contacts", "1001", "companies", "5001", "Primary")
    hubspot.delete(f"{OBJECTS}/companies/5001")
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == ""
    assert crm.associated("contacts", "1001", "companies") == []


def test_associations_follow_a_merge(crm):
    crm.associate("contacts", "1001", "companies", "5001", "Primary")
    crm.associate("contacts", "1002", "companies", "5002", "Primary")
    crm.merge("contacts", "1001", "1002")
    assert crm.associated("contacts", "1001", "companies") == ["5001", "5002"]
    assert crm.contact("ann@acme.com")["associatedcompanyid"] == "5001"


def test_a_company_counts_its_contacts(crm):
    crm.associate("contacts", "1001", "companies", "5001")
    crm.associate("contacts", "1002", "companies", "5001")
    assert crm.company("acme.com")["num_associated_contacts"] == "2"
