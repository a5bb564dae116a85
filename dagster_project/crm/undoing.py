"""One sync run taken back: previous values are written where HubSpot still holds ours, the rest is left and listed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from dagster_project.crm import ledger
from dagster_project.crm.batches import ADDITIONAL_EMAILS, BATCH_SIZE, EMAIL, NOT_FOUND, Outcome
from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmError
from dagster_project.crm.handoffs import HANDOFF_COLUMNS
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.reading_held import read_held
from dagster_project.crm.recording import append_outcome
from dagster_project.crm.sending import send
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.undone import remember_undone
from dagster_project.crm.values import same_value
from dagster_project.crm.written import (
    UNDO_STEP,
    Newer,
    Written,
    is_known,
    read_newer,
    read_undos,
    read_written,
    read_written_types,
)
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.state.chunking import chunks
from dagster_project.state.run_log import log_step

CHANGED_SINCE, OVERTAKEN, RECORD_GONE, REFUSED = "changed_since", "overtaken", "record_gone", "refused"
HANDOFF, NOT_KNOWN, KEY, NOT_MAPPED, SUPPRESSED = "handoff", "not_known", "key", "not_mapped", "suppressed"
# Why a value of the run stays as it is; the words RevOps reads.
LEFT = {
    CHANGED_SINCE: "somebody changed it in HubSpot since",
    OVERTAKEN: "a later run wrote it again",
    RECORD_GONE: "HubSpot does not hold the record any more: it was deleted, or merged into another",
    REFUSED: "HubSpot refused the previous value",
    SUPPRESSED: "the contact is suppressed: nothing is written about it any more",
    HANDOFF: "a handoff is not taken back by undo: stage, owner and time stay as sales found them",
    NOT_KNOWN: "what HubSpot held before is not known: the property is HubSpot's own",
    KEY: "it is the key by which the record is found again",
    NOT_MAPPED: "crm_property_map.csv does not have the property any more",
}


NOBODY_TO_ASK = (
    "Before an undo writes, it asks HubSpot what it holds, and there is no HubSpot to ask: HUBSPOT_ACCESS_TOKEN is not "
    "set, or PQL_DRY_RUN is. With the token, make undo RUN=<run id> DRY_RUN=1 says what it would do and sends nothing."
)


class UndoImpossible(CrmError):
    """There is nothing to take back, or nobody to ask; nothing was sent."""


@dataclass(frozen=True)
class UndoRun:
    """What an undo works with: `run_id` is its own, `undone_run_id` that of the run it takes back."""

    engine: Engine
    state_dir: Path
    undone_run_id: str
    run_id: str
    as_of: datetime
    is_dry_run: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    suppressed: Suppressed = NOBODY


@dataclass(frozen=True)
class Left:
    """A value of the run that was not taken back: what the run wrote, what HubSpot holds where it was asked, and why.

    `why` is a key of LEFT; `detail` says which later run wrote what, or what HubSpot answered.
    """

    record_key: str
    property: str
    ours: str | None
    theirs: str | None
    why: str
    detail: str = ""


@dataclass
class UndoSummary:
    """What became of the values that a run wrote on one object type; in a dry run, what would become of them.

    `already_back`: a later run wrote the previous value, as an earlier undo of the same run does.
    """

    object_type: str
    taken_back: dict[str, int] = field(default_factory=dict)
    records: int = 0
    already_back: int = 0
    left: list[Left] = field(default_factory=list)
    calls: int = 0

    @property
    def values(self) -> int:
        return sum(self.taken_back.values())

    @property
    def left_by_reason(self) -> dict[str, int]:
        counted = Counter(item.why for item in self.left)
        return {why: counted[why] for why in LEFT if counted[why]}

    def listed(self) -> list[Left]:
        """What was left; first what somebody may want to look at, last what an undo never touches."""
        return [item for why in LEFT for item in self.left if item.why == why]

    def count_taken(self, places: Iterable[tuple[str, str]]) -> None:
        places = list(places)
        self.records += len({hubspot_id for hubspot_id, _ in places})
        self.taken_back = dict(sorted((Counter(self.taken_back) + Counter(name for _, name in places)).items()))


def undo_run(
    run: UndoRun,
    api: HubSpotApi,
    objects: Mapping[str, MappedObject],
    on_progress: Callable[[str], None],
    on_summary: Callable[[UndoSummary], None],
) -> None:
    """Take back what a run wrote, an object type after the other.

    Args:
        on_summary: Is given the summary of each object type before it is begun; it fills as the undo goes on, so that
            one that breaks off can be told too.

    Each record is read right before it is written. Only where HubSpot holds what the run wrote is the value written
    that the ledger held before the run; where that was nothing, the property is emptied. The ledger knows what *we*
    wrote: that somebody had typed another value over ours before the run came is not known to it, and such a value
    does not come back. Of HubSpot's own properties it does not know at all what was there before; stage, owner and
    time of a handoff belong together besides, a stage only goes forward, and a salesperson may have called by now.
    All of these are left.

    What is taken back is noted, so that no sync sends it again while the warehouse still wants just that (see
    `crm.undone`). To undo an undo is to undo its run.

    Raises:
        UndoImpossible: Nobody knows the run, or it wrote nothing.
        CrmUnavailable, CrmUnauthorised: What was taken back until then is in the ledger; another undo does the rest.
    """
    types = read_written_types(run.engine, run.undone_run_id)
    if not types:
        raise UndoImpossible(_nothing_of(run))
    for object_type in types:
        mapped = objects.get(object_type) or MappedObject(object_type, (), False, 0)
        summary = UndoSummary(object_type)
        on_summary(summary)
        _undo_object(run, api, mapped, summary, on_progress)


def _nothing_of(run: UndoRun) -> str:
    if is_known(run.engine, run.undone_run_id):
        return f"Run {run.undone_run_id} wrote nothing to HubSpot: there is nothing to take back."
    return f"No run {run.undone_run_id} is known here; `make undo` lists the last runs that wrote to HubSpot."


def _undo_object(
    run: UndoRun, api: HubSpotApi, mapped: MappedObject, summary: UndoSummary, on_progress: Callable[[str], None]
) -> None:
    started_at, calls_before = run.now(), api.calls
    due = _due(run, mapped, summary)
    record_ids = list(due)
    done = 0
    # Also before the first write, so that one that is killed is known for an undo.
    _log(run, summary, started_at)
    try:
        # A batch is read and written before the next one is read: what a person does meanwhile is seen.
        for ids in chunks(record_ids, BATCH_SIZE):
            due_now = {record_id: due[record_id] for record_id in ids}
            updates = _updates(api, mapped, due_now, summary, run.suppressed)
            if run.is_dry_run:
                summary.count_taken((item.hubspot_id, name) for item in updates for name in item.values)
            else:
                for outcome in send(updates, api, mapped):
                    _record(run, mapped, outcome, summary)
            done += len(ids)
            on_progress(f"{mapped.object_type}: {done:,} of {len(record_ids):,} records looked at")
    finally:
        summary.calls = api.calls - calls_before
        ledger.fold(run.engine, run.state_dir, mapped.object_type)
        _log(run, summary, started_at)


def _log(run: UndoRun, summary: UndoSummary, started_at: datetime) -> None:
    if run.is_dry_run:
        return
    told = {
        "undone_run_id": run.undone_run_id,
        "taken_back": summary.taken_back,
        "records": summary.records,
        "already_back": summary.already_back,
        "left": summary.left_by_reason,
        "calls": summary.calls,
    }
    log_step(run.engine, run.run_id, f"{UNDO_STEP}{summary.object_type}", run.as_of, started_at, run.now(), told)


def _due(run: UndoRun, mapped: MappedObject, summary: UndoSummary) -> dict[str, list[Written]]:
    """What may be taken back if HubSpot holds it, by record id; the rest is noted in the summary."""
    written = read_written(run.engine, mapped.object_type, run.undone_run_id)
    newer = read_newer(run.engine, mapped.object_type, run.undone_run_id, written)
    undos = read_undos(run.engine)
    types = {property_.name: property_.value_type for property_ in mapped.properties}
    kept = _kept(mapped)
    due: dict[str, list[Written]] = {}
    for entry in written:
        later = newer.get(entry.place)
        if entry.property not in types:
            summary.left.append(_left(entry, NOT_MAPPED))
        elif entry.property in kept:
            summary.left.append(_left(entry, kept[entry.property]))
        elif later is not None and same_value(types[entry.property], later.value, entry.before):
            summary.already_back += 1
        elif later is not None and not (
            # Of two runs the later one was taken back first: what stands there is what the earlier one wrote.
            later.run_id in undos and same_value(types[entry.property], later.value, entry.value)
        ):
            summary.left.append(_overtaken(entry, later))
        else:
            due.setdefault(entry.hubspot_id, []).append(entry)
    return due


def _kept(mapped: MappedObject) -> dict[str, str]:
    """Properties that an undo never writes, with the reason."""
    kept = {}
    for property_ in mapped.properties:
        if property_.source_column in HANDOFF_COLUMNS:
            kept[property_.name] = HANDOFF
        elif property_.is_hubspots_own:
            kept[property_.name] = NOT_KNOWN
        elif property_.is_unique:
            # Without it the next sync would take the record for another one, or make it a second time.
            kept[property_.name] = KEY
    return kept


def _updates(
    api: HubSpotApi,
    mapped: MappedObject,
    due: Mapping[str, list[Written]],
    summary: UndoSummary,
    suppressed: Suppressed,
) -> list[Update]:
    """Previous values for those records that hold what the run wrote; what somebody changed is noted."""
    types = {property_.name: property_.value_type for property_ in mapped.properties}
    names = sorted({entry.property for entries in due.values() for entry in entries})
    if mapped.object_type == "contacts":
        names += [EMAIL, ADDITIONAL_EMAILS]
    found = {str(item["id"]): item["properties"] for item in read_held(api, mapped.object_type, list(due), names)}
    updates = []
    for record_id, entries in due.items():
        held = found.get(record_id)
        if held is None:
            summary.left.extend(_left(entry, RECORD_GONE) for entry in entries)
            continue
        if mapped.object_type == "contacts" and _is_suppressed(suppressed, record_id, entries, held):
            summary.left.extend(_left(entry, SUPPRESSED) for entry in entries)
            continue
        update = Update(entries[-1].record_key, record_id, None, {}, {}, {})
        for entry in entries:
            theirs, value_type = held.get(entry.property) or None, types[entry.property]
            # The previous value stands there where an undo was cut off before it wrote down what HubSpot took: it is
            # written once more, which changes nothing, and then the ledger has it.
            if any(same_value(value_type, theirs, known) for known in (entry.value, entry.before)):
                update.values[entry.property], update.previous[entry.property] = entry.before, entry.value
            else:
                summary.left.append(_left(entry, CHANGED_SINCE, theirs=theirs))
        if update.values:
            updates.append(update)
    return updates


def _is_suppressed(suppressed: Suppressed, record_id: str, entries: Sequence[Written], held: Mapping) -> bool:
    """By its id, by any of its addresses, or by any user it was written for."""
    addresses = f"{held.get(EMAIL) or ''};{held.get(ADDITIONAL_EMAILS) or ''}".split(";")
    return (
        suppressed.why(hubspot_id=record_id) is not None
        or any(suppressed.why(email=email) for email in addresses if email)
        or any(suppressed.why(user_id=entry.record_key) for entry in entries)
    )


def _record(run: UndoRun, mapped: MappedObject, outcome: Outcome, summary: UndoSummary) -> None:
    """Write one batch's outcome in one transaction: the ledger, and which values are not to be sent again.

    Identities and earlier refusals are about what the warehouse wants, and stay.
    """
    now = run.now()
    with run.engine.begin() as connection:
        entries = append_outcome(connection, mapped, outcome, run_id=run.run_id, as_of=run.as_of, acknowledged_at=now)
        remember_undone(
            connection,
            mapped.object_type,
            entries,
            undone_run_id=run.undone_run_id,
            run_id=run.run_id,
            undone_at=now,
        )
    summary.count_taken((entry.hubspot_id, entry.property) for entry in entries)
    for rejection in outcome.rejected:
        is_gone = rejection.category == NOT_FOUND
        detail = "" if is_gone else f"{rejection.category}: {rejection.message}"
        summary.left.extend(
            Left(
                rejection.update.record_key,
                name,
                rejection.update.previous[name],
                None,
                RECORD_GONE if is_gone else REFUSED,
                detail,
            )
            for name in rejection.values
        )


def _left(entry: Written, why: str, *, theirs: str | None = None) -> Left:
    return Left(entry.record_key, entry.property, entry.value, theirs, why)


def _overtaken(entry: Written, later: Newer) -> Left:
    wrote = "emptied it, or found no record" if later.value is None else f"wrote {later.value}"
    return Left(entry.record_key, entry.property, entry.value, None, OVERTAKEN, f"run {later.run_id} {wrote}")
