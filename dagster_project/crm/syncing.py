"""One sync of one object type: find what differs, send it, write down what HubSpot took."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, insert, select

from dagster_project.crm import ledger
from dagster_project.crm.batches import UNACCOUNTED, Outcome, Rejection
from dagster_project.crm.breaker import hold_back
from dagster_project.crm.changes import Changes, Scope, find_changes, scope_of
from dagster_project.crm.claims import Handoff, acknowledge
from dagster_project.crm.drift import read_drift, settle_written
from dagster_project.crm.handoffs import prepare, read_begun_handoffs, written_together
from dagster_project.crm.leaving_out import SUPPRESSED
from dagster_project.crm.progress import SendingProgress
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.recording import append_outcome
from dagster_project.crm.refusals import forget_refused, forget_unwanted, remember_refused, without_waiting
from dagster_project.crm.salvaging import send_what_is_valid
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.undone import forget_undone, read_undone
from dagster_project.privacy.opt_outs import OptOut
from dagster_project.privacy.suppression import GDPR_DELETED, Suppressed, read_suppressed, suppress
from dagster_project.state.run_log import log_step
from dagster_project.state.tables import identities


@dataclass
class SyncSummary:
    """What one sync of an object type came to; `left_out`, `waiting_records` and `rejected` were not written."""

    object_type: str
    changed_records: int = 0
    changed_properties: dict[str, int] = field(default_factory=dict)
    acknowledged_records: int = 0
    acknowledged_values: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    rejection_examples: list[str] = field(default_factory=list)
    waiting_records: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    handoffs: int = 0
    handoffs_overtaken: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    @property
    def rejected_records(self) -> int:
        return sum(self.rejected.values())

    @property
    def refused_pct(self) -> float:
        """How many of a hundred records that differ HubSpot refused, now or before."""
        refused = self.rejected_records + self.waiting_records
        return 100 * refused / self.changed_records if self.changed_records else 0.0


@dataclass(frozen=True)
class SyncRun:
    """What a sync works with: one snapshot, one state, one clock.

    `read_opt_outs` reads the opt-out files at the moment it is called. `is_part`: the snapshot is one of those alone
    whom new files concern; `later_parts`: folders of such that were published after this snapshot of everybody.
    """

    snapshot_dir: Path
    state_dir: Path
    engine: Engine
    run_id: str
    as_of: datetime
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    read_opt_outs: Callable[[], Sequence[OptOut]] = tuple
    is_part: bool = False
    later_parts: Sequence[Path] = ()

    def scope(self, object_type: str) -> Scope:
        return Scope(is_part=True) if self.is_part else scope_of(object_type, self.later_parts)

    def suppressed(self) -> Suppressed:
        """Contacts about whom nothing is written, by the opt-out files as they are at this moment.

        Raises:
            OptOutsInvalid: A file cannot be used.
        """
        return read_suppressed(self.engine, self.read_opt_outs(), self.snapshot_dir)

    def desired_path(self, object_type: str) -> Path:
        return self.snapshot_dir / f"decide.crm_{object_type}_desired.parquet"


def find_unsynced(run: SyncRun, mapped: MappedObject, overwritten: Collection[str] = ()) -> Changes:
    """What differs now and is not left as somebody undid or changed it; used by sensor, plan and sync alike.

    Suppressed contacts are left out, by the opt-out files as they are at this moment.

    An undone value that this snapshot no longer wants is forgotten: if it is wanted again one day, it is sent.
    """
    changes = compare(run, mapped, overwritten)
    forget_undone(run.engine, changes.no_longer_wanted)
    return changes


def compare(run: SyncRun, mapped: MappedObject, overwritten: Collection[str] = ()) -> Changes:
    """As `find_unsynced`, and forgets nothing: for a snapshot that may never be synced."""
    # Before the ledger, which then holds whatever these were undone to; an undo may be under way.
    undone = read_undone(run.engine, mapped.object_type)
    path = ledger.fold(run.engine, run.state_dir, mapped.object_type)
    drifted = read_drift(run.engine, mapped.object_type)
    desired = run.desired_path(mapped.object_type)
    scope = run.scope(mapped.object_type)
    return find_changes(desired, path, mapped, undone, drifted, overwritten, run.suppressed(), scope)


def sync_object(
    run: SyncRun,
    api: HubSpotApi,
    mapped: MappedObject,
    on_progress: Callable[[str], None],
    approved: str = "",
    overwritten: Collection[str] = (),
) -> SyncSummary:
    """Write what differs to HubSpot and what it acknowledged to the state, batch by batch.

    Args:
        approved: The id of a plan that a person lets through although it changes much.
        overwritten: Ids of records on which our values are written over those that somebody changed, or `all`.
    Raises:
        PlanHeld, OptOutsInvalid: Before anything was sent.
        CrmUnavailable, CrmUnauthorised: What was acknowledged until then is in the ledger; the next run goes on.
    """
    started_at, calls_before = run.now(), api.calls
    changes = find_unsynced(run, mapped, overwritten)
    hold_back(changes, mapped, approved)
    updates = changes.updates()
    if not changes.scope.is_part:
        forget_unwanted(run.engine, mapped.object_type, updates, changes.scope.keys)
    updates, waiting = without_waiting(run.engine, mapped.object_type, updates, run.now())
    summary = SyncSummary(
        mapped.object_type,
        changed_records=changes.record_count,
        changed_properties=changes.property_counts,
        waiting_records=waiting,
        left_out=dict(changes.left_out),
    )
    if not mapped.makes_unknown_records:
        unknown = sum(item.hubspot_id is None for item in updates)
        updates = [item for item in updates if item.hubspot_id is not None]
        if unknown:
            summary.left_out["not_looked_up"] = unknown
    begun: dict[str, Handoff] = {}
    if mapped.object_type == "contacts":
        begun = read_begun_handoffs(run.snapshot_dir / "decide.handoffs.parquet")
    prepared = prepare(updates, begun, api, run.engine, mapped, run_id=run.run_id, now=run.now())
    summary.handoffs_overtaken = prepared.overtaken
    to_send = [item for item in prepared.updates if item.values]
    if settled := prepared.nothing_to_write():
        with run.engine.begin() as connection:
            acknowledge(connection, settled, as_of=run.as_of, now=run.now())
        summary.handoffs += len(settled)
    progress = SendingProgress(on_progress, mapped.object_type, len(to_send))
    try:
        # Closed, so that nothing is on its way any more when what follows fails or the run is interrupted.
        with closing(send_what_is_valid(to_send, api, mapped, written_together(mapped))) as outcomes:
            for outcome in outcomes:
                _record(run, mapped, outcome, prepared.handoffs, summary)
                progress.report(summary.acknowledged_records, summary.rejected_records, api.calls - calls_before)
    finally:
        progress.finish()
        summary.calls = api.calls - calls_before
        ledger.fold(run.engine, run.state_dir, mapped.object_type)
        log_step(run.engine, run.run_id, f"sync_{mapped.object_type}", run.as_of, started_at, run.now(), vars(summary))
    return summary


def _record(
    run: SyncRun,
    mapped: MappedObject,
    outcome: Outcome,
    begun: dict[str, Handoff],
    summary: SyncSummary,
) -> None:
    """Write one batch's outcome in one transaction: ledger, identities, rejections, handoffs."""
    now = run.now()
    deleted = [rejection for rejection in outcome.rejected if _is_gdpr_deleted(rejection)]
    if deleted:
        outcome = replace(outcome, rejected=[item for item in outcome.rejected if item not in deleted])
    refused: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for rejection in outcome.rejected:
        refused[rejection.update.place] |= rejection.values.keys()
    taken_whole = [update for update, _, _ in outcome.acknowledged if update.place not in refused]
    # A handoff is made with the stage, the owner and the time, whatever else of the contact was refused.
    together = written_together(mapped)
    handed_off = [
        begun[update.record_key].handoff_id
        for update, _, _ in outcome.acknowledged
        if update.record_key in begun and not update.is_gone and together.isdisjoint(refused.get(update.place, ()))
    ]
    with run.engine.begin() as connection:
        entries = append_outcome(connection, mapped, outcome, run_id=run.run_id, as_of=run.as_of, acknowledged_at=now)
        settle_written(connection, mapped.object_type, entries, now)
        _remember_identities(connection, mapped.object_type, outcome, now)
        forget_refused(connection, mapped.object_type, taken_whole)
        for rejection in outcome.rejected:
            # Whether it was written is not known: the next run asks again and does not wait.
            if rejection.category != UNACCOUNTED:
                remember_refused(connection, mapped.object_type, rejection, run.run_id, now)
        acknowledge(connection, handed_off, as_of=run.as_of, now=now)
        for update in (rejection.update for rejection in deleted):
            suppress(connection, update.record_key, update.upsert_key, GDPR_DELETED, run_id=run.run_id, now=now)
            forget_refused(connection, mapped.object_type, [update])

    if deleted:
        summary.left_out[SUPPRESSED] = summary.left_out.get(SUPPRESSED, 0) + len(deleted)
    summary.acknowledged_records += len(outcome.acknowledged)
    summary.acknowledged_values += len(entries)
    summary.handoffs += len(handed_off)
    summary.rejected = dict(Counter(summary.rejected) + Counter(rejection.category for rejection in outcome.rejected))
    for rejection in outcome.rejected[: 10 - len(summary.rejection_examples)]:
        summary.rejection_examples.append(f"{rejection.update.record_key}: {rejection.category}: {rejection.message}")


