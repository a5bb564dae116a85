"""Everybody's scores under two sets of rules: who moves, which bands are crossed, and by which reasons."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from dagster_project.publish.snapshot import Snapshot

SCORES = ("combined", "pql", "fit")
# Of somebody whom only one of the two sets of rules scores.
NOT_SCORED = "(not scored)"
WEIGHTS = ("fit_weight", "engagement_weight")


@dataclass(frozen=True)
class Reason:
    """A rule that gives or takes other points; zero: none."""

    label: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Mover:
    """One person: scores and band before and after, the rules that made the difference, the largest first.

    `weights`: of fit and engagement in the combined score, before and after; None where they stay.
    """

    user_id: str
    scores: dict[str, tuple[int | None, int | None]]
    band: tuple[str, str]
    reasons: tuple[Reason, ...]
    weights: tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]] | None = None


@dataclass(frozen=True)
class ScoreChanges:
    """`rows` has one row per person whom either set of rules scores: user_id, `<score>_score`, band and weights, each
    with `_after` behind for the proposed rules. `bands`: the names in the order of their scores, the lowest first.
    """

    rows: pl.DataFrame
    bands: tuple[str, ...]

    def moved(self, *scores: str) -> int:
        """Of how many people one of these scores is another one."""
        return self.rows.filter(_is_other(*(f"{score}_score" for score in scores))).height

    @property
    def crossed(self) -> int:
        return self.rows.filter(_is_other("band")).height

    @property
    def touched(self) -> pl.DataFrame:
        """Those of whom a score or the band is another one."""
        return self.rows.filter(_is_other(*(f"{score}_score" for score in SCORES), "band"))

    def matrix(self) -> dict[tuple[str, str], int]:
        """How many are in which band before and after."""
        counts = self.rows.group_by("band", "band_after").len()
        return {(before, after): count for before, after, count in counts.iter_rows()}


def compare_scores(before: Snapshot, after: Snapshot) -> ScoreChanges:
    rows = _scores(before).join(_scores(after), on="user_id", how="full", coalesce=True, suffix="_after")
    bands = pl.concat(pl.read_parquet(side.path("rules.score_bands")) for side in (after, before))
    ordered = bands.unique("band", keep="first", maintain_order=True).sort("min_score", maintain_order=True)["band"]
    rows = rows.with_columns(pl.col("band", "band_after").fill_null(NOT_SCORED)).sort("user_id")
    only_one = [NOT_SCORED] if NOT_SCORED in {*rows["band"], *rows["band_after"]} else []
    return ScoreChanges(rows, (*only_one, *ordered))


def _is_other(*columns: str) -> pl.Expr:
    return pl.any_horizontal([pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in columns])


def _scores(snapshot: Snapshot) -> pl.DataFrame:
    names = [f"{score}_score" for score in SCORES]
    return pl.read_parquet(snapshot.path("score.contact_scores"), columns=["user_id", *names, "band", *WEIGHTS])


def largest_movers(before: Snapshot, after: Snapshot, changes: ScoreChanges, limit: int) -> list[Mover]:
    """Those whose combined score moves most, then the PQL score, the fit score, the band; of equals by their id."""
    far = [(pl.col(f"{name}_score_after").fill_null(0) - pl.col(f"{name}_score").fill_null(0)).abs() for name in SCORES]
    order = [*far, pl.col("band") != pl.col("band_after"), pl.col("user_id")]
    rows = changes.touched.sort(order, descending=[True] * (len(order) - 1) + [False]).head(limit)
    reasons = _reasons(before, after, rows["user_id"])
    return [
        Mover(
            row["user_id"],
            {score: (row[f"{score}_score"], row[f"{score}_score_after"]) for score in SCORES},
            (row["band"], row["band_after"]),
            reasons.get(row["user_id"], ()),
            _weights(row),
        )
        for row in rows.iter_rows(named=True)
    ]


def _weights(row: dict) -> tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]] | None:
    old, new = (tuple(row[f"{name}{side}"] for name in WEIGHTS) for side in ("", "_after"))
    return (old, new) if old != new and None not in (*old, *new) else None


def _reasons(before: Snapshot, after: Snapshot, users: pl.Series) -> dict[str, tuple[Reason, ...]]:
    old, new = (_points(side, users) for side in (before, after))
    keys = ["user_id", "score_name", "rule_id"]
    moves = (
        old.join(new, on=keys, how="full", coalesce=True, suffix="_after")
        .with_columns(pl.coalesce("label_after", "label").alias("label"))
        .with_columns(pl.col("points", "points_after").fill_null(0))
        .filter(pl.col("points") != pl.col("points_after"))
        .sort((pl.col("points_after") - pl.col("points")).abs(), *keys, descending=[True, False, False, False])
    )
    found: dict[str, list[Reason]] = {}
    for row in moves.iter_rows(named=True):
        found.setdefault(row["user_id"], []).append(Reason(row["label"], row["points"], row["points_after"]))
    return {user: tuple(reasons) for user, reasons in found.items()}


def _points(snapshot: Snapshot, users: pl.Series) -> pl.DataFrame:
    reasons = pl.scan_parquet(snapshot.path("score.contact_score_reasons"))
    return (
        reasons.filter(pl.col("user_id").is_in(users.implode()) & (pl.col("points") != 0))
        .select("user_id", "score_name", "rule_id", "label", "points")
        .collect()
    )
