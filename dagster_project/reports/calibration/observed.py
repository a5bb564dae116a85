"""Who came to an outcome and who did not, with what was known of each before it."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from dagster_project.reports.calibration.evidence import OUTCOMES, SCORES, Evidence


@dataclass(frozen=True)
class Observed:
    """The contacts that an outcome is judged by.

    `compared` has one row per contact that counts: user_id, is_hit (came to the outcome), moment (when; for the others
    `conversion_matures_days` before the audit: what they did since has had no time to come to anything). Only what was
    before the moment counts.
    `scored` has the same for those with a score from before the moment: the highest and the last of each score, and
    the last known number of active users of the company.
    `left_out` says how many contacts do not count, and why.
    """

    compared: pl.DataFrame
    scored: pl.DataFrame
    left_out: pl.DataFrame


def observe(evidence: Evidence, outcome: str) -> Observed:
    """Those who came to `outcome` (won, opportunity), beside those who had the time to and did not.

    A contact is judged by the highest score it had before its moment: at a threshold up to that it would have been
    handed off. Whoever came to the outcome early had less time to score high than the others had; so what is found of
    a score is rather too little than too much. Colleagues of those who came to the outcome are neither: their company
    bought, and not through them.
    """
    matures = timedelta(days=evidence.setting("conversion_matures_days"))
    until = pl.lit(evidence.as_of - matures, pl.Datetime("us"))
    companies = _companies(evidence, outcome)
    marked = evidence.contacts.select(
        "user_id",
        "company_id",
        "signed_up_at",
        pl.col(f"is_{outcome}").alias("is_hit"),
        pl.when(f"is_{outcome}").then(pl.col(f"{outcome}_at")).otherwise(until).alias("moment"),
    ).with_columns(
        pl.when(pl.col("is_hit") & pl.col("moment").is_null())
        .then(pl.lit(f"{OUTCOMES[outcome]}, and nobody knows when"))
        .when(~pl.col("is_hit") & pl.col("company_id").is_in(companies))
        .then(pl.lit(f"colleagues of somebody who {OUTCOMES[outcome]}"))
        .when(~pl.col("is_hit") & (pl.col("signed_up_at") > until))
        .then(pl.lit(f"signed up in the last {matures.days} days"))
        .alias("left_out")
    )
    compared = marked.filter(pl.col("left_out").is_null()).sort("user_id")
    scored = compared.join(_known_before(evidence, compared), on="user_id")
    unscored = (
        compared.join(scored, on="user_id", how="anti")
        .select(
            pl.when("is_hit")
            .then(pl.lit(f"{OUTCOMES[outcome]}, with no score from before"))
            .otherwise(pl.lit(f"no score from {matures.days} days ago or before"))
            .alias("left_out")
        )
        .with_columns(pl.lit("scores").alias("left_out_of"))
    )
    left_out = marked.filter(pl.col("left_out").is_not_null()).select("left_out", pl.lit("all").alias("left_out_of"))
    return Observed(
        compared.select("user_id", "is_hit", "moment"),
        scored.drop("company_id", "signed_up_at", "left_out"),
        pl.concat([left_out, unscored])
        .group_by("left_out_of", pl.col("left_out").alias("reason"))
        .agg(pl.len().cast(pl.Int64).alias("contact_count"))
        .select(pl.lit(outcome).alias("outcome"), "left_out_of", "reason", "contact_count")
        .sort("left_out_of", "reason"),
    )


def _companies(evidence: Evidence, outcome: str) -> pl.Series:
    of_contacts = evidence.contacts.filter(f"is_{outcome}")["company_id"]
    deals = evidence.deals.filter(pl.col("deal_state") == "won") if outcome == "won" else evidence.deals
    return pl.concat([of_contacts, deals["company_id"]]).drop_nulls().unique()


def _known_before(evidence: Evidence, compared: pl.DataFrame) -> pl.DataFrame:
    before = (
        evidence.readings.join(compared.select("user_id", "moment"), on="user_id")
        .filter(pl.col("seen_at") < pl.col("moment"))
        .sort("user_id", "seen_at")
    )
    names = [f"{score}_score" for score in SCORES]
    return before.group_by("user_id").agg(
        *(pl.col(name).max() for name in names),
        *(pl.col(name).last().alias(f"last_{name}") for name in names),
        pl.col("active_users").drop_nulls().last(),
    )