def _is_gdpr_deleted(rejection: Rejection) -> bool:
    """Whether HubSpot keeps the address from ever being a contact again; the very words are not documented."""
    return rejection.update.hubspot_id is None and "GDPR" in f"{rejection.category} {rejection.message}".upper()


def _remember_identities(connection: Connection, object_type: str, outcome: Outcome, now: datetime) -> None:
    found = {
        update.record_key: (hubspot_id, "update" if update.hubspot_id else "upsert")
        for update, hubspot_id, _ in outcome.acknowledged
        if not update.is_gone
    }
    known_query = select(identities.c.record_key, identities.c.hubspot_id).where(
        identities.c.object_type == object_type, identities.c.record_key.in_(found)
    )
    known = dict(connection.execute(known_query).tuples().all())
    new = {key: match for key, match in found.items() if known.get(key) != match[0]}
    if new:
        is_replaced = (identities.c.object_type == object_type) & identities.c.record_key.in_(new)
        connection.execute(delete(identities).where(is_replaced))
        rows = [
            {
                "object_type": object_type,
                "record_key": key,
                "hubspot_id": hubspot_id,
                "matched_by": how,
                "recorded_at": now,
            }
            for key, (hubspot_id, how) in new.items()
        ]
        connection.execute(insert(identities), rows)
