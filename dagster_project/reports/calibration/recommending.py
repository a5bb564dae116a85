"""Which threshold the evidence speaks for, and what is to be said of the one in use."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

import polars as pl

from dagster_project.counting import counted, plain_number
from dagster_project.reports.calibration.capacity import Capacity
from dagster_project.reports.calibration.evidence import Evidence
from dagster_project.reports.calibration.thresholds import Separation

Verdict = Literal["holds", "change", "does_not_tell", "too_few"]
NAMES = {"pql": "PQL score", "fit": "fit score", "combined": "combined score"}


@dataclass(frozen=True)
class Recommendation:
    """What the evidence says of the threshold of a score.

    `current` is the threshold in use, null where none asks for this score. `recommended` is null where the evidence
    does not carry one. `sentences` say why, numbers included.
    """

    score_name: str
    verdict: Verdict
    current: int | None
    recommended: int | None
    sentences: tuple[str, ...]


def current_threshold(evidence: Evidence, score: str) -> int | None:
    """The least score that sql_definition asks for; of the combined score else where band pql begins."""
    asked = evidence.definition.filter(pl.col("property") == f"zo_{score}_score")
    found = [
        floor(float(value)) + 1 if operator == ">" else ceil(float(value))
        for operator, value in asked.select("operator", "value").iter_rows()
        if operator in (">", ">=")
    ]
    if not found and score == "combined":
        found = evidence.bands.filter(pl.col("band") == "pql")["min_score"].to_list()
    return max(found, default=None)


def recommend(
    evidence: Evidence, score: str, table: pl.DataFrame, told: Separation, weekly: pl.DataFrame, capacity: Capacity
) -> Recommendation:
    """The threshold that best parts those who bought from the others, of those the team can take.

    Best is the largest difference between recall and the share of the others that is flagged; of equals the lower one.
    Thresholds that flag too few to say are not looked at. Another threshold than the one in use is recommended when
    the difference grows by `threshold_gain_pct`, or the team cannot take what the one in use hands over.

    Args:
        table: As `threshold_table` gives it for outcome won.
        weekly: As `handoffs_per_week` gives it for this score.
    """
    current = current_threshold(evidence, score)
    both = table.join(weekly, on="threshold")
    told_now = [_at(both, current, capacity)] if current is not None else []
    least, small = evidence.setting("least_won"), evidence.setting("small_below")
    if told.hit_count < least:
        few = f"Too few won deals to say: {told.hit_count} with a score from before, at least {least} are needed."
        return Recommendation(score, "too_few", current, None, (few, *told_now))
    if told.contact_count - told.hit_count < small:
        others = counted(told.contact_count - told.hit_count, "contact")
        few = f"Too few to compare with: {others} who did not buy, at least {small} are needed."
        return Recommendation(score, "too_few", current, None, (few, *told_now))
    if not told.tells:
        chance = (
            f"The {NAMES[score]} does not tell who buys from who does not: AUC {told.auc:.2f} "
            f"({told.low:.2f} to {told.high:.2f}, 0.50 is chance); no threshold will."
        )
        return Recommendation(score, "does_not_tell", current, None, (chance, *told_now))
    parts = both.with_columns((pl.col("recall") - pl.col("others_share")).alias("parted"))
    can_be = parts.filter(~pl.col("is_small") & pl.col("is_within").fill_null(True) & (pl.col("lift") > 1))
    if can_be.is_empty():
        none = f"No threshold finds buyers in numbers that the team can take ({_team(capacity)})."
        return Recommendation(score, "change", current, None, (none, *told_now))
    best = can_be.sort("parted", "threshold", descending=[True, False]).row(0, named=True)
    told_best = _at(both, best["threshold"], capacity)
    best_because = (
        f"Of those the team can take, {best['threshold']} parts buyers from the others best: it finds "
        f"{_percent(best['recall'])} of them and flags {_percent(best['others_share'])} of the others."
    )
    if current is None:
        return Recommendation(score, "holds", None, best["threshold"], (told_best, best_because))
    held = can_be.filter(pl.col("threshold") == current)
    gain = None if held.is_empty() else best["parted"] - held["parted"][0]
    if gain is not None and gain * 100 < max(evidence.setting("threshold_gain_pct"), 1e-9):
        return Recommendation(score, "holds", current, current, tuple(told_now))
    return Recommendation(score, "change", current, best["threshold"], (*told_now, told_best, best_because))


def _at(both: pl.DataFrame, threshold: int, capacity: Capacity) -> str:
    """What a threshold comes to, in words: `At 50: 12 a week, 3 of the sales team can take 9; 42 flagged, …`."""
    row = both.filter(pl.col("threshold") == threshold).row(0, named=True)
    if row["handoffs_per_week"] is None:
        week = f"how many a week is not known, scores are kept for less than one ({_team(capacity)})"
    else:
        week = f"{_rate(row['handoffs_per_week'])} a week, {_team(capacity)}"
    found = f"{row['hit_count']:,} of {counted(row['flagged_count'], 'flagged contact')} bought"
    rates = [("precision", _percent(row["precision"])), ("recall", _percent(row["recall"]))]
    rates.append(("lift", None if row["lift"] is None else f"{row['lift']:.1f}"))
    numbers = ", ".join(f"{name} {value}" for name, value in rates if value is not None)
    small = ", too few to lean on" if row["is_small"] else ""
    return f"At {threshold}: {week}; {found}{f' ({numbers})' if numbers else ''}{small}."


def _team(capacity: Capacity) -> str:
    return f"{capacity.member_count} of the sales team can take {capacity.team_per_week:,}"


def _rate(per_week: float) -> str:
    return plain_number(round(per_week)) if per_week >= 10 else f"{per_week:.1f}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:.0f} %"
