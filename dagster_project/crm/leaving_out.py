"""Which differences are not sent, and why."""

from collections.abc import Iterable

import polars as pl

from dagster_project.crm.drift_in_diff import CAME_BACK, HELD, THEIRS, Judged
from dagster_project.crm.property_map import MappedObject
from dagster_project.privacy.suppression import Suppressed

UNDONE, HELD_ALREADY, SUPPRESSED = "undone", "held_already", "suppressed"
# Why a record that differs is not sent; the words RevOps reads.
LEFT_OUT = {
    "absent": "HubSpot does not hold it (crm_objects.csv: unknown_records = update)",
    "no_email": "no e-mail address is known",
    "same_record_as_another_user": "another user with the same contact speaks for it",
    "same_record_as_another_company": "another company with the same record speaks for it",
    "several_candidates": "several HubSpot records have its key or its domain",
    SUPPRESSED: "they opted out, or were deleted or erased: nothing is written about them",
    UNDONE: "a person undid these values; they are sent when the warehouse wants others",
    HELD_ALREADY: "HubSpot holds it already (crm_objects.csv: unknown_records = create)",
    THEIRS: "a person changed these values in HubSpot (crm_property_map.csv: who_wins = theirs)",
    HELD: "a person changed these values in HubSpot, and somebody must decide (who_wins = hold)",
    CAME_BACK: "something in HubSpot sets these values back each time ours are written",
}
SPOKEN_FOR = ["same_record_as_another_user", "same_record_as_another_company", SUPPRESSED]
UNDONE_KEY = ["record_key", "property", "value"]
WHY = "left_because"


def with_reasons(
    rows: pl.DataFrame,
    mapped: MappedObject,
    suppressed: Suppressed,
    drift: Iterable[Judged],
    undone: pl.DataFrame | None,
) -> pl.DataFrame:
    """The same rows and `left_because`, a key of LEFT_OUT; null where the value is sent."""
    rows = rows.with_columns(_by_record(mapped).alias(WHY))
    if suppressed and mapped.object_type == "contacts":
        # Also people whom the snapshot does not know to be suppressed yet, and records that would be emptied.
        is_suppressed = suppressed.among(rows, email="upsert_key")
        rows = rows.with_columns(pl.when(is_suppressed).then(pl.lit(SUPPRESSED)).otherwise(WHY).alias(WHY))
    left = [(item.value.hubspot_id, item.value.property, item.left_because) for item in drift if item.left_because]
    if left:
        columns = ["hubspot_id", "property", "why"]
        rows = _where_marked(rows, pl.DataFrame(left, schema=dict.fromkeys(columns, pl.String), orient="row"))
    if undone is not None:
        rows = _where_marked(rows, undone.select(UNDONE_KEY).unique().with_columns(why=pl.lit(UNDONE)))
    return rows


def _by_record(mapped: MappedObject) -> pl.Expr:
    """How a record was found tells whether there is one to write to, or leave to make one."""
    is_known = pl.col("hubspot_id").is_not_null()
    is_sendable = is_known | (pl.col("matched_by") == "not_looked_up")
    if mapped.makes_unknown_records:
        is_sendable |= (pl.col("matched_by") == "absent") & pl.col("upsert_key").is_not_null()
    is_left = ~is_sendable | pl.col("matched_by").is_in(SPOKEN_FOR)
    only_made = is_known & (not mapped.writes_known_records)
    return pl.when(is_left).then("matched_by").when(only_made).then(pl.lit(HELD_ALREADY))


def _where_marked(rows: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """Rows like those of `marks` take its `why`, unless they are left for another reason already."""
    keys = [name for name in marks.columns if name != "why"]
    rows = rows.join(marks, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(pl.coalesce(WHY, "why").alias(WHY)).drop("why")
