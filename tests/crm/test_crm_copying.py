"""HubSpot is read whole, page by page, and only what this project uses of it."""

import json
from datetime import datetime

import pytest
from crm_world import COMPANIES, definition, door
from scripted_server import Scripted, answering

from dagster_project.crm.copying import CrmCopy, read_crm
from dagster_project.crm.errors import CrmUnavailable
from dagster_project.crm.fact_properties import read_fact_properties
from dagster_project.crm.object_reading import PAGE_SIZE
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR


@pytest.fixture
def api(sandbox):
    sandbox.set(rate_limit=1_000_000)
    return door(sandbox.url)


def read(sandbox, api, keys=None):
    """The copy, and the pages that were read of contacts and of companies."""
    seen = len(sandbox.requests())
    copy = read_crm(api, keys)
    paths = [call["path"].partition("?")[0].rpartition("/")[2] for call in sandbox.requests()[seen:]]
    return copy, paths


def addresses(copy):
    return [(row["email"], row["is_primary"]) for row in copy.contact_emails]


# Pages


def test_an_empty_portal_has_stages_and_nothing_else(sandbox, api):
    copy, _ = read(sandbox, api)
    assert (copy.contacts, copy.contact_emails, copy.companies, copy.owners) == ([], [], [], [])
    assert [row["stage"] for row in copy.lifecycle_stages][:4] == [
        "subscriber",
        "lead",
        "marketingqualifiedlead",
        "salesqualifiedlead",
    ]


@pytest.mark.parametrize(
    ("count", "pages"), [(0, 1), (1, 1), (PAGE_SIZE, 1), (PAGE_SIZE + 1, 2), (2 * PAGE_SIZE, 2), (250, 3)]
)
def test_every_record_is_read_once_however_many_pages_there_are(sandbox, api, count, pages):
    contact_ids = sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(count)])
    company_ids = sandbox.add_companies([{"name": f"Company {number}"} for number in range(count)])
    # The pipelines of contacts end like the contacts.
    copy, paths = read(sandbox, api)
    assert [row["hubspot_id"] for row in copy.contacts] == contact_ids
    assert [row["hubspot_id"] for row in copy.companies] == company_ids
    assert len(copy.contact_emails) == count
    assert (paths.count("contacts"), paths.count("companies")) == (pages + 1, pages)


def test_owners_come_in_pages_as_well(sandbox, api):
    ids = [sandbox.add_owner(f"o{number}@o.example") for number in range(PAGE_SIZE + 5)]
    copy, _ = read(sandbox, api)
    assert [row["owner_id"] for row in copy.owners] == ids


def test_a_last_page_that_names_no_next_one_in_any_way_ends_the_reading():
    stages = {"stages": [{"id": "lead", "displayOrder": 0}]}
    first = {"results": [{"id": "1", "properties": {"email": "u1@a.example"}}], "paging": {"next": {"after": "1"}}}
    for ending in ({}, {"paging": None}, {"paging": {}}, {"paging": {"next": None}}, {"paging": {"next": {}}}):
        last = {"results": [{"id": "2", "properties": {"email": "u2@a.example"}}]} | ending
        nothing = {"results": []}
        bodies = (first, last, nothing, nothing, {"results": [stages]})
        with answering(*(Scripted(200, json.dumps(body).encode()) for body in bodies)) as server:
            copy = read_crm(door(server.url), None)
            assert [row["hubspot_id"] for row in copy.contacts] == ["1", "2"]
            assert len(server.seen) == len(bodies)
            assert "after=1" in server.seen[1][1]
        assert copy.lifecycle_stages == [{"stage": "lead", "label": None, "display_order": 0}]


def test_a_page_that_fails_is_asked_for_again_and_no_record_is_read_twice(sandbox, api):
    ids = sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(250)])
    sandbox.inject("502", path_regex="objects/.*/contacts", times=2)
    copy, _ = read(sandbox, api)
    assert [row["hubspot_id"] for row in copy.contacts] == ids


def test_half_a_portal_is_no_copy(sandbox, api):
    sandbox.add_contacts([{"email": "u1@a.example"}])
    sandbox.inject("503", path_regex="companies")
    with pytest.raises(CrmUnavailable):
        read_crm(api, None)


# Contacts


