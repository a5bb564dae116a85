"""Webhooks to an enrichment tool: signed JSON, repeated under one key until it is taken.

The receiver knows a repeat by its `Idempotency-Key`, the id of the action: so a lost answer is followed by another try,
and after a crash it is simply sent again.
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import urllib3

from dagster_project.outreach.channel import Bundle
from dagster_project.outreach.errors import RefusedForGood, Unavailable
from dagster_project.outreach.outbox_rows import OutboxRow
from dagster_project.rules.template_fields import listed

KEY_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER = "Idempotency-Key", "X-Pql-Timestamp", "X-Pql-Signature"
CONNECT_SECONDS, READ_SECONDS = 5, 30
ATTEMPTS = 4
LONGEST_PAUSE_SECONDS = 60.0
# They say "not now" and not "never".
LATER = {408, 425, 429}
# In a body as they are called there.
CONTACT_FACTS = {
    "email": "contact_email",
    "first_name": "first_name",
    "name": "contact_name",
    "job_title": "job_title",
    "country": "country",
    "activated_days_ago": "activated_days_ago",
    "days_since_login": "days_since_login",
}
COMPANY_FACTS = {
    "name": "company_name",
    "domain": "domain",
    "industry": "industry",
    "employee_count": "employee_count",
    "plan": "plan",
    "active_users": "company_active_users",
}
SCORES = {"pql": "pql_score", "fit": "fit_score", "combined": "combined_score", "band": "band"}


@dataclass(frozen=True)
class Parcel:
    key: str
    body: bytes


class WebhookChannel:
    """`secret` signs; without one the signature header is left out. Neither it nor the address is in any message."""

    is_repeatable = True

    def __init__(
        self,
        url: str,
        secret: str | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._url = url
        self._secret = secret
        self._now = now
        self._sleep = sleep
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        # It logs what it asks for, and an address may hold a token.
        logging.getLogger("urllib3").setLevel(logging.WARNING)
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout)

    def check(self) -> None:
        """There is nothing to ask that would not be sent."""

    def bundles(self, rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
        return [[row] for row in rows]

    def prepare(self, bundle: Bundle) -> Parcel:
        return Parcel(bundle.marker, body_of(bundle.rows[0]))

    def send(self, prepared: Parcel) -> dict:
        problem = ""
        for attempt in range(1, ATTEMPTS + 1):
            pause = 0.5 * 2 ** (attempt - 1)
            try:
                answer = self._pool.request("POST", self._url, body=prepared.body, headers=self._headers(prepared))
            except (urllib3.exceptions.HTTPError, OSError):
                # Whatever was lost: a repeat under the same key does no harm.
                problem = "does not answer"
            else:
                if 200 <= answer.status < 300:
                    return {"status": answer.status}
                if answer.status not in LATER and answer.status < 500:
                    raise RefusedForGood(_refusal(answer.status))
                problem = f"answers {answer.status}"
                asked = answer.headers.get("Retry-After", "")
                pause = min(float(asked), LONGEST_PAUSE_SECONDS) if asked.isdecimal() else pause
            if attempt < ATTEMPTS:
                self._sleep(pause)
        raise Unavailable(f"The receiver of ENRICHMENT_WEBHOOK_URL {problem}, {ATTEMPTS} times in a row; later again.")

    def find(self, bundle: Bundle, since: datetime) -> None:
        """A webhook cannot be read back; it is repeated instead."""

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        # Of this try: a receiver may refuse what is older than some minutes.
        timestamp = str(int(self._now().timestamp()))
        headers = {"Content-Type": "application/json", KEY_HEADER: parcel.key, TIMESTAMP_HEADER: timestamp}
        if self._secret is not None:
            headers[SIGNATURE_HEADER] = signature(self._secret, timestamp, parcel.body)
        return headers


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `<timestamp>.<body>`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def body_of(row: OutboxRow) -> bytes:
    """What is told: contact, company, trigger, score and reasons; what is not known is null."""
    action = row.action
    payload, facts = action.payload, action.payload["facts"]

    def of(names: dict[str, str]) -> dict:
        return {name: facts.get(column) for name, column in names.items()}

    told = {
        "action_id": action.action_id,
        "trigger": {
            "id": action.trigger_id,
            "label": facts.get("label"),
            "episode": action.episode,
            "moment_at": facts.get("moment_at"),
            "priority": action.priority,
            "feature": facts.get("feature_name"),
            "topic": facts.get("topic"),
        },
        "contact": {"user_id": action.record_key, "hubspot_id": payload["contact_id"]} | of(CONTACT_FACTS),
        "company": {"company_id": payload["company_key"], "hubspot_id": payload["company_id"]} | of(COMPANY_FACTS),
        "score": of(SCORES),
        "reasons": listed(facts.get("score_reasons")),
        "signals": listed(facts.get("signals")),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver of ENRICHMENT_WEBHOOK_URL answers {status}, a redirect: set the address it leads to"
    return f"The receiver of ENRICHMENT_WEBHOOK_URL refuses it ({status})"
