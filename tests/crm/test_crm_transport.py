"""The one door: what is tried again, how long it waits, what is raised, and that nothing shows the token."""

import json
import logging
import socket
import threading
import traceback

import pytest
from crm_world import TOKEN, FakeTime, door
from scripted_server import Scripted, answering

from dagster_project.crm import transport
from dagster_project.crm.errors import (
    CrmAnswerLost,
    CrmError,
    CrmRefused,
    CrmUnauthorised,
    CrmUnavailable,
    DailyLimitReached,
)
from dagster_project.crm.limiter import CallLimiter
from dagster_project.crm.transport import ATTEMPTS, HubSpotApi

DETAILS = "/account-info/{version}/details"
CREATE = "/crm/objects/{version}/contacts"
# Half a second doubled, with the jitter in its middle.
BACKOFF = [0.5, 1.0, 2.0, 4.0, 8.0]


def contact_body(email="ann@a.example"):
    return {"properties": {"email": email}}


def every_text(error):
    """What a log, a page or a person may get to see of an error."""
    chain, link = [], error
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    shown = [text for link in chain for text in (str(link), repr(link), repr(getattr(link, "args", "")))]
    return "\n".join([*shown, *traceback.format_exception(error)])


# What is answered


def test_a_call_goes_out_with_version_query_and_token_and_brings_back_the_body(sandbox):
    sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(3)])
    api = door(sandbox.url)
    page = api.get("/crm/objects/{version}/contacts", {"limit": 2, "properties": "email"})
    assert [item["properties"]["email"] for item in page["results"]] == ["u0@a.example", "u1@a.example"]
    assert sandbox.requests()[-1]["path"] == "/crm/objects/2026-09/contacts"
    assert api.calls == 1


def test_an_answer_without_a_body_is_an_empty_one(sandbox):
    (record_id,) = sandbox.add_contacts([{"email": "ann@a.example"}])
    path = "/crm/objects/{version}/contacts/batch/archive"
    answer = door(sandbox.url).post(path, {"inputs": [{"id": record_id}]}, repeatable=True)
    assert (answer.status, answer.body) == (204, {})


def test_a_slash_at_the_end_of_the_address_makes_no_difference(sandbox):
    assert door(sandbox.url + "/").get(DETAILS)["portalId"] == sandbox.portal_id


# What is tried again


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset"])
def test_a_repeatable_call_is_tried_again_after_a_failure_of_the_server(sandbox, kind, when):
    sandbox.inject(kind, when=when, times=2)
    time = FakeTime()
    assert door(sandbox.url, time).get(DETAILS)["portalId"] == sandbox.portal_id
    assert time.pauses == BACKOFF[:2]


@pytest.mark.parametrize(("when", "landed"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset"])
def test_a_call_that_must_not_happen_twice_is_not_repeated_when_its_answer_is_lost(sandbox, kind, when, landed):
    sandbox.inject(kind, when=when, times=1)
    time = FakeTime()
    with pytest.raises(CrmAnswerLost, match=r"POST /crm/objects/2026-09/contacts: .*not known"):
        door(sandbox.url, time).post(CREATE, contact_body(), repeatable=False)
    assert time.pauses == []
    assert len(sandbox.requests()) == 1
    assert len(sandbox.contacts()) == landed


@pytest.mark.parametrize("kind", ["429", "423"])
def test_a_call_that_was_turned_away_is_repeated_even_if_it_must_not_happen_twice(sandbox, kind):
    sandbox.inject(kind, times=2)
    answer = door(sandbox.url).post(CREATE, contact_body(), repeatable=False)
    assert answer.status == 201
    assert len(sandbox.contacts()) == 1


def test_nothing_is_lost_where_no_connection_came_about(sandbox):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        time = FakeTime()
        api = door(f"http://127.0.0.1:{nobody.getsockname()[1]}", time)
        with pytest.raises(CrmUnavailable, match="refused or the address is not known") as raised:
            api.post(CREATE, contact_body(), repeatable=False)
    assert not isinstance(raised.value, DailyLimitReached)
    assert time.pauses == BACKOFF
    assert api.calls == ATTEMPTS


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "423", "429", "reset"])
def test_a_failure_that_stays_ends_after_the_last_try_and_without_another_pause(sandbox, kind):
    sandbox.inject(kind)
    time = FakeTime()
    with pytest.raises(CrmUnavailable, match="6 times in a row"):
        door(sandbox.url, time).get(DETAILS)
    assert len(time.pauses) == ATTEMPTS - 1
    assert len(sandbox.requests()) == ATTEMPTS


