"""The webhook receiver: keeps what is posted to it."""

import json
from collections.abc import Mapping
from typing import Any

from .calls import Answer
from .portal import Portal


def receive(portal: Portal, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
    portal.store.execute(
        "insert into webhooks (name, at, headers, body) values (?, ?, ?, ?)",
        name,
        portal.clock.stamp(),
        json.dumps(dict(headers)),
        body.decode("utf-8", "replace"),
    )
    return Answer(200, {"ok": True})


def received(portal: Portal, name: str | None = None) -> list[dict[str, Any]]:
    """Deliveries in order: name, time, headers (names in lower case), the body as text and, if it is JSON, parsed."""
    rows = portal.store.rows(
        "select name, at, headers, body from webhooks where name = ? or ? is null order by sequence", name, name
    )
    return [
        {"name": sink, "at": at, "headers": json.loads(headers), "body": body, "json": _json(body)}
        for sink, at, headers, body in rows
    ]


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
