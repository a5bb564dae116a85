"""A warehouse that holds scores and nothing they are made of, and builds of the history on it."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from tests.models.dbt_in_process import run_models

HISTORY = ("int_score_history", "score_changes")


@dataclass(frozen=True)
class Scored:
    """What a build gave one user; the scores are what the points add up to."""

    pql: dict[str, Decimal]
    fit: dict[str, Decimal]

    @classmethod
    def by(cls, **points: float | str) -> "Scored":
        """Points by rule; those of fit rules begin with `fit_`."""
        exact = {rule: Decimal(str(given)) for rule, given in points.items()}
        fit = {rule: given for rule, given in exact.items() if rule.startswith("fit_")}
        return cls({rule: given for rule, given in exact.items() if rule not in fit}, fit)

    @property
    def scores(self) -> tuple[int, int, int, str]:
        pql, fit = int(sum(self.pql.values())), int(sum(self.fit.values()))
        combined = (4 * fit + 6 * pql + 5) // 10
        return pql, fit, combined, "pql" if combined >= 70 else "mql" if combined >= 40 else "nurture"

    @property
    def reasons(self) -> dict[str, Decimal]:
        given = self.pql | {f"fit:{rule}": points for rule, points in self.fit.items()}
        return {rule: points for rule, points in given.items() if points}


def make_template(folder: Path) -> Path:
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        create_raw_tables(connection)
    with pytest.MonkeyPatch.context() as environment:
        models = ["score_bands", "stg_pipeline__score_history"]
        run_models(folder, environment, "2026-01-01T00:00:00Z", models, target=folder / "target")
    return folder


def build(folder: Path, as_of: str, users: dict[str, Scored], *flags: str, target: Path) -> None:
    """Build the history as if a build for this clock had given these scores."""
    scores = [(user, f"{user}@a.io", *scored.scores) for user, scored in users.items()]
    reasons = [
        (user, name, rule, points)
        for user, scored in users.items()
        for name, by_rule in (("pql", scored.pql), ("fit", scored.fit))
        for rule, points in by_rule.items()
    ]
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        connection.execute("create schema if not exists score")
        connection.execute(
            "create or replace table score.contact_scores (user_id varchar, contact_email varchar, pql_score integer, "
            "fit_score integer, combined_score integer, band varchar)"
        )
        connection.execute(
            "create or replace table score.contact_score_reasons (user_id varchar, score_name varchar, "
            "rule_id varchar, points decimal(28, 9))"
        )
        if scores:
            connection.executemany("insert into score.contact_scores values (?, ?, ?, ?, ?, ?)", scores)
        if reasons:
            connection.executemany("insert into score.contact_score_reasons values (?, ?, ?, ?)", reasons)
    with pytest.MonkeyPatch.context() as environment:
        run_models(folder, environment, as_of, HISTORY, *flags, target=target)


def write_changes(folder: Path, file: Path) -> None:
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        connection.sql("from score.score_changes order by user_id, changed_at").write_parquet(str(file))


def changes(folder: Path) -> pl.DataFrame:
    file = folder / "changes.parquet"
    write_changes(folder, file)
    return pl.read_parquet(file)