@pytest.mark.parametrize("status", [501, 505, 520, 521, 522, 523, 524, 525, 530, 599])
def test_every_status_of_a_server_or_proxy_in_trouble_is_tried_again(status):
    with answering(Scripted(status, b"<html>"), Scripted(200, b'{"ok": true}')) as server:
        assert door(server.url).get("/x") == {"ok": True}
    with (
        answering(Scripted(status, b"<html>")) as server,
        pytest.raises(CrmAnswerLost, match=str(status)),
    ):
        door(server.url).post("/x", {}, repeatable=False)
    assert len(server.seen) == 1


def test_an_answer_that_takes_too_long_is_lost(sandbox, monkeypatch):
    monkeypatch.setattr(transport, "READ_SECONDS", 0.05)
    sandbox.inject("latency", latency_ms=400, times=1)
    with pytest.raises(CrmAnswerLost, match="no answer within"):
        door(sandbox.url).post(CREATE, contact_body(), repeatable=False)
    sandbox.inject("latency", latency_ms=400, times=1)
    assert door(sandbox.url).get(DETAILS)


@pytest.mark.parametrize("body", [b"<html>signed in?</html>", b"\xff\xfe", b"[1, 2]", b'"text"', b'{"results": ['])
def test_a_success_that_cannot_be_read_is_no_success(body):
    with answering(Scripted(200, body), Scripted(200, b'{"ok": true}')) as server:
        assert door(server.url).get("/x") == {"ok": True}
    with answering(Scripted(200, body)) as server, pytest.raises(CrmAnswerLost, match="no JSON"):
        door(server.url).post("/x", {}, repeatable=False)
    assert len(server.seen) == 1


def test_a_body_cut_off_in_the_middle_is_a_lost_answer():
    whole = b'{"ok": true}'
    cut_off = Scripted(200, whole[:5], {"Content-Length": str(len(whole)), "Connection": "close"})
    with answering(cut_off, Scripted(200, whole)) as server:
        assert door(server.url).get("/x") == {"ok": True}
    with answering(cut_off) as server, pytest.raises(CrmAnswerLost):
        door(server.url).post("/x", {}, repeatable=False)


def test_an_error_page_in_another_encoding_is_still_an_error_page():
    page = "<html>Zeitüberschreitung</html>".encode("latin-1")
    with answering(Scripted(502, page), Scripted(200, b'{"ok": true}')) as server:
        assert door(server.url).get("/x") == {"ok": True}
    with answering(Scripted(403, page)) as server, pytest.raises(CrmUnauthorised, match="Forbidden"):
        door(server.url).get("/x")


def test_a_failure_of_tls_is_told_as_one(sandbox):
    time = FakeTime()
    with pytest.raises(CrmUnavailable, match="no secure connection"):
        door(sandbox.url.replace("http://", "https://"), time).get(DETAILS)
    assert time.pauses == BACKOFF


# How long it waits


def rate_limited(message="You have reached your ten_secondly_rolling limit.", **fields):
    return json.dumps({"status": "error", "message": message, **fields}).encode()


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (Scripted(429, rate_limited(policyName="TEN_SECONDLY_ROLLING")), 10.0),
        (Scripted(429, rate_limited("You have reached your secondly limit.", category="RATE_LIMITS")), 1.0),
        (Scripted(429, b""), 10.0),
        (Scripted(429, b"<html>slow down</html>"), 10.0),
        (Scripted(429, rate_limited(), {"Retry-After": "3"}), 3.0),
        (Scripted(429, rate_limited(), {"Retry-After": "2.5"}), 2.5),
        # Milliseconds, as one page of the docs has it, or nonsense: not believed.
        (Scripted(429, rate_limited(), {"Retry-After": "10000"}), 10.0),
        (Scripted(429, rate_limited(), {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 10.0),
        (Scripted(429, rate_limited(), {"Retry-After": "nan"}), 10.0),
        (Scripted(429, rate_limited(), {"Retry-After": "-1"}), 10.0),
        (Scripted(429, rate_limited(), {"Retry-After": "0"}), 10.0),
        (Scripted(429, rate_limited(), {"Retry-After": "inf"}), 10.0),
        (Scripted(423), 2.0),
        (Scripted(423, headers={"Retry-After": "7"}), 7.0),
        (Scripted(477, headers={"Retry-After": "60"}), 60.0),
        (Scripted(477), 0.5),
        (Scripted(503, headers={"Retry-After": "20"}), 20.0),
        (Scripted(500), 0.5),
    ],
)
def test_the_pause_is_what_was_asked_for_or_what_such_an_answer_needs(answer, pause):
    time = FakeTime()
    with answering(answer, Scripted(200)) as server:
        door(server.url, time).get("/x")
    assert time.pauses == [pause]


