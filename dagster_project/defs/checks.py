"""Checks over several assets; each is named after the good state and shows the number it judged."""

import dagster as dg
import polars as pl

from dagster_project.defs.score_and_decide import published_marts
from dagster_project.defs.step import told_plainly
from dagster_project.resources.published import PublishedMarts


@dg.asset_check(asset=published_marts)
def every_event_name_is_in_the_taxonomy(marts: PublishedMarts) -> dg.AssetCheckResult:
    """An event that event_taxonomy.csv does not list counts for nothing; somebody should decide whether it should."""
    with told_plainly():
        unmapped = pl.read_parquet(marts.current().path("report.unmapped_events"))
    names = dict(zip(unmapped["source_event"], unmapped["event_count"], strict=True))
    return dg.AssetCheckResult(
        passed=not names, severity=dg.AssetCheckSeverity.WARN, metadata={"events_by_name": dg.MetadataValue.json(names)}
    )


@dg.asset_check(asset=published_marts)
def somebody_can_take_every_handoff(marts: PublishedMarts) -> dg.AssetCheckResult:
    """A sales qualified contact waits while no route takes it, or nobody of its pool is present and an active owner in
    HubSpot.
    """
    with told_plainly():
        handoffs = pl.read_parquet(marts.current().path("decide.handoffs"))
    waiting = handoffs.filter(pl.col("handoff_state") == "waiting").height
    return dg.AssetCheckResult(
        passed=waiting == 0, severity=dg.AssetCheckSeverity.WARN, metadata={"waiting_handoffs": waiting}
    )
