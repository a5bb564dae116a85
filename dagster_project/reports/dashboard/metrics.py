"""Rows of report.metrics, as cards, charts and tables want them."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from dagster_project.reports.dashboard.glossary import Glossary
from dagster_project.reports.dashboard.marts import MartMissing, Marts
from dagster_project.reports.dashboard.telling import NOTHING, UNKNOWN, too_few, value_of


@dataclass(frozen=True)
class Figure:
    """A value of one metric, segment and period."""

    period_start: date
    period_end: date
    is_complete: bool
    segment: str
    value: float | None
    goal: float | None
    numerator: float | None
    denominator: float | None
    is_small: bool
    is_below_floor: bool

    @property
    def is_told(self) -> bool:
        """Whether it is known, and of enough cases to say so."""
        return self.value is not None and not self.is_small


class Metrics:
    """The metrics of a build.

    Raises:
        MartMissing: The build has no report.metrics or report.metric_definitions.
    """

    def __init__(self, marts: Marts, glossary: Glossary) -> None:
        if not glossary.metrics:
            raise MartMissing("report.metric_definitions")
        self._rows = marts.table("report.metrics")
        self._glossary = glossary
        self.small_below = marts.small_below
        self.today = marts.as_of.date()

    def definition(self, metric_id: str) -> dict:
        if metric_id not in self._glossary.metrics:
            raise MartMissing(f"report.metric_definitions ({metric_id})")
        return self._glossary.metrics[metric_id]

    def periods(self, metric_id: str, period_type: str = "month") -> list[Figure]:
        """The periods up to now, the oldest first; one that is ahead only has a forecast."""
        wanted = {"metric_id": metric_id, "period_type": period_type}
        rows = self._rows.filter(**wanted, segment_type="all")
        return self._figures(rows.filter(pl.col("period_start") <= self.today).sort("period_start"))

    def segments(self, metric_id: str, segment_type: str, period_type: str = "ever") -> list[Figure]:
        rows = self._rows.filter(metric_id=metric_id, period_type=period_type, segment_type=segment_type)
        return self._figures(rows.sort("segment", "period_start"))

    def ever(self, metric_id: str) -> Figure | None:
        return next(iter(self.segments(metric_id, "all")), None)

    def ahead(self, metric_id: str) -> list[Figure]:
        rows = self._rows.filter(metric_id=metric_id, period_type="month", segment_type="all")
        return self._figures(rows.filter(pl.col("period_start") > self.today).sort("period_start"))

    def tell(self, metric_id: str, figure: Figure | None) -> str:
        """A value in words; too few cases are told in place of what they come to."""
        definition = self.definition(metric_id)
        if figure is None or (figure.value is None and figure.denominator is None):
            return UNKNOWN
        if figure.denominator is not None and figure.is_small:
            return too_few(figure.denominator, self.small_below)
        return NOTHING if figure.value is None else value_of(figure.value, definition["unit"])

    def _figures(self, rows: pl.DataFrame) -> list[Figure]:
        names = list(Figure.__dataclass_fields__)
        return [Figure(**row) for row in rows.select(names).iter_rows(named=True)]
