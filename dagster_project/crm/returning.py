"""Contacts go back to marketing: owner and stage are emptied, the stage is set anew, and HubSpot is read back.

A stage that only goes forward cannot be set to an earlier one: it has to be empty in between (HubSpot docs, lifecycle
stages). Each return is claimed before the first call and acknowledged after HubSpot was read back to hold it; whatever
moment a run is cut off at, the next one looks at HubSpot and goes on from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dagster_project.crm import ledger
from dagster_project.crm.batches import BATCH_SIZE, Outcome
from dagster_project.crm.changes import Update
from dagster_project.crm.handoffs import OWNER, SQL_STAGE, STAGE
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.reading_held import read_held
from dagster_project.crm.return_claims import Return, acknowledge, claim, read_claimed, withdraw
from dagster_project.crm.sending import send
from dagster_project.crm.syncing import SyncRun
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.values import known_instant
from dagster_project.state.chunking import chunks
from dagster_project.state.run_log import log_step

MARKETING_STAGE = "marketingqualifiedlead"
# HubSpot's own: when anybody last called, mailed or met the contact.
LAST_CONTACTED = "notes_last_contacted"
STEP = "sync_returns"


@dataclass
class ReturnSummary:
    """What became of the returns of a run: by record key why one was not made, or is not yet."""

    returned: int = 0
    held: int = 0
    overtaken: dict[str, str] = field(default_factory=dict)
    not_taken: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    state: str = "done"


@dataclass(frozen=True)
class _Judged:
    """A return and how far HubSpot is with it; `overtaken`: why it may not be made any more."""

    item: Return
    is_cleared: bool = False
    is_set: bool = False
    overtaken: str | None = None


def make_returns(
    run: SyncRun,
    api: HubSpotApi,
    mapped: MappedObject,
    due: Sequence[Return],
    on_progress: Callable[[str], None],
    held_count: int = 0,
) -> ReturnSummary:
    """Take contacts back to marketing, a hundred at a time.

    Raises:
        CrmUnavailable, CrmUnauthorised: What was read back until then is acknowledged; the next run goes on.
    """
    started_at, calls_before = run.now(), api.calls
    summary = ReturnSummary(held=held_count)
    try:
        for some in chunks(due, BATCH_SIZE):
            # Where another run claimed one of them meanwhile, what it did comes first: they are looked at again.
            while not _make_some(run, api, mapped, some, summary):
                pass
            on_progress(f"returns: {summary.returned} of {len(due)} back with marketing")
    finally:
        summary.calls = api.calls - calls_before
        ledger.fold(run.engine, run.state_dir, mapped.object_type)
        log_step(run.engine, run.run_id, STEP, run.as_of, started_at, run.now(), vars(summary))
    return summary


def _make_some(
    run: SyncRun, api: HubSpotApi, mapped: MappedObject, some: Sequence[Return], summary: ReturnSummary
) -> bool:
    """False: nothing was done, since one of them is another run's by now."""
    known = read_claimed(run.engine, [item.return_id for item in some])
    some = [item for item in some if not known.get(item.return_id)]
    looked_at = _look(api, mapped, some)
    judged = [_judge(item, looked_at.get(item.hubspot_id), item.return_id in known) for item in some]
    going = [one for one in judged if one.overtaken is None]
    overtaken = [one for one in judged if one.overtaken is not None]
    if not claim(run.engine, [one.item for one in going if one.item.return_id not in known], run.run_id, run.now()):
        return False
    withdraw(run.engine, [one.item.return_id for one in overtaken if one.item.return_id in known])
    summary.overtaken |= {one.item.record_key: one.overtaken for one in overtaken}

    _write(api, mapped, [one for one in going if not one.is_cleared], {OWNER: None, STAGE: None}, summary)
    ready = [one for one in going if not one.is_set and one.item.record_key not in summary.not_taken]
    _write(api, mapped, ready, {STAGE: MARKETING_STAGE}, summary)
    _settle(run, api, mapped, [one.item for one in going if one.item.record_key not in summary.not_taken], summary)
    return True


