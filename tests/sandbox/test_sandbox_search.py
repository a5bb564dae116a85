"""Search: what it finds, when it finds it, and where it ends."""

import pytest
from sandbox_client import OBJECTS


def by(name, operator, value=None, **fields):
    item = {"propertyName": name, "operator": operator, **fields}
    return item if value is None else {**item, "value": value}


@pytest.fixture
def people(sandbox):
    sandbox.set(search_rate=1_000)
    sandbox.add_property("contacts", name="zo_score", type="number", fieldType="number")
    sandbox.add_contacts(
        [
            {"email": "ann@acme.com", "firstname": "Ann", "lifecyclestage": "lead", "zo_score": 9},
            {"email": "bob@acme.com", "firstname": "Bob", "lifecyclestage": "customer", "zo_score": 100},
            {"email": "eve@home.net", "firstname": "Eve", "hs_additional_emails": "eve@acme.com"},
        ]
    )
    return sandbox


def found(answer):
    assert answer.status_code == 200, answer.text
    return [result["properties"]["email"].partition("@")[0] for result in answer.json()["results"]]


@pytest.mark.parametrize(
    ("item", "names"),
    [
        (by("email", "EQ", "ANN@acme.com"), ["ann"]),
        (by("email", "NEQ", "ann@acme.com"), ["bob", "eve"]),
        (by("email", "IN", values=["ann@acme.com", "eve@home.net"]), ["ann", "eve"]),
        (by("email", "IN", values=["Ann@acme.com"]), []),
        (by("email", "NOT_IN", values=["ann@acme.com"]), ["bob", "eve"]),
        (by("email", "CONTAINS_TOKEN", "*@acme.com"), ["ann", "bob"]),
        (by("email", "NOT_CONTAINS_TOKEN", "acme"), ["eve"]),
        (by("email", "EQ", "eve@acme.com"), []),
        (by("hs_additional_emails", "CONTAINS_TOKEN", "eve@acme.com"), ["eve"]),
        (by("lifecyclestage", "EQ", "lead"), ["ann"]),
        (by("lifecyclestage", "EQ", "Lead"), []),
        (by("lifecyclestage", "NEQ", "lead"), ["bob"]),
        (by("zo_score", "GT", "9"), ["bob"]),
        (by("zo_score", "GTE", "9"), ["ann", "bob"]),
        (by("zo_score", "LT", "100"), ["ann"]),
        (by("zo_score", "EQ", "9.0"), ["ann"]),
        (by("zo_score", "BETWEEN", "10", highValue="200"), ["bob"]),
        (by("zo_score", "HAS_PROPERTY"), ["ann", "bob"]),
        (by("zo_score", "NOT_HAS_PROPERTY"), ["eve"]),
        (by("hs_object_id", "GT", "1001"), ["bob", "eve"]),
        (by("createdate", "GT", "1000"), ["ann", "bob", "eve"]),
        (by("createdate", "LT", "2020-01-01T00:00:00Z"), []),
    ],
)
def test_a_filter_finds(people, hubspot, item, names):
    assert found(hubspot.search("contacts", item)) == names


def test_filters_of_a_group_all_hold_and_one_group_is_enough(people, hubspot):
    both = [by("email", "CONTAINS_TOKEN", "acme"), by("zo_score", "GT", "50")]
    assert found(hubspot.search("contacts", *both)) == ["bob"]
    groups = [{"filters": both}, {"filters": [by("firstname", "EQ", "eve")]}]
    assert found(hubspot.post(f"{OBJECTS}/contacts/search", {"filterGroups": groups})) == ["bob", "eve"]


def test_a_query_looks_into_the_usual_properties(people, hubspot):
    assert found(hubspot.post(f"{OBJECTS}/contacts/search", {"query": "home"})) == ["eve"]


def test_records_are_found_by_what_they_are_associated_with(people, hubspot):
    people.add_companies([{"domain": "acme.com"}])
    people.associate("contacts", "1002", "companies", "5001")
    assert found(hubspot.search("contacts", by("associations.company", "EQ", "5001"))) == ["bob"]


