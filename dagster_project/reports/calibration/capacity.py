"""How many contacts a week each threshold would hand over, beside how many the sales team can take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from dagster_project.reports.calibration.evidence import SCORES, Evidence
from dagster_project.reports.calibration.thresholds import THRESHOLDS

SCORE_PROPERTIES = [f"zo_{score}_score" for score in SCORES]
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Capacity:
    """What the team can take a week, and over how many weeks handoffs are counted.

    `weeks` is null while the history of scores is shorter than one week: then nobody knows how many rise in one.
    """

    member_count: int
    per_member: int
    weeks: float | None

    @property
    def team_per_week(self) -> int:
        return self.member_count * self.per_member


def capacity_of(evidence: Evidence) -> Capacity:
    began = _began(evidence)
    length = evidence.as_of - began if began else timedelta(0)
    weeks = length / WEEK if length >= WEEK else None
    return Capacity(_members_present(evidence), evidence.setting("weekly_capacity"), weeks)


def handoffs_per_week(evidence: Evidence, score: str) -> pl.DataFrame:
    """One row per threshold of a score.

    Returns:
        threshold; rose_per_week: contacts a week that came to this score for the first time, in the last
        `weeks_shown` weeks or since scores are kept; handoffs_per_week: those of them who meet today what
        sql_definition asks for beside a score, so that they would have been handed off; team_per_week: what the
        team can take; is_within: whether that is enough. Rates are null while the history is shorter than a week.
    """
    capacity = capacity_of(evidence)
    began = _began(evidence)
    rose = pl.DataFrame(schema={"user_id": pl.String, "before": pl.Int64, "peak": pl.Int64})
    if began is not None:
        column = f"{score}_score"
        # Who was that high when counting began did not rise in any of the weeks.
        earlier = pl.col("seen_at") <= began
        rose = evidence.readings.group_by("user_id").agg(
            pl.col(column).filter(earlier).max().fill_null(-1).alias("before"),
            pl.col(column).filter(~earlier).max().alias("peak"),
        )
        rose = rose.filter((pl.col("peak") > pl.col("before")) & (pl.col("peak") >= 0))
    ready = rose.join(_ready(evidence), on="user_id", how="semi")
    counts = [
        pl.Series("rose", _risen(rose), pl.Float64),
        pl.Series("ready", _risen(ready), pl.Float64),
    ]
    weeks = pl.lit(capacity.weeks, pl.Float64)
    return (
        pl.DataFrame([pl.Series("threshold", list(THRESHOLDS), pl.Int64), *counts])
        .with_columns(
            (pl.col("rose") / weeks).alias("rose_per_week"), (pl.col("ready") / weeks).alias("handoffs_per_week")
        )
        .with_columns(pl.lit(capacity.team_per_week, pl.Int64).alias("team_per_week"))
        .with_columns((pl.col("handoffs_per_week") <= pl.col("team_per_week")).alias("is_within"))
        .drop("rose", "ready")
    )


def _began(evidence: Evidence) -> datetime | None:
    """From when risers are counted: since scores are kept, at most as many weeks ago as reports show."""
    first = evidence.readings["seen_at"].min()
    if first is None:
        return None
    return max(first, evidence.as_of - WEEK * evidence.setting("weeks_shown"))


def _risen(rose: pl.DataFrame) -> list[int]:
    """By threshold: how many were below it before and came to it."""
    steps = [0] * (len(THRESHOLDS) + 1)
    for before, peak in rose.select("before", "peak").iter_rows():
        steps[max(before + 1, 0)] += 1
        steps[peak + 1] -= 1
    return [sum(steps[: threshold + 1]) for threshold in THRESHOLDS]


def _ready(evidence: Evidence) -> pl.DataFrame:
    """Who meets every condition of sql_definition that asks for no score."""
    is_met = pl.col("is_met") | pl.col("property").is_in(SCORE_PROPERTIES)
    return evidence.qualifications.group_by("user_id").agg(is_met.all().alias("is_ready")).filter("is_ready")


def _members_present(evidence: Evidence) -> int:
    """Who is not absent and in a pool that handoffs are routed to: SDRs of the team take none."""
    pools = set(evidence.routes.filter("is_enabled")["pool"])
    team = evidence.team.filter(pl.col("pool").str.split("|").list.set_intersection(list(pools)).list.len() > 0)
    is_absent = pl.lit(evidence.as_of.date()).is_between(pl.col("absent_from"), pl.col("absent_until")).fill_null(False)
    return team.filter(~is_absent)["member_email"].n_unique()
