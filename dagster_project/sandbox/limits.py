"""Request budgets: HubSpot's rolling 10 seconds, its day and its searches per second; Slack's buckets.

Sources: HubSpot docs: usage guidelines, search the CRM; recorded answers for headers and bodies (a search answer and
its 429 carry the daily headers only, no answer carries Retry-After). Slack docs: rate limits.
"""

import math
from collections import defaultdict, deque
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from .clock import Clock, stamp
from .errors import PORTAL_ID
from .settings import Settings
from .state import Store

ACCOUNT_ZONE = ZoneInfo("US/Eastern")
WINDOW_SECONDS = 10.0
TIER_2 = {"conversations.list"}  # "20+ a minute", Tier 3 "50+": taken as 20 and 50


class Budget(Enum):
    """Which limits a HubSpot call counts against."""

    STANDARD = "standard"
    SEARCH = "search"  # not in the 10-second window; 5 per second
    ASSOCIATIONS = "associations"  # not in the 10-second window; a daily budget of its own besides the general one
    EVENTS = "events"  # in neither the window nor the day


class RateLimited(Exception):
    """A call over a budget. `body` is HubSpot's, without the correlation id."""

    def __init__(self, body: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__(body["message"])
        self.body = body
        self.headers = headers


TEN_SECONDLY_BODY = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "TEN_SECONDLY_ROLLING",
    "groupName": f"publicapi:private-apps:portal-{PORTAL_ID}",
}
SECONDLY_BODY = {
    "status": "error",
    "message": "You have reached your secondly limit.",
    "category": "RATE_LIMITS",
}
DAILY_BODY = {
    "status": "error",
    "message": "You have reached your daily limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "DAILY",
}


class RollingWindow:
    """At most `limit` calls in any stretch of `seconds`; a refused call does not count."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def used(self) -> int:
        horizon = self._clock.monotonic() - self._seconds
        while self._taken and self._taken[0] <= horizon:
            self._taken.popleft()
        return len(self._taken)

    def take(self, limit: int) -> bool:
        if self.used() >= limit:
            return False
        self._taken.append(self._clock.monotonic())
        return True

    def frees_in(self) -> float:
        """Seconds until the oldest call leaves the window."""
        return max(0.0, self._taken[0] + self._seconds - self._clock.monotonic()) if self._taken else 0.0


class TokenBucket:
    """Short bursts up to `burst`, then `per_second`."""

    def __init__(self, clock: Clock, burst: int) -> None:
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock.monotonic()

    def take(self, burst: int, per_second: float) -> float:
        """0 when there is a token, else the seconds until there is one."""
        now = self._clock.monotonic()
        self._tokens = min(float(burst), self._tokens + (now - self._at) * per_second)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / per_second if per_second else math.inf


class HubSpotLimits:
    """Counts HubSpot calls and says which one is too many."""

    def __init__(self, settings: Settings, clock: Clock, store: Store) -> None:
        self._settings = settings
        self._clock = clock
        self._store = store
        store.before_commit.append(self._flush)
        self.load()

    def load(self) -> None:
        self._window = RollingWindow(self._clock, WINDOW_SECONDS)
        self._second = RollingWindow(self._clock, 1.0)
        self._searches = RollingWindow(self._clock, 1.0)
        self._day, self._used, self._association_calls = self._store.meta("daily", ["", 0, 0])
        self._changed = False

    def _local_now(self) -> datetime:
        return self._clock.now().astimezone(ACCOUNT_ZONE)

    def used_today(self) -> int:
        today = self._local_now().date().isoformat()
        if today != self._day:
            self._day, self._used, self._association_calls = today, 0, 0
            self._changed = True
        return self._used

    def resets_at(self) -> str:
        midnight = self._local_now().replace(hour=0, minute=0, second=0, microsecond=0)
        return stamp(midnight + timedelta(days=1))

    def _flush(self) -> None:
        if self._changed:
            self._changed = False
            self._store.set_meta("daily", [self._day, self._used, self._association_calls])

    def admit(self, budget: Budget) -> dict[str, str]:
        """Count a call and return the headers of its answer.

        Raises:
            RateLimited: Over the day, the window or the searches per second. As recorded, the refused call counts
                against the day; it does not count against the window.
        """
        if budget is Budget.EVENTS:
            return self.headers(budget)
        used_before = self.used_today()
        self._used += 1
        self._changed = True
        if used_before >= self._settings.daily_limit:
            raise RateLimited(DAILY_BODY, self.headers(budget))
        if budget is Budget.ASSOCIATIONS:
            self._association_calls += 1
            if self._association_calls > self._settings.association_daily_limit:
                raise RateLimited(DAILY_BODY, self.headers(budget))
        elif budget is Budget.SEARCH:
            if not self._searches.take(self._settings.search_rate):
                raise RateLimited(SECONDLY_BODY, self.headers(budget))
        elif not self._window.take(self._settings.rate_limit):
            raise RateLimited(TEN_SECONDLY_BODY, self.headers(budget))
        else:
            self._second.take(self._settings.rate_limit)
        return self.headers(budget)

    def headers(self, budget: Budget) -> dict[str, str]:
        settings = self._settings
        headers = {
            "X-HubSpot-RateLimit-Daily": str(settings.daily_limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, settings.daily_limit - self.used_today())),
        }
        if budget is Budget.STANDARD:
            secondly = settings.rate_limit // 10  # deprecated, reported and not enforced
            headers |= {
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
                "X-HubSpot-RateLimit-Max": str(settings.rate_limit),
                "X-HubSpot-RateLimit-Remaining": str(max(0, settings.rate_limit - self._window.used())),
                "X-HubSpot-RateLimit-Secondly": str(secondly),
                "X-HubSpot-RateLimit-Secondly-Remaining": str(max(0, secondly - self._second.used())),
            }
        return headers


class SlackLimits:
    """Messages per channel and workspace, and calls per Tier 3 method. `wait` is what Retry-After says."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.load()

    def load(self) -> None:
        self._channels: dict[str, TokenBucket] = {}
        self._workspace = RollingWindow(self._clock, 60.0)
        self._methods: dict[str, RollingWindow] = defaultdict(lambda: RollingWindow(self._clock, 60.0))

    def post(self, channel_id: str) -> int:
        """Seconds to wait before posting to this channel; 0 lets the message through."""
        settings = self._settings
        bucket = self._channels.setdefault(channel_id, TokenBucket(self._clock, settings.slack_burst))
        wait = bucket.take(settings.slack_burst, settings.slack_per_second)
        if wait == 0 and not self._workspace.take(settings.slack_workspace_per_minute):
            wait = self._workspace.frees_in()
        return _whole_seconds(wait)

    def read(self, method: str) -> int:
        """Seconds to wait before calling this method again; 0 lets the call through."""
        settings, window = self._settings, self._methods[method]
        most = settings.slack_lists_per_minute if method in TIER_2 else settings.slack_reads_per_minute
        return 0 if window.take(most) else _whole_seconds(window.frees_in())


def _whole_seconds(wait: float) -> int:
    return min(3600, max(1, math.ceil(wait))) if wait > 0 else 0