def test_what_is_read_of_a_contact(sandbox, api):
    owner_id = sandbox.add_owner("ann@o.example")
    (record_id,) = sandbox.add_contacts(
        [{"email": "Nora@A.example", "firstname": "Nora", "lastname": "Lind", "jobtitle": "VP", "country": "Norway"}]
    )
    sandbox.edit("contacts", record_id, lifecyclestage="lead", hubspot_owner_id=owner_id, city="Bergen")
    sandbox.edit("contacts", record_id, hs_email_last_open_date="2026-06-01T08:00:00Z")
    sandbox.edit("contacts", record_id, hs_lifecyclestage_salesqualifiedlead_date="2026-06-02T08:00:00Z")
    sandbox.edit("contacts", record_id, hs_analytics_source="REFERRALS")
    copy, _ = read(sandbox, api)
    assert copy.contacts == [
        {
            "hubspot_id": record_id,
            "email": "nora@a.example",
            "first_name": "Nora",
            "last_name": "Lind",
            "job_title": "VP",
            "country": "Norway",
            "lifecycle_stage": "lead",
            "owner_id": owner_id,
            "enriched_job_title": None,
            "enriched_country": None,
            "original_source": "REFERRALS",
            "user_id": None,
            "last_email_open_at": datetime(2026, 6, 1, 8),
            "handoff_at": None,
            "became_sql_at": datetime(2026, 6, 2, 8),
        }
    ]


def test_when_a_contact_was_handed_off_is_read_from_our_property(sandbox, api):
    sandbox.add_property("contacts", name="zo_handoff_at", type="datetime", fieldType="date")
    (record_id,) = sandbox.add_contacts([{"email": "nora@a.example"}])
    sandbox.edit("contacts", record_id, zo_handoff_at="2026-06-02T09:00:00Z")
    (row,) = read_crm(api, None, handoff_time="zo_handoff_at").contacts
    assert row["handoff_at"] == datetime(2026, 6, 2, 9)


def test_a_contact_is_known_by_each_of_its_addresses_and_the_first_is_marked(sandbox, api):
    (record_id,) = sandbox.add_contacts([{"email": "first@a.example", "hs_additional_emails": "second@a.example"}])
    (other_id,) = sandbox.add_contacts([{"email": "third@b.example"}])
    sandbox.merge("contacts", record_id, other_id)
    copy, _ = read(sandbox, api)
    assert len(copy.contacts) == 1
    assert {row["hubspot_id"] for row in copy.contact_emails} == {record_id}
    assert sorted(addresses(copy)) == [
        ("first@a.example", True),
        ("second@a.example", False),
        ("third@b.example", False),
    ]


@pytest.mark.parametrize(
    ("email", "additional", "expected"),
    [
        (None, None, []),
        ("", "", []),
        (None, "b@a.example", [("b@a.example", False)]),
        (" A@a.Example ", "B@a.example; c@a.example ", ["a@a.example", "b@a.example", "c@a.example"]),
        ("a@a.example", "A@A.example;a@a.example", ["a@a.example"]),
        ("a@a.example", ";;b@a.example;", ["a@a.example", "b@a.example"]),
    ],
)
def test_addresses_are_lower_case_without_blanks_and_each_is_there_once(email, additional, expected):
    contact = {"id": "1", "properties": {"email": email, "hs_additional_emails": additional}}
    bodies = ({"results": [contact]}, {"results": []}, {"results": []}, {"results": []})
    with answering(*(Scripted(200, json.dumps(body).encode()) for body in bodies)) as server:
        copy = read_crm(door(server.url), None)
    rows = [(item, position == 0) if isinstance(item, str) else item for position, item in enumerate(expected)]
    assert addresses(copy) == rows


def test_a_contact_without_an_address_is_read(sandbox, api):
    (record_id,) = sandbox.add_contacts([{"firstname": "Nobody"}])
    copy, _ = read(sandbox, api)
    assert [(row["hubspot_id"], row["email"]) for row in copy.contacts] == [(record_id, None)]
    assert copy.contact_emails == []


# What is left out


def test_records_in_the_recycle_bin_and_merged_ones_are_not_read(sandbox, api):
    kept, archived, merged = sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(3)])
    sandbox.archive("contacts", archived)
    sandbox.merge("contacts", kept, merged)
    company, gone = sandbox.add_companies([{"name": "Acme"}, {"name": "Bolt"}])
    sandbox.archive("companies", gone)
    copy, _ = read(sandbox, api)
    assert [row["hubspot_id"] for row in copy.contacts] == [kept]
    assert [row["hubspot_id"] for row in copy.companies] == [company]


