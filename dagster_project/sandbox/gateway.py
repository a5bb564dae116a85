"""What every call passes through: token, limits, latency, faults, one transaction, headers and the request log."""

import asyncio
import json
import logging
import socket
import struct
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from . import errors, slack, webhooks
from .calls import Answer, Call, parsed
from .errors import Refusal
from .faults import FaultRule
from .limits import DAILY_BODY, SECONDLY_BODY, TEN_SECONDLY_BODY, Budget, RateLimited
from .portal import Portal

VERSIONS = ("2026-03", "2026-09")
JSON_TYPE = "application/json;charset=utf-8"
RETRY_AFTER_MIGRATION = "3600"  # seconds, of a 477

Handler = Callable[[Portal, Call], Answer]
Endpoint = Callable[[Request], Awaitable[Response]]

logger = logging.getLogger(__name__)
_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class DroppedConnection(Response):
    """Closes the TCP connection without an answer, as a proxy or a network does."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = receive.__self__.transport  # type: ignore[attr-defined]  # uvicorn's request cycle
        connection = transport.get_extra_info("socket")
        # Closing with nothing lingering sends a reset rather than an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Gateway:
    """Makes endpoints out of handlers."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def hubspot(
        self,
        handler: Handler,
        scope: str,
        budget: Budget,
        *,
        is_write: bool,
    ) -> Endpoint:
        """An endpoint of the HubSpot part.

        Args:
            scope: What a token needs, with `{type}` for the object type of the path.
            is_write: Whether a call changes something, for the request log.
        """

        async def endpoint(request: Request) -> Response:
            call, mistake = _call(request, await request.body())
            correlation_id = str(uuid.uuid4())
            headers: dict[str, str] = {"X-HubSpot-Correlation-Id": correlation_id}

            def handle(fault: FaultRule | None) -> Answer:
                try:
                    _check_version(request)
                    _check_token(request, fault)
                    headers.update(self._portal.limits.admit(budget))
                    if fault is not None and fault.kind == "missing_scopes":
                        raise errors.missing_scopes([scope.format(**request.path_params)])
                    if fault is not None and fault.when == "before":
                        return _hubspot_fault(fault, budget, None, headers)
                    if mistake is not None:
                        raise mistake
                    answer = handler(self._portal, call)
                    return answer if fault is None else _hubspot_fault(fault, budget, answer, headers)
                except RateLimited as limited:
                    headers.update(limited.headers)
                    return _rate_limited(limited.body)
                except Refusal as refusal:
                    return Answer(refusal.status, refusal.body())

            answer = await self._serve(request, "hubspot", handle, inputs=_count(call.body), is_write=is_write)
            if answer is None:
                return DroppedConnection()
            if isinstance(answer.body, dict) and answer.body.get("status") == "error":
                answer.body.setdefault("correlationId", correlation_id)
            return _response(answer, headers)

        return endpoint

    def not_found(self) -> Endpoint:
        async def endpoint(request: Request, error: Any = None) -> Response:
            correlation_id = str(uuid.uuid4())
            status = getattr(error, "status_code", 404)
            message = "resource not found" if status == 404 else "Method not allowed"
            body = {"status": "error", "message": message, "correlationId": correlation_id}
            return _response(Answer(status, body), {"X-HubSpot-Correlation-Id": correlation_id})

        return endpoint

    def slack(self) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            method = request.path_params["method"]

            def handle(fault: FaultRule | None) -> Answer:
                arguments = _slack_arguments(request, raw)
                token = _bearer(request) or str(arguments.get("token") or "")
                if fault is not None and (fault.when == "before" or fault.kind in ("invalid_token", "missing_scopes")):
                    return _slack_fault(fault, method)
                answer = slack.answer(self._portal, method, token, arguments)
                return answer if fault is None else _slack_fault(fault, method)

            answer = await self._serve(request, "slack", handle, inputs=None, is_write=method in slack.WRITES)
            return DroppedConnection() if answer is None else _response(answer, {})

        return endpoint

    def webhook(self) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()

            def handle(fault: FaultRule | None) -> Answer:
                if fault is not None and fault.when == "before":
                    return _webhook_fault(fault)
                answer = webhooks.receive(self._portal, request.path_params["name"], request.headers, raw)
                return answer if fault is None else _webhook_fault(fault)

            answer = await self._serve(request, "webhook", handle, inputs=None, is_write=True)
            return DroppedConnection() if answer is None else _response(answer, {})

        return endpoint

    async def _serve(
        self,
        request: Request,
        service: str,
        handle: Callable[[FaultRule | None], Answer],
        *,
        inputs: int | None,
        is_write: bool,
    ) -> Answer | None:
        """Run a handler in one transaction and log the call. None: the connection is to be closed."""
        portal, path = self._portal, request.url.path
        wait, fault = portal.faults.strike(request.method, path)
        wait += portal.settings.latency_ms
        if wait:
            await asyncio.sleep(wait / 1000)  # outside the lock: other calls go on
        try:
            with portal.store.transaction():
                answer = handle(fault)
                dropped = fault is not None and fault.kind == "reset"
                portal.requests.add(
                    service,
                    request.method,
                    path,
                    0 if dropped else answer.status,
                    inputs,
                    is_write=is_write,
                    fault=fault.kind if fault else None,
                )
        except Exception as error:
            # A mistake of the sandbox, not a fault on demand: nothing was written, and the answer says so.
            logger.exception("%s %s failed", request.method, path)
            return Answer(500, {"status": "error", "message": f"The sandbox itself failed: {error!r}"})
        return None if dropped else answer


