"""Definitions of custom events: made where they are missing, completed where they can be, refused where they cannot."""

import json

import pytest
from crm_event_world import EVENTS, INVITED, PAYWALL, full_name
from crm_world import door
from scripted_server import Scripted, answering

from dagster_project.crm.errors import CrmScopeMissing, CrmUnavailable
from dagster_project.crm.event_definitions import ROOTS, ensure_definitions
from dagster_project.crm.event_map import EventProperty, MappedEvent, read_event_map
from dagster_project.rules.book import read_rules
from dagster_project.settings import SHIPPED_RULES_DIR

DEFINITIONS = "/events/custom/{version}/event-definitions"
URL = MappedEvent("page_seen", "Saw a page", "Looked", (EventProperty("hs_url", "text", "URL"),))


def held(events, name="paywall_hit"):
    return events.api.get(f"{DEFINITIONS}/{name}")


def types(definition):
    return {item["name"]: item["type"] for item in definition["properties"] if not item["name"].startswith("hs_")}


def test_what_is_missing_is_made_once(events):
    made = ensure_definitions(events.api, EVENTS.events.values())
    assert made.made == ["paywall_hit", "teammate_invited"]
    assert made.names == {"paywall_hit": full_name(PAYWALL), "teammate_invited": full_name(INVITED)}
    assert (held(events)["labels"]["singular"], held(events)["description"]) == ("Hit a paywall", "Wanted more")
    assert types(held(events)) == {"feature": "string"}
    again = ensure_definitions(events.api, EVENTS.events.values())
    assert (again.made, again.names, again.problems) == ([], made.names, {})


def test_the_shipped_events_can_be_defined(events):
    shipped = read_event_map(read_rules(SHIPPED_RULES_DIR))
    assert ensure_definitions(events.api, shipped.events.values()).names.keys() == shipped.events.keys()


def test_a_property_that_a_definition_lacks_is_added(events):
    events.define(name="paywall_hit", propertyDefinitions=[{"name": "theirs", "label": "T", "type": "number"}])
    made = ensure_definitions(events.api, [PAYWALL])
    assert made.made == ["paywall_hit.feature"]
    assert types(held(events)) == {"theirs": "number", "feature": "string"}


def test_a_property_of_another_type_refuses_that_event_and_no_other(events):
    events.define(name="paywall_hit", propertyDefinitions=[{"name": "feature", "label": "F", "type": "number"}])
    made = ensure_definitions(events.api, EVENTS.events.values())
    assert list(made.names) == ["teammate_invited"]
    assert made.problems == {
        "paywall_hit": "its property feature is of type number in HubSpot, and crm_event_properties.csv says text; "
        "change the file or name another property"
    }


def test_a_definition_for_companies_is_not_used_for_contacts(events):
    events.define(name="paywall_hit", primaryObject="COMPANY")
    problems = ensure_definitions(events.api, [PAYWALL]).problems
    assert "its definition is for COMPANY and not for contacts; choose another event_name" in problems["paywall_hit"]


def test_hubspots_own_properties_come_with_a_definition_and_are_not_made(events):
    assert ensure_definitions(events.api, [URL, INVITED]).problems == {}
    assert not any(item["name"].startswith("hs_") for item in held(events, "teammate_invited")["properties"])
    events.define(name="page_left")
    bare = MappedEvent("page_left", "Left", "Left", URL.properties)
    problems = ensure_definitions(events.api, [bare]).problems
    assert problems == {"page_left": "its definition has no hs_url; add the default properties to it in HubSpot"}


def test_definitions_are_read_page_by_page(events):
    for number in range(101):
        events.define(name=f"a{number}")
    ensure_definitions(events.api, [PAYWALL])
    assert ensure_definitions(events.api, [PAYWALL]).made == []


@pytest.mark.parametrize("path", ["event-definitions$", "/property$"])
def test_a_lost_answer_is_followed_by_a_repeat_that_finds_what_was_made(events, path):
    if path == "/property$":
        events.define(name="paywall_hit")
    lost = events.sandbox.inject("502", when="after", method="POST", path_regex=path, times=1)
    made = ensure_definitions(events.api, [PAYWALL])
    assert lost.fired == 1
    assert (made.names, made.problems) == ({"paywall_hit": full_name(PAYWALL)}, {})
    assert types(held(events)) == {"feature": "string"}


def test_a_definition_that_hubspot_does_not_make_is_told_and_holds_back_no_other(events):
    for number in range(499):
        events.define(name=f"a{number}")
    made = ensure_definitions(events.api, EVENTS.events.values())
    assert list(made.names) == ["paywall_hit"]
    assert made.problems == {
        "teammate_invited": "HubSpot does not make it: An account can define at most 500 custom events"
    }


def test_without_the_scope_or_the_hub_nothing_is_made(events):
    events.sandbox.inject("missing_scopes", path_regex="event-definitions")
    with pytest.raises(CrmScopeMissing, match="behavioral_events"):
        ensure_definitions(events.api, [PAYWALL])


def test_a_portal_that_has_its_events_elsewhere_is_asked_there():
    not_here = Scripted(404, b'{"status":"error","message":"resource not found"}')
    body = {"results": [{"name": "teammate_invited", "fullyQualifiedName": "pe1_teammate_invited", "properties": []}]}
    with answering(not_here, Scripted(200, json.dumps(body).encode())) as server:
        found = ensure_definitions(door(server.url), [INVITED])
    assert (found.root, found.names) == (ROOTS[1], {"teammate_invited": "pe1_teammate_invited"})
    assert [path.partition("?")[0] for _, path in server.seen] == [
        "/events/custom/2026-09/event-definitions",
        "/events/2026-09/event-definitions",
    ]


def test_a_definition_is_known_by_its_name_with_the_number_of_the_portal_too():
    body = {"results": [{"name": "pe1_teammate_invited", "fullyQualifiedName": "pe1_teammate_invited"}]}
    with answering(Scripted(200, json.dumps(body).encode())) as server:
        assert ensure_definitions(door(server.url), [INVITED]).names == {"teammate_invited": "pe1_teammate_invited"}


def test_a_definition_without_a_name_to_send_by_is_told():
    with answering(Scripted(200, b'{"results":[]}'), Scripted(201, b"{}")) as server:
        found = ensure_definitions(door(server.url), [PAYWALL])
    assert found.names == {}
    assert found.problems == {"paywall_hit": "HubSpot's answer does not say by which name it is sent"}


def test_a_portal_that_has_its_events_nowhere_has_none():
    nowhere = Scripted(404, b'{"status":"error","message":"resource not found"}')
    with answering(nowhere) as server, pytest.raises(CrmScopeMissing, match="no address where it has custom events"):
        ensure_definitions(door(server.url), [INVITED])
    assert len(server.seen) == len(ROOTS)


def test_a_portal_that_does_not_answer_is_unavailable(events):
    events.sandbox.inject("503", path_regex="event-definitions")
    with pytest.raises(CrmUnavailable):
        ensure_definitions(events.api, [PAYWALL])
