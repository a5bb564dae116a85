"""The audit: every part of it, and what it comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.calibration.behaviours import behaviours_before_winning, measures_before_winning
from dagster_project.reports.calibration.capacity import Capacity, capacity_of, handoffs_per_week
from dagster_project.reports.calibration.drift import conversion_drift, score_drift
from dagster_project.reports.calibration.evidence import OUTCOMES, SCORES, Evidence, read_evidence
from dagster_project.reports.calibration.observed import Observed, observe
from dagster_project.reports.calibration.recommending import Recommendation, recommend
from dagster_project.reports.calibration.thresholds import distribution, separation, threshold_table

CONVERSIONS = {"mql_to_opportunity_share": "MQL to opportunity", "pql_to_sql_share": "PQL to SQL"}


@dataclass(frozen=True)
class Audit:
    """Whether the rules hold, for the clock of one build. The columns of each frame stand where it is made.

    `behaviours`, `measures`: see behaviours.py. `thresholds`, `separations`, `distributions`: see thresholds.py, with
    score_name and outcome (won, opportunity) before. `weekly`: see capacity.py, with score_name before.
    `score_quarters`, `conversion_quarters`: see drift.py. `conversions`, `sources`: see `monthly_conversions` and
    `score_sources`. `left_out`: outcome, left_out_of (all; scores: of what needs a score from before), reason,
    contact_count.
    """

    evidence: Evidence
    behaviours: pl.DataFrame
    measures: pl.DataFrame
    thresholds: pl.DataFrame
    separations: pl.DataFrame
    distributions: pl.DataFrame
    weekly: pl.DataFrame
    capacity: Capacity
    recommendations: tuple[Recommendation, ...]
    score_quarters: pl.DataFrame
    conversion_quarters: pl.DataFrame
    conversions: pl.DataFrame
    sources: pl.DataFrame
    left_out: pl.DataFrame

    @property
    def verdict(self) -> str:
        """`change` where something should be changed, else `too_few` where too little is known, else `holds`."""
        found = {one.verdict for one in self.recommendations if one.current is not None}
        if found & {"change", "does_not_tell"} or self.drifted:
            return "change"
        return "too_few" if "too_few" in found or not found else "holds"

    @property
    def drifted(self) -> tuple[str, ...]:
        """What the newest quarter that is not small says against the rules, in words."""
        return (
            *_scores_drifted(self.score_quarters),
            *_handoffs_drifted(self.conversion_quarters),
            *_below_floor(self.conversions, self.evidence.setting("conversion_floor_pct")),
        )


def audit_of(snapshot: Snapshot, earlier: Iterable[Snapshot] = ()) -> Audit:
    """Audit the rules by a published build; `earlier` builds add scores of moments before the history began.

    Raises:
        NothingPublished: The build is older than the reports.
    """
    return audit(read_evidence(snapshot, earlier))


def audit(evidence: Evidence) -> Audit:
    """As `audit_of`, of evidence that was read already."""
    observed = {outcome: observe(evidence, outcome) for outcome in OUTCOMES}
    capacity = capacity_of(evidence)
    present = _present(evidence)
    thresholds, separations, distributions, weeklies, recommendations = [], [], [], [], []
    for score in SCORES:
        weekly = handoffs_per_week(evidence, score)
        weeklies.append(_named(weekly, score))
        for outcome, found in observed.items():
            scored = scores_of(found, score)
            table, told = threshold_table(scored, evidence.setting("small_below")), separation(scored)
            thresholds.append(_named(table, score, outcome))
            separations.append({"score_name": score, "outcome": outcome, **vars(told), "tells": told.tells})
            distributions.append(_named(distribution(scored, present.select(score=f"{score}_score")), score, outcome))
            if outcome == "won":
                recommendations.append(recommend(evidence, score, table, told, weekly, capacity))
    rates = {"auc": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    return Audit(
        evidence=evidence,
        behaviours=behaviours_before_winning(evidence, observed["won"]),
        measures=measures_before_winning(evidence, observed["won"]),
        thresholds=pl.concat(thresholds),
        separations=pl.DataFrame(separations, schema_overrides=rates),
        distributions=pl.concat(distributions),
        weekly=pl.concat(weeklies),
        capacity=capacity,
        recommendations=tuple(recommendations),
        score_quarters=score_drift(evidence),
        conversion_quarters=conversion_drift(evidence),
        conversions=monthly_conversions(evidence),
        sources=score_sources(evidence),
        left_out=pl.concat(found.left_out for found in observed.values()),
    )


def scores_of(observed: Observed, score: str) -> pl.DataFrame:
    """One row per contact that is judged by this score: score, is_hit."""
    return observed.scored.select(pl.col(f"{score}_score").alias("score"), "is_hit")


def monthly_conversions(evidence: Evidence) -> pl.DataFrame:
    """One row per conversion and month that is over for `conversion_matures_days`, as report.metrics counts it.

    Returns:
        metric_id (pql_to_sql_share, mql_to_opportunity_share), month (its first day), converted_count,
        contact_count, share, is_small, is_below_floor.
    """
    matures = timedelta(days=evidence.setting("conversion_matures_days"))
    return (
        evidence.metrics.filter(
            pl.col("metric_id").is_in(list(CONVERSIONS))
            & (pl.col("segment_type") == "all")
            & (pl.col("period_type") == "month")
            & (pl.col("period_end") <= (evidence.as_of - matures).date())
            & pl.col("value").is_not_null()
        )
        .select(
            "metric_id",
            pl.col("period_start").alias("month"),
            pl.col("numerator").cast(pl.Int64).alias("converted_count"),
            pl.col("denominator").cast(pl.Int64).alias("contact_count"),
            pl.col("value").alias("share"),
            "is_small",
            "is_below_floor",
        )
        .sort("metric_id", "month")
    )


def score_sources(evidence: Evidence) -> pl.DataFrame:
    """One row per rule that gives points today.

    Returns:
        score_name (pql, fit), score_group (the cap it falls under, null without), rule_id, label; contact_count: who
        has points of it; points: all of them; share: of the points of that score, before what is taken away. The
        largest share first: a score that mostly hangs on one source (opens, forms) ages with it.
    """
    given = evidence.reasons.filter((pl.col("points") > 0) & pl.col("kind").is_in(["engagement", "fit"]))
    return (
        given.with_columns(pl.col("points").cast(pl.Float64))
        .group_by("score_name", "score_group", "rule_id", "label")
        .agg(pl.col("user_id").n_unique().cast(pl.Int64).alias("contact_count"), pl.col("points").sum())
        .with_columns((pl.col("points") / pl.col("points").sum().over("score_name")).alias("share"))
        .sort("score_name", "share", "rule_id", descending=[True, True, False])
    )


def _present(evidence: Evidence) -> pl.DataFrame:
    """The scores of everybody as they were seen last."""
    return evidence.readings.filter(pl.col("seen_at") == evidence.as_of).unique("user_id", keep="last")


def _named(table: pl.DataFrame, score: str, outcome: str | None = None) -> pl.DataFrame:
    names = {"score_name": score} | ({"outcome": outcome} if outcome else {})
    return table.select(*(pl.lit(value).alias(name) for name, value in names.items()), pl.all())


def _scores_drifted(quarters: pl.DataFrame) -> Iterable[str]:
    for (score,), rows in quarters.group_by(["score_name"], maintain_order=True):
        judged = rows.filter(~pl.col("is_small"))
        if judged.is_empty():
            continue
        newest = judged.row(-1, named=True)
        if newest["is_flagged"]:
            yield (
                f"The {score} scores of those handed off in {newest['quarter']} are not those of the quarter before: "
                f"stability index {newest['stability_index']:.2f}."
            )


def _handoffs_drifted(quarters: pl.DataFrame) -> Iterable[str]:
    judged = quarters.filter(~pl.col("is_small"))
    if judged.is_empty() or not judged["is_flagged"][-1]:
        return
    newest = judged.row(-1, named=True)
    told = "below the floor" if newest["is_below_floor"] else "and that is less than in the quarter before"
    share = f"{newest['converted_share'] * 100:.0f} %"
    yield f"Of {newest['mature_count']:,} handoffs of {newest['quarter']}, {share} became a deal in time, {told}."


def _below_floor(conversions: pl.DataFrame, floor_pct: int) -> Iterable[str]:
    for (metric,), months in conversions.filter(~pl.col("is_small")).group_by(["metric_id"], maintain_order=True):
        newest = months.row(-1, named=True)
        if newest["is_below_floor"]:
            yield (
                f"{CONVERSIONS[metric]} was {newest['share'] * 100:.0f} % in {newest['month']:%Y-%m} "
                f"({newest['converted_count']:,} of {newest['contact_count']:,}), below {floor_pct} %: adjust."
            )
