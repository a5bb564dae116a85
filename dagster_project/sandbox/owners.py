"""Owners: HubSpot users that records can be assigned to. Read-only for clients; seeded and archived by people.

Source: HubSpot docs: owners guide. An archived owner has no `userId` and no names, only `userIdIncludingInactive`.
"""

from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .state import Store

FIRST_ID = 201
FIRST_USER_ID = 60_000_201


@dataclass
class Owner:
    id: str
    email: str
    first_name: str
    last_name: str
    archived: bool
    at: str

    @property
    def user_id(self) -> int:
        return FIRST_USER_ID + int(self.id) - FIRST_ID

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "email": self.email,
            "type": "PERSON",
            "firstName": "" if self.archived else self.first_name,
            "lastName": "" if self.archived else self.last_name,
            "userId": None if self.archived else self.user_id,
            "userIdIncludingInactive": self.user_id,
            "createdAt": self.at,
            "updatedAt": self.at,
            "archived": self.archived,
        }


class Owners:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.load()

    def load(self) -> None:
        rows = self._store.rows("select id, email, first_name, last_name, archived, at from owners order by id")
        self.by_id = {
            str(number): Owner(str(number), email, first, last, bool(archived), at)
            for number, email, first, last, archived, at in rows
        }

    def is_active(self, owner_id: str) -> bool:
        owner = self.by_id.get(owner_id)
        return owner is not None and not owner.archived

    def by_email(self, email: str) -> Owner | None:
        return next((owner for owner in self.by_id.values() if owner.email == email.strip().lower()), None)

    def by_user_id(self, user_id: str) -> Owner | None:
        return next((owner for owner in self.by_id.values() if str(owner.user_id) == user_id), None)

    def add(self, email: str, first_name: str, last_name: str, *, archived: bool) -> Owner:
        number = max((int(owner_id) for owner_id in self.by_id), default=FIRST_ID - 1) + 1
        owner = Owner(str(number), email.strip().lower(), first_name, last_name, archived, self._clock.stamp())
        self.by_id[owner.id] = owner
        self._save(owner)
        return owner

    def set_archived(self, owner_id: str, *, archived: bool) -> None:
        owner = self.by_id[owner_id]
        owner.archived = archived
        self._save(owner)

    def _save(self, owner: Owner) -> None:
        self._store.execute(
            "insert or replace into owners values (?, ?, ?, ?, ?, ?)",
            int(owner.id),
            owner.email,
            owner.first_name,
            owner.last_name,
            owner.archived,
            owner.at,
        )
