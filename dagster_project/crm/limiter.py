"""The portal's request budget: no more calls in ten seconds than its headers allow, no more searches a second."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

# Free and Starter portals allow the least; the first answer says what this one allows.
DEFAULT_MAX_CALLS = 100
DEFAULT_INTERVAL_SECONDS = 10.0
# Of the account and not of the app: whatever else searches there takes from the same five.
MAX_SEARCHES = 5
SEARCH_INTERVAL_SECONDS = 1.0
# Requests travel at different speeds, so what leaves in ten seconds can arrive in a little less.
SPARE_CALLS = 2
SPARE_SECONDS = 0.1


class CallLimiter:
    """Makes callers wait until another call fits into the rolling window. Safe to share between threads.

    Source: HubSpot docs, usage guidelines (100, 190 or 250 calls per ten rolling seconds and app) and the headers
    `X-HubSpot-RateLimit-Max` and `-Interval-Milliseconds`.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        max_calls: int = DEFAULT_MAX_CALLS,
        interval_seconds: float = DEFAULT_INTERVAL_SECONDS,
        spare_calls: int = SPARE_CALLS,
    ):
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sent: deque[float] = deque()
        self._spare_calls = spare_calls
        self.max_calls = max_calls
        self.interval_seconds = interval_seconds

    @property
    def calls_per_second(self) -> float:
        with self._lock:
            return self.max_calls / self.interval_seconds

    def wait_for_turn(self) -> None:
        while True:
            with self._lock:
                now = self._clock()
                while self._sent and now - self._sent[0] > self.interval_seconds + SPARE_SECONDS:
                    self._sent.popleft()
                if len(self._sent) < max(self.max_calls - self._spare_calls, 1):
                    self._sent.append(now)
                    return
                pause = self._sent[0] + self.interval_seconds + SPARE_SECONDS - now
            self._sleep(max(pause, 0.001))

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the limit that an answer states; answers of the search endpoint state none."""
        maximum = headers.get("X-HubSpot-RateLimit-Max", "")
        interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
        if maximum.isdigit() and interval.isdigit() and int(maximum) > 0 and int(interval) > 0:
            with self._lock:
                self.max_calls = int(maximum)
                self.interval_seconds = int(interval) / 1000


def search_limiter(
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> CallLimiter:
    """The budget of the search endpoint, which counts in no other. Source: HubSpot docs, search the CRM."""
    return CallLimiter(clock, sleep, max_calls=MAX_SEARCHES, interval_seconds=SEARCH_INTERVAL_SECONDS, spare_calls=1)
