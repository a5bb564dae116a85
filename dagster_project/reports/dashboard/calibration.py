"""Whether the rules hold: the audit of this build in charts."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.calibration.recommending import NAMES, Recommendation
from dagster_project.reports.calibration.telling import VERDICTS, rule_told
from dagster_project.reports.dashboard.calibration_curves import (
    LIFT,
    PRECISION,
    RECALL,
    TABLE_STEP,
    asked,
    capacity,
    capital,
    threshold_chart,
)
from dagster_project.reports.dashboard.charts import SHARE, WHOLE, chart_of, colours, finished, lines
from dagster_project.reports.dashboard.parts import (
    Attention,
    Chart,
    Column,
    Heading,
    Listing,
    Note,
    Part,
    Section,
    Table,
    Term,
)
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, few, from_to, percent

DRIFT_SHADES = ("accent", "signal", "quiet")
FLAGGED = (
    "Contacts with at least this score before they bought, or before what they did had the time to come to something."
)


def calibration(source: Source) -> Section:
    lead = "Whether scores tell who buys, what each threshold would find, and what the sales team can take."
    parts = source.parts(_verdict, _outcomes, _thresholds, capacity, _drift)
    return Section("calibration", "Calibration", lead, parts)


def rules_to_change(source: Source) -> Iterable[Attention]:
    audit = source.audit
    for sentence in audit.drifted:
        yield Attention(sentence, "calibration", is_urgent=True)
    for one in audit.recommendations:
        if one.current is not None and one.verdict in ("change", "does_not_tell"):
            yield Attention(f"{rule_told(one)}. {one.sentences[0]}", "calibration")


def _verdict(source: Source) -> Iterable[Part]:
    audit = source.audit
    yield Note(VERDICTS[audit.verdict], {"holds": "good", "change": "bad"}.get(audit.verdict, "few"))
    if audit.drifted:
        yield Listing(tuple(("", sentence) for sentence in audit.drifted))
    yield Listing(tuple((rule_told(one), " ".join(one.sentences)) for one in audit.recommendations))


def _outcomes(source: Source) -> Iterable[Part]:
    """Scores of those who bought beside the others, in shares of each, so that few can be seen beside many."""
    audit, small = source.audit, source.marts.small_below
    for one in asked(audit):
        rows = audit.distributions.filter(score_name=one.score_name, outcome="won")
        hits, others = int(rows["hit_count"].sum()), int(rows["other_count"].sum())
        name = NAMES[one.score_name]
        if hits < small or others < small:
            told = f"{hits:,} bought and {others:,} did not, with a score from before; {small} of each are needed"
            yield Note(f"{capital(name)} of those who bought and of the others: too few to say, {told}.", "few")
            continue
        drawn = [
            {"score": from_to(row["from_score"], row["to_score"]), "group": group, "share": row[column] / total}
            | {"shown": f"{row[column]:,} of {total:,} ({percent(row[column] / total)})"}
            for row in rows.iter_rows(named=True)
            for group, column, total in (("Bought", "hit_count", hits), ("Did not", "other_count", others))
        ]
        names = {"Bought": "accent", "Did not": "quiet"}
        order = list(dict.fromkeys(row["score"] for row in drawn))
        chart = (
            chart_of(drawn)
            .mark_bar()
            .encode(
                x=alt.X("score:O", sort=order, title=capital(name)),
                xOffset=alt.XOffset("group:N", sort=list(names)),
                y=alt.Y("share:Q", title=None, axis=alt.Axis(format=SHARE)),
                color=alt.Color("group:N", **colours(names)),
                tooltip=["score:O", "group:N", alt.Tooltip("shown:N", title="Contacts")],
            )
        )
        title = f"{capital(name)} before, of those who bought and of the others"
        told = f"{title}: the share of each group by ten points."
        columns = (Column(Term("Score"), False), Column(Term("Bought")), Column(Term("Did not")), Column(Term("Today")))
        cells = (
            (
                from_to(row["from_score"], row["to_score"]),
                *map(count, (row["hit_count"], row["other_count"], row["present_count"])),
            )
            for row in rows.iter_rows(named=True)
        )
        table = Table(title, columns, tuple(cells))
        yield Chart(f"chart-outcome-{one.score_name}", Term(title, told), told, finished(chart, told), table)


def _thresholds(source: Source) -> Iterable[Part]:
    audit, small = source.audit, source.marts.small_below
    tables = [(one, audit.thresholds.filter(score_name=one.score_name, outcome="won")) for one in asked(audit)]
    tables = [(one, rows) for one, rows in tables if rows["hit_count"][0]]
    for one, rows in tables:
        told_rows = rows.filter(~pl.col("is_small"))
        if told_rows.height > 1:
            yield threshold_chart(told_rows, one, NAMES[one.score_name])
    for one, rows in tables:
        shown = rows.filter((pl.col("threshold") % TABLE_STEP == 0) | pl.col("threshold").is_in(_named(one)))
        yield Table(
            f"What each threshold of the {NAMES[one.score_name]} would have found",
            (
                Column(Term("From"), False),
                Column(Term("Flagged", FLAGGED)),
                Column(Term("Bought", "Those of them who bought.")),
                Column(Term("Precision", PRECISION)),
                Column(Term("Recall", RECALL)),
                Column(Term("Lift", LIFT)),
            ),
            tuple(_threshold_row(row, one, small) for row in shown.iter_rows(named=True)),
        )


def _named(one: Recommendation) -> list[int]:
    return [threshold for threshold in (one.current, one.recommended) if threshold is not None]


def _threshold_row(row: dict, one: Recommendation, small: int) -> tuple[str, ...]:
    mark = ", in use" if row["threshold"] == one.current else ""
    mark += ", recommended" if row["threshold"] == one.recommended and one.recommended != one.current else ""
    precision, lift = (
        [few(row["flagged_count"], small), NOTHING]
        if row["is_small"]
        else [percent(row["precision"]), NOTHING if row["lift"] is None else f"{row['lift']:.2f}"]
    )
    counts = (count(row["flagged_count"]), count(row["hit_count"]))
    return (f"{row['threshold']}{mark}", *counts, precision, percent(row["recall"]), lift)


def _drift(source: Source) -> Iterable[Part]:
    audit, small = source.audit, source.marts.small_below
    yield Heading("Drift by quarter")
    rows = audit.score_quarters.filter(pl.col("score_name").is_in([one.score_name for one in asked(audit)]))
    if rows.is_empty():
        yield Note("No contact has been handed off yet, so nothing can have drifted.", "few")
        return
    yield from _drift_chart(source, rows)
    yield Table(
        "Scores at handoff",
        (
            Column(Term("Quarter"), False),
            Column(Term("Score"), False),
            Column(Term("Handoffs")),
            Column(Term("Median score", "Of the handoffs whose score at the time is known.")),
            Column(
                Term("Stability index", "How far the scores are from those of the quarter before; 0 is not at all.")
            ),
            Column(Term("By chance below", "What the index stays below 19 of 20 times where nothing has changed.")),
            Column(Term("Verdict"), False),
        ),
        tuple(
            (
                row["quarter"],
                capital(NAMES[row["score_name"]]),
                count(row["handoff_count"]),
                few(row["scored_count"], small) if row["is_small"] else f"{row['median_score']:.0f}",
                NOTHING if row["stability_index"] is None or row["is_small"] else f"{row['stability_index']:.2f}",
                NOTHING if row["by_chance"] is None or row["is_small"] else f"{row['by_chance']:.2f}",
                "drifted" if row["is_flagged"] else NOTHING,
            )
            for row in rows.iter_rows(named=True)
        ),
    )
    yield Table(
        "What became of handoffs",
        (
            Column(Term("Quarter"), False),
            Column(Term("Handoffs")),
            Column(Term("Had the time", "Handed off long enough ago to have become something.")),
            Column(Term("Had a deal in time")),
            Column(Term("Poor touches", "Went back to marketing without a deal.")),
            Column(Term("Change of poor touches", "Of their share, against the quarter before.")),
            Column(Term("Verdict"), False),
        ),
        tuple(
            (
                row["quarter"],
                count(row["handoff_count"]),
                count(row["mature_count"]),
                few(row["mature_count"], small) if row["is_small"] else percent(row["converted_share"]),
                NOTHING if row["is_small"] else percent(row["poor_share"]),
                NOTHING if row["is_small"] or row["poor_change_pct"] is None else f"{row['poor_change_pct']:+.0f} %",
                "look at it" if row["is_flagged"] else NOTHING,
            )
            for row in audit.conversion_quarters.iter_rows(named=True)
        ),
    )


def _drift_chart(source: Source, rows: pl.DataFrame) -> Iterable[Part]:
    """The median score of each quarter's handoffs, of quarters with enough of them."""
    told_rows = [row for row in rows.sort("quarter").iter_rows(named=True) if not row["is_small"]]
    if len({row["quarter"] for row in told_rows}) < 2:
        return
    drawn = [
        {
            "period": row["quarter"],
            "name": capital(NAMES[row["score_name"]]),
            "value": row["median_score"],
            "shown": f"{row['median_score']:.0f} of {row['scored_count']:,} handoffs",
        }
        for row in told_rows
    ]
    shades = dict(zip((capital(NAMES[one.score_name]) for one in asked(source.audit)), DRIFT_SHADES, strict=False))
    title = "Median score at handoff by quarter"
    told = f"{title}; a quarter with too few handoffs of a known score is left out."
    columns = (Column(Term("Quarter"), False), Column(Term("Score"), False), Column(Term("Median")))
    table = Table(title, columns, tuple((row["period"], row["name"], row["shown"]) for row in drawn))
    yield Chart("chart-drift", Term(title, told), told, finished(lines(drawn, shades, WHOLE), told), table)