def test_the_recorded_rate_limits_are_waited_out(sandbox):
    time = FakeTime()
    api = door(sandbox.url, time)
    sandbox.inject("429", times=1)
    api.get(DETAILS)
    sandbox.inject("429", times=1)
    api.post("/crm/objects/{version}/contacts/search", {}, repeatable=True)
    assert time.pauses == [10.0, 1.0]


@pytest.mark.parametrize("repeatable", [True, False])
def test_an_account_that_is_being_moved_is_left_for_a_later_run(sandbox, repeatable):
    sandbox.inject("477")
    time = FakeTime()
    with pytest.raises(CrmUnavailable, match=r"wait 3600 s .*next run"):
        door(sandbox.url, time).post(CREATE, contact_body(), repeatable=repeatable)
    assert time.pauses == []
    assert len(sandbox.requests()) == 1


def test_a_long_pause_asked_for_by_a_server_in_trouble_does_not_hide_that_the_answer_is_lost():
    with answering(Scripted(503, headers={"Retry-After": "3600"})) as server:
        with pytest.raises(CrmUnavailable, match="3600 s"):
            door(server.url).get("/x")
        with pytest.raises(CrmAnswerLost):
            door(server.url).post("/x", {}, repeatable=False)


def test_the_calls_of_the_day_being_used_up_ends_the_run_at_once(sandbox):
    sandbox.inject("429_daily")
    time = FakeTime()
    with pytest.raises(DailyLimitReached, match="daily limit"):
        door(sandbox.url, time).get(DETAILS)
    assert time.pauses == []
    assert len(sandbox.requests()) == 1


def test_the_daily_limit_is_known_by_its_policy_or_by_its_words():
    for body in (rate_limited("too many", policyName="DAILY"), rate_limited("You have reached your daily limit.")):
        with answering(Scripted(429, body, {"Retry-After": "1"})) as server, pytest.raises(DailyLimitReached):
            door(server.url).get("/x")


# What is raised


def test_a_refusal_carries_what_hubspot_said(sandbox):
    sandbox.add_contacts([{"email": "ann@a.example"}])
    with pytest.raises(CrmRefused, match="409 CONFLICT") as raised:
        door(sandbox.url).post(CREATE, contact_body(), repeatable=True)
    assert (raised.value.status, raised.value.category) == (409, "CONFLICT")
    assert "Existing ID" in raised.value.hubspot_message

    wrong = {"properties": {"no_such_property": "1"}}
    with pytest.raises(CrmRefused) as raised:
        door(sandbox.url).post(CREATE, wrong, repeatable=True)
    assert (raised.value.status, raised.value.category) == (400, "VALIDATION_ERROR")
    assert raised.value.errors[0]["context"] == {"propertyName": ["no_such_property"]}


def test_a_refusal_is_not_tried_again(sandbox):
    time = FakeTime()
    with pytest.raises(CrmRefused) as raised:
        door(sandbox.url, time).get("/crm/objects/{version}/contacts/999999")
    assert raised.value.status == 404
    assert time.pauses == []
    assert len(sandbox.requests()) == 1


