"""Faults on demand: which calls fail, how, and whether their write lands first. Seeded, so a run repeats itself."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "429",
    "429_daily",
    "500",
    "502",
    "503",
    "504",
    "423",
    "477",
    "reset",  # the connection closes without an answer
    "latency",
    "invalid_token",
    "missing_scopes",
    "empty_2xx",  # a success that names no record
)
FIELDS = ("match", "kind", "when", "probability", "times", "latency_ms", "seed")


class FaultInvalid(ValueError):
    """A fault rule that cannot be used; the message names the field and what is allowed."""


@dataclass
class FaultRule:
    """One rule. `when="after"`: the write has landed and only its answer is lost."""

    kind: str
    method: str | None = None
    path: re.Pattern[str] | None = None
    when: str = "before"
    probability: float = 1.0
    times: int | None = None
    latency_ms: int = 0
    seed: int = 0
    fired: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    @classmethod
    def parsed(cls, raw: Any) -> "FaultRule":
        """A rule from JSON: `{match: {method?, path_regex?}, kind, when, probability, times, latency_ms, seed}`."""
        if not isinstance(raw, Mapping):
            raise FaultInvalid(f"A fault is {raw!r}; allowed: an object with the fields {', '.join(FIELDS)}.")
        unknown = sorted(set(raw) - set(FIELDS))
        if unknown:
            raise FaultInvalid(f"Unknown field {unknown[0]!r} of a fault; allowed: {', '.join(FIELDS)}.")
        kind = str(raw.get("kind"))
        if kind not in KINDS:
            raise FaultInvalid(f"Fault kind is {kind!r}; allowed: {', '.join(KINDS)}.")
        match = raw.get("match") or {}
        if not isinstance(match, Mapping) or set(match) - {"method", "path_regex"}:
            raise FaultInvalid(f"Fault match is {match!r}; allowed: an object with method and path_regex.")
        when = raw.get("when", "before")
        if when not in ("before", "after"):
            raise FaultInvalid(f"Fault when is {when!r}; allowed: before, after.")
        pattern = match.get("path_regex")
        try:
            path = re.compile(pattern) if pattern is not None else None
        except (re.error, TypeError) as error:
            raise FaultInvalid(f"Fault path_regex is {pattern!r}; allowed: a regular expression ({error}).") from None
        seed = _number(raw, "seed", 0)
        return cls(
            kind=kind,
            method=str(match["method"]).upper() if match.get("method") else None,
            path=path,
            when=when,
            probability=_number(raw, "probability", 1.0, top=1.0),
            times=None if raw.get("times") is None else int(_number(raw, "times", 0)),
            latency_ms=int(_number(raw, "latency_ms", 0)),
            seed=int(seed),
            _random=random.Random(seed),
        )

    def strikes(self, method: str, path: str) -> bool:
        if self.times is not None and self.fired >= self.times:
            return False
        if self.method is not None and self.method != method:
            return False
        if self.path is not None and not self.path.search(path):
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def as_dict(self) -> dict[str, Any]:
        return {
            "match": {"method": self.method, "path_regex": self.path.pattern if self.path else None},
            "kind": self.kind,
            "when": self.when,
            "probability": self.probability,
            "times": self.times,
            "latency_ms": self.latency_ms,
            "seed": self.seed,
            "fired": self.fired,
        }


def _number(raw: Mapping[str, Any], name: str, default: float, top: float | None = None) -> float:
    value = raw.get(name, default)
    bad = isinstance(value, bool) or not isinstance(value, int | float) or value < 0
    if bad or (top is not None and value > top):
        allowed = "a number of 0 or more" if top is None else f"a number between 0 and {top:g}"
        raise FaultInvalid(f"Fault {name} is {value!r}; allowed: {allowed}.")
    return value


class Faults:
    """The rules in force, first match wins; latency rules add up."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []

    def add(self, *rules: FaultRule) -> None:
        self.rules.extend(rules)

    def clear(self) -> None:
        self.rules.clear()

    def strike(self, method: str, path: str) -> tuple[int, FaultRule | None]:
        """(milliseconds to wait, the rule that fails this call or None)."""
        wait = 0
        for rule in self.rules:
            if rule.strikes(method, path):
                wait += rule.latency_ms
                if rule.kind != "latency":
                    return wait, rule
        return wait, None
