"""Associations between records: which types exist, in which direction, and who is associated with whom.

Source: HubSpot docs: associate records guide. Writing types replaces the set of labels of a pair; a record has at
most one primary company, which for a contact is its `associatedcompanyid`.
"""

import json
from collections.abc import Iterable
from functools import cache

from .clock import Clock
from .object_types import COMPANIES, CONTACTS, DEALS, OBJECT_TYPES, ObjectType
from .properties import DEFAULTS
from .records import Records
from .state import Store

PRIMARY = "Primary"
KINDS = {kind.name: kind for kind in OBJECT_TYPES}
# Which property counts the associations of a record with records of a type.
COUNTERS = (
    (COMPANIES, CONTACTS, "num_associated_contacts"),
    (COMPANIES, DEALS, "num_associated_deals"),
    (CONTACTS, DEALS, "num_associated_deals"),
)


@cache
def association_types() -> dict[tuple[str, str], dict[int, str | None]]:
    """{(from, to): {type id: label}}; the unlabelled type of a direction has the label None."""
    types: dict[tuple[str, str], dict[int, str | None]] = {}
    for row in json.loads((DEFAULTS / "association_types.json").read_text(encoding="utf-8")):
        types.setdefault((row["from"], row["to"]), {})[row["typeId"]] = row["label"]
    return types


def type_id(from_kind: ObjectType, to_kind: ObjectType, label: str | None = None) -> int | None:
    types = association_types().get((from_kind.name, to_kind.name), {})
    return next((number for number, name in types.items() if name == label), None)


class Links:
    """Both directions of every association, with the labels each has."""

    def __init__(self, store: Store, clock: Clock, records: Records) -> None:
        self._store = store
        self._clock = clock
        self._records = records
        self.load()

    def load(self) -> None:
        self._links: dict[tuple[str, str], dict[str, dict[str, set[int]]]] = {}
        rows = self._store.rows("select from_type, from_id, to_type, to_id, type_ids from associations")
        for from_type, from_id, to_type, to_id, type_ids in rows:
            self._links.setdefault((from_type, from_id), {}).setdefault(to_type, {})[to_id] = set(json.loads(type_ids))

    def of(self, kind: ObjectType, record_id: str, to_kind: ObjectType) -> dict[str, set[int]]:
        """{id: type ids} of the associated records, in the order of their ids."""
        found = self._links.get((kind.name, record_id), {}).get(to_kind.name, {})
        return {other: found[other] for other in sorted(found, key=int)}

    def primary_company(self, kind: ObjectType, record_id: str) -> str | None:
        primary = type_id(kind, COMPANIES, PRIMARY)
        companies = self.of(kind, record_id, COMPANIES)
        return next((other for other, types in companies.items() if primary in types), None)

    def associate(
        self, kind: ObjectType, record_id: str, to_kind: ObjectType, to_id: str, labels: Iterable[str | None]
    ) -> None:
        """Set the labels of a pair, in both directions; the unlabelled association always comes with them."""
        wanted = {label for label in (None, *labels) if type_id(kind, to_kind, label) is not None}
        for start, start_id, end, end_id in ((kind, record_id, to_kind, to_id), (to_kind, to_id, kind, record_id)):
            types = {number for label in wanted if (number := type_id(start, end, label)) is not None}
            self._set(start, start_id, end, end_id, types)
        if PRIMARY in wanted:
            company_id, other, other_id = (
                (to_id, kind, record_id) if to_kind is COMPANIES else (record_id, to_kind, to_id)
            )
            for former in self.of(other, other_id, COMPANIES):
                if former != company_id:
                    self._drop_label(other, other_id, former)
        self._refresh(kind, record_id, to_kind)
        self._refresh(to_kind, to_id, kind)

    def separate(self, kind: ObjectType, record_id: str, to_kind: ObjectType, to_id: str) -> None:
        """Remove every association of a pair."""
        self._set(kind, record_id, to_kind, to_id, set())
        self._set(to_kind, to_id, kind, record_id, set())
        self._refresh(kind, record_id, to_kind)
        self._refresh(to_kind, to_id, kind)

    def forget(self, kind: ObjectType, record_id: str) -> None:
        """A record was archived: nothing is associated with it any more."""
        for to_type, others in list(self._links.get((kind.name, record_id), {}).items()):
            for other in list(others):
                self.separate(kind, record_id, KINDS[to_type], other)

    def move(self, kind: ObjectType, from_id: str, to_id: str) -> None:
        """Two records were merged: the survivor takes over the associations and keeps its own primary company."""
        has_primary = self.primary_company(kind, to_id) is not None
        for to_type, others in list(self._links.get((kind.name, from_id), {}).items()):
            to_kind = KINDS[to_type]
            names = association_types()[(kind.name, to_type)]
            for other, types in list(others.items()):
                labels = {names[number] for number in types | self.of(kind, to_id, to_kind).get(other, set())}
                if has_primary and self.primary_company(kind, to_id) != other:
                    labels.discard(PRIMARY)
                self.separate(kind, from_id, to_kind, other)
                self.associate(kind, to_id, to_kind, other, labels)

    def _drop_label(self, kind: ObjectType, record_id: str, company_id: str) -> None:
        for start, start_id, end, end_id in (
            (kind, record_id, COMPANIES, company_id),
            (COMPANIES, company_id, kind, record_id),
        ):
            types = self.of(start, start_id, end)[end_id]
            self._set(start, start_id, end, end_id, types - {type_id(start, end, PRIMARY)})

    def _set(self, kind: ObjectType, record_id: str, to_kind: ObjectType, to_id: str, types: set[int]) -> None:
        others = self._links.setdefault((kind.name, record_id), {}).setdefault(to_kind.name, {})
        key = (kind.name, record_id, to_kind.name, to_id)
        if types:
            others[to_id] = types
            text = json.dumps(sorted(types))
            self._store.execute("insert or replace into associations values (?, ?, ?, ?, ?)", *key, text)
        elif others.pop(to_id, None) is not None:
            self._store.execute(
                "delete from associations where from_type = ? and from_id = ? and to_type = ? and to_id = ?", *key
            )

    def _refresh(self, kind: ObjectType, record_id: str, to_kind: ObjectType) -> None:
        """Keep the properties HubSpot derives from associations."""
        record = self._records.live(kind, record_id)
        if record is None:
            return
        derived = {
            name: str(len(self.of(kind, record_id, to_kind)))
            for start, end, name in COUNTERS
            if (start, end) == (kind, to_kind)
        }
        if kind is CONTACTS and to_kind is COMPANIES:
            derived["associatedcompanyid"] = self.primary_company(kind, record_id) or ""
        changes = {name: value for name, value in derived.items() if record.properties.get(name, "") != value}
        if changes:
            self._records.update(record, changes, self._clock.stamp(), "ASSOCIATIONS")
