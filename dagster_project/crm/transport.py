"""The one door to HubSpot: paths, budget, time limits, and what may be repeated.

Built on the connection pool and the authorisation of the official client's `ApiClient`, with plain dict bodies: typed
models cost twenty times the CPU and know no date-versioned path. The client's own retries are off, because they would
repeat what must not be repeated.
"""

import json
import math
import random
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
import urllib3
from hubspot.crm.contacts import ApiClient, Configuration

from dagster_project.crm.errors import (
    CrmAnswerLost,
    CrmCalledOff,
    CrmRefused,
    CrmScopeMissing,
    CrmUnauthorised,
    CrmUnavailable,
    DailyLimitReached,
)
from dagster_project.crm.limiter import CallLimiter, event_send_limiter, search_limiter

API_VERSION = "2026-09"
CONNECT_SECONDS, READ_SECONDS = 5, 60
ATTEMPTS = 6
LONGEST_PAUSE_SECONDS = 60.0
# Ten calls at once use up 190 in ten seconds while an answer takes less than half a second.
MOST_AT_ONCE = 10
# So many answers tell how long one takes; the median of them, as one slow answer says little.
TIMED_ANSWERS = 15
# The object is locked for a moment; the account is being moved.
LOCKED, MOVING = 423, 477


@dataclass(frozen=True)
class Answer:
    """A 2xx answer: its status and its body, `{}` where it has none."""

    status: int
    body: dict


