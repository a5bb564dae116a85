"""Contacts and their companies: associated in HubSpot where that is missing, each pair once.

What was associated is remembered and not repeated: a person who takes a contact and a company apart again means it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

import polars as pl
from sqlalchemy import Connection, insert, select

from dagster_project.counting import counted
from dagster_project.crm.batches import UNACCOUNTED, Outcome, Rejection, refused_alone, rejection_of
from dagster_project.crm.changes import Update
from dagster_project.crm.halving import sent_in_halves
from dagster_project.crm.known_records import known_record_ids
from dagster_project.crm.leaving_out import LEFT_OUT, SUPPRESSED
from dagster_project.crm.refusals import forget_refused, remember_refused, without_waiting
from dagster_project.crm.syncing import SyncRun
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.chunking import chunks
from dagster_project.state.run_log import log_step
from dagster_project.state.tables import associations_made

# Half of what HubSpot takes at once. Source: HubSpot docs, associate records guide.
BATCH_SIZE = 1_000
CONTACT_SUPPRESSED = f"contact_{SUPPRESSED}"
OBJECT_TYPE, COMPANY = "associations", "company"
STEP = "sync_associations"
PATH = "/crm/associations/{version}/contacts/companies/batch/associate/default"


@dataclass(frozen=True)
class Pair:
    """A contact and a company in HubSpot, and the user and company they are."""

    contact_id: str
    company_id: str
    contact_key: str
    company_key: str

    def as_update(self) -> Update:
        """As refusals are kept: of the contact, with the company as its one value."""
        return Update(self.contact_key, self.contact_id, None, {COMPANY: self.company_id}, {}, {})

    def as_row(self) -> dict[str, str]:
        """As the state keeps it."""
        return {
            "hubspot_id": self.contact_id,
            "company_id": self.company_id,
            "record_key": self.contact_key,
            "company_key": self.company_key,
        }


@dataclass(frozen=True)
class Missing:
    """What a sync would associate; `left_out` counts contacts of which one end is not in HubSpot, by reason."""

    pairs: list[Pair]
    left_out: dict[str, int]


@dataclass
class AssociationSummary:
    """What one run associated; `refused` by HubSpot's category."""

    associated: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    calls: int = 0


def describe_missing(missing: Missing) -> str:
    """For the plan."""
    count = len(missing.pairs)
    calls = counted(ceil(count / BATCH_SIZE), "call")
    told = f"{counted(count, 'contact')} to associate with their company; {calls}" if count else "nothing is missing"
    return "\n".join([f"associations: {told}.", *(f"{line}." for line in left_out_told(missing.left_out))])


def left_out_told(left_out: Mapping[str, int]) -> list[str]:
    """Why contacts are not associated, in words."""
    told = []
    for reason, count in left_out.items():
        end, _, why = reason.partition("_")
        told.append(f"{count:,} without their company, of the {end}: {LEFT_OUT.get(why, why)}")
    return told


def find_missing(run: SyncRun) -> Missing:
    """What the snapshot says is missing, without what was associated since or ever before."""
    path = run.snapshot_dir / "decide.crm_associations_missing.parquet"
    if not path.exists():
        # A snapshot of an earlier version.
        return Missing([], {})
    rows = pl.read_parquet(path).sort("record_key")
    # A record that a sync made since the build is known by now.
    new_contacts = rows.filter(pl.col("hubspot_id").is_null())["record_key"]
    new_companies = rows.filter(pl.col("company_hubspot_id").is_null())["company_key"]
    with run.engine.connect() as connection:
        contact_ids = known_record_ids(connection, "contacts", new_contacts.unique().to_list())
        company_ids = known_record_ids(connection, "companies", new_companies.unique().to_list())
        made = _made(connection, [*rows["hubspot_id"].drop_nulls().unique(), *contact_ids.values()])
    suppressed = run.suppressed()
    pairs: dict[tuple[str, str], Pair] = {}
    left_out: Counter[str] = Counter()
    for row in rows.iter_rows(named=True):
        contact_id = row["hubspot_id"] or contact_ids.get(row["record_key"])
        company_id = row["company_hubspot_id"] or company_ids.get(row["company_key"])
        is_suppressed = suppressed.why(user_id=row["record_key"], hubspot_id=contact_id) is not None
        if is_suppressed or row["matched_by"] == CONTACT_SUPPRESSED:
            left_out[CONTACT_SUPPRESSED] += 1
        elif contact_id is None or company_id is None:
            left_out[row["matched_by"]] += 1
        elif (contact_id, company_id) not in made:
            pair = Pair(contact_id, company_id, row["record_key"], row["company_key"])
            pairs.setdefault((contact_id, company_id), pair)
    return Missing(list(pairs.values()), dict(sorted(left_out.items())))


