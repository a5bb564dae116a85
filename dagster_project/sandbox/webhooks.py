"""The webhook receiver: keeps what is posted to it, and knows a key that it has seen."""

import json
from collections.abc import Mapping
from typing import Any

from .calls import Answer
from .portal import Portal

KEY_HEADER = "idempotency-key"


def receive(portal: Portal, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """A repeat of a key is kept too, and told as what it is, as a careful receiver does."""
    key = headers.get(KEY_HEADER)
    is_repeat = key is not None and any(found["key"] == key for found in received(portal, name))
    portal.store.execute(
        "insert into webhooks (name, at, headers, body) values (?, ?, ?, ?)",
        name,
        portal.clock.stamp(),
        json.dumps(dict(headers)),
        body.decode("utf-8", "replace"),
    )
    return Answer(200, {"ok": True, "repeated": True} if is_repeat else {"ok": True})


def received(portal: Portal, name: str | None = None) -> list[dict[str, Any]]:
    """Deliveries in order: name, time, headers (names in lower case), the body as text and, if it is JSON, parsed.

    `key`: the idempotency key, if there was one; `repeated`: it had been seen by this receiver before.
    """
    rows = portal.store.rows(
        "select name, at, headers, body from webhooks where name = ? or ? is null order by sequence", name, name
    )
    seen: set[tuple[str, str]] = set()
    found = []
    for sink, at, text, body in rows:
        headers = json.loads(text)
        key = headers.get(KEY_HEADER)
        is_repeat = key is not None and (sink, key) in seen
        if key is not None:
            seen.add((sink, key))
        told = {"name": sink, "at": at, "headers": headers, "body": body, "json": _json(body)}
        found.append(told | {"key": key, "repeated": is_repeat})
    return found


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
