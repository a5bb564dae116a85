"""Limits, headers, faults and the request log."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sandbox_client import OBJECTS

WINDOW_HEADERS = {
    "x-hubspot-ratelimit-max",
    "x-hubspot-ratelimit-remaining",
    "x-hubspot-ratelimit-interval-milliseconds",
    "x-hubspot-ratelimit-secondly",
    "x-hubspot-ratelimit-secondly-remaining",
}
DAILY_HEADERS = {"x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining"}


def limit_headers(answer):
    return {name for name in answer.headers if name.startswith("x-hubspot-ratelimit")}


def search(hubspot):
    return hubspot.post(f"{OBJECTS}/contacts/search", {})


def test_a_normal_answer_tells_both_budgets(hubspot):
    answer = hubspot.get(f"{OBJECTS}/contacts")
    assert limit_headers(answer) == WINDOW_HEADERS | DAILY_HEADERS
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "190"
    assert answer.headers["X-HubSpot-RateLimit-Remaining"] == "189"
    assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "649999"
    assert answer.headers["X-HubSpot-Correlation-Id"]


def test_too_many_calls_in_ten_seconds_are_refused_until_the_window_moves_on(sandbox, hubspot):
    sandbox.set(rate_limit=3)
    assert [hubspot.get(f"{OBJECTS}/contacts").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = hubspot.get(f"{OBJECTS}/contacts")
    body = refused.json()
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert body["correlationId"] == refused.headers["X-HubSpot-Correlation-Id"]
    assert body["groupName"]
    assert "category" not in body
    assert "Retry-After" not in refused.headers
    assert refused.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    sandbox.clock.advance(9)
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 429
    sandbox.clock.advance(1.1)
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 200


def test_the_sixth_search_of_a_second_is_refused(sandbox, hubspot):
    answers = [search(hubspot) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert refused.json() == {
        "status": "error",
        "message": "You have reached your secondly limit.",
        "correlationId": refused.headers["X-HubSpot-Correlation-Id"],
        "category": "RATE_LIMITS",
    }
    assert limit_headers(refused) == limit_headers(answers[0]) == DAILY_HEADERS
    assert "Retry-After" not in refused.headers
    sandbox.clock.advance(1.1)
    assert search(hubspot).status_code == 200


def test_searches_associations_and_events_leave_the_window_alone(sandbox, hubspot):
    assert hubspot.post("/events/custom/2026-09/event-definitions", {"name": "a", "label": "A"}).status_code == 201
    sandbox.set(rate_limit=2)
    hubspot.get(f"{OBJECTS}/contacts")
    event = {"eventName": "pe44001234_a", "email": "a@b.co"}
    assert search(hubspot).status_code == 200
    read = hubspot.post("/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": [{"id": "1"}]})
    assert read.status_code == 207
    assert limit_headers(read) == DAILY_HEADERS
    assert hubspot.post("/events/custom/2026-09/send", event).status_code == 204
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 429


def test_the_daily_budget_ends_the_day_and_comes_back_at_midnight(sandbox, hubspot):
    assert hubspot.post("/events/custom/2026-09/event-definitions", {"name": "a", "label": "A"}).status_code == 201
    sandbox.set(daily_limit=3)
    assert [hubspot.get(f"{OBJECTS}/contacts").status_code for _ in range(3)] == [200, 200, 429]
    refused = search(hubspot)
    assert refused.status_code == 429
    assert (refused.json()["errorType"], refused.json()["policyName"]) == ("RATE_LIMIT", "DAILY")
    assert refused.json()["requestId"]
    assert refused.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert (
        hubspot.post("/events/custom/2026-09/send", {"eventName": "pe44001234_a", "email": "a@b.co"}).status_code == 204
    )
    sandbox.clock.advance(24 * 3600)
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 200


def test_associations_have_a_daily_budget_of_their_own(sandbox, hubspot):
    sandbox.set(association_daily_limit=1)
    path, body = "/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": [{"id": "1"}]}
    assert [hubspot.post(path, body).status_code for _ in range(2)] == [207, 429]
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 200


def test_a_refused_call_counts_against_the_day(sandbox, hubspot):
    sandbox.set(rate_limit=1)
    remaining = [
        int(hubspot.get(f"{OBJECTS}/contacts").headers["X-HubSpot-RateLimit-Daily-Remaining"]) for _ in range(3)
    ]
    assert remaining == [649_999, 649_998, 649_997]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 423, 477])
def test_a_fault_fails_a_call_before_it_is_applied(sandbox, hubspot, status):
    sandbox.inject(str(status), path_regex="batch/create", times=1)
    answer = hubspot.batch("create", [{"properties": {"email": "a@x.com"}}])
    assert answer.status_code == status
    assert sandbox.contacts() == []
    assert hubspot.batch("create", [{"properties": {"email": "a@x.com"}}]).status_code == 201


@pytest.mark.parametrize("kind", ["502", "429", "empty_2xx"])
def test_a_fault_after_the_write_loses_only_the_answer(sandbox, hubspot, kind):
    sandbox.inject(kind, when="after", times=1)
    answer = hubspot.batch("create", [{"properties": {"email": "a@x.com"}}])
    assert answer.status_code != 201 or answer.json()["results"] == []
    assert [contact["email"] for contact in sandbox.contacts()] == ["a@x.com"]


def test_a_gateway_error_is_a_page_and_not_json(sandbox, hubspot):
    sandbox.inject("502")
    answer = hubspot.get(f"{OBJECTS}/contacts")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert limit_headers(answer) == set()


def test_a_migration_says_when_to_come_back(sandbox, hubspot):
    sandbox.inject("477")
    assert int(hubspot.get(f"{OBJECTS}/contacts").headers["Retry-After"]) > 60


def test_a_success_can_name_no_record(sandbox, hubspot):
    sandbox.inject("empty_2xx")
    answer = hubspot.batch("update", [{"id": "1", "properties": {}}])
    assert answer.status_code == 200
    assert answer.json() == {"status": "COMPLETE", "results": []}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_can_be_reset_without_an_answer(sandbox, hubspot, when):
    sandbox.inject("reset", when=when, times=1)
    with pytest.raises(httpx.TransportError):
        hubspot.create("contacts", email="a@x.com")
    assert len(sandbox.contacts()) == (1 if when == "after" else 0)
    assert sandbox.requests()[-1]["status"] == 0
    assert sandbox.requests()[-1]["fault"] == "reset"
    assert hubspot.get(f"{OBJECTS}/contacts").status_code == 200


def test_a_daily_limit_can_be_faked(sandbox, hubspot):
    sandbox.inject("429_daily")
    assert hubspot.get(f"{OBJECTS}/contacts").json()["policyName"] == "DAILY"


def test_a_faked_search_limit_has_the_body_of_searches(sandbox, hubspot):
    sandbox.inject("429")
    assert search(hubspot).json()["category"] == "RATE_LIMITS"


def test_latency_is_added_and_does_not_hold_up_other_calls(sandbox, hubspot):
    sandbox.inject("latency", latency_ms=400, path_regex="owners")

    def took(path):
        started = time.perf_counter()
        assert hubspot.get(path).status_code == 200
        return time.perf_counter() - started

    with ThreadPoolExecutor() as pool:
        slow = pool.submit(took, "/crm/owners/2026-09")
        time.sleep(0.05)
        assert took(f"{OBJECTS}/contacts") < 0.3
        assert slow.result() > 0.39


def test_every_answer_can_be_slow(sandbox, hubspot):
    sandbox.set(latency_ms=60)
    started = time.perf_counter()
    hubspot.get(f"{OBJECTS}/contacts")
    assert time.perf_counter() - started > 0.059


def test_faults_strike_by_chance_but_the_same_way_every_time(sandbox, hubspot):
    def run():
        sandbox.reset()
        sandbox.inject("500", probability=0.5, seed=7)
        return [hubspot.get(f"{OBJECTS}/contacts").status_code for _ in range(20)]

    first = run()
    assert set(first) == {200, 500}
    assert run() == first


def test_faults_match_method_and_path(sandbox, hubspot):
    rule = sandbox.inject("500", method="POST", path_regex="/tasks$")
    assert hubspot.get(f"{OBJECTS}/tasks").status_code == 200
    assert hubspot.post(f"{OBJECTS}/contacts", {"properties": {"email": "a@x.com"}}).status_code == 201
    assert hubspot.post(f"{OBJECTS}/tasks", {}).status_code == 500
    assert rule.fired == 1
    sandbox.clear_faults()
    assert hubspot.post(f"{OBJECTS}/tasks", {}).status_code == 400


def test_faults_are_set_and_removed_over_http(sandbox, hubspot):
    rule = {"match": {"path_regex": "owners"}, "kind": "503", "times": 1}
    answer = hubspot.post("/_sandbox/faults", {"rules": [rule, {"kind": "latency", "latency_ms": 1}]})
    assert [item["kind"] for item in answer.json()["rules"]] == ["503", "latency"]
    assert hubspot.get("/crm/owners/2026-09").status_code == 503
    assert hubspot.get("/_sandbox/faults").json()["rules"][0]["fired"] == 1
    assert hubspot.delete("/_sandbox/faults").json() == {"rules": []}


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "418"},
        {"kind": "500", "when": "during"},
        {"kind": "500", "probability": 2},
        {"kind": "500", "match": {"path_regex": "("}},
        {"kind": "500", "match": {"path": "x"}},
        {"kind": "500", "time": 1},
        "500",
    ],
)
def test_a_bad_fault_is_refused_with_what_is_allowed(hubspot, rule):
    answer = hubspot.post("/_sandbox/faults", rule)
    assert answer.status_code == 400
    assert "llowed" in answer.json()["error"]


def test_settings_are_changed_over_http(hubspot):
    answer = hubspot.post("/_sandbox/settings", {"rate_limit": 7, "search_lag_seconds": 0.5})
    assert (answer.json()["rate_limit"], answer.json()["search_lag_seconds"]) == (7, 0.5)
    assert hubspot.get(f"{OBJECTS}/contacts").headers["X-HubSpot-RateLimit-Max"] == "7"
    for wrong in ({"nope": 1}, {"rate_limit": -1}, {"rate_limit": "many"}, {"rate_limit": 1.5}, [1]):
        assert hubspot.post("/_sandbox/settings", wrong).status_code == 400


def test_the_request_log_tells_calls_from_writes(sandbox, hubspot):
    hubspot.get(f"{OBJECTS}/contacts")
    hubspot.batch("create", [{"properties": {"email": f"u{number}@x.com"}} for number in range(3)])
    hubspot.batch("read", [{"id": "1001"}])
    log = sandbox.requests()
    assert [(entry["path"], entry["status"], entry["inputs"], entry["write"]) for entry in log] == [
        (f"{OBJECTS}/contacts", 200, None, False),
        (f"{OBJECTS}/contacts/batch/create", 201, 3, True),
        (f"{OBJECTS}/contacts/batch/read", 200, 1, False),
    ]
    assert [entry["path"] for entry in sandbox.requests(writes_only=True)] == [f"{OBJECTS}/contacts/batch/create"]
    assert sandbox.requests(since=log[1]["sequence"]) == log[2:]
    assert hubspot.get("/_sandbox/requests", since=log[1]["sequence"]).json()["requests"] == log[2:]


def test_control_calls_are_neither_counted_nor_logged(sandbox, hubspot):
    sandbox.set(rate_limit=0)
    for path in ("/_sandbox/health", "/_sandbox/requests", "/_sandbox/settings", "/"):
        assert hubspot.get(path).status_code == 200
    assert sandbox.requests() == []


def test_health_says_what_the_sandbox_holds(sandbox, hubspot):
    sandbox.add_contacts([{"email": "a@x.com"}])
    health = hubspot.get("/_sandbox/health").json()
    assert health["name"] == "pql-sandbox"
    assert (health["counts"]["contacts"], health["counts"]["slack_channels"]) == (1, 4)


def test_a_reset_empties_everything_over_http(sandbox, hubspot):
    sandbox.add_contacts([{"email": "a@x.com"}])
    sandbox.inject("500")
    assert hubspot.post("/_sandbox/reset", {}).json() == {"ok": True}
    assert hubspot.get(f"{OBJECTS}/contacts").json()["results"] == []
