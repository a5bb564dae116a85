"""What a sync would change, in words and numbers, without sending anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import polars as pl

from dagster_project.counting import counted
from dagster_project.crm.batches import BATCH_SIZE
from dagster_project.crm.changes import Changes
from dagster_project.crm.drift_in_diff import UNDECIDED
from dagster_project.crm.leaving_out import LEFT_OUT
from dagster_project.crm.portal_limits import PortalLimits
from dagster_project.crm.return_breaker import OwedReturns

EXAMPLES = 10
SMALLEST_PORTAL = PortalLimits()


@dataclass(frozen=True)
class PlanCounts:
    """Records and calls of a plan."""

    update: int
    find_or_make: int
    empty: int
    calls: int


def count_plan(changes: Changes) -> PlanCounts:
    records = changes.rows.unique(["record_key", "hubspot_id"])
    empty = records.filter(pl.col("is_gone")).height
    unknown = records.filter(pl.col("hubspot_id").is_null()).height
    known = records.height - unknown
    calls = ceil(known / BATCH_SIZE) + ceil(unknown / BATCH_SIZE)
    return PlanCounts(known - empty, unknown, empty, calls)


def describe_plan(changes: Changes, held: Sequence[str], limits: PortalLimits = SMALLEST_PORTAL) -> str:
    """The plan of one object type as Markdown that also reads well in a terminal.

    Args:
        held: Why it would be held.
        limits: What the portal allows, for how long it takes.
    """
    counts = count_plan(changes)
    name = changes.object_type
    if changes.rows.is_empty():
        lines = [f"{name}: HubSpot already holds every desired value."]
    else:
        lines = [
            f"{name}: {counts.update} to update, {counts.find_or_make} to find or make, {counts.empty} to empty; "
            f"{limits.told(counts.calls)}. Plan {changes.plan_id}.",
            "",
            "| property | records |",
            "| --- | ---: |",
            *(f"| {property_} | {count} |" for property_, count in changes.property_counts.items()),
            "",
            "| record | property | HubSpot has | we would write |",
            "| --- | --- | --- | --- |",
            *(
                "| " + " | ".join(shown(row[name]) for name in ("record_key", "property", "previous", "value")) + " |"
                for row in changes.rows.head(EXAMPLES).iter_rows(named=True)
            ),
        ]
        if changes.rows.height > EXAMPLES:
            lines += ["", f"… and {changes.rows.height - EXAMPLES} more values."]
    if held:
        lines += ["", *(f"Held: {reason}." for reason in held), f"It is sent when {changes.plan_id} is approved."]
    if told := _drift_told(changes):
        lines += ["", *told]
    # Right below a table it would be read as a row of it.
    lines += [""] if changes.left_out else []
    lines.extend(f"{count:,} left out: {LEFT_OUT.get(why, why)}." for why, count in changes.left_out.items())
    return "\n".join(lines)


def describe_returns(owed: OwedReturns, in_review: int) -> str:
    """Who would go back to marketing, and how many wait for a look before their handoff."""
    lines = []
    if owed.due:
        lines += [
            f"returns: {counted(len(owed.due), 'contact')} would go back to marketing.",
            "",
            "| record | owner | why |",
            "| --- | --- | --- |",
            *(
                f"| {shown(item.record_key)} | {shown(item.owner_id)} | {shown(item.reason)} |"
                for item in owed.due[:EXAMPLES]
            ),
        ]
        if len(owed.due) > EXAMPLES:
            lines += ["", f"… and {len(owed.due) - EXAMPLES} more contacts."]
    elif not owed.held:
        lines.append("returns: nobody goes back to marketing.")
    if owed.why_held:
        lines += [*([""] if lines else []), f"returns: held: {owed.why_held}."]
    if in_review:
        lines += ["", f"{counted(in_review, 'handoff')} in review: the contact waits for an owner in HubSpot."]
    return "\n".join(lines)


def _drift_told(changes: Changes) -> list[str]:
    rewritten = sum(item.left_because is None for item in changes.drift)
    lines = (
        [f"{counted(rewritten, 'value')} that somebody changed in HubSpot: ours is written again."] if rewritten else []
    )
    undecided = sorted({item.value.hubspot_id for item in changes.drift if item.left_because in UNDECIDED})
    if undecided:
        some = ", ".join(undecided[:EXAMPLES]) + (", …" if len(undecided) > EXAMPLES else "")
        lines.append(
            f"Somebody must decide about {counted(len(undecided), 'record')} ({some}): set the value back in HubSpot, "
            f"or materialize sync/crm_{changes.object_type}_synced with the config overwrite and these ids."
        )
    return lines


def shown(value: str | None) -> str:
    """A value in a cell of a Markdown table."""
    if value is None:
        return "(nothing)"
    # A backslash of the value in front of a bar would take the place of ours, and the bar would end the cell.
    return " ".join(value.replace("\\", "\\\\").replace("|", "\\|").splitlines())
