"""The sequences of an account: named by its people, never by the API."""

from typing import Any

from .clock import Clock
from .state import Store

FIRST_ID = 501
# Without a seed there are these; an account has as many as its people make.
DEFAULT_NAMES = ("Paywall follow-up", "Team expansion", "Came and went", "Re-engagement", "Nurture")


def all_sequences(store: Store) -> list[dict[str, Any]]:
    return [
        {"id": str(number), "name": name, "folderId": None, "userId": None, "createdAt": at, "updatedAt": at}
        for number, name, at in store.rows("select id, name, at from sequences order by id")
    ]


def add(store: Store, clock: Clock, name: str) -> str:
    number = (store.one("select max(id) from sequences") or FIRST_ID - 1) + 1
    store.execute("insert into sequences values (?, ?, ?)", number, name, clock.stamp())
    return str(number)


def ensure_defaults(store: Store, clock: Clock) -> None:
    if not store.one("select count(*) from sequences"):
        for name in DEFAULT_NAMES:
            add(store, clock, name)
