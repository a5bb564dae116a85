"""What each threshold of a score would have found, and how well the score tells those who buy from the others."""

import math
from dataclasses import dataclass

import polars as pl

THRESHOLDS = range(101)
BIN = 10
# Of a 95 % confidence interval.
DEVIATES = 1.96


def threshold_table(scored: pl.DataFrame, small_below: int) -> pl.DataFrame:
    """One row per threshold from 0 to 100.

    Args:
        scored: One row per contact: score (whole), is_hit.
    Returns:
        threshold; flagged_count: contacts with that score or more; hit_count: those of them with the outcome;
        precision: hit_count by flagged_count, null where nobody is flagged; recall: hit_count by all with the outcome,
        null without any; others_share: the share of those without the outcome that is flagged, null without any;
        lift: precision by the share with the outcome among all, null where either is; is_small: fewer than
        `small_below` are flagged.
    """
    totals = scored.select(pl.len().cast(pl.Int64).alias("all"), pl.col("is_hit").sum().cast(pl.Int64).alias("hits"))
    everybody, hits = totals.row(0)
    counts = scored.group_by(pl.col("score").cast(pl.Int64).alias("threshold")).agg(
        pl.len().cast(pl.Int64).alias("flagged_count"), pl.col("is_hit").sum().cast(pl.Int64).alias("hit_count")
    )
    return (
        pl.DataFrame({"threshold": list(THRESHOLDS)}, schema={"threshold": pl.Int64})
        .join(counts, on="threshold", how="left")
        .with_columns(pl.col("flagged_count", "hit_count").fill_null(0))
        .sort("threshold", descending=True)
        .with_columns(pl.col("flagged_count", "hit_count").cum_sum())
        .sort("threshold")
        .with_columns(
            _share(pl.col("hit_count"), pl.col("flagged_count")).alias("precision"),
            _share(pl.col("hit_count"), pl.lit(hits)).alias("recall"),
            _share(pl.col("flagged_count") - pl.col("hit_count"), pl.lit(everybody - hits)).alias("others_share"),
            # Counts before they are divided: a lift of one is exactly one.
            _share(pl.col("hit_count") * everybody, pl.col("flagged_count") * hits).alias("lift"),
            (pl.col("flagged_count") < small_below).alias("is_small"),
        )
    )


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole)


@dataclass(frozen=True)
class Separation:
    """How well a score tells those with the outcome (hits) from the others.

    `auc` is the chance that a hit has the higher score of the two where one of each is drawn; equal scores count half.
    0.5 is chance. Null where one side is empty. `low` and `high` hold it 19 times of 20.
    """

    contact_count: int
    hit_count: int
    auc: float | None
    low: float | None
    high: float | None

    @property
    def tells(self) -> bool:
        """Whether higher scores go with the outcome by more than chance."""
        return self.low is not None and self.low > 0.5


def separation(scored: pl.DataFrame) -> Separation:
    """The area under the ROC curve, by ranks; its error after Hanley and McNeil (Radiology 143, 1982)."""
    hits, count = int(scored["is_hit"].sum()), scored.height
    others = count - hits
    if not hits or not others:
        return Separation(count, hits, None, None, None)
    ranked = scored.select("is_hit", pl.col("score").rank("average").alias("rank"))
    rank_sum = float(ranked.filter("is_hit")["rank"].sum())
    auc = (rank_sum - hits * (hits + 1) / 2) / (hits * others)
    of_two_hits, of_two_others = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (auc * (1 - auc) + (hits - 1) * (of_two_hits - auc**2) + (others - 1) * (of_two_others - auc**2)) / (
        hits * others
    )
    error = DEVIATES * math.sqrt(max(variance, 0))
    return Separation(count, hits, auc, max(auc - error, 0.0), min(auc + error, 1.0))


def distribution(scored: pl.DataFrame, present: pl.DataFrame) -> pl.DataFrame:
    """One row per ten points of a score.

    Args:
        scored: As in `threshold_table`.
        present: One row per contact of today: score.
    Returns:
        from_score, to_score (both belong to it; 90-100 is the last); hit_count, other_count: of `scored`;
        present_count: of `present`. Scores below 0 are in the first.
    """
    bins = pl.DataFrame({"from_score": list(range(0, 100, BIN))}, schema={"from_score": pl.Int64})
    judged = scored.group_by(bin_of("score")).agg(
        pl.col("is_hit").sum().cast(pl.Int64).alias("hit_count"),
        (~pl.col("is_hit")).sum().cast(pl.Int64).alias("other_count"),
    )
    today = present.group_by(bin_of("score")).agg(pl.len().cast(pl.Int64).alias("present_count"))
    return (
        bins.join(judged, on="from_score", how="left")
        .join(today, on="from_score", how="left")
        .with_columns(pl.col("hit_count", "other_count", "present_count").fill_null(0))
        .with_columns(
            pl.when(pl.col("from_score") == 100 - BIN)
            .then(100)
            .otherwise(pl.col("from_score") + BIN - 1)
            .alias("to_score")
        )
        .select("from_score", "to_score", "hit_count", "other_count", "present_count")
        .sort("from_score")
    )


def bin_of(column: str) -> pl.Expr:
    """The ten points a score lies in, by the lowest of them."""
    return ((pl.col(column).cast(pl.Int64) // BIN) * BIN).clip(0, 100 - BIN).alias("from_score")
