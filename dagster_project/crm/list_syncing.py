"""One sync of all lists: each is found or made, and its members are brought up to what its segment says."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from dagster_project.crm.errors import CrmError, CrmRefused
from dagster_project.crm.list_changes import ListChange, SegmentList, find_list_changes
from dagster_project.crm.list_ledger import (
    ASKED,
    MEMBER,
    MISSING,
    REMOVED,
    RememberedList,
    append_outcomes,
    claim_list,
    forget_list,
    read_lists,
    remember_list,
)
from dagster_project.crm.paging import pages_of
from dagster_project.crm.syncing import SyncRun
from dagster_project.crm.transport import HubSpotApi
from dagster_project.state.chunking import chunks
from dagster_project.state.run_log import log_step

LISTS = "/crm/lists/{version}"
TYPE_IDS = {"contacts": "0-1", "companies": "0-2"}
STATIC = "MANUAL"
# Record ids in one call: what a crash between an answer and its ledger entry leaves to be asked again.
IDS_PER_CALL = 1_000
MEMBERS_PER_PAGE = 250
DONE, CUT_OFF = "done", "cut_off"


class ListsUnusable(CrmError):
    """Lists stand where ours should be; the message names each and what to do."""


@dataclass
class ListResult:
    """What became of one list; `unaccounted`: records of which HubSpot neither said nor shows what it did."""

    name: str
    object_type: str
    size: int
    list_id: str | None = None
    is_new: bool = False
    is_kept: bool = True
    added: int = 0
    removed: int = 0
    missing: int = 0
    unaccounted: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass
class ListSummary:
    """What one sync of the lists came to."""

    lists: list[ListResult] = field(default_factory=list)
    calls: int = 0

    def total(self, name: str) -> int:
        return sum(getattr(result, name) for result in self.lists)


def sync_lists(
    run: SyncRun, api: HubSpotApi, lists: Iterable[SegmentList], on_progress: Callable[[str], None]
) -> ListSummary:
    """Bring the members of every list up to date, and write down what HubSpot acknowledged, call by call.

    Only what we added is ever taken out: whom a person put into a list stays, and whom a person took out is not put
    back. Nothing is asked of a list that needs nothing.

    Raises:
        ListsUnusable: A list that is not ours, is dynamic or holds other objects stands in the way. Nothing was sent.
        CrmUnavailable, CrmScopeMissing: What was acknowledged until then is in the ledger; the next run goes on.
    """
    started_at, calls_before = run.now(), api.calls
    changes = _found(run, api, list(lists))
    summary, state = ListSummary(), CUT_OFF
    try:
        for change in changes:
            result = ListResult(
                change.name, change.object_type, change.size, is_kept=change.is_kept, left_out=change.left_out
            )
            summary.lists.append(result)
            if change.differs:
                _sync_list(run, api, change, result)
                on_progress(f"{change.name}: {result.added} added, {result.removed} taken out")
            else:
                result.list_id = change.list_id
        state = DONE
    finally:
        summary.calls = api.calls - calls_before
        results = [asdict(result) for result in summary.lists]
        numbers = {"state": state, "lists": results, "calls": summary.calls}
        log_step(run.engine, run.run_id, "sync_lists", run.as_of, started_at, run.now(), numbers)
    return summary


def _found(run: SyncRun, api: HubSpotApi, lists: list[SegmentList]) -> list[ListChange]:
    """The changes, after a look at every list that is about to be written.

    Raises:
        ListsUnusable: With all that is in the way at once.
    """
    problems: list[str] = []
    remembered = read_lists(run.engine)
    for change in find_list_changes(run, lists):
        if not change.differs:
            continue
        known = remembered.get(change.segment_id)
        if known is not None and known.object_type != change.object_type:
            problems.append(
                f"{change.segment_id} was a segment of {known.object_type} and has a list of them; give the one of "
                f"{change.object_type} another segment_id"
            )
            continue
        held = None
        if change.list_id is not None:
            held = _by_id(api, change.list_id)
            if held is None:
                # Somebody deleted it: a segment that is kept gets another one, with all of its members.
                forget_list(run.engine, change.segment_id)
                known = None
        if held is None and change.is_kept:
            held = _by_name(api, change)
        if held is None:
            continue
        if problem := _in_the_way(change, held, is_ours=known is not None):
            problems.append(problem)
        elif change.list_id is None:
            # Made by a run that was cut off before it could write down the id.
            remember_list(run.engine, change.segment_id, str(held["listId"]))
    if problems:
        raise ListsUnusable("HubSpot's lists stand in the way of segments.csv:\n" + "\n".join(problems))
    return find_list_changes(run, lists)


def _in_the_way(change: ListChange, held: dict, *, is_ours: bool) -> str | None:
    name = held.get("name")
    if not is_ours:
        return (
            f"a list named {name} is there already and was not made by this pipeline; rename it in HubSpot, or give "
            f"the segment {change.segment_id} another segment_id"
        )
    if held.get("processingType") != STATIC:
        return (
            f"the list {name} is {held.get('processingType')}, and only a static one takes members; delete it in "
            "HubSpot, and the next run makes a static one"
        )
    return None


def _sync_list(run: SyncRun, api: HubSpotApi, change: ListChange, result: ListResult) -> None:
    result.list_id = change.list_id
    if result.list_id is None:
        result.list_id = _make(run, api, change)
        result.is_new = True
    moves = [(hubspot_id, True) for hubspot_id in change.to_add] + [
        (hubspot_id, False) for hubspot_id in change.to_remove
    ]
    for some in chunks(moves, IDS_PER_CALL):
        to_add = [hubspot_id for hubspot_id, is_added in some if is_added]
        to_remove = [hubspot_id for hubspot_id, is_added in some if not is_added]
        # Written down before it leaves: whoever is cut off after HubSpot's answer knows whom it may be about.
        _remember(run, result, [(hubspot_id, ASKED) for hubspot_id, _ in some])
        # Whoever is in already is added once more without harm, so a lost answer may be followed by a repeat.
        answer = api.call(
            "PUT",
            f"{LISTS}/{result.list_id}/memberships/add-and-remove",
            body={"recordIdsToAdd": to_add, "recordIdsToRemove": to_remove},
        ).body
        _remember(run, result, _settled(api, result, to_add, to_remove, answer))


def _remember(run: SyncRun, result: ListResult, outcomes: list[tuple[str, str]]) -> None:
    append_outcomes(run.engine, result.list_id, outcomes, run_id=run.run_id, as_of=run.as_of, now=run.now())


def _settled(
    api: HubSpotApi, result: ListResult, to_add: list[str], to_remove: list[str], answer: dict
) -> list[tuple[str, str]]:
    """What became of each record of a call, `(hubspot_id, outcome)`.

    HubSpot names whom it added and removed and whom it does not have, and no one who was in, or not in, before: where
    some are not named, the list itself is read.
    """
    added, removed, missing = (
        set(map(str, answer.get(name) or [])) for name in ("recordsIdsAdded", "recordIdsRemoved", "recordIdsMissing")
    )
    if not set(to_add) <= added | missing or not set(to_remove) <= removed | missing:
        members = set(_read_members(api, result.list_id))
        added |= set(to_add) & members
        removed |= set(to_remove) - members
    outcomes = []
    for hubspot_id in to_add:
        if hubspot_id in added:
            result.added += 1
            outcomes.append((hubspot_id, MEMBER))
        elif hubspot_id in missing:
            result.missing += 1
            outcomes.append((hubspot_id, MISSING))
    # A record that is not there is in no list.
    taken_out = [hubspot_id for hubspot_id in to_remove if hubspot_id in removed | missing]
    result.removed += len(taken_out)
    outcomes += [(hubspot_id, REMOVED) for hubspot_id in taken_out]
    result.unaccounted += len(to_add) + len(to_remove) - len(outcomes)
    return outcomes


def _read_members(api: HubSpotApi, list_id: str | None) -> Iterator[str]:
    for page in pages_of(api, f"{LISTS}/{list_id}/memberships", {"limit": MEMBERS_PER_PAGE}):
        yield from (str(item["recordId"]) for item in page.get("results") or [])


def _make(run: SyncRun, api: HubSpotApi, change: ListChange) -> str:
    """Make a static list that was looked for and is not there."""
    claim_list(
        run.engine,
        RememberedList(change.segment_id, change.object_type, change.name, None),
        run.run_id,
        run.now(),
    )
    body = {"name": change.name, "objectTypeId": TYPE_IDS[change.object_type], "processingType": STATIC}
    try:
        made = api.post(LISTS, body, repeatable=True).body["list"]
    except CrmRefused:
        # The name is taken when a call whose answer was lost made it.
        made = _by_name(api, change)
        if made is None or made.get("processingType") != STATIC:
            raise
    list_id = str(made["listId"])
    remember_list(run.engine, change.segment_id, list_id)
    return list_id


def _by_id(api: HubSpotApi, list_id: str) -> dict | None:
    return _list_at(api, f"{LISTS}/{list_id}")


def _by_name(api: HubSpotApi, change: ListChange) -> dict | None:
    return _list_at(api, f"{LISTS}/object-type-id/{TYPE_IDS[change.object_type]}/name/{change.name}")


def _list_at(api: HubSpotApi, path: str) -> dict | None:
    try:
        return api.get(path)["list"]
    except CrmRefused as refusal:
        if refusal.status != 404:
            raise
        return None
