"""What can be set on a running sandbox: limits, delays, seeds. The defaults are a Professional account's."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


class SettingInvalid(ValueError):
    """A setting that does not exist, or a value it cannot take."""


@dataclass
class Settings:
    rate_limit: int = 190  # HubSpot calls per rolling 10 seconds
    daily_limit: int = 650_000  # HubSpot calls per day, until midnight in the account's time zone
    association_daily_limit: int = 500_000  # association calls per day
    search_rate: int = 5  # searches per rolling second
    search_lag_seconds: float = 1.0  # until a write shows in searches
    enrollments_per_sender: int = 1_000  # sequence enrolments per sender and day
    latency_ms: int = 0  # before every HubSpot, Slack and webhook answer
    slack_burst: int = 5  # messages a channel takes at once
    slack_per_second: float = 1.0  # messages a channel takes after that
    slack_workspace_per_minute: int = 300  # messages over all channels
    slack_reads_per_minute: int = 50  # calls of one Tier 3 method: users.lookupByEmail, conversations.history, ...
    slack_lists_per_minute: int = 20  # calls of one Tier 2 method: conversations.list
    shuffle_seed: int = 0  # of the order of batch answers

    def change(self, values: Mapping[str, Any]) -> None:
        """Set several at once, or none of them.

        Raises:
            SettingInvalid: An unknown name or an impossible value.
        """
        kinds = {item.name: item.type for item in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise SettingInvalid(f"Unknown setting {name!r}; allowed: {', '.join(kinds)}.")
            whole = kinds[name] in (int, "int")
            right = isinstance(value, int) if whole else isinstance(value, int | float)
            if not right or isinstance(value, bool) or value < 0:
                wanted = "a whole number" if whole else "a number"
                raise SettingInvalid(f"Setting {name!r} is {value!r}; allowed: {wanted}, 0 or more.")
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