def test_deactivated_owners_are_not_read(sandbox, api):
    here = sandbox.add_owner("ann@o.example", "Ann", "Ash")
    sandbox.add_owner("gone@o.example", "Gus", "Gone", archived=True)
    left = sandbox.add_owner("left@o.example")
    sandbox.archive_owner(left)
    copy, _ = read(sandbox, api)
    assert copy.owners == [{"owner_id": here, "email": "ann@o.example", "first_name": "Ann", "last_name": "Ash"}]


# Companies and our key


def test_what_is_read_of_a_company_with_our_key(sandbox, api):
    owner_id = sandbox.add_owner("ann@o.example")
    sandbox.add_property("companies", **definition(COMPANIES.key_property))
    (record_id,) = sandbox.add_companies(
        [{"name": "Acme", "domain": "acme.example", "numberofemployees": "85", "country": "Norway"}]
    )
    sandbox.edit("companies", record_id, zo_company_id="c1", hubspot_owner_id=owner_id)
    copy, _ = read(sandbox, api, {"companies": "zo_company_id"})
    assert copy.companies == [
        {
            "hubspot_id": record_id,
            "company_id": "c1",
            "name": "Acme",
            "domain": "acme.example",
            "employee_count": "85",
            "industry": None,
            "country": "Norway",
            "enriched_employee_count": None,
            "enriched_industry": None,
            "enriched_country": None,
            "owner_id": owner_id,
        }
    ]


@pytest.mark.parametrize("keys", [None, {"companies": "zo_company_id"}])
def test_a_portal_without_our_key_property_gives_companies_without_our_key(sandbox, api, keys):
    """Before the first sync has made it, and where the map has none."""
    sandbox.add_companies([{"name": "Acme"}])
    copy, _ = read(sandbox, api, keys)
    assert [(row["name"], row["company_id"]) for row in copy.companies] == [("Acme", None)]


# Facts in the properties that the rules name


def test_what_an_enrichment_service_found_is_read_from_the_properties_that_it_fills(sandbox, api):
    for kind, name in (("contacts", "clearbit_job_title"), ("companies", "clearbit_company_industry")):
        group = "contactinformation" if kind == "contacts" else "companyinformation"
        sandbox.add_property(kind, name=name, label=name, type="string", fieldType="text", groupName=group)
    sandbox.add_contacts([{"email": "nora@a.example", "jobtitle": "Boss", "clearbit_job_title": "VP"}])
    sandbox.add_companies([{"name": "Acme", "clearbit_company_industry": "INTERNET"}])
    copy = read_crm(api, None, facts=read_fact_properties(read_rules(SHIPPED_RULES_DIR)))
    assert [(row["job_title"], row["enriched_job_title"]) for row in copy.contacts] == [("Boss", "VP")]
    # The portal has no property for what else the service could know.
    assert [row["enriched_country"] for row in copy.contacts] == [None]
    (company,) = copy.companies
    assert (company["industry"], company["enriched_industry"], company["enriched_employee_count"]) == (
        None,
        "INTERNET",
        None,
    )


def test_a_source_that_the_rules_do_not_name_is_not_read(sandbox, api):
    sandbox.add_contacts([{"email": "nora@a.example", "jobtitle": "Boss", "country": "Norway"}])
    copy = read_crm(api, None, facts={"contacts": {"job_title": None}})
    assert [(row["job_title"], row["country"]) for row in copy.contacts] == [(None, "Norway")]


# Stages


def test_stages_come_with_their_label_in_the_portals_own_order(sandbox, api):
    sandbox.add_lifecycle_stage("4711", "In trial", before="salesqualifiedlead")
    copy, _ = read(sandbox, api)
    order = [row["stage"] for row in sorted(copy.lifecycle_stages, key=lambda row: row["display_order"])]
    assert order.index("salesqualifiedlead") == order.index("4711") + 1
    assert next(row["label"] for row in copy.lifecycle_stages if row["stage"] == "4711") == "In trial"


def test_reading_writes_nothing(sandbox, api):
    sandbox.add_contacts([{"email": "u1@a.example"}])
    assert isinstance(read_crm(api, {"companies": "zo_company_id"}), CrmCopy)
    assert sandbox.requests(writes_only=True) == []
