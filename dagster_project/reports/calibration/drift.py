"""Whether those who are handed off are still like those of the quarter before, and convert as they did."""

import math
from datetime import timedelta

import polars as pl

from dagster_project.reports.calibration.evidence import SCORES, Evidence
from dagster_project.reports.calibration.thresholds import BIN, bin_of

# A bin without anybody would make the index infinite.
HALF_A_CONTACT = 0.5
BIN_COUNT = 100 // BIN
SCORE_COLUMNS = {
    "score_name": pl.String,
    "quarter": pl.String,
    "handoff_count": pl.Int64,
    "scored_count": pl.Int64,
    "median_score": pl.Float64,
    "stability_index": pl.Float64,
    "by_chance": pl.Float64,
    "is_flagged": pl.Boolean,
    "is_small": pl.Boolean,
}
CONVERSION_COLUMNS = {
    "quarter": pl.String,
    "handoff_count": pl.Int64,
    "mature_count": pl.Int64,
    "converted_count": pl.Int64,
    "converted_share": pl.Float64,
    "poor_count": pl.Int64,
    "poor_share": pl.Float64,
    "poor_change_pct": pl.Float64,
    "is_below_floor": pl.Boolean,
    "is_flagged": pl.Boolean,
    "is_small": pl.Boolean,
}


def score_drift(evidence: Evidence) -> pl.DataFrame:
    """One row per score and quarter with handoffs, by quarter.

    Returns:
        score_name; quarter (2026-Q4, UTC); handoff_count; scored_count: those whose score at the handoff is known;
        median_score of these; stability_index: the population stability index of their scores, by tens, against the
        quarter before that had any, null for the first; by_chance: what the index stays below 19 times of 20 where
        nothing has changed, with so few; is_flagged: the index is above both that and `drift_limit_pct`, and neither
        quarter is small; is_small: scored_count is below `small_below`.
    """
    limit, small = evidence.setting("drift_limit_pct") / 100, evidence.setting("small_below")
    handoffs = _with_scores(evidence)
    rows = []
    for score in SCORES:
        before: pl.Series | None = None
        for (quarter,), group in handoffs.group_by(["quarter"], maintain_order=True):
            scores = group[f"{score}_score"].drop_nulls()
            index = by_chance = None
            if before is not None and len(scores):
                index, by_chance = stability_index(before, scores), index_by_chance(len(before), len(scores))
            is_small = len(scores) < small
            rows.append(
                {
                    "score_name": score,
                    "quarter": quarter,
                    "handoff_count": group.height,
                    "scored_count": len(scores),
                    "median_score": scores.cast(pl.Float64).median(),
                    "stability_index": index,
                    "by_chance": by_chance,
                    "is_flagged": index is not None
                    and index >= limit
                    and index > by_chance
                    and not is_small
                    and len(before) >= small,
                    "is_small": is_small,
                }
            )
            before = scores if len(scores) else before
    return pl.DataFrame(rows, schema=SCORE_COLUMNS)


