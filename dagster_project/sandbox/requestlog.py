"""What clients asked of the sandbox: one line per HubSpot, Slack and webhook call, the newest ones kept."""

from typing import Any

from .clock import Clock
from .state import Store

KEPT = 20_000
FIELDS = ("sequence", "at", "service", "method", "path", "status", "inputs", "write", "fault")


class RequestLog:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.load()

    def load(self) -> None:
        self._last = self._store.one("select max(sequence) from requests") or 0

    def add(
        self,
        service: str,
        method: str,
        path: str,
        status: int,
        inputs: int | None,
        *,
        is_write: bool,
        fault: str | None,
    ) -> None:
        """`status` 0: the connection was closed without an answer."""
        self._last += 1
        self._store.connection.execute(
            "insert into requests values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self._last, self._clock.stamp(), service, method, path, status, inputs, is_write, fault),
        )
        if self._last % 1_000 == 0:
            self._store.connection.execute("delete from requests where sequence <= ?", (self._last - KEPT,))

    def since(self, sequence: int = 0, *, writes_only: bool = False) -> list[dict[str, Any]]:
        """Calls after this sequence number, oldest first."""
        rows = self._store.rows(
            "select * from requests where sequence > ? and (is_write or not ?) order by sequence",
            sequence,
            writes_only,
        )
        return [{**dict(zip(FIELDS, row, strict=True)), "write": bool(row[7])} for row in rows]

    def counts(self) -> dict[str, int]:
        """Calls per service among those kept, and all calls ever."""
        rows = self._store.rows("select service, count(*) from requests group by service order by service")
        return {**dict(rows), "total": self._last}
