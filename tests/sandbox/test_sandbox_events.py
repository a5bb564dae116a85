"""Custom events: what can be defined, what can be sent, and where one sees it."""

import httpx
import pytest

DEFINITIONS = "/events/custom/2026-09/event-definitions"
EVENTS = "/events/custom/2026-09/send"
FULL_NAME = "pe44001234_paywall_hit"
PROPERTIES = [
    {"name": "plan", "label": "Plan", "type": "string"},
    {"name": "seats", "label": "Seats", "type": "number"},
    {"name": "ends_at", "label": "Ends at", "type": "datetime"},
]


def definition(**fields):
    return {"name": "paywall_hit", "label": "Hit a paywall", "propertyDefinitions": PROPERTIES, **fields}


def event(**fields):
    return {"eventName": FULL_NAME, "email": "ann@x.com", "properties": {"plan": "pro"}, **fields}


@pytest.fixture
def defined(hubspot):
    assert hubspot.post(DEFINITIONS, definition()).status_code == 201
    return hubspot


# Definitions


def test_a_definition_can_be_read_by_its_name_and_among_all_others(hubspot):
    created = hubspot.post(DEFINITIONS, definition(includeDefaultProperties=True)).json()
    assert created["fullyQualifiedName"] == FULL_NAME
    assert created["primaryObject"] == "CONTACT"
    assert {"hs_url", "hs_referrer", "plan", "seats"} <= {item["name"] for item in created["properties"]}
    for name in ("paywall_hit", FULL_NAME):
        assert hubspot.get(f"{DEFINITIONS}/{name}").json() == created
    assert hubspot.get(DEFINITIONS, includeProperties="true").json() == {"total": 1, "results": [created]}
    assert hubspot.get(DEFINITIONS).json()["results"] == [{**created, "properties": []}]


def test_definitions_come_in_pages(hubspot):
    for number in range(5):
        hubspot.post(DEFINITIONS, {"name": f"e{number}", "label": "E"})
    names, after = [], {}
    for _ in range(3):
        page = hubspot.get(DEFINITIONS, limit=2, **after).json()
        names += [item["name"] for item in page["results"]]
        after = page.get("paging", {}).get("next", {})
    assert (names, after) == ([f"e{number}" for number in range(5)], {})


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "Paywall"}, 400),
        ({"name": "a" * 51}, 400),
        ({"label": "a" * 101}, 400),
        ({"label": None}, 400),
        ({"primaryObject": "TASK"}, 400),
        ({"propertyDefinitions": [{"name": "plan", "label": "Plan", "type": "bool"}]}, 400),
        ({"propertyDefinitions": [{"name": "plan", "type": "string"}]}, 400),
        ({"propertyDefinitions": [PROPERTIES[0], PROPERTIES[0]]}, 409),
        ({"propertyDefinitions": [{**PROPERTIES[0], "name": f"p{n}"} for n in range(51)]}, 400),
    ],
)
def test_a_bad_definition_is_refused(hubspot, fields, status):
    assert hubspot.post(DEFINITIONS, definition(**fields)).status_code == status
    assert hubspot.get(DEFINITIONS).json()["total"] == 0


def test_a_name_is_defined_once(defined):
    assert defined.post(DEFINITIONS, definition(label="Another")).status_code == 409


def test_a_property_can_be_added_once(defined):
    added = {"name": "feature", "label": "Feature", "type": "string"}
    assert defined.post(f"{DEFINITIONS}/{FULL_NAME}/property", added).status_code == 201
    assert defined.post(f"{DEFINITIONS}/{FULL_NAME}/property", added).status_code == 409
    assert defined.post(f"{DEFINITIONS}/nowhere/property", added).status_code == 404
    assert "feature" in [item["name"] for item in defined.get(f"{DEFINITIONS}/{FULL_NAME}").json()["properties"]]


def test_reading_definitions_is_no_write(sandbox, defined):
    written = len(sandbox.requests(writes_only=True))
    defined.get(DEFINITIONS)
    assert len(sandbox.requests(writes_only=True)) == written


# Sends


def test_an_event_is_accepted_once_per_uuid(sandbox, defined):
    for _ in range(2):
        answer = defined.post(EVENTS, event(uuid="6b1f"))
        assert (answer.status_code, answer.content) == (204, b"")
    defined.post(f"{EVENTS}/batch", {"inputs": [event(uuid="6b1f"), event(uuid="6b20"), event()]})
    assert [item.get("uuid") for item in sandbox.events()] == ["6b1f", "6b20", None]


@pytest.mark.parametrize(
    "fields",
    [
        {"eventName": "paywall_hit"},
        {"eventName": "pe1_paywall_hit"},
        {"eventName": "pe44001234_paywall_seen"},
        {"email": None},
        {"properties": {f"p{number}": "x" for number in range(51)}},
        {"properties": {"Plan": "x"}},
        {"properties": {"feature": "x"}},
        {"properties": {"plan": "x" * 257}},
        {"properties": {"seats": "many"}},
        {"properties": {"ends_at": "soon"}},
        {"occurredAt": "yesterday"},
    ],
)
def test_a_bad_event_is_refused_and_its_batch_with_it(sandbox, defined, fields):
    assert defined.post(EVENTS, event(**fields)).status_code == 400
    assert defined.post(f"{EVENTS}/batch", {"inputs": [event(), event(**fields)]}).status_code == 400
    assert sandbox.events() == []


def test_a_batch_of_events_takes_five_hundred(sandbox, defined):
    assert defined.post(f"{EVENTS}/batch", {"inputs": [event()] * 501}).status_code == 400
    assert defined.post(f"{EVENTS}/batch", {"inputs": [event()] * 500}).status_code == 204


def test_an_event_of_a_contact_that_is_not_there_is_accepted_and_goes_nowhere(sandbox, defined):
    assert defined.post(EVENTS, event(email=None, objectId="1")).status_code == 204
    assert sandbox.events() == []


def test_the_page_of_a_contact_shows_its_events_the_latest_first(sandbox, defined):
    ann, _ = sandbox.add_contacts([{"email": "ann@x.com"}, {"email": "bob@x.com"}])
    for day, who in (("01", {"email": None, "objectId": ann}), ("02", {}), ("03", {"email": "bob@x.com"})):
        defined.post(EVENTS, event(occurredAt=f"2026-11-{day}T09:00:00.000Z", properties={"plan": f"p<{day}>"}, **who))
    text = httpx.get(f"{sandbox.url}/contacts/{sandbox.portal_id}/record/0-1/{ann}").text
    assert "2 events, latest first" in text
    assert 0 < text.index("plan: p&lt;02&gt;") < text.index("plan: p&lt;01&gt;")
    assert "p&lt;03&gt;" not in text
    (company,) = sandbox.add_companies([{"name": "X", "domain": "x.com"}])
    assert "Custom events" not in httpx.get(f"{sandbox.url}/contacts/{sandbox.portal_id}/record/0-2/{company}").text


def test_faults_work_on_these_paths(sandbox, defined):
    sandbox.inject("missing_scopes", path_regex="event-definitions", times=1)
    refused = defined.get(DEFINITIONS)
    assert refused.status_code == 403
    needed = refused.json()["errors"][0]["context"]["requiredGranularScopes"]
    assert needed == ["behavioral_events.event_definitions.read_write"]
    sandbox.inject("502", path_regex="send/batch", when="after", times=1)
    assert defined.post(f"{EVENTS}/batch", {"inputs": [event()]}).status_code == 502
    assert len(sandbox.events()) == 1
