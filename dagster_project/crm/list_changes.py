"""The members that segments want against those that HubSpot acknowledged, list by list."""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl

from dagster_project.counting import counted
from dagster_project.crm.leaving_out import LEFT_OUT, SUPPRESSED
from dagster_project.crm.list_ledger import Held, RememberedList, read_held, read_lists
from dagster_project.crm.property_map import portal_name
from dagster_project.crm.syncing import SyncRun
from dagster_project.privacy.suppression import Suppressed
from dagster_project.rules.reading import RuleBook

# A record that HubSpot said it does not have is not asked for again before; by then the copy knows what became of it.
MISSING_AGAIN_AFTER = timedelta(hours=24)
MISSING_LATELY = "missing_lately"
WHY_LEFT_OUT = LEFT_OUT | {MISSING_LATELY: "HubSpot said within the last day that it does not have the record"}


@dataclass(frozen=True)
class SegmentList:
    """The static list that a segment is kept as."""

    segment_id: str
    object_type: str
    name: str


@dataclass(frozen=True)
class ListChange:
    """What one list needs: whom to add and whom to take out, by HubSpot id, in order.

    `list_id`: None for one that is still to be found or made. `is_kept`: False for a segment that is switched off or
    was taken out of the rules; its list stays and is emptied. `size`: how many should be in it. `left_out`: members of
    the segment that cannot be in the list, by reason.
    """

    segment_id: str
    object_type: str
    name: str
    list_id: str | None
    to_add: tuple[str, ...]
    to_remove: tuple[str, ...]
    size: int
    left_out: dict[str, int]
    is_kept: bool = True

    @property
    def differs(self) -> bool:
        return bool(self.to_add or self.to_remove) or (self.is_kept and self.list_id is None)


def read_segment_lists(book: RuleBook, prefix: str) -> tuple[SegmentList, ...]:
    """The segments that are kept as lists; lists are called as properties are, so that people know whose they are."""
    return tuple(
        SegmentList(rule.segment_id, rule.object_type, portal_name(f"zo_{rule.segment_id}", prefix))
        for rule in book.rules("segments")
        if rule.is_list
    )


def members_path(snapshot_dir: Path) -> Path:
    return snapshot_dir / "decide.segment_members.parquet"


def find_list_changes(run: SyncRun, lists: Iterable[SegmentList]) -> list[ListChange]:
    """What every list needs now; used by the sensor, the plan and the sync alike. HubSpot is not asked.

    Of a snapshot that was published before there were segments nothing is known, and nothing changes.
    """
    path = members_path(run.snapshot_dir)
    if not path.exists():
        return []
    suppressed = run.suppressed()
    members = _with_suppressed_left_out(pl.read_parquet(path), suppressed)
    remembered = read_lists(run.engine)
    kept = {wanted.segment_id: wanted for wanted in lists}
    changes = [_kept(run, wanted, members, remembered.get(wanted.segment_id)) for wanted in kept.values()]
    changes += [_emptied(run, known) for name, known in sorted(remembered.items()) if name not in kept]
    return _without_removing(changes, members, suppressed)


def _with_suppressed_left_out(members: pl.DataFrame, suppressed: Suppressed) -> pl.DataFrame:
    """Also where the snapshot does not know of it yet."""
    if not suppressed:
        return members
    is_suppressed = suppressed.among(members) & (members["object_type"] == "contacts")
    return members.with_columns(matched_by=pl.when(is_suppressed).then(pl.lit(SUPPRESSED)).otherwise("matched_by"))


def _without_removing(changes: list[ListChange], members: pl.DataFrame, suppressed: Suppressed) -> list[ListChange]:
    """Suppressed people are not taken out either: nothing is written about them."""
    if not suppressed:
        return changes
    known = set(members.filter(pl.col("matched_by") == SUPPRESSED)["hubspot_id"].drop_nulls())

    def stays(item: str) -> bool:
        return item in known or suppressed.why(hubspot_id=item) is not None

    return [
        replace(change, to_remove=tuple(item for item in change.to_remove if not stays(item)))
        if change.object_type == "contacts"
        else change
        for change in changes
    ]


def _kept(run: SyncRun, wanted: SegmentList, members: pl.DataFrame, known: RememberedList | None) -> ListChange:
    rows = members.filter(pl.col("segment_id") == wanted.segment_id, pl.col("object_type") == wanted.object_type)
    is_left_out = pl.col("hubspot_id").is_null() | (pl.col("matched_by") == SUPPRESSED)
    left_out = Counter(rows.filter(is_left_out)["matched_by"].sort())
    desired = set(rows.filter(~is_left_out)["hubspot_id"])
    list_id = None if known is None else known.list_id
    held = _held(run, list_id)
    if absent := (desired - held.members) & held.missing:
        left_out[MISSING_LATELY] = len(absent)
        desired -= absent
    return ListChange(
        wanted.segment_id,
        wanted.object_type,
        wanted.name,
        list_id,
        _in_order(desired - held.members),
        _in_order((held.members | held.in_doubt) - desired),
        len(desired),
        dict(left_out),
    )


def _emptied(run: SyncRun, known: RememberedList) -> ListChange:
    held = _held(run, known.list_id)
    removed = _in_order(held.members | held.in_doubt)
    return ListChange(known.segment_id, known.object_type, known.name, known.list_id, (), removed, 0, {}, is_kept=False)


def _held(run: SyncRun, list_id: str | None) -> Held:
    return Held() if list_id is None else read_held(run.engine, list_id, run.now() - MISSING_AGAIN_AFTER)


def _in_order(ids: Set[str]) -> tuple[str, ...]:
    """As numbers where they are numbers."""
    return tuple(sorted(ids, key=lambda text: (len(text), text)))


def describe_list_changes(changes: Iterable[ListChange]) -> str:
    """The plan of all lists as Markdown that also reads well in a terminal."""
    changes = list(changes)
    differing = [item for item in changes if item.differs]
    lines = ["lists: HubSpot already holds every member."] if not differing else [f"lists: {in_short(differing)}.", ""]
    if differing:
        lines += ["| list | of | to add | to take out | then in it |", "| --- | --- | ---: | ---: | ---: |"]
        lines += [_row(item) for item in differing]
    left_out = sum((Counter(item.left_out) for item in changes), Counter())
    lines += [""] if differing and left_out else []
    lines += [f"{counted(count, 'place')} left open: {WHY_LEFT_OUT.get(why, why)}." for why, count in left_out.items()]
    return "\n".join(lines)


def in_short(differing: Iterable[ListChange]) -> str:
    differing = list(differing)
    added, removed = (sum(len(getattr(item, name)) for item in differing) for name in ("to_add", "to_remove"))
    return f"{counted(len(differing), 'list')} to bring up to date, {added:,} to add and {removed:,} to take out"


def _row(item: ListChange) -> str:
    numbers = f"{len(item.to_add)} | {len(item.to_remove)} | {item.size}"
    return f"| {item.name}{_remark(item)} | {item.object_type} | {numbers} |"


def _remark(item: ListChange) -> str:
    if not item.is_kept:
        return " (its segment is off: emptied, and stays)"
    return " (to be made)" if item.list_id is None else ""
