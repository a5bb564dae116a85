"""What the thresholds of two sets of rules would have found of those who bought, before they bought."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.calibration.audit import scores_of
from dagster_project.reports.calibration.evidence import SCORES, read_evidence
from dagster_project.reports.calibration.observed import observe
from dagster_project.reports.calibration.recommending import current_threshold
from dagster_project.reports.calibration.thresholds import separation, threshold_table


@dataclass(frozen=True)
class Found:
    """Of one score, what its threshold finds.

    Of `compared` contacts `bought` bought; `flagged` reached the threshold before, `found` of them bought. `auc`: the
    chance that of a buyer and another the buyer has the higher score. `is_small`: too few are flagged to say much.
    """

    score_name: str
    threshold: int
    compared: int
    bought: int
    flagged: int
    found: int
    precision: float | None
    recall: float | None
    lift: float | None
    auc: float | None
    is_small: bool


@dataclass(frozen=True)
class Backtest:
    """`left_out`: buyers of whom no score from before they bought is known."""

    found: tuple[Found, ...]
    left_out: int

    def of(self, score: str) -> Found | None:
        return next((found for found in self.found if found.score_name == score), None)


def backtest(snapshot: Snapshot, readings: pl.DataFrame) -> Backtest:
    """Judge the thresholds of a snapshot's rules as the audit of the rules does.

    Args:
        readings: The scores of past moments by the same rules, as in `Evidence`.
    """
    evidence = replace(read_evidence(snapshot), readings=readings)
    observed = observe(evidence, "won")

    def judged() -> Iterator[Found]:
        for score in SCORES:
            threshold = current_threshold(evidence, score)
            if threshold is None or not 0 <= threshold <= 100:
                continue
            scored = scores_of(observed, score)
            row = threshold_table(scored, evidence.setting("small_below")).row(threshold, named=True)
            yield Found(
                score,
                threshold,
                scored.height,
                int(scored["is_hit"].sum()),
                row["flagged_count"],
                row["hit_count"],
                row["precision"],
                row["recall"],
                row["lift"],
                separation(scored).auc,
                row["is_small"],
            )

    bought = observed.compared.filter("is_hit").height
    return Backtest(tuple(judged()), bought - observed.scored.filter("is_hit").height)
