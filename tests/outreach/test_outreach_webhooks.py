"""Webhooks over real HTTP: signed, repeated under one key, and never sent twice to a receiver that knows keys."""

import hashlib
import hmac
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from action_rows import action_row
from delivery_desk import AFTER_A_CRASH, AFTER_A_PAUSE, Desk
from delivery_doors import SECRET
from message_writing import outbox_row
from sqlalchemy import Engine

from dagster_project.outreach import outbox
from dagster_project.outreach.enqueuing import enqueue_ready
from dagster_project.outreach.webhook_channel import body_of, signature
from dagster_project.sandbox.running import Sandbox

ACTION = "action-1-webhook-enrichment"


@pytest.fixture
def desk(sandbox: Sandbox, engine: Engine, tmp_path: Path) -> Desk:
    return Desk(sandbox, engine, tmp_path)


def webhook(number: int = 1, **columns: object) -> dict:
    known = {"kind": "webhook", "target": "enrichment", "template": None, "trigger_id": "paywall_hit_large"}
    return action_row(number, **{**known, **columns})


def keys(desk: Desk) -> list[str]:
    return [item["key"] for item in desk.sandbox.webhooks("enrichment")]


def test_a_receiver_gets_contact_company_trigger_score_and_reasons(desk: Desk):
    desk.decide(
        webhook(
            hubspot_id="77",
            company_key="c1",
            domain="brightloom.io",
            pql_score=74,
            score_reasons="Hit the paywall +20; 5+ logins in 7 days +10",
            feature_name="automation rules",
        )
    )
    assert desk.deliver().by_kind == {"webhook": 1}
    (received,) = desk.sandbox.webhooks("enrichment")
    told = received["json"]
    assert told["action_id"] == received["key"] == ACTION
    assert (
        told["contact"] | {"email": "user1@brightloom.io", "hubspot_id": "77", "user_id": "user-1"} == told["contact"]
    )
    assert told["company"]["domain"] == "brightloom.io"
    assert told["trigger"]["id"] == "paywall_hit_large"
    assert told["trigger"]["moment_at"] == "2026-11-20T09:00:00+00:00"
    assert (told["score"]["pql"], told["score"]["fit"]) == (74, None)
    assert told["reasons"] == ["Hit the paywall +20", "5+ logins in 7 days +10"]


def test_a_receiver_can_verify_the_signature_as_the_readme_says(desk: Desk):
    desk.decide(webhook())
    desk.deliver()
    (received,) = desk.sandbox.webhooks("enrichment")
    headers = received["headers"]
    signed = headers["x-pql-timestamp"].encode() + b"." + received["body"].encode()
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(headers["x-pql-signature"], expected)
    assert abs(int(headers["x-pql-timestamp"]) - desk.sandbox.clock.time()) < 60


def test_another_body_another_time_or_another_secret_gives_another_signature():
    one = signature(SECRET, "1", b"{}")
    assert len({one, signature(SECRET, "2", b"{}"), signature(SECRET, "1", b"[]"), signature("x", "1", b"{}")}) == 4


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "reset"])
def test_what_may_pass_is_tried_again_at_once_under_the_same_key(desk: Desk, kind: str):
    desk.decide(webhook())
    desk.sandbox.inject(kind, path_regex="/webhook/", times=2)
    assert desk.deliver().delivered == 1
    assert keys(desk) == [ACTION]


@pytest.mark.parametrize("kind", ["502", "reset"])
def test_an_answer_lost_after_it_arrived_is_repeated_and_the_receiver_sees_a_repeat(desk: Desk, kind: str):
    desk.decide(webhook())
    desk.sandbox.inject(kind, when="after", path_regex="/webhook/", times=1)
    assert desk.deliver().delivered == 1
    assert [item["repeated"] for item in desk.sandbox.webhooks("enrichment")] == [False, True]
    assert set(keys(desk)) == {ACTION}


def test_a_receiver_that_is_away_gets_it_later(desk: Desk):
    desk.decide(webhook())
    desk.sandbox.inject("503", path_regex="/webhook/")
    summary = desk.deliver()
    assert summary.put_back == 1
    assert "answers 503, 4 times in a row" in summary.problems[0]
    desk.sandbox.clear_faults()
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1


@pytest.mark.parametrize(("kind", "status"), [("invalid_token", 401), ("missing_scopes", 403)])
def test_what_the_receiver_refuses_is_given_up_and_told(desk: Desk, kind: str, status: int):
    desk.decide(webhook())
    desk.sandbox.inject(kind, path_regex="/webhook/")
    summary = desk.deliver()
    assert (summary.failed, keys(desk)) == (1, [])
    assert f"refuses it ({status})" in desk.row(ACTION)["problem"]


def test_after_a_crash_it_is_sent_again_under_its_key(desk: Desk):
    desk.decide(webhook())
    enqueue_ready(desk.run())
    assert outbox.claim(desk.engine, [ACTION], "run that dies", desk.sandbox.clock.now())
    desk.wait(AFTER_A_CRASH)
    assert desk.deliver().put_back == 1
    desk.wait(AFTER_A_PAUSE)
    assert desk.deliver().delivered == 1


def test_without_an_address_nothing_is_put_in_the_outbox_and_it_is_said(desk: Desk):
    desk.closed = {"webhook": "ENRICHMENT_WEBHOOK_URL is not set"}
    desk.decide(webhook())
    assert desk.deliver().waits == {"ENRICHMENT_WEBHOOK_URL is not set": 1}
    desk.as_of += timedelta(days=9)
    assert desk.deliver().expired == 0
    assert desk.states() == {}


def test_neither_secret_nor_address_stands_in_problems_or_logs(desk: Desk, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    desk.decide(webhook(1), webhook(2))
    desk.sandbox.inject("invalid_token", path_regex="/webhook/", times=1)
    desk.sandbox.inject("reset", path_regex="/webhook/")
    summary = desk.deliver()
    told = "\n".join(summary.problems) + caplog.text
    assert SECRET not in told
    assert "/webhook/" not in told
    assert "@brightloom.io" not in told


def test_the_body_is_the_same_in_every_try():
    row = outbox_row(webhook())
    assert body_of(row) == body_of(row)
    assert json.loads(body_of(row))["contact"]["job_title"] is None
