"""What a portal allows: as its headers said it last, else as the smallest portals have it."""

from dataclasses import asdict, dataclass
from math import ceil

from sqlalchemy import Engine

from dagster_project.counting import counted
from dagster_project.crm.limiter import DEFAULT_INTERVAL_SECONDS, DEFAULT_MAX_CALLS
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.run_log import last_summary

# Free and Starter. Source: HubSpot docs, usage guidelines.
SMALLEST_DAY = 250_000
# The step that asks HubSpot in every run keeps what it was told with its summary.
STEP, KEY = "copy_hubspot", "portal_limits"


@dataclass(frozen=True)
class PortalLimits:
    """Calls in an interval and on a day; `daily_left` when HubSpot was last asked, None where it did not say."""

    max_calls: int = DEFAULT_MAX_CALLS
    interval_seconds: float = DEFAULT_INTERVAL_SECONDS
    daily_calls: int = SMALLEST_DAY
    daily_left: int | None = None

    def seconds(self, calls: int) -> float:
        return calls * self.interval_seconds / self.max_calls

    def told(self, calls: int) -> str:
        """What so many calls take, in words: `4 calls, 1 s at most, 0.01 % of a day's 650,000`."""
        seconds = self.seconds(calls)
        duration = f"{ceil(seconds)} s" if seconds < 120 else f"{ceil(seconds / 60)} min"
        left = "" if self.daily_left is None else f", of which {self.daily_left:,} were left"
        share = f"{100 * calls / self.daily_calls:.2f} % of a day's {self.daily_calls:,}{left}"
        return f"{counted(calls, 'call')}, {duration} at most, {share}"


def limits_seen(api: HubSpotApi) -> dict[str, int | float | None]:
    """What this door was told by now, as a step keeps it."""
    limiter = api.limiter
    daily = limiter.daily_calls or SMALLEST_DAY
    return asdict(PortalLimits(limiter.max_calls, limiter.interval_seconds, daily, limiter.daily_left))


def read_limits(engine: Engine) -> PortalLimits:
    """What the last run that asked HubSpot was told."""
    found = (last_summary(engine, STEP) or {}).get(KEY)
    return PortalLimits(**found) if found else PortalLimits()