def _look(api: HubSpotApi, mapped: MappedObject, some: Sequence[Return]) -> dict[str, dict]:
    """What HubSpot holds at this moment by record id; one that it does not hold is missing."""
    found = read_held(api, mapped.object_type, [item.hubspot_id for item in some], [STAGE, OWNER, LAST_CONTACTED])
    return {str(record["id"]): record["properties"] for record in found}


def _judge(item: Return, held: dict | None, is_claimed: bool) -> _Judged:
    if held is None:
        return _Judged(item, overtaken="HubSpot does not hold the contact any more")
    if is_claimed and not held.get(STAGE):
        # Cut off between the two calls. Whoever was made the owner since stays it.
        return _Judged(item, is_cleared=True)
    if is_claimed and _is_back(item, held):
        # Cut off between HubSpot's last answer and ours.
        return _Judged(item, is_cleared=True, is_set=True)
    return _Judged(item, overtaken=_overtaken_by(item, held))


def _is_back(item: Return, held: dict) -> bool:
    """Our first call emptied the owner, too: whoever is it now was chosen since."""
    return held.get(STAGE) == MARKETING_STAGE and (held.get(OWNER) or None) in (None, _other_owner(item, held))


def _other_owner(item: Return, held: dict) -> str | None:
    owner_id = held.get(OWNER) or None
    return None if owner_id == item.owner_id else owner_id


def _overtaken_by(item: Return, held: dict) -> str | None:
    if (stage := held.get(STAGE)) != SQL_STAGE:
        return f"the contact is at stage {stage or '(none)'} by now"
    if (owner_id := _other_owner(item, held)) is not None:
        return f"owner {owner_id} has the contact by now"
    contacted_at = known_instant(held.get(LAST_CONTACTED))
    if contacted_at is not None and contacted_at > item.known_until:
        return "somebody was in touch with the contact since HubSpot was last read"
    return None


def _write(
    api: HubSpotApi,
    mapped: MappedObject,
    going: Sequence[_Judged],
    values: dict[str, str | None],
    summary: ReturnSummary,
) -> None:
    """One call for all of them; what HubSpot refused is noted and stays claimed."""
    updates = [
        Update(one.item.record_key, one.item.hubspot_id, None, dict(values), dict.fromkeys(values), {}) for one in going
    ]
    if not updates:
        return
    for outcome in send(updates, api, mapped):
        _note_refused(outcome, summary)


def _note_refused(outcome: Outcome, summary: ReturnSummary) -> None:
    for rejection in outcome.rejected:
        summary.not_taken[rejection.update.record_key] = f"{rejection.category}: {rejection.message}"


def _settle(
    run: SyncRun, api: HubSpotApi, mapped: MappedObject, written: Sequence[Return], summary: ReturnSummary
) -> None:
    """Read back, and acknowledge what HubSpot holds: a stage that stays put is answered with success, too."""
    if not written:
        return
    found = _look(api, mapped, written)
    done = [item for item in written if _is_back(item, found.get(item.hubspot_id, {}))]
    names = {property_.name for property_ in mapped.properties}
    with run.engine.begin() as connection:
        entries = [entry for item in done for entry in _entries(item) if entry.property in names]
        now = run.now()
        ledger.append(connection, mapped.object_type, entries, run_id=run.run_id, as_of=run.as_of, acknowledged_at=now)
        acknowledge(connection, [item.return_id for item in done], as_of=run.as_of, now=now)
    summary.returned += len(done)
    for item in written:
        if item not in done:
            held = found.get(item.hubspot_id, {})
            stage, owner_id = held.get(STAGE) or "(none)", held.get(OWNER) or "(none)"
            summary.not_taken[item.record_key] = f"read back, HubSpot has the stage {stage} and the owner {owner_id}"


def _entries(item: Return) -> tuple[ledger.Acknowledged, ledger.Acknowledged]:
    """What HubSpot holds now: the next handoff of the contact differs from it and is written whole."""
    return (
        ledger.Acknowledged(item.record_key, item.hubspot_id, STAGE, MARKETING_STAGE, SQL_STAGE),
        ledger.Acknowledged(item.record_key, item.hubspot_id, OWNER, None, item.owner_id),
    )
