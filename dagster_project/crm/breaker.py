"""A sync that would change so much that a mistake is likelier is held, until a person approves that very plan."""

from collections.abc import Iterator

import polars as pl

from dagster_project.counting import counted
from dagster_project.crm.changes import Changes
from dagster_project.crm.errors import CrmError
from dagster_project.crm.property_map import MappedObject, MappedProperty

# So many records are daily business, whatever share of a small portal they are.
ALWAYS_ALLOWED = 10
SCORE_OF_BANDS = "combined_score"


class PlanHeld(CrmError):
    """More would change than the rule files allow; the message says what, and how to approve it."""


def hold_back(changes: Changes, mapped: MappedObject, approved: str = "") -> None:
    """Let changes pass that are within the limits; with the id of a plan, let pass this very plan and no other.

    Raises:
        PlanHeld: Before anything was sent.
    """
    name = mapped.object_type
    if approved:
        if approved != changes.plan_id:
            raise PlanHeld(
                f"The plan {approved} of {name} was approved, and by now it is another one, {changes.plan_id}: the "
                "world moved since. Nothing was sent. `make plan` shows what it is now."
            )
        return
    if reasons := reasons_to_hold(changes, mapped):
        raise PlanHeld(
            f"The sync of {name} is held, nothing was sent: {'. '.join(reasons)}. If events are missing or a rule is "
            f"wrong, mend that. If it is meant, materialize sync/crm_{name}_synced with the config approve: "
            f"{changes.plan_id}, which lets exactly this plan through."
        )


def reasons_to_hold(changes: Changes, mapped: MappedObject) -> list[str]:
    """Each limit that the changes go beyond, in words. What HubSpot holds nothing of yet may always be written."""
    return list(_reasons(changes, mapped))


def _reasons(changes: Changes, mapped: MappedObject) -> Iterator[str]:
    name, held = mapped.object_type, changes.ledger_record_count
    emptied = changes.emptied_record_count
    if _is_over(emptied, held, mapped.max_cleared_pct):
        what = f"{emptied:,} of the {held:,} {name} that HubSpot holds of ours are no longer in the warehouse"
        yield f"{what}; emptying them is more than {_limit('max_cleared_pct', mapped.max_cleared_pct)}"
    staying = changes.rows.filter(~pl.col("is_gone"))
    cleared = staying.filter(pl.col("value").is_null()).height
    if cleared > mapped.max_cleared_values:
        what = f"{counted(cleared, 'value')} of {name} that stay would be emptied"
        yield f"{what}, more than max_cleared_values of crm_objects.csv, {mapped.max_cleared_values:,}"
    known = staying.filter(pl.col("previous").is_not_null())
    changed = known["hubspot_id"].n_unique()
    if _is_over(changed, held, mapped.max_changed_pct):
        what = f"{changed:,} of the {held:,} {name} that HubSpot holds of ours would get other values"
        yield f"{what}, more than {_limit('max_changed_pct', mapped.max_changed_pct)}"
    for property_ in mapped.properties:
        rows = known.filter(pl.col("property") == property_.name)
        yield from _reasons_of_property(rows, property_, changes.held_counts.get(property_.name, 0), mapped)


def _reasons_of_property(
    rows: pl.DataFrame, property_: MappedProperty, held: int, mapped: MappedObject
) -> Iterator[str]:
    name, max_pct = mapped.object_type, property_.max_changed_pct
    if max_pct is not None and _is_over(rows.height, held, max_pct):
        what = f"{property_.name} would change on {rows.height:,} of the {held:,} {name} that have one"
        yield f"{what}, more than its max_changed_pct in crm_property_map.csv, {max_pct} %"
    demoted = _demoted(rows, mapped.band_floors) if property_.source_column == SCORE_OF_BANDS else 0
    if _is_over(demoted, held, mapped.max_demoted_pct):
        what = f"{demoted:,} of the {held:,} {name} would fall to a lower band"
        yield f"{what}, more than {_limit('max_demoted_pct', mapped.max_demoted_pct)}"


def _limit(column: str, pct: int) -> str:
    return f"{column} of crm_objects.csv, {pct} %"


def _is_over(count: int, of: int, max_pct: int) -> bool:
    return count > ALWAYS_ALLOWED and count * 100 > max_pct * of


def _demoted(rows: pl.DataFrame, band_floors: tuple[int, ...]) -> int:
    """How many scores fall below the floor of the band that HubSpot's score is in."""
    floors = pl.Series(band_floors, dtype=pl.Float64)
    scores = rows.select(pl.col("previous", "value").cast(pl.Float64, strict=False)).drop_nulls()
    now, before = (floors.search_sorted(scores[name], side="right") for name in ("value", "previous"))
    return int((now < before).sum())
