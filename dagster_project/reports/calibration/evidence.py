"""What an audit judges by: published marts of one build, and scores of earlier moments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dagster_project.instants import naive
from dagster_project.publish.snapshot import NothingPublished, Snapshot

SCORES = ("pql", "fit", "combined")
# What a contact comes to, with the words for those who did.
OUTCOMES = {"won": "bought", "opportunity": "had a deal"}


@dataclass(frozen=True)
class Evidence:
    """Frames of the marts; instants are UTC without a zone, as Parquet holds them.

    `readings` has one row per contact and moment at which its scores were seen: each change of the history, and every
    contact of a snapshot of an earlier clock. Only those know `active_users`, of the contact's company in 30 days.
    `rules_met` has one row per contact and rule that gave or took points, with when that was first seen.
    """

    as_of: datetime
    contacts: pl.DataFrame
    readings: pl.DataFrame
    rules_met: pl.DataFrame
    signals: pl.DataFrame
    deals: pl.DataFrame
    handoffs: pl.DataFrame
    metrics: pl.DataFrame
    qualifications: pl.DataFrame
    reasons: pl.DataFrame
    team: pl.DataFrame
    routes: pl.DataFrame
    bands: pl.DataFrame
    definition: pl.DataFrame
    settings: dict[str, str]

    def setting(self, name: str) -> int:
        """A whole number of report_settings.csv.

        Raises:
            NothingPublished: The build is older than this setting.
        """
        if name not in self.settings:
            raise NothingPublished(
                f"The published build of {self.as_of:%Y-%m-%d %H:%M} UTC has no {name} in report_settings.csv, being "
                "older than it; run `make run`, which builds and publishes."
            )
        return int(self.settings[name])


def read_evidence(snapshot: Snapshot, earlier: Iterable[Snapshot] = ()) -> Evidence:
    """The evidence of a build.

    Args:
        earlier: Builds for other clocks (kept ones, recomputed ones), whose scores are known beside the history.
    Raises:
        NothingPublished: The build is older than the reports.
    """
    changes = _read(snapshot, "score.score_changes")
    reasons = _read(snapshot, "score.contact_score_reasons")
    as_of = naive(snapshot.as_of)
    builds = [build for build in earlier if build.as_of < snapshot.as_of and _has_scores(build)]
    readings = [_readings_of_history(changes), *map(_readings_of_build, [*builds, snapshot])]
    rules_met = _first_seen(_rules_of_history(changes).filter(pl.col("seen_at") <= as_of))
    for build in [*builds, snapshot]:  # One by one: together they may be millions of rows.
        rules_met = _first_seen(pl.concat([rules_met, _rules_of_build(build)]))
    settings = _read(snapshot, "rules.report_settings")
    return Evidence(
        as_of=as_of,
        contacts=_read(snapshot, "report.contact_journeys"),
        readings=pl.concat(readings).filter(pl.col("seen_at") <= as_of),
        rules_met=rules_met,
        signals=_read(snapshot, "score.contact_signals"),
        deals=_read(snapshot, "report.deals"),
        handoffs=_read(snapshot, "report.handoff_responses"),
        metrics=_read(snapshot, "report.metrics"),
        qualifications=_read(snapshot, "decide.sales_qualifications"),
        reasons=reasons,
        team=_read(snapshot, "rules.sales_team"),
        routes=_read(snapshot, "rules.routing_rules"),
        bands=_read(snapshot, "rules.score_bands"),
        definition=_read(snapshot, "rules.sql_definition"),
        settings=dict(settings.select("setting_id", "value").iter_rows()),
    )


def _read(snapshot: Snapshot, table: str) -> pl.DataFrame:
    path = snapshot.path(table)
    if not path.exists():
        raise NothingPublished(
            f"The published build of {snapshot.as_of:%Y-%m-%d %H:%M} UTC holds no {table}, being older than the "
            "reports; run `make run`, which builds and publishes."
        )
    return pl.read_parquet(path)


def _has_scores(build: Snapshot) -> bool:
    """Not one that was pruned since it was found."""
    return all(build.path(f"score.{mart}").exists() for mart in ("contact_scores", "contact_score_reasons"))


def _readings_of_history(changes: pl.DataFrame) -> pl.DataFrame:
    return changes.select(
        "user_id",
        pl.col("changed_at").alias("seen_at"),
        *(pl.col(f"{score}_score_to").cast(pl.Int64).alias(f"{score}_score") for score in SCORES),
        pl.lit(None, pl.Int64).alias("active_users"),
    )


def _readings_of_build(build: Snapshot) -> pl.DataFrame:
    return _read(build, "score.contact_scores").select(
        "user_id",
        pl.lit(naive(build.as_of), pl.Datetime("us")).alias("seen_at"),
        *(pl.col(f"{score}_score").cast(pl.Int64) for score in SCORES),
        pl.col("company_active_users_30d").cast(pl.Int64).alias("active_users"),
    )


def _first_seen(rules: pl.DataFrame) -> pl.DataFrame:
    return rules.group_by("user_id", "kind", "rule_id").agg(pl.col("seen_at").min())


def _rules_of_history(changes: pl.DataFrame) -> pl.DataFrame:
    """The history writes what gave and took points as `rule=points;fit:rule=points`."""
    return (
        changes.select("user_id", pl.col("changed_at").alias("seen_at"), pl.col("reasons").fill_null("").str.split(";"))
        .explode("reasons")
        .filter(pl.col("reasons").fill_null("") != "")
        .with_columns(pl.col("reasons").str.extract(r"^(.*)=").alias("reason"))
        .select(
            "user_id",
            pl.when(pl.col("reason").str.starts_with("fit:"))
            .then(pl.lit("fit rule"))
            .otherwise(pl.lit("pql rule"))
            .alias("kind"),
            pl.col("reason").str.strip_prefix("fit:").alias("rule_id"),
            "seen_at",
        )
        .filter(~pl.col("rule_id").is_in(["rounding", "floor"]))
    )


def _rules_of_build(build: Snapshot) -> pl.DataFrame:
    return (
        _read(build, "score.contact_score_reasons")
        .filter((pl.col("points") != 0) & pl.col("kind").is_in(["engagement", "negative", "fit"]))
        .select(
            "user_id",
            (pl.col("score_name") + " rule").alias("kind"),
            "rule_id",
            pl.lit(naive(build.as_of), pl.Datetime("us")).alias("seen_at"),
        )
    )
