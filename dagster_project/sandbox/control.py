"""Control endpoints under `/_sandbox/`: for people and tests, without a token, from the loopback interface only.

They count against no limit and appear in no request log.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .faults import FaultInvalid, FaultRule
from .object_types import OBJECT_TYPES
from .portal import Portal
from .settings import SettingInvalid

NAME = "pql-sandbox"
VERSION = "1"

Endpoint = Callable[["Control", Request], Awaitable[Response]]


class BadRequest(ValueError):
    """A control request that cannot be used."""


def _guarded(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    async def guarded(self: "Control", request: Request) -> Response:
        host = request.client.host if request.client else ""
        if not ipaddress.ip_address(host or "0.0.0.0").is_loopback:
            return JSONResponse({"error": "The control endpoints answer on the loopback interface only."}, 403)
        try:
            return await endpoint(self, request)
        except (BadRequest, FaultInvalid, SettingInvalid) as error:
            return JSONResponse({"error": str(error)}, 400)

    return guarded


class Control:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    @_guarded
    async def health(self, request: Request) -> Response:
        portal = self._portal
        with portal.store.transaction():
            return JSONResponse(
                {
                    "name": NAME,
                    "version": VERSION,
                    "portalId": portal.id,
                    "state": str(portal.store.path),
                    "counts": counts(portal),
                    "requests": portal.requests.counts(),
                    "settings": portal.settings.as_dict(),
                }
            )

    @_guarded
    async def reset(self, request: Request) -> Response:
        with self._portal.store.transaction():
            self._portal.reset()
        return JSONResponse({"ok": True})

    @_guarded
    async def requests(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise BadRequest(f"since is {since!r}; allowed: a sequence number.")
        return JSONResponse({"requests": self._portal.requests.since(int(since))})

    @_guarded
    async def messages(self, request: Request) -> Response:
        """What was posted to Slack, in order; `last=10` only so many of the newest."""
        last = request.query_params.get("last", "")
        if last and not last.isdecimal():
            raise BadRequest(f"last is {last!r}; allowed: a number of messages.")
        with self._portal.store.lock:
            posted = self._portal.workspace.messages()
        told = [{"channel": channel.name or channel.user_id, "message": message} for channel, message in posted]
        return JSONResponse({"messages": told[-int(last) :] if last else told})

    @_guarded
    async def faults(self, request: Request) -> Response:
        """POST one rule, a list of rules, or `{rules: [...]}`: they are added. DELETE removes all."""
        faults = self._portal.faults
        if request.method == "POST":
            body = await _json(request)
            if isinstance(body, dict) and "rules" in body:
                body = body["rules"]
            faults.add(*[FaultRule.parsed(raw) for raw in (body if isinstance(body, list) else [body])])
        elif request.method == "DELETE":
            faults.clear()
        return JSONResponse({"rules": [rule.as_dict() for rule in faults.rules]})

    @_guarded
    async def settings(self, request: Request) -> Response:
        if request.method == "POST":
            body = await _json(request)
            if not isinstance(body, dict):
                raise BadRequest("Settings are an object of names and values.")
            with self._portal.store.lock:
                self._portal.apply_settings(**body)
        return JSONResponse(self._portal.settings.as_dict())


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise BadRequest("The body is no JSON.") from None


def counts(portal: Portal) -> dict[str, int]:
    """How much of everything the sandbox holds."""
    tables = {"messages": "slack_messages", "webhooks": "webhooks", "enrollments": "enrollments", "events": "events"}
    tables["lists"] = "lists"
    return {
        **{kind.name: portal.records.live_count[kind.name] for kind in OBJECT_TYPES},
        "owners": len(portal.owners.by_id),
        "slack_users": len(portal.workspace.users),
        "slack_channels": sum(channel.user_id is None for channel in portal.workspace.channels.values()),
        **{name: portal.store.one(f"select count(*) from {table}") for name, table in tables.items()},
    }
