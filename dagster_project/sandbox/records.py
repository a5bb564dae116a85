"""CRM records: their values, their identities, their history, and what the search index shows of them."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from .clock import Clock
from .object_types import CONTACTS, OBJECT_TYPES, ObjectType
from .properties import Schema
from .state import Store

Properties = dict[str, str]

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Record:
    """One record. `properties` is replaced, never changed in place, so that the search index can keep an old one."""

    __slots__ = ("archived_at", "created_at", "id", "indexed", "kind", "merged_into", "properties", "updated_at")

    def __init__(
        self,
        kind: ObjectType,
        record_id: str,
        properties: Properties,
        created_at: str,
        updated_at: str,
        archived_at: str | None = None,
        merged_into: str | None = None,
    ) -> None:
        self.kind = kind
        self.id = record_id
        self.properties = properties
        self.created_at = created_at
        self.updated_at = updated_at
        self.archived_at = archived_at
        self.merged_into = merged_into
        self.indexed: Properties | None = None

    def emails(self) -> list[str]:
        """The address of a contact and its additional ones, all of which identify it."""
        additional = self.properties.get("hs_additional_emails", "")
        return [email for email in (self.properties.get("email", ""), *additional.split(";")) if email]


class Records:
    """All records by type and id, with an index of the values that identify one."""

    def __init__(self, store: Store, clock: Clock, schema: Schema) -> None:
        self._store = store
        self._clock = clock
        self._schema = schema
        self.search_lag_seconds = 1.0
        store.before_commit.append(self._flush)
        self.load()

    def load(self) -> None:
        kinds = {kind.name: kind for kind in OBJECT_TYPES}
        self._by_id: dict[str, dict[str, Record]] = {name: {} for name in kinds}
        self._numbers: dict[str, list[int]] = {name: [] for name in kinds}
        self._holders: dict[tuple[str, str], dict[str, str]] = {}
        self._unindexed: dict[Record, float] = {}
        self._dirty: dict[Record, None] = {}
        self._history: list[tuple[Any, ...]] = []
        self.live_count: dict[str, int] = dict.fromkeys(kinds, 0)
        rows = self._store.rows(
            "select type, id, properties, created_at, updated_at, archived_at, merged_into from records order by id"
        )
        for type_name, number, properties, created_at, updated_at, archived_at, merged_into in rows:
            kind = kinds[type_name]
            record = Record(kind, str(number), json.loads(properties), created_at, updated_at, archived_at, merged_into)
            self._by_id[type_name][record.id] = record
            self._numbers[type_name].append(number)
            if archived_at is None:
                # Whatever was waiting to be indexed has been by the time a restart is over.
                record.indexed = record.properties
                self.live_count[type_name] += 1
                self._hold(record, record.properties)

    # Reading

    def live(self, kind: ObjectType, record_id: str) -> Record | None:
        record = self._by_id[kind.name].get(record_id)
        return record if record is not None and record.archived_at is None else None

    def any(self, kind: ObjectType, record_id: str) -> Record | None:
        """The record with this id, archived ones included."""
        return self._by_id[kind.name].get(record_id)

    def resolved(self, kind: ObjectType, record_id: str) -> Record | None:
        """The live record, also by the id of a record that was merged into it."""
        record = self._by_id[kind.name].get(record_id)
        while record is not None and record.merged_into is not None:
            record = self._by_id[kind.name].get(record.merged_into)
        return record if record is not None and record.archived_at is None else None

    def holder(self, kind: ObjectType, name: str, value: str) -> Record | None:
        """The live record that a unique value identifies; for contacts also by an additional e-mail address."""
        record_id = self._holders.get((kind.name, name), {}).get(value)
        return None if record_id is None else self._by_id[kind.name][record_id]

    def all_live(self, kind: ObjectType) -> Iterator[Record]:
        return (record for record in self._by_id[kind.name].values() if record.archived_at is None)

    def page(self, kind: ObjectType, after: int, limit: int, *, archived: bool) -> tuple[list[Record], str | None]:
        """Up to `limit` records in the order of their ids from `after` on, and the id the next page begins with."""
        numbers, table = self._numbers[kind.name], self._by_id[kind.name]
        found: list[Record] = []
        for number in numbers[bisect_left(numbers, after) :]:
            record = table[str(number)]
            # Records that were merged away are not in the recycle bin.
            if record.merged_into is None and (record.archived_at is not None) == archived:
                if len(found) == limit:
                    return found, record.id
                found.append(record)
        return found, None

    def next_id(self, kind: ObjectType) -> str:
        numbers = self._numbers[kind.name]
        return str(numbers[-1] + 1 if numbers else kind.first_id)

    # Writing

    def create(self, kind: ObjectType, properties: Mapping[str, str], at: str, source: str) -> Record:
        record_id = self.next_id(kind)
        values = {**properties, kind.modified: at, "hs_object_id": record_id}
        values.setdefault(kind.created, at)
        record = Record(kind, record_id, values, values[kind.created], at)
        self._by_id[kind.name][record_id] = record
        self._numbers[kind.name].append(int(record_id))
        self.live_count[kind.name] += 1
        self._hold(record, properties)
        self._changed(record, {name: value for name, value in properties.items() if value}, at, source)
        return record

    def update(self, record: Record, changes: Mapping[str, str], at: str, source: str) -> None:
        """Set values that differ from the record's; the caller has left out the others."""
        self._release(record, changes)
        record.properties = {**record.properties, **changes, record.kind.modified: at}
        record.updated_at = at
        self._hold(record, changes)
        self._changed(record, changes, at, source)

    def archive(self, record: Record, at: str, source: str, merged_into: str | None = None) -> None:
        self._release(record, record.properties)
        record.archived_at = at
        record.merged_into = merged_into
        self.live_count[record.kind.name] -= 1
        self._changed(record, {}, at, source)

    def erase(self, record: Record) -> None:
        """Take an archived record away for good: from the recycle bin, the index and the history."""
        name, number = record.kind.name, int(record.id)
        del self._by_id[name][record.id]
        self._numbers[name].remove(number)
        self._unindexed.pop(record, None)
        self._dirty.pop(record, None)
        self._history = [entry for entry in self._history if entry[:2] != (name, number)]
        for table in ("records", "history"):
            self._store.execute(f"delete from {table} where type = ? and id = ?", name, number)

    def _changed(self, record: Record, changes: Mapping[str, str], at: str, source: str) -> None:
        self._dirty[record] = None
        # Re-inserted, so that the order stays the order of the last writes.
        self._unindexed.pop(record, None)
        self._unindexed[record] = self._clock.monotonic() + self.search_lag_seconds
        if changes:
            self._history.append((record.kind.name, int(record.id), at, source, _dump(changes)))

    def _identities(self, record: Record, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The (property, value) pairs among `names` by which the record can be found, from its present values."""
        for name in self._schema.unique[record.kind.name]:
            if name in names and name != "email" and (value := record.properties.get(name)):
                yield name, value
        if record.kind is CONTACTS and ("email" in names or "hs_additional_emails" in names):
            for email in record.emails():
                yield "email", email

    def _hold(self, record: Record, names: Mapping[str, str]) -> None:
        for name, value in self._identities(record, names):
            self._holders.setdefault((record.kind.name, name), {})[value] = record.id

    def _release(self, record: Record, names: Mapping[str, str]) -> None:
        for name, value in self._identities(record, names):
            self._holders.get((record.kind.name, name), {}).pop(value, None)

    def _flush(self) -> None:
        """Write what changed since the last commit."""
        if not self._dirty:
            return
        self._store.connection.executemany(
            "insert or replace into records values (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    record.kind.name,
                    int(record.id),
                    _dump(record.properties),
                    record.created_at,
                    record.updated_at,
                    record.archived_at,
                    record.merged_into,
                )
                for record in self._dirty
            ],
        )
        self._store.connection.executemany(
            "insert into history (type, id, at, source, changes) values (?, ?, ?, ?, ?)", self._history
        )
        self._dirty.clear()
        self._history.clear()

    # History and search index

    def history(self, record: Record) -> list[tuple[str, str, dict[str, tuple[str | None, str]]]]:
        """(time, source, {property: (old, new)}) of every write, oldest first; merged records included."""
        merged = record.properties.get("hs_merged_object_ids", "")
        ids = [int(record_id) for record_id in (record.id, *merged.split(";")) if record_id]
        rows = self._store.rows(
            f"select id, at, source, changes from history where type = ? and id in ({', '.join('?' * len(ids))})"
            " order by sequence",
            record.kind.name,
            *ids,
        )
        held: dict[int, Properties] = {number: {} for number in ids}
        writes = []
        for number, at, source, text in rows:
            new: Properties = json.loads(text)
            writes.append((at, source, {name: (held[number].get(name), value) for name, value in new.items()}))
            held[number].update(new)
        return writes

    def indexed(self, kind: ObjectType) -> Iterator[tuple[Record, Properties]]:
        """Records as the search index shows them: a write appears in it after the search lag, not at once."""
        now = self._clock.monotonic()
        due = [record for record, visible_at in self._unindexed.items() if visible_at <= now]
        self.index_now(due)
        for record in self._by_id[kind.name].values():
            if record.indexed is not None:
                yield record, record.indexed

    def index_now(self, records: list[Record] | None = None) -> None:
        """Bring the index up to date for these records, or for all."""
        for record in list(self._unindexed) if records is None else records:
            record.indexed = record.properties if record.archived_at is None else None
            self._unindexed.pop(record, None)
