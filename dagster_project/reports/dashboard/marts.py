"""What the page reads of a published build, and what it may lack."""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from dagster_project.instants import naive
from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.dashboard.described import promised_columns

# What report_settings says where a build is older than that file.
SMALL_BELOW = 10


class MartMissing(Exception):
    """The build lacks a table, or one of its columns; the message names it."""


@dataclass(frozen=True)
class Marts:
    """The tables of one build, each read once."""

    snapshot: Snapshot
    _read: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        """UTC without a zone, as Parquet holds instants."""
        return naive(self.snapshot.as_of)

    def table(self, name: str) -> pl.DataFrame:
        """A table such as `report.funnel`.

        Raises:
            MartMissing: The build does not hold it, or it lacks a column that its dbt model promises by now.
        """
        if name not in self._read:
            path = self.snapshot.path(name)
            if not path.exists():
                raise MartMissing(name)
            table = pl.read_parquet(path)
            for column in promised_columns(name):
                if column not in table.columns:
                    raise MartMissing(f"{name}.{column}")
            self._read[name] = table
        return self._read[name]

    def table_or_none(self, name: str) -> pl.DataFrame | None:
        try:
            return self.table(name)
        except MartMissing:
            return None

    def settings(self) -> dict[str, str]:
        """The rows of report_settings.csv by id; none in a build that is older than that file."""
        found = self.table_or_none("rules.report_settings")
        return {} if found is None else dict(found.select("setting_id", "value").iter_rows())

    @property
    def small_below(self) -> int:
        """Of fewer cases no share and no median is told."""
        return int(self.settings().get("small_below", SMALL_BELOW))

    def company_names(self) -> dict[str, str]:
        """Names by company id; ids stand for themselves where nobody knows the name."""
        companies = self.table_or_none("score.company_scores")
        if companies is None:
            return {}
        named = companies.filter(pl.col("company_name").is_not_null())
        return dict(named.select("company_id", "company_name").iter_rows())