# Requests


def _check_version(request: Request) -> None:
    if request.path_params.get("version", VERSIONS[0]) not in VERSIONS:
        raise Refusal(404, "resource not found")


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_token(request: Request, fault: FaultRule | None) -> None:
    if not _bearer(request) or (fault is not None and fault.kind == "invalid_token"):
        raise errors.unauthorized()


def _call(request: Request, raw: bytes) -> tuple[Call, Refusal | None]:
    """The call, and what is wrong with its body, which is told after token and limits."""
    try:
        body, mistake = parsed(raw), None
    except Refusal as refusal:
        body, mistake = None, refusal
    call = Call(
        method=request.method,
        path=request.url.path,
        parts=request.path_params,
        query=request.query_params,
        body=body,
        size=len(raw),
        base_url=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}",
    )
    return call, mistake


def _count(body: Any) -> int | None:
    """How many inputs a batch brought."""
    inputs = body.get("inputs") if isinstance(body, dict) else None
    return len(inputs) if isinstance(inputs, list) else None


def _slack_arguments(request: Request, raw: bytes) -> Mapping[str, Any]:
    arguments: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if "json" in kind and raw:
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        arguments |= body if isinstance(body, dict) else {}
    elif raw:
        arguments |= dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    return arguments


# Answers


def _response(answer: Answer, headers: Mapping[str, str]) -> Response:
    merged = {**headers, **answer.headers}
    if answer.body is None:
        return Response(status_code=answer.status, headers=merged)
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, merged, media_type="text/html")
    return Response(_dump(answer.body), answer.status, merged, media_type=JSON_TYPE)


def _rate_limited(body: Mapping[str, str]) -> Answer:
    answer = dict(body)
    if body is DAILY_BODY:
        answer["requestId"] = uuid.uuid4().hex
    return Answer(429, answer)


def _proxy_page(status: int) -> Answer:
    """Gateway errors come from a proxy in front of the API, as a page and not as JSON."""
    return Answer(status, f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>")


def _hubspot_fault(fault: FaultRule, budget: Budget, landed: Answer | None, headers: dict[str, str]) -> Answer:
    kind = fault.kind
    if kind == "reset":
        return Answer(0)
    if kind == "429":
        return _rate_limited(SECONDLY_BODY if budget is Budget.SEARCH else TEN_SECONDLY_BODY)
    if kind == "429_daily":
        return _rate_limited(DAILY_BODY)
    if kind in ("502", "504"):
        headers.clear()  # the proxy knows nothing of the API's headers
        return _proxy_page(int(kind))
    if kind == "empty_2xx":
        status = landed.status if landed is not None and landed.status < 300 else 200
        return Answer(200 if status == 207 else status, {"status": "COMPLETE", "results": []})
    messages = {
        "500": "internal error",
        "503": "Service temporarily unavailable",
        "423": "The account is locked: too many records are being written at once",
        "477": "The account is being migrated to another data center",
    }
    extra = {"Retry-After": RETRY_AFTER_MIGRATION} if kind == "477" else {}
    return Answer(int(kind), {"status": "error", "message": messages[kind]}, extra)


def _slack_fault(fault: FaultRule, method: str) -> Answer:
    kind = fault.kind
    if kind == "reset":
        return Answer(0)
    if kind in ("429", "429_daily"):
        return slack.rate_limited(1)
    if kind == "invalid_token":
        return Answer(200, {"ok": False, "error": "invalid_auth"})
    if kind == "missing_scopes":
        needed = slack.SCOPES.get(method, "")
        return Answer(200, {"ok": False, "error": "missing_scope", "needed": needed, "provided": ""})
    if kind == "empty_2xx":
        return Answer(200, {})
    return _proxy_page(int(kind))


def _webhook_fault(fault: FaultRule) -> Answer:
    kind = fault.kind
    if kind == "reset":
        return Answer(0)
    if kind in ("429", "429_daily"):
        return Answer(429, {"error": "too many requests"}, {"Retry-After": "1"})
    statuses = {"invalid_token": 401, "missing_scopes": 403, "empty_2xx": 204}
    status = statuses.get(kind) or int(kind)
    return Answer(status, None if status == 204 else {"error": f"status {status}"})