@pytest.mark.parametrize(
    ("sorts", "names"),
    [
        (["-zo_score"], ["bob", "ann", "eve"]),
        ([{"propertyName": "zo_score", "direction": "ASCENDING"}], ["ann", "bob", "eve"]),
        ([{"propertyName": "email", "direction": "DESCENDING"}], ["eve", "bob", "ann"]),
        ([], ["ann", "bob", "eve"]),
    ],
)
def test_results_are_sorted_by_one_rule(people, hubspot, sorts, names):
    assert found(hubspot.search("contacts", sorts=sorts)) == names


def test_results_come_in_pages(people, hubspot):
    first = hubspot.search("contacts", limit=2).json()
    assert (first["total"], first["paging"]["next"]["after"]) == (3, "2")
    second = hubspot.search("contacts", limit=2, after="2").json()
    assert len(second["results"]) == 1
    assert "paging" not in second


def test_asked_for_properties_come_with_the_usual_ones(people, hubspot):
    (result,) = hubspot.search("contacts", by("firstname", "EQ", "Ann"), properties=["email", "nope"]).json()["results"]
    assert set(result["properties"]) == {"createdate", "email", "hs_object_id", "lastmodifieddate"}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": "10"},
        {"after": "x"},
        {"after": "9999", "limit": 2},
        {"after": "10000"},
        {"sorts": ["a", "b"]},
        {"sorts": ["nope"]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [by("email", "HAS_PROPERTY")] * 7}]},
        {"filterGroups": [{"filters": [by("email", "HAS_PROPERTY")] * 5}] * 4},
        {"filterGroups": [{"filters": [by("nope", "HAS_PROPERTY")]}]},
        {"filterGroups": [{"filters": [by("email", "LIKE", "a")]}]},
        {"filterGroups": [{"filters": [by("email", "EQ")]}]},
        {"filterGroups": [{"filters": [by("email", "IN", "a")]}]},
        {"filterGroups": [{"filters": [by("hs_object_id", "GT", "many")]}]},
        {"filterGroups": [{"filters": [by("email", "IN", values=["x" * 30] * 100)]}]},
        {"query": "x" * 3_001},
    ],
)
def test_a_search_beyond_the_limits_is_refused(people, hubspot, body):
    answer = hubspot.post(f"{OBJECTS}/contacts/search", body)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_new_record_is_found_after_the_lag_and_not_before(sandbox, hubspot):
    hubspot.create("contacts", email="ann@x.com")
    wanted = by("email", "EQ", "ann@x.com")
    assert found(hubspot.search("contacts", wanted)) == []
    sandbox.clock.advance(0.99)
    assert found(hubspot.search("contacts", wanted)) == []
    sandbox.clock.advance(0.02)
    assert found(hubspot.search("contacts", wanted)) == ["ann"]


def test_the_index_decides_what_is_found_but_the_values_are_the_present_ones(sandbox, hubspot):
    sandbox.add_contacts([{"email": "old@x.com"}])
    hubspot.patch(f"{OBJECTS}/contacts/1001", {"properties": {"email": "new@x.com"}})
    assert found(hubspot.search("contacts", by("email", "EQ", "old@x.com"))) == ["new"]
    assert found(hubspot.search("contacts", by("email", "EQ", "new@x.com"))) == []
    sandbox.advance_search_lag()
    assert found(hubspot.search("contacts", by("email", "EQ", "new@x.com"))) == ["new"]


def test_a_record_archived_a_moment_ago_is_still_counted_but_not_listed(sandbox, hubspot):
    sandbox.add_contacts([{"email": "ann@x.com"}])
    hubspot.delete(f"{OBJECTS}/contacts/1001")
    body = hubspot.search("contacts").json()
    assert (body["total"], body["results"]) == (1, [])
    sandbox.advance_search_lag()
    assert hubspot.search("contacts").json()["total"] == 0


def test_the_lag_can_be_set(sandbox, hubspot):
    sandbox.set(search_lag_seconds=0)
    hubspot.create("contacts", email="ann@x.com")
    assert found(hubspot.search("contacts")) == ["ann"]
