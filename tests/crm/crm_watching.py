"""What a sync asked of HubSpot and what it was answered, seen at its door, with a network in between that may fail."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from crm_world import door

from dagster_project.crm.transport import Answer, HubSpotApi

WRITES = ("batch/update", "batch/upsert")


@dataclass(frozen=True)
class Batch:
    """One batch that left, or one that was answered: how it was written, its inputs, and the answer's body if any."""

    how: str
    inputs: list[dict]
    answer: dict | None = None


class WatchedCalls(HubSpotApi):
    """Notes every batch that leaves and every answer that the engine gets to see; `on_moment` is told of each call.

    Args:
        troubles: What happens to the requests that leave, one after the other: "no connection" (nothing left), "no
            answer" (HubSpot carried it out and nobody heard of it) or None.
    """

    def __init__(
        self, *arguments: Any, on_moment: Callable[[str], None], at_once: int, troubles: deque, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.left: list[Batch] = []
        self.answered: list[Batch] = []
        self._on_moment = on_moment
        self._at_once = at_once
        self._watching = threading.Lock()
        self._troubles = troubles

    def _request(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Any:
        with self._watching:
            self.left += _batches(url, json.loads(content) if content else None)
            trouble = self._troubles.popleft() if self._troubles else None
        if trouble == "no connection":
            raise urllib3.exceptions.ConnectTimeoutError("no connection")
        response = super()._request(method, url, headers, content)
        if trouble == "no answer":
            raise urllib3.exceptions.ReadTimeoutError(None, url, "no answer")
        return response

    def calls_at_once(self) -> int:
        return self._at_once

    def call(self, method: str, path: str, **options: Any) -> Answer:
        name = "/".join(path.split("/")[-2:])
        self._on_moment(f"before {name}")
        answer = super().call(method, path, **options)
        with self._watching:
            self.answered += _batches(path, options.get("body"), answer.body)
        self._on_moment(f"after {name}")
        return answer


def _batches(path: str, body: dict | None, answer: dict | None = None) -> list[Batch]:
    return [Batch(name.removeprefix("batch/"), body["inputs"], answer) for name in WRITES if path.endswith(name)]


def watched_calls(
    url: str, on_moment: Callable[[str], None], *, at_once: int = 1, troubles: deque | None = None
) -> WatchedCalls:
    options = {"on_moment": on_moment, "at_once": at_once, "troubles": deque() if troubles is None else troubles}
    return door(url, kind=WatchedCalls, **options)
