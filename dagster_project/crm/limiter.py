"""The portal's request budget: no more calls in ten seconds than its headers allow, no more searches a second."""

import threading
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Mapping

# Free and Starter portals allow the least; the first answer says what this one allows.
DEFAULT_MAX_CALLS = 100
DEFAULT_INTERVAL_SECONDS = 10.0
# Of the account and not of the app: whatever else searches there takes from the same five.
MAX_SEARCHES = 5
SEARCH_INTERVAL_SECONDS = 1.0
# Sends of custom events.
MAX_EVENT_SENDS = 1_250
EVENT_SEND_INTERVAL_SECONDS = 1.0
# Requests travel at different speeds, so what leaves in ten seconds can arrive in a little less.
SPARE_CALLS = 2
SPARE_SECONDS = 0.1
# So many answers tell how long one takes that waits for nothing.
TIMED_ANSWERS = 100


class CallLimiter:
    """Makes callers wait until another call fits into the rolling window. Safe to share between threads.

    Source: HubSpot docs, usage guidelines (100, 190 or 250 calls per ten rolling seconds and app) and the headers
    `X-HubSpot-RateLimit-Max`, `-Interval-Milliseconds`, `-Daily` and `-Daily-Remaining`.
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
        self._turn = threading.Lock()
        # When calls left, or may have been counted if that is later; in this order.
        self._sent: deque[float] = deque()
        self._answer_seconds: deque[float] = deque(maxlen=TIMED_ANSWERS)
        self._spare_calls = spare_calls
        self.max_calls = max_calls
        self.interval_seconds = interval_seconds
        # Of the account, all apps together; None until an answer tells.
        self.daily_calls: int | None = None
        self.daily_left: int | None = None

    @property
    def calls_per_second(self) -> float:
        with self._lock:
            return self.max_calls / self.interval_seconds

    def wait_for_turn(self) -> float:
        """The moment of leaving, by which `answered` knows the call again."""
        # One waits for the next place, the others for the one: all would wake up for it otherwise.
        with self._turn:
            while True:
                with self._lock:
                    now = self._clock()
                    while self._sent and now - self._sent[0] > self.interval_seconds + SPARE_SECONDS:
                        self._sent.popleft()
                    if len(self._sent) < max(self.max_calls - self._spare_calls, 1):
                        # Not always the last: a call that was held up on its way counts as a later one.
                        insort(self._sent, now)
                        return now
                    pause = self._sent[0] + self.interval_seconds + SPARE_SECONDS - now
                self._sleep(max(pause, 0.001))

    def answered(self, left_at: float) -> None:
        """A call that took longer than the fastest may have been held up before the portal counted it.

        It then is in the portal's window for so much longer, and keeps its place in ours. With one call at a time the
        next ones are late with it; with several they come in time and would be too many.
        """
        with self._lock:
            seconds = self._clock() - left_at
            self._answer_seconds.append(seconds)
            late = seconds - min(self._answer_seconds) - SPARE_SECONDS
            if late > 0 and left_at in self._sent:
                self._sent.remove(left_at)
                insort(self._sent, left_at + late)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the limits that an answer states; one of the search endpoint states only those of the day."""
        maximum = headers.get("X-HubSpot-RateLimit-Max", "")
        interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
        if maximum.isdigit() and interval.isdigit() and int(maximum) > 0 and int(interval) > 0:
            with self._lock:
                self.max_calls = int(maximum)
                self.interval_seconds = int(interval) / 1000
        daily = headers.get("X-HubSpot-RateLimit-Daily", "")
        left = headers.get("X-HubSpot-RateLimit-Daily-Remaining", "")
        if daily.isdigit() and left.isdigit() and int(daily) > 0:
            with self._lock:
                self.daily_calls, self.daily_left = int(daily), int(left)


def search_limiter(
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> CallLimiter:
    """The budget of the search endpoint, which counts in no other. Source: HubSpot docs, search the CRM."""
    return CallLimiter(clock, sleep, max_calls=MAX_SEARCHES, interval_seconds=SEARCH_INTERVAL_SECONDS, spare_calls=1)


def event_send_limiter(
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> CallLimiter:
    """The budget of sending custom events, which counts in no other. Source: HubSpot docs, custom events, limits."""
    return CallLimiter(clock, sleep, max_calls=MAX_EVENT_SENDS, interval_seconds=EVENT_SEND_INTERVAL_SECONDS)