class HubSpotApi:
    """Calls HubSpot and returns what it answered, or raises one of `crm.errors`. Safe to share between threads.

    Args:
        base_url: `https://api.hubapi.com`, or a sandbox.
        access_token: A service key or private-app token; it appears in no message.
    Raises:
        CrmUnauthorised: The token cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        access_token: str,
        *,
        limiter: CallLimiter | None = None,
        searches: CallLimiter | None = None,
        event_sends: CallLimiter | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        attempts: int = ATTEMPTS,
    ):
        configuration = Configuration(host=base_url.rstrip("/"))
        configuration.access_token = _checked_token(access_token)
        configuration.retries = False
        # With fewer, urllib3 would open a connection for a call and throw it away after it.
        configuration.connection_pool_maxsize = MOST_AT_ONCE
        self._client = ApiClient(configuration)
        self.limiter = limiter or CallLimiter(sleep=sleep)
        self._searches = searches or search_limiter(sleep=sleep)
        self._event_sends = event_sends or event_send_limiter(sleep=sleep)
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._attempts = attempts
        self.base_url = base_url.rstrip("/")
        self.calls = 0
        self._lock = threading.Lock()
        self._answer_seconds: deque[float] = deque(maxlen=TIMED_ANSWERS)

    def calls_at_once(self) -> int:
        """How many calls to have on their way so that the portal's budget is used and nothing else holds them back.

        One until the first answer told how long one takes; then what the budget allows in that time, and one more for
        the moments between an answer and the next call; at most `MOST_AT_ONCE`.
        """
        with self._lock:
            seconds = statistics.median(self._answer_seconds) if self._answer_seconds else None
        if seconds is None:
            return 1
        return min(math.ceil(self.limiter.calls_per_second * seconds) + 1, MOST_AT_ONCE)

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> dict:
        return self.call("GET", path, query=query).body

    def post(
        self, path: str, body: dict, *, repeatable: bool, is_called_off: Callable[[], bool] = lambda: False
    ) -> Answer:
        return self.call("POST", path, body=body, repeatable=repeatable, is_called_off=is_called_off)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: dict | None = None,
        query: Mapping[str, str | int] | None = None,
        repeatable: bool = True,
        is_called_off: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """One call, repeated while that is safe and promises something.

        Args:
            path: With `{version}` where the API version goes.
            repeatable: Whether the request may be carried out twice without harm. If not, only an answer that says
                it was not carried out (429, 423, a refused connection) is followed by another try.
            is_called_off: Asked before the call leaves, and again before each further try.
        Raises:
            CrmCalledOff: `is_called_off` said so, so that nothing left, or nothing after a try that failed.
            CrmRefused: A 4xx that another try would not change.
            CrmUnauthorised: 401, or 403 (a `CrmScopeMissing`).
            DailyLimitReached: 429 with the policy DAILY.
            CrmUnavailable: Every try failed, or a pause longer than a minute was asked for.
            CrmAnswerLost: Not repeatable, and the answer was lost, unreadable or a 5xx.
        """
        path = path.format(version=API_VERSION)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._client.update_params_for_auth(headers, None, ["oauth2"])
        url = self.base_url + path + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else _written(body)
        limiter = self._limiter_of(path)
        problem = ""
        for attempt in range(1, self._attempts + 1):
            left_at = limiter.wait_for_turn()
            # Asked after the wait, which may take ten seconds.
            if is_called_off():
                raise CrmCalledOff(f"{method} {path} was called off")
            with self._lock:
                self.calls += 1
            begun = self._clock()
            try:
                response = self._request(method, url, headers, content)
                self.limiter.learn(response.headers)
                if not 200 <= response.status < 300:
                    pause, problem, is_lost = self._judge(response, attempt)
                elif (answered := _parsed(response.data)) is not None:
                    with self._lock:
                        self._answer_seconds.append(self._clock() - begun)
                    return Answer(response.status, answered)
                else:
                    problem = f"{response.status} with a body that is no JSON"
                    pause, is_lost = self._backoff(attempt), True
            except (urllib3.exceptions.HTTPError, OSError) as error:
                pause, problem, is_lost = self._backoff(attempt), _connection_problem(error), not _never_left(error)
            finally:
                limiter.answered(left_at)
            if is_lost and not repeatable:
                raise CrmAnswerLost(f"{method} {path}: {problem}; whether HubSpot carried it out is not known")
            if pause > LONGEST_PAUSE_SECONDS:
                raise CrmUnavailable(f"HubSpot asks to wait {pause:.0f} s ({problem}); the next run will try again.")
            if attempt < self._attempts:
                self._sleep(pause)
        raise CrmUnavailable(
            f"HubSpot at {self.base_url} cannot be reached: {problem}, {self._attempts} times in a row."
        )

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> urllib3.BaseHTTPResponse:
        """One request in the client's own pool; its methods above that take a third of what a batch costs, and fail on
        an error without a body and on one that is no UTF-8, as proxies send them.
        """
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        return self._client.rest_client.pool_manager.request(
            method, url, headers=headers, body=content, timeout=timeout, retries=False
        )

    def _limiter_of(self, path: str) -> CallLimiter:
        if path.endswith("/search"):
            return self._searches
        return self._event_sends if path.endswith(("/send", "/send/batch")) else self.limiter

    def _judge(self, answer: urllib3.BaseHTTPResponse, attempt: int) -> tuple[float, str, bool]:
        """How long to wait before the next try, what to say if there is none, and whether the request may have been
        carried out; or the exception that ends it.
        """
        body = _parsed(answer.data) or {}
        status, message = answer.status, str(body.get("message") or answer.reason or "no message")
        problem = f"{status} {message}"
        if status == 429:
            if body.get("policyName") == "DAILY" or "daily" in message.lower():
                raise DailyLimitReached(f"HubSpot's calls of the day are used up: {message}")
            pause = 1.0 if "secondly limit" in message.lower() else 10.0
            asked = _asked_seconds(answer.headers)
            # Documented in seconds here and in milliseconds there: believed while it is sane.
            return asked if asked and asked <= LONGEST_PAUSE_SECONDS else pause, problem, False
        if status in (401, 403):
            kind = CrmUnauthorised if status == 401 else CrmScopeMissing
            raise kind(_unauthorised(status, message, body))
        if status not in (LOCKED, MOVING) and status < 500:
            category = str(body.get("category") or body.get("errorType") or "UNKNOWN")
            raise CrmRefused(status, category, message, body.get("errors"), body.get("context"))
        pause = max(self._backoff(attempt), 2.0 if status == LOCKED else 0.0)
        return _asked_seconds(answer.headers) or pause, problem, status not in (LOCKED, MOVING)

    def _backoff(self, attempt: int) -> float:
        return 0.5 * 2 ** (attempt - 1) * (0.5 + self._jitter())


def _checked_token(access_token: str) -> str:
    """Without the line break that comes with a secret read from a file; an error about a bad header would show it."""
    token = access_token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise CrmUnauthorised("HUBSPOT_ACCESS_TOKEN is empty or holds characters that no token has; copy it again.")
    return token


def _asked_seconds(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` asks for, if it is a number of seconds above none."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _written(body: dict) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        # It refuses what Python writes, such as whole numbers of more than 64 bits.
        return json.dumps(body).encode()


def _parsed(body: bytes | None) -> dict | None:
    """The JSON object of a body, `{}` of an empty one, None of anything else."""
    if not body:
        return {}
    try:
        parsed = orjson.loads(body)
    except ValueError:
        # It refuses what Python takes, such as half of a sign that was cut in two: a 2xx stays an answer.
        try:
            parsed = json.loads(body)
        except ValueError:
            return None
    return parsed if isinstance(parsed, dict) else None


def _unauthorised(status: int, message: str, body: dict) -> str:
    if status == 401:
        return f"HubSpot does not accept the token in HUBSPOT_ACCESS_TOKEN (401): {message}"
    scopes = sorted(
        {
            scope
            for item in body.get("errors") or []
            for scope in (item.get("context") or {}).get("requiredGranularScopes") or []
        }
    )
    needed = f" Give the token: {', '.join(scopes)}." if scopes else ""
    return f"The token in HUBSPOT_ACCESS_TOKEN may not do this (403): {message}{needed}"


def _never_left(error: Exception) -> bool:
    reason = getattr(error, "reason", error)
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)


def _connection_problem(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return "the connection was refused or the address is not known"
    if isinstance(reason, urllib3.exceptions.SSLError):
        return f"no secure connection ({' '.join(str(reason).split())})"
    if isinstance(reason, urllib3.exceptions.ConnectTimeoutError):
        return f"no connection within {CONNECT_SECONDS} s"
    if isinstance(reason, urllib3.exceptions.ReadTimeoutError):
        return f"no answer within {READ_SECONDS} s"
    return "the connection was lost before the answer came"
