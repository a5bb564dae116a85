"""Batch endpoints of CRM objects: up to 100 inputs, answered in another order than they came in.

With a unique `objectWriteTraceId` on every input a bad one is reported in a 207 and the others are written; without,
one bad input refuses the whole batch and nothing is written. HubSpot documents this for batch/create; that upsert
does the same was probed by others, that update does is not verified. Sources: HubSpot docs: error handling, using
object APIs; recorded batches of public connectors.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from . import errors, writes
from .associations import apply_associations, checked_associations
from .calls import Answer, Call, as_id, batch_answer, checked_properties, inputs_of
from .errors import PropertyError, Refusal
from .object_types import CONTACTS, ObjectType, object_type
from .portal import Portal
from .records import Record
from .values import InvalidValue

LIMIT = 100
HISTORY_LIMIT = 50

Input = dict[str, Any]
Write = Callable[[str], dict[str, Any]]  # writes one input at the given time and returns its result


class Batch:
    """Plans every input before any is written, and keeps the refusals of those that cannot be."""

    def __init__(self, portal: Portal, call: Call, kind: ObjectType, inputs: list[Input]) -> None:
        self.portal = portal
        self.call = call
        self.kind = kind
        self.started_at = portal.clock.stamp()
        self.missing: list[str] = []
        traces = [item.get("objectWriteTraceId") for item in inputs]
        # Missing or repeated on any input: all or nothing.
        self._is_traced = all(isinstance(trace, str) and trace for trace in traces) and len(set(traces)) == len(traces)
        self._writes: list[Write] = []
        self._refused: list[tuple[Input, Refusal]] = []
        self._claimed: set[tuple[str, str]] = set()

    def cleaned(self, inputs: Iterable[Input]) -> Iterator[tuple[int, dict[str, str]]]:
        """(position, values) of the inputs whose values are all good; the others are refused, alone or together."""
        good: list[tuple[int, dict[str, str]]] = []
        wrong: list[list[PropertyError]] = []
        for position, item in enumerate(inputs):
            values, mistakes = writes.clean(self.portal, self.kind, checked_properties(item))
            if mistakes:
                wrong.append(mistakes)
                self._refused.append((item, errors.values_not_valid(mistakes)))
            else:
                good.append((position, values))
        if wrong and not self._is_traced:
            raise errors.values_not_valid(chain.from_iterable(wrong))
        return iter(good)

    def plan(self, item: Input, values: dict[str, str], prepare: Callable[[], Write]) -> None:
        """Plan an input, or note why it is refused."""
        self._claim(values)
        try:
            self._writes.append(prepare())
        except Refusal as refusal:
            if not self._is_traced:
                raise  # of several conflicts only the first is named
            self._refused.append((item, refusal))

    def _claim(self, values: dict[str, str]) -> None:
        """Two inputs with one new unique value: 409 for the whole batch and nothing that tells which.

        Reported without trace ids; with them the same is assumed, as for duplicate ids.
        """
        for name in self.portal.schema.unique[self.kind.name]:
            value = values.get(name)
            if not value:
                continue
            if (name, value) in self._claimed:
                if name == "email" and self.kind is CONTACTS:
                    raise errors.contact_exists(None)
                new_id = self.portal.records.next_id(self.kind)
                raise errors.value_taken(self.kind.label, name, value, new_id, new_id, status=409)
            self._claimed.add((name, value))

    def answer(self, status: int) -> Answer:
        now = self.portal.clock.stamp()
        results = [write(now) for write in self._writes]
        items = [refusal.as_item(item.get("objectWriteTraceId")) for item, refusal in self._refused]
        if self.missing:
            items.append(errors.objects_not_found(self.kind.label, self.missing).as_item())
        return batch_answer(self.portal.shuffled(results), items, self.started_at, now, status)

    def result(self, item: Input, record: Record, properties: dict[str, Any]) -> dict[str, Any]:
        body = writes.answered(record, properties, self.call.base_url)
        if isinstance(trace := item.get("objectWriteTraceId"), str):
            body["objectWriteTraceId"] = trace
        return body


def refuse_duplicates(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for record_id in ids:
        if record_id in seen:
            twice[record_id] = None
        seen.add(record_id)
    if twice:
        raise errors.duplicate_ids(list(twice))


def unique_property(portal: Portal, kind: ObjectType, name: Any) -> str:
    """A property that `idProperty` may name: one with unique values, or `email` on contacts."""
    if not isinstance(name, str) or name not in portal.schema.unique[kind.name]:
        raise errors.not_unique(kind.type_id, str(name))
    return name


def key_of(portal: Portal, kind: ObjectType, name: str, value: Any) -> str:
    """An id given through `idProperty`, in the form the property stores: addresses in lower case."""
    text = as_id(value)
    try:
        return portal.schema.definitions[kind.name][name].clean(text)
    except InvalidValue:
        return text


def required_id(item: Input) -> Any:
    if item.get("id") is None:
        raise errors.fields_not_set("id")
    return item["id"]


def create(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    inputs = inputs_of(call, LIMIT)
    batch = Batch(portal, call, kind, inputs)

    def prepare(item: Input, values: dict[str, str]) -> Write:
        writes.check_not_gdpr_deleted(portal, kind, values)
        writes.check_required(kind, values)
        writes.check_unique(portal, kind, values, None)
        links = checked_associations(portal, kind, item.get("associations"))

        def write(now: str) -> dict[str, Any]:
            record = writes.create(portal, kind, values, now)
            apply_associations(portal, record, links)
            return batch.result(item, record, writes.created_echo(record))

        return write

    for position, values in batch.cleaned(inputs):
        item = inputs[position]
        batch.plan(item, values, lambda item=item, values=values: prepare(item, values))
    return batch.answer(201)


def update(portal: Portal, call: Call) -> Answer:
    """Records by id, or by a unique property. Merged, archived and unknown ids are reported in `context.ids`."""
    kind = object_type(call.parts["type"])
    inputs = inputs_of(call, LIMIT)
    found = [_found_for_update(portal, kind, item) for item in inputs]
    refuse_duplicates(record.id if record else key for key, record in found)
    batch = Batch(portal, call, kind, inputs)

    def prepare(item: Input, record: Record, values: dict[str, str]) -> Write:
        writes.check_not_gdpr_deleted(portal, kind, values)
        writes.check_unique(portal, kind, values, record)

        def write(now: str) -> dict[str, Any]:
            written = writes.update(portal, record, values, now)
            return batch.result(item, record, writes.updated_echo(record, written))

        return write

    for position, values in batch.cleaned(inputs):
        item, (key, record) = inputs[position], found[position]
        if record is not None:
            batch.plan(item, values, lambda item=item, record=record, values=values: prepare(item, record, values))
        elif kind is CONTACTS and "@" in key and not item.get("idProperty"):
            continue  # reported: an address as the id changes nothing and raises no error, the record is just not there
        else:
            batch.missing.append(key)
    return batch.answer(200)


def _found_for_update(portal: Portal, kind: ObjectType, item: Input) -> tuple[str, Record | None]:
    name = item.get("idProperty")
    if not name:
        key = as_id(required_id(item))
        return key, portal.records.live(kind, key)
    if kind is CONTACTS and name == "email":
        # Reported: contacts can be upserted by e-mail address, but not updated by it in a batch.
        raise errors.not_unique(kind.type_id, name)
    key = key_of(portal, kind, unique_property(portal, kind, name), required_id(item))
    return key, portal.records.holder(kind, name, key)


def upsert(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    inputs = [dict(item) for item in inputs_of(call, LIMIT)]
    found: list[Record | None] = []
    keys: list[str] = []
    for item in inputs:
        if item.get("idProperty") is None:
            raise errors.fields_not_set("idProperty")
        name = unique_property(portal, kind, item["idProperty"])
        key = key_of(portal, kind, name, required_id(item))
        record = portal.records.holder(kind, name, key)
        if record is None:
            item["properties"] = {name: key, **checked_properties(item)}
        found.append(record)
        keys.append(key)
    # An additional e-mail address leads to the same contact as its first one: two different ids may be one record.
    refuse_duplicates(record.id if record else key for record, key in zip(found, keys, strict=True))
    batch = Batch(portal, call, kind, inputs)

    def prepare(item: Input, record: Record | None, values: dict[str, str]) -> Write:
        writes.check_not_gdpr_deleted(portal, kind, values)
        if record is None:
            writes.check_required(kind, values)

        def write(now: str) -> dict[str, Any]:
            if record is None:
                made = writes.create(portal, kind, values, now)
                return batch.result(item, made, writes.created_echo(made)) | {"new": True}
            written = writes.update(portal, record, values, now)
            return batch.result(item, record, writes.updated_echo(record, written)) | {"new": False}

        return write

    for position, values in batch.cleaned(inputs):
        item, record = inputs[position], found[position]
        # Reported: one unique value that another record holds fails the whole upsert with a 409, traced or not.
        writes.check_unique(portal, kind, values, record, status=409)
        batch.plan(item, values, lambda item=item, record=record, values=values: prepare(item, record, values))
    return batch.answer(200)


def read(portal: Portal, call: Call) -> Answer:
    """Records by id or unique property. Whether ids of merged records resolve is not verified: here they do not."""
    kind = object_type(call.parts["type"])
    with_history = call.object_body("inputs").get("propertiesWithHistory") or []
    if with_history:
        inputs = inputs_of(call, HISTORY_LIMIT, "a batch request for property histories")
    else:
        inputs = inputs_of(call, LIMIT)
    started_at = portal.clock.stamp()
    name = call.body.get("idProperty")
    if name:
        unique_property(portal, kind, name)
    keys = [key_of(portal, kind, name, required_id(item)) if name else as_id(required_id(item)) for item in inputs]
    refuse_duplicates(keys)
    wants_archived = call.flag("archived")
    results: list[dict[str, Any]] = []
    missing: list[str] = []
    for key in keys:
        record = portal.records.holder(kind, name, key) if name else portal.records.any(kind, key)
        if record is None or record.merged_into or (record.archived_at is not None) != wants_archived:
            missing.append(key)
            continue
        properties = writes.selected(portal, record, call.body.get("properties") or [])
        results.append(writes.answered(record, properties, call.base_url))
        if with_history:
            results[-1]["propertiesWithHistory"] = history_of(portal, record, with_history)
    items = [errors.objects_not_found(kind.label, missing).as_item()] if missing else []
    return batch_answer(portal.shuffled(results), items, started_at, portal.clock.stamp(), 200)


def history_of(portal: Portal, record: Record, names: list[str]) -> dict[str, list[dict[str, str]]]:
    """Former and present values of properties, newest first."""
    found: dict[str, list[dict[str, str]]] = {name: [] for name in names}
    for at, source, changes in portal.records.history(record):
        for name in found.keys() & changes.keys():
            found[name].insert(0, {"value": changes[name][1], "timestamp": at, "sourceType": source})
    return found


def archive(portal: Portal, call: Call) -> Answer:
    """204, also for ids that are not there: archiving is idempotent."""
    kind = object_type(call.parts["type"])
    ids = [as_id(required_id(item)) for item in inputs_of(call, LIMIT)]
    refuse_duplicates(ids)
    for record_id in ids:
        if record := portal.records.live(kind, record_id):
            archive_record(portal, record, writes.API)
    return Answer(204)


def archive_record(portal: Portal, record: Record, source: str) -> None:
    portal.links.forget(record.kind, record.id)
    portal.records.archive(record, portal.clock.stamp(), source)
