"""The books of a sync kept a second time, by other means than the engine's: what it may send, what it must note."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from crm_watching import Batch
from crm_world import World
from sqlalchemy import select
from test_crm_changes import plain_diff

from dagster_project.crm.batches import NOT_FOUND
from dagster_project.crm.property_map import MappedObject
from dagster_project.state.tables import ledger_log, rejections

# (how it is written, record id or upsert key, property, value; "" empties)
Write = tuple[str, str, str, str]
# (record id, property, value; None: emptied)
Entry = tuple[str, str, str | None]


def log_rows(world: World, object_type: str) -> list[dict]:
    query = select(ledger_log).where(ledger_log.c.object_type == object_type).order_by(ledger_log.c.id)
    with world.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def replayed(log: Iterable[dict]) -> list[dict]:
    """A ledger record by record, those with the latest value last, as `plain_diff` reads it."""
    records: dict[str, dict] = {}
    for row in log:
        record = records.setdefault(row["hubspot_id"], {"hubspot_id": row["hubspot_id"]})
        record |= {"record_key": row["record_key"], row["property"]: row["value"]}
        if row["value"] is not None:
            records[row["hubspot_id"]] = records.pop(row["hubspot_id"])
    return list(records.values())


def values_of(record: dict) -> dict[str, str]:
    """What a record holds of ours."""
    own = {name: value for name, value in record.items() if value is not None}
    return {name: value for name, value in own.items() if name not in ("hubspot_id", "record_key")}


def wanted_of(differences: dict[str, tuple]) -> dict[str, str | None]:
    return {name: wanted for name, (_, wanted) in differences.items()}


@dataclass
class Books:
    """What a sync of one object type finds before it begins, and what that allows."""

    world: World
    mapped: MappedObject
    rows: list[dict]
    log: list[dict] = field(init=False)
    # By place (record key, record id or None): {property: (held, wanted)}.
    differences: dict[tuple[str, str | None], dict] = field(init=False)
    due: dict[tuple[str, str | None], dict] = field(init=False)

    def __post_init__(self) -> None:
        self.log = log_rows(self.world, self.mapped.object_type)
        found, _ = plain_diff(self.rows, replayed(self.log), self.mapped)
        # Records that are not made and were never read are counted, not sent.
        makes = self.mapped.makes_unknown_records
        self.differences = {place: values for place, values in found.items() if makes or place[1] is not None}
        refused = self._refused()
        self.due = {
            place: values
            for place, values in self.differences.items()
            if (wanted_of(values), place[1]) != refused.get(place[0])
            # What was refused of a record that was to be made is refused of the one that was made without it.
            and (wanted_of(values), None) != refused.get(place[0])
        }

    def _refused(self) -> dict[str, tuple[dict, str | None]]:
        """By key, what was refused of which record and is not to be asked for yet; None: of one that was to be made."""
        query = select(rejections).where(
            rejections.c.object_type == self.mapped.object_type, rejections.c.next_try_at > self.world.now
        )
        with self.world.engine.connect() as connection:
            return {row.record_key: (row.refused_values, row.hubspot_id) for row in connection.execute(query)}

    def writes(self) -> set[Write]:
        """All that may be sent, and all that is when nothing fails."""
        by_key = {row["record_key"]: row for row in self.rows}
        found: set[Write] = set()
        for (key, record_id), values in self.due.items():
            asked = {name: wanted or "" for name, (_, wanted) in values.items()}
            if record_id is None:
                found |= {("upsert", self._upsert_key(by_key[key]), *item) for item in self._made(by_key[key], asked)}
            else:
                found |= {("update", record_id, *item) for item in asked.items()}
        return found

    def _upsert_key(self, row: dict) -> str:
        return row["contact_email" if self.mapped.object_type == "contacts" else "company_id"]

    def _made(self, row: dict, asked: dict[str, str]) -> Iterable[tuple[str, str]]:
        """A company is made with what people know it by."""
        if self.mapped.object_type == "companies":
            asked = asked | {"domain": row["domain"], "name": row["company_name"], "zo_company_id": row["company_id"]}
        return [item for item in asked.items() if item[1] is not None]

    def entries(self, batch: Batch) -> tuple[set[Entry], set[Entry]]:
        """What the ledger must note of an answered batch, and what it may note besides."""
        names = {property_.name for property_ in self.mapped.properties}
        by_trace = {item["objectWriteTraceId"]: item for item in batch.inputs}
        must: set[Entry] = set()
        may: set[Entry] = set()
        for result in batch.answer.get("results") or []:
            asked = by_trace[result["objectWriteTraceId"]]["properties"].items()
            must |= {(result["id"], name, value or None) for name, value in asked if name in names}
        for error in batch.answer.get("errors") or []:
            if error["category"] == NOT_FOUND:
                missing = [item for item in batch.inputs if item["id"] in error["context"]["ids"]]
                must |= {(item["id"], name, None) for item in missing for name in item["properties"]}
                may |= {(item["id"], name, None) for item in missing for name in names}
        return must, may - must


def writes_of(batches: Iterable[Batch]) -> set[Write]:
    return {
        (batch.how, item["id"], name, value)
        for batch in batches
        for item in batch.inputs
        for name, value in item["properties"].items()
    }


def check_batches(batches: Iterable[Batch], most: int) -> None:
    """HubSpot refuses a batch that is too long or names a record twice, and tells of single ones by their traces."""
    for batch in batches:
        ids = [item["id"].strip().lower() for item in batch.inputs]
        traces = [item["objectWriteTraceId"] for item in batch.inputs]
        assert 1 <= len(ids) <= most
        assert len(set(ids)) == len(ids)
        assert len(set(traces)) == len(traces)


def check_noted(books: Books, answered: list[Batch], *, was_cut: bool) -> None:
    """The log says what HubSpot acknowledged, each batch whole; where the run was cut off, a batch may be missing."""
    log = log_rows(books.world, books.mapped.object_type)
    assert log[: len(books.log)] == books.log
    noted = Counter((row["hubspot_id"], row["property"], row["value"]) for row in log[len(books.log) :])
    explained: Counter[Entry] = Counter()
    for batch in answered:
        must, may = books.entries(batch)
        if was_cut and must and not noted.keys() & must:
            continue
        explained.update(must | (may & noted.keys()))
    assert noted == explained
