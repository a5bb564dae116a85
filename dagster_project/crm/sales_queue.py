"""How many contacts sales has, and how many of them nobody does anything about."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class QueueCounts:
    """Contacts at sales qualified; of `not_judged` it is not known what their owner did, or whether a deal is open."""

    at_sales_qualified: int = 0
    stale: int = 0
    not_judged: int = 0

    @property
    def stale_pct(self) -> float:
        return round(100 * self.stale / self.at_sales_qualified, 1) if self.at_sales_qualified else 0.0


def count_queue(snapshot_dir: Path) -> QueueCounts:
    path = snapshot_dir / "decide.sales_queue.parquet"
    # It came later than the first snapshots.
    if not path.exists():
        return QueueCounts()
    queue = pl.read_parquet(path)
    is_ours, is_known = pl.col("handed_off_at").is_not_null(), pl.col("is_stale").is_not_null()
    return QueueCounts(
        queue.height,
        queue.filter(pl.col("is_stale")).height,
        queue.filter(is_ours & ~(is_known & pl.col("has_open_deal").is_not_null())).height,
    )


def count_in_review(snapshot_dir: Path) -> int:
    """Contacts that somebody looks at before they are handed off."""
    handoffs = pl.read_parquet(snapshot_dir / "decide.handoffs.parquet")
    return handoffs.filter(pl.col("handoff_state") == "in_review").height
