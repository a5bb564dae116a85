"""A state belongs to the first portal it was used with, and to no other."""

import json

import pytest
from crm_world import TOKEN, door
from scripted_server import Scripted, answering
from sqlalchemy import select

from dagster_project.crm.errors import CrmUnauthorised, CrmUnavailable
from dagster_project.crm.portal import Portal, WrongPortal, open_portal
from dagster_project.resources.hubspot import HubSpot
from dagster_project.state.tables import portal as portal_table


def account(portal_id=123456, domain="app.hubspot.com"):
    return Scripted(200, json.dumps({"portalId": portal_id, "uiDomain": domain, "timeZone": "UTC"}).encode())


def remembered(engine):
    with engine.connect() as connection:
        return [(row.portal_id, row.base_url) for row in connection.execute(select(portal_table))]


def test_the_first_portal_is_remembered_and_opened_again(sandbox, engine):
    first = open_portal(door(sandbox.url), engine)
    assert first.portal_id == str(sandbox.portal_id)
    assert open_portal(door(sandbox.url), engine) == first
    assert remembered(engine) == [(str(sandbox.portal_id), sandbox.url)]


def test_the_same_portal_may_be_reached_at_another_address(sandbox, engine):
    open_portal(door(sandbox.url), engine)
    with answering(account(sandbox.portal_id)) as server:
        assert open_portal(door(server.url), engine).portal_id == str(sandbox.portal_id)
    assert remembered(engine) == [(str(sandbox.portal_id), sandbox.url)]


def test_another_portal_is_refused_with_both_named_and_what_to_do(sandbox, engine):
    open_portal(door(sandbox.url), engine)
    with answering(account(999)) as server:
        with pytest.raises(WrongPortal) as raised:
            open_portal(door(server.url), engine)
        assert str(raised.value) == (
            f"This data folder belongs to HubSpot portal {sandbox.portal_id} ({sandbox.url}), and the token opens "
            f"portal 999 ({server.url}). Set PQL_DATA_DIR to another folder for another portal."
        )
        assert TOKEN not in str(raised.value)
    assert remembered(engine) == [(str(sandbox.portal_id), sandbox.url)]


def test_nothing_is_read_or_written_in_another_portal(sandbox, engine, monkeypatch):
    """The door that every step goes through asks first."""
    open_portal(door(sandbox.url), engine)
    with answering(account(999)) as server:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        with pytest.raises(WrongPortal):
            HubSpot().connect(engine)
        assert [(method, path.split("/")[1]) for method, path in server.seen] == [("GET", "account-info")]


def test_each_state_has_a_portal_of_its_own(sandbox, engine, new_state, tmp_path_factory):
    open_portal(door(sandbox.url), engine)
    other = new_state(tmp_path_factory.mktemp("other"))
    with answering(account(999)) as server:
        assert open_portal(door(server.url), other).portal_id == "999"
        assert remembered(other) == [("999", server.url)]


@pytest.mark.parametrize(("kind", "error"), [("invalid_token", CrmUnauthorised), ("503", CrmUnavailable)])
def test_a_portal_that_did_not_answer_is_not_remembered(sandbox, engine, kind, error):
    sandbox.inject(kind)
    with pytest.raises(error) as raised:
        open_portal(door(sandbox.url), engine)
    assert TOKEN not in str(raised.value)
    assert remembered(engine) == []


def test_people_open_a_contact_at_the_address_of_their_portal():
    portal = Portal("123456", "https://app-eu1.hubspot.com/contacts/123456/record/0-1/")
    assert portal.contact_url("101") == "https://app-eu1.hubspot.com/contacts/123456/record/0-1/101"


def test_the_address_of_records_is_where_hubspot_says_people_work(engine):
    with answering(account(domain="app-eu1.hubspot.com")) as server:
        url = open_portal(door(server.url), engine).contact_url("101")
    assert url == "http://app-eu1.hubspot.com/contacts/123456/record/0-1/101"


def test_the_address_of_a_record_of_the_sandbox_leads_to_its_page(sandbox, engine):
    (record_id,) = sandbox.add_contacts([{"email": "u1@a.example"}])
    url = open_portal(door(sandbox.url), engine).contact_url(record_id)
    assert url == f"{sandbox.url}/contacts/{sandbox.portal_id}/record/0-1/{record_id}"