def conversion_drift(evidence: Evidence) -> pl.DataFrame:
    """One row per quarter with handoffs.

    Returns:
        quarter; handoff_count; mature_count: those that had `conversion_matures_days` to become something;
        converted_count: those of them whose contact had a deal within that time, and its share; poor_count: those of
        them that went back to marketing without one, and its share; poor_change_pct: by how much that share differs
        from the quarter before that had any, in percent of it, null where that was 0; is_below_floor:
        converted_share is below `conversion_floor_pct`; is_flagged: it is, or it fell by `attention_change_pct` or
        more of the quarter before; never where one of the quarters is small; is_small: mature_count is below
        `small_below`. Shares are null where nothing is mature.
    """
    matures = timedelta(days=evidence.setting("conversion_matures_days"))
    floor, change = evidence.setting("conversion_floor_pct") / 100, evidence.setting("attention_change_pct") / 100
    small = evidence.setting("small_below")
    known = (
        _quarters(evidence)
        .join(
            evidence.contacts.select("user_id", "opportunity_at"), left_on="record_key", right_on="user_id", how="left"
        )
        .with_columns(
            (pl.col("handed_off_at") <= evidence.as_of - matures).alias("is_mature"),
            pl.col("opportunity_at")
            .is_between(pl.col("handed_off_at"), pl.col("handed_off_at") + matures)
            .fill_null(False)
            .alias("is_converted"),
        )
        .with_columns((pl.col("returned_at").is_not_null() & ~pl.col("is_converted")).alias("is_poor"))
        .group_by("quarter")
        .agg(
            pl.len().cast(pl.Int64).alias("handoff_count"),
            pl.col("is_mature").sum().cast(pl.Int64).alias("mature_count"),
            (pl.col("is_converted") & pl.col("is_mature")).sum().cast(pl.Int64).alias("converted_count"),
            (pl.col("is_poor") & pl.col("is_mature")).sum().cast(pl.Int64).alias("poor_count"),
        )
        .sort("quarter")
    )
    rows, before = [], None
    for row in known.iter_rows(named=True):
        mature = row["mature_count"]
        converted = row["converted_count"] / mature if mature else None
        poor = row["poor_count"] / mature if mature else None
        is_small = mature < small
        is_below = converted is not None and converted < floor
        has_fallen = (
            before is not None
            and not before["is_small"]
            and converted is not None
            and converted < before["converted_share"]
            and before["converted_share"] - converted >= change * before["converted_share"]
        )
        poor_change = None
        if before is not None and poor is not None and before["poor_share"]:
            poor_change = (poor / before["poor_share"] - 1) * 100
        row |= {
            "converted_share": converted,
            "poor_share": poor,
            "poor_change_pct": poor_change,
            "is_below_floor": is_below,
            "is_flagged": not is_small and (is_below or has_fallen),
            "is_small": is_small,
        }
        rows.append(row)
        before = row if mature else before
    return pl.DataFrame(rows, schema=CONVERSION_COLUMNS)


def stability_index(before: pl.Series, after: pl.Series) -> float:
    """The population stability index of two samples of a score, by tens: 0 where their shares are equal."""
    old, new = _bin_shares(before), _bin_shares(after)
    return sum(
        (new_share - old_share) * math.log(new_share / old_share) for old_share, new_share in zip(old, new, strict=True)
    )


def index_by_chance(before_count: int, after_count: int) -> float:
    """What the index of two samples of one population stays below 19 times of 20.

    Times `1 / (1/n + 1/m)` the index goes as chi-squared with one degree less than there are bins (Yurdakul, 2018);
    its quantile after Wilson and Hilferty.
    """
    degrees = BIN_COUNT - 1
    quantile = degrees * (1 - 2 / (9 * degrees) + 1.645 * math.sqrt(2 / (9 * degrees))) ** 3
    return quantile * (1 / before_count + 1 / after_count)


def _bin_shares(scores: pl.Series) -> list[float]:
    counts = dict(scores.to_frame("score").group_by(bin_of("score")).len().iter_rows())
    total = len(scores) + HALF_A_CONTACT * BIN_COUNT
    return [(counts.get(start, 0) + HALF_A_CONTACT) / total for start in range(0, 100, BIN)]


def _quarters(evidence: Evidence) -> pl.DataFrame:
    handed_off = pl.col("handed_off_at")
    return (
        evidence.handoffs.filter(handed_off.is_not_null())
        .with_columns(pl.format("{}-Q{}", handed_off.dt.year(), handed_off.dt.quarter()).alias("quarter"))
        .sort("handed_off_at", "handoff_id")
    )


def _with_scores(evidence: Evidence) -> pl.DataFrame:
    """Handoffs with the scores that were last seen at or before them."""
    scores = [f"{score}_score" for score in SCORES]
    readings = evidence.readings.select(pl.col("user_id").alias("record_key"), "seen_at", *scores).sort("seen_at")
    return _quarters(evidence).join_asof(
        readings,
        left_on="handed_off_at",
        right_on="seen_at",
        by="record_key",
        strategy="backward",
        check_sortedness=False,
    )