def _made(connection: Connection, contact_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Contact and company of what was associated of these contacts, ever."""
    made = associations_made.c
    query = select(made.hubspot_id, made.company_id)
    return {
        (contact_id, company_id)
        for some in chunks(contact_ids)
        for contact_id, company_id in connection.execute(query.where(made.hubspot_id.in_(some)))
    }


def associate(run: SyncRun, api: HubSpotApi, on_progress: Callable[[str], None]) -> AssociationSummary:
    """Associate what is missing, batch by batch, and write down what HubSpot acknowledged.

    Raises:
        CrmUnavailable, CrmUnauthorised: What was acknowledged until then is written down; the next run goes on.
    """
    started_at, calls_before = run.now(), api.calls
    missing = find_missing(run)
    pairs = {pair.contact_key: pair for pair in missing.pairs}
    updates = [pair.as_update() for pair in missing.pairs]
    due, waiting = without_waiting(run.engine, OBJECT_TYPE, updates, run.now())
    summary = AssociationSummary(waiting=waiting, left_out=missing.left_out)
    try:
        for start in range(0, len(due), BATCH_SIZE):
            for outcome in _sent(due[start : start + BATCH_SIZE], api):
                _record(run, outcome, pairs, summary)
                on_progress(f"associations: {summary.associated} of {len(due)} acknowledged")
    finally:
        summary.calls = api.calls - calls_before
        log_step(run.engine, run.run_id, STEP, run.as_of, started_at, run.now(), vars(summary))
    return summary


def _sent(batch: Sequence[Update], api: HubSpotApi) -> Iterator[Outcome]:
    """An association that is there already is answered like a new one, and its labels stay."""

    def send_some(some: Sequence[Update]) -> Outcome:
        inputs = [{"from": {"id": item.hubspot_id}, "to": {"id": item.values[COMPANY]}} for item in some]
        return _read_answer(some, api.post(PATH, {"inputs": inputs}, repeatable=True).body)

    return sent_in_halves(batch, send_some, lambda item, refusal: Outcome(rejected=[refused_alone(item, refusal)]))


def _read_answer(batch: Sequence[Update], body: dict) -> Outcome:
    outcome = Outcome()
    open_items = {(item.hubspot_id, item.values[COMPANY]): item for item in batch}
    for result in body.get("results") or []:
        ends = (str(result["from"]["id"]), str(result["to"]["id"]))
        if item := open_items.pop(ends, None):
            outcome.acknowledged.append((item, ends[0], item.values))
    for error in body.get("errors") or []:
        context = error.get("context") or {}
        ends = tuple(str((context.get(name) or [""])[0]) for name in ("fromObjectId", "toObjectId"))
        if item := open_items.pop(ends, None):
            outcome.rejected.append(rejection_of(item, error))
    message = "HubSpot's answer names this association neither as made nor as refused"
    outcome.rejected += [Rejection(item, UNACCOUNTED, message, item.values) for item in open_items.values()]
    return outcome


def _record(run: SyncRun, outcome: Outcome, pairs: dict[str, Pair], summary: AssociationSummary) -> None:
    now = run.now()
    made = [pairs[item.record_key] for item, _, _ in outcome.acknowledged]
    with run.engine.begin() as connection:
        if made:
            when = {"run_id": run.run_id, "as_of": run.as_of, "acknowledged_at": now}
            connection.execute(insert(associations_made), [pair.as_row() | when for pair in made])
        forget_refused(connection, OBJECT_TYPE, [item for item, _, _ in outcome.acknowledged])
        for rejection in outcome.rejected:
            # Whether it was made is not known: the next run asks again and does not wait.
            if rejection.category != UNACCOUNTED:
                remember_refused(connection, OBJECT_TYPE, rejection, run.run_id, now)
    summary.associated += len(made)
    summary.refused = dict(Counter(summary.refused) + Counter(item.category for item in outcome.rejected))
