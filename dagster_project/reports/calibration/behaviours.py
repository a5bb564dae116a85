"""What those who bought did before, the last of them and all, beside those who did not."""

from datetime import timedelta

import polars as pl

from dagster_project.reports.calibration.evidence import SCORES, Evidence
from dagster_project.reports.calibration.observed import Observed

GROUPS = ("last", "won", "other")
DAYS = {"days_since_signup": "Days from signup", "days_since_activation": "Days from activation"}
FROM_SCORES = {
    **{f"{score}_score": f"Highest {score} score before" for score in SCORES},
    **{f"last_{score}_score": f"Last {score} score before" for score in SCORES},
    "active_users": "Active users of the company in 30 days, last known before",
}


def behaviours_before_winning(evidence: Evidence, observed: Observed) -> pl.DataFrame:
    """One row per thing that contacts did: a signal, activation, a rule of a score that gave or took points.

    Returns:
        kind (signal, activation, pql rule, fit rule), behaviour_id, label; for `last` (the last `last_won` who bought),
        `won` (all who bought) and `other` (who did not): *_count, contacts of whom it would be known; *_did_count,
        those who did it before their moment (see observed.py); *_share of it, null without any; lift: won_share
        by other_share, null where either is null or the latter 0; is_small: fewer than `small_below` on a side, or of
        those who did it. The largest lift first. What took points stands here too: its lift should be below 1.

    Signals are timed, and so known of everybody. Of rules it is known from scores only, so they are told of contacts
    with a score from before.
    """
    labels = _rule_labels(evidence)
    rules = evidence.rules_met.join(labels, on=["kind", "rule_id"], how="left").select(
        "user_id",
        "kind",
        pl.col("rule_id").alias("behaviour_id"),
        pl.coalesce("label", "rule_id").alias("label"),
        pl.col("seen_at").alias("did_at"),
    )
    activation = evidence.contacts.filter("is_activated").select(
        "user_id",
        pl.lit("activation").alias("kind"),
        pl.lit("activated").alias("behaviour_id"),
        pl.lit("Activated").alias("label"),
        pl.col("activated_at").alias("did_at"),
    )
    signals = evidence.signals.select(
        "user_id",
        pl.lit("signal").alias("kind"),
        pl.col("signal_id").alias("behaviour_id"),
        "label",
        pl.col("first_at").alias("did_at"),
    )
    timed = _shares(pl.concat([signals, activation]), grouped(evidence, observed.compared))
    scored = _shares(rules, grouped(evidence, observed.scored))
    small = evidence.setting("small_below")
    return (
        pl.concat([timed, scored])
        .with_columns(
            pl.when(pl.col("other_share") > 0).then(pl.col("won_share") / pl.col("other_share")).alias("lift"),
            (
                (pl.col("won_count") < small)
                | (pl.col("other_count") < small)
                | (pl.col("won_did_count") + pl.col("other_did_count") < small)
            ).alias("is_small"),
        )
        .sort("lift", "won_did_count", "kind", "behaviour_id", descending=[True, True, False, False], nulls_last=True)
    )


def measures_before_winning(evidence: Evidence, observed: Observed) -> pl.DataFrame:
    """One row per number that says where contacts stood before they bought (before their moment,
    for the others; see observed.py).

    Returns:
        measure, label; for `last`, `won` and `other`: *_count, contacts of whom it is known, and *_median, null
        without any; is_small: fewer than `small_below` on a side.
    """
    timed = (
        grouped(evidence, observed.compared)
        .join(evidence.contacts.select("user_id", "signed_up_at", "activated_at"), on="user_id")
        .with_columns(
            _days("signed_up_at").alias("days_since_signup"),
            _days("activated_at").alias("days_since_activation"),
        )
    )
    scored = grouped(evidence, observed.scored)
    small = evidence.setting("small_below")
    rows = [
        _measured(contacts, measure, label, small)
        for contacts, measures in ((scored, FROM_SCORES), (timed, DAYS))
        for measure, label in measures.items()
    ]
    types = {f"{group}_count": pl.Int64 for group in GROUPS} | {f"{group}_median": pl.Float64 for group in GROUPS}
    return pl.DataFrame(rows, schema_overrides=types)


def grouped(evidence: Evidence, contacts: pl.DataFrame) -> pl.DataFrame:
    """Contacts with is_last, is_won and is_other; of two who bought at one moment the later by id is the later."""
    last = contacts.filter("is_hit").sort("moment", "user_id").tail(evidence.setting("last_won"))["user_id"]
    return contacts.with_columns(
        pl.col("user_id").is_in(last.implode()).alias("is_last"),
        pl.col("is_hit").alias("is_won"),
        (~pl.col("is_hit")).alias("is_other"),
    )


def _measured(contacts: pl.DataFrame, measure: str, label: str, small: int) -> dict:
    row: dict = {"measure": measure, "label": label}
    for group in GROUPS:
        values = contacts.filter(f"is_{group}")[measure].drop_nulls()
        row |= {f"{group}_count": len(values), f"{group}_median": values.cast(pl.Float64).median()}
    return row | {"is_small": row["won_count"] < small or row["other_count"] < small}


def _days(since: str) -> pl.Expr:
    """Days up to the moment; null for what came later: who activated after buying did not before."""
    age = pl.col("moment") - pl.col(since)
    return pl.when(age >= timedelta(0)).then(age.dt.total_seconds() / 86_400)


def _shares(done: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Every behaviour with what each group did of it before its moment."""
    totals = {group: int(contacts[f"is_{group}"].sum()) for group in GROUPS}
    before = done.join(contacts, on="user_id").filter(pl.col("did_at") < pl.col("moment"))
    counts = before.group_by("kind", "behaviour_id").agg(
        *(
            pl.col("user_id").filter(pl.col(f"is_{group}")).n_unique().cast(pl.Int64).alias(f"{group}_did_count")
            for group in GROUPS
        )
    )
    behaviours = done.group_by("kind", "behaviour_id").agg(pl.col("label").min())
    columns = []
    for group in GROUPS:
        did, total = pl.col(f"{group}_did_count"), totals[group]
        share = did / total if total else pl.lit(None, pl.Float64)
        columns += [pl.lit(total, pl.Int64).alias(f"{group}_count"), did, share.alias(f"{group}_share")]
    return (
        behaviours.join(counts, on=["kind", "behaviour_id"], how="left")
        .with_columns(pl.col(f"{group}_did_count").fill_null(0) for group in GROUPS)
        .select("kind", "behaviour_id", "label", *columns)
    )


def _rule_labels(evidence: Evidence) -> pl.DataFrame:
    return evidence.reasons.group_by((pl.col("score_name") + " rule").alias("kind"), "rule_id").agg(
        pl.col("label").min()
    )