@pytest.mark.parametrize("body", [b"", b"null", b"<html>", b"[]", b'{"errors": null, "context": null}'])
def test_a_refusal_may_say_nothing_at_all(body):
    with answering(Scripted(400, body)) as server, pytest.raises(CrmRefused) as raised:
        door(server.url).get("/x")
    assert raised.value.category == "UNKNOWN"
    assert raised.value.hubspot_message == "Bad Request"
    assert raised.value.errors == []
    assert raised.value.context == {}


def test_a_token_that_is_not_accepted_is_named_by_its_variable(sandbox):
    sandbox.inject("invalid_token")
    with pytest.raises(CrmUnauthorised, match=r"HUBSPOT_ACCESS_TOKEN \(401\)"):
        door(sandbox.url).get(DETAILS)
    assert len(sandbox.requests()) == 1


def test_a_missing_scope_is_named(sandbox):
    sandbox.inject("missing_scopes")
    with pytest.raises(CrmUnauthorised, match=r"may not do this \(403\).*Give the token: crm.objects.contacts.write"):
        door(sandbox.url).post(CREATE, contact_body(), repeatable=False)


@pytest.mark.parametrize(
    "errors", [None, [], [{}], [{"context": None}], [{"context": {"requiredGranularScopes": None}}]]
)
def test_a_403_may_name_no_scope(errors):
    body = json.dumps({"message": "no", "errors": errors}).encode()
    with answering(Scripted(403, body)) as server, pytest.raises(CrmUnauthorised, match=r"no$"):
        door(server.url).get("/x")


# The token


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("invalid_token", {}),
        ("missing_scopes", {}),
        ("429_daily", {}),
        ("429", {}),
        ("477", {}),
        ("500", {}),
        ("502", {}),
        ("reset", {}),
    ],
)
@pytest.mark.parametrize("repeatable", [True, False])
def test_no_error_log_or_repr_shows_the_token(sandbox, caplog, kind, fields, repeatable):
    sandbox.inject(kind, **fields)
    api = door(sandbox.url)
    with caplog.at_level(logging.DEBUG), pytest.raises(CrmError) as raised:
        api.post(CREATE, contact_body(), repeatable=repeatable)
    assert TOKEN not in every_text(raised.value)
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(api)


def test_a_line_break_around_a_token_is_no_part_of_it(sandbox):
    assert door(sandbox.url, token=f" {TOKEN}\r\n").get(DETAILS)


@pytest.mark.parametrize(
    "token", ["", "  \n", "pat-secret\nX-Evil: 1", "pat-\u2019secret", "pat secret", "pat-\x00secret"]
)
def test_a_token_that_no_header_can_hold_is_refused_without_being_shown(sandbox, token):
    with pytest.raises(CrmUnauthorised, match="HUBSPOT_ACCESS_TOKEN") as raised:
        HubSpotApi(sandbox.url, token)
    assert "secret" not in every_text(raised.value)


# The budget


def test_every_try_waits_for_its_turn_and_learns_from_the_answer(sandbox):
    class Counting(CallLimiter):
        turns = 0

        def wait_for_turn(self):
            self.turns += 1
            return super().wait_for_turn()

    counting = Counting()
    sandbox.set(rate_limit=150)
    sandbox.inject("500", times=2)
    api = HubSpotApi(sandbox.url, TOKEN, limiter=counting, sleep=FakeTime().sleep)
    api.get(DETAILS)
    assert counting.turns == api.calls == 3
    assert counting.max_calls == 150


def test_a_refusal_teaches_the_budget_too(sandbox):
    sandbox.set(rate_limit=150)
    own = CallLimiter()
    api = HubSpotApi(sandbox.url, TOKEN, limiter=own, sleep=FakeTime().sleep)
    with pytest.raises(CrmRefused):
        api.get("/crm/objects/{version}/contacts/999999")
    assert own.max_calls == 150


def test_several_threads_share_one_door(sandbox):
    sandbox.add_contacts([{"email": f"u{number}@a.example"} for number in range(40)])
    ids = [record["id"] for record in sandbox.contacts()]
    api = door(sandbox.url)
    found: dict[str, str] = {}

    def look(record_ids):
        for record_id in record_ids:
            found[record_id] = api.get(f"/crm/objects/{{version}}/contacts/{record_id}")["properties"]["email"]

    threads = [threading.Thread(target=look, args=(ids[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {record["id"]: record["email"] for record in sandbox.contacts()}
