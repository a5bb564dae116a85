"""Whether the rules hold: the audit of this build in charts."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.calibration.audit import Audit
from dagster_project.reports.calibration.recommending import NAMES, Recommendation
from dagster_project.reports.calibration.telling import VERDICTS, rule_told
from dagster_project.reports.dashboard.charts import SHARE, chart_of, colours, finished
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

TABLE_STEP = 10
PRECISION = "Precision: of the contacts that had at least this score before, the share that bought."
RECALL = "Recall: of those who bought, the share that had at least this score before."
LIFT = "Lift: precision by the share that bought among all; 1 is no better than chance."
FLAGGED = (
    "Contacts with at least this score before they bought, or before what they did had the time to come to something."
)
A_WEEK = (
    "Contacts a week that come to this score for the first time and meet today what else a handoff asks for, so that "
    "they would be handed over."
)


def calibration(source: Source) -> Section:
    lead = "Whether scores tell who buys, what each threshold would find, and what the sales team can take."
    parts = source.parts(_verdict, _outcomes, _thresholds, _capacity, _drift)
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


def _asked(audit: Audit) -> list[Recommendation]:
    """Of every score that some rule asks for."""
    return [one for one in audit.recommendations if one.current is not None]


def _name(one: Recommendation) -> str:
    """`PQL score`, `Combined score`."""
    name = NAMES[one.score_name]
    return name[:1].upper() + name[1:]


def _outcomes(source: Source) -> Iterable[Part]:
    """Scores of those who bought beside the others, in shares of each, so that few can be seen beside many."""
    audit, small = source.audit, source.marts.small_below
    for one in _asked(audit):
        rows = audit.distributions.filter(score_name=one.score_name, outcome="won")
        hits, others = int(rows["hit_count"].sum()), int(rows["other_count"].sum())
        name = _name(one)
        if hits < small or others < small:
            told = f"{hits:,} bought and {others:,} did not, with a score from before; {small} of each are needed"
            yield Note(f"{name} of those who bought and of the others: too few to say, {told}.", "few")
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
                x=alt.X("score:O", sort=order, title=name),
                xOffset=alt.XOffset("group:N", sort=list(names)),
                y=alt.Y("share:Q", title=None, axis=alt.Axis(format=SHARE)),
                color=alt.Color("group:N", **colours(names)),
                tooltip=["score:O", "group:N", alt.Tooltip("shown:N", title="Contacts")],
            )
        )
        title = f"{name} before, of those who bought and of the others"
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
    for one in _asked(audit):
        rows = audit.thresholds.filter(score_name=one.score_name, outcome="won")
        told_rows = rows.filter(~pl.col("is_small"))
        name = _name(one)
        if not rows["hit_count"][0]:
            continue
        if told_rows.height > 1:
            yield _threshold_chart(told_rows, one, name)
        shown = rows.filter((pl.col("threshold") % TABLE_STEP == 0) | pl.col("threshold").is_in(_named(one)))
        yield Table(
            f"What each threshold of the {name} would have found",
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


def _threshold_chart(rows: pl.DataFrame, one: Recommendation, name: str) -> Chart:
    names = {"Precision": "accent", "Recall": "signal"}
    drawn = [
        {
            "threshold": row["threshold"],
            "name": label,
            "value": row[label.lower()],
            "shown": percent(row[label.lower()]),
        }
        for row in rows.iter_rows(named=True)
        for label in names
        if row[label.lower()] is not None
    ]
    curve = (
        chart_of(drawn)
        .mark_line()
        .encode(
            x=alt.X("threshold:Q", title=f"{name} from", scale=alt.Scale(domain=[0, 100])),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format=SHARE)),
            color=alt.Color("name:N", **colours(names)),
            tooltip=["threshold:Q", "name:N", alt.Tooltip("shown:N", title="Value")],
        )
    )
    title = f"Precision and recall by threshold of the {name}"
    told = f"{title}, where at least enough contacts are flagged to say; the line is the threshold in use."
    columns = (Column(Term("From"), False), Column(Term("Precision", PRECISION)), Column(Term("Recall", RECALL)))
    cells = tuple(
        (str(row["threshold"]), percent(row["precision"]), percent(row["recall"])) for row in rows.iter_rows(named=True)
    )
    layered = alt.layer(curve, _in_use(one.current))
    return Chart(
        f"chart-threshold-{one.score_name}",
        Term(title, f"{PRECISION} {RECALL}"),
        told,
        finished(layered, told),
        Table(title, columns, cells),
    )


def _in_use(threshold: int) -> alt.Chart:
    return (
        chart_of([{"threshold": threshold, "mark": f"in use: {threshold}"}])
        .mark_rule(strokeDash=[4, 4])
        .encode(x="threshold:Q", tooltip=["mark:N"])
    )


def _capacity(source: Source) -> Iterable[Part]:
    audit = source.audit
    yield Heading("What the team can take")
    capacity = audit.capacity
    if capacity.weeks is None:
        yield Note(
            "How many a week each threshold hands over is not known: scores are kept for less than a week.", "few"
        )
        return
    for one in _asked(audit):
        name = _name(one)
        rows = audit.weekly.filter(score_name=one.score_name)
        drawn = [
            {
                "threshold": row["threshold"],
                "value": row["handoffs_per_week"],
                "shown": f"{row['handoffs_per_week']:.1f} a week",
            }
            for row in rows.iter_rows(named=True)
        ]
        curve = (
            chart_of(drawn)
            .mark_line(interpolate="step-after")
            .encode(
                x=alt.X("threshold:Q", title=f"{name} from", scale=alt.Scale(domain=[0, 100])),
                y=alt.Y("value:Q", title=None),
                tooltip=["threshold:Q", alt.Tooltip("shown:N", title="Handoffs")],
            )
        )
        limit = (
            chart_of([{"limit": capacity.team_per_week}])
            .mark_rule(color="var(--signal)", strokeWidth=2)
            .encode(y="limit:Q")
        )
        title = f"Handoffs a week by threshold of the {name}"
        told = (
            f"{title}, over {capacity.weeks:.0f} weeks; {capacity.member_count} of the sales team can take "
            f"{capacity.team_per_week:,} (the level line); the dashed line is the threshold in use."
        )
        columns = (
            Column(Term("From"), False),
            Column(Term("Handoffs a week", A_WEEK)),
            Column(Term("The team can take")),
        )
        shown = rows.filter(pl.col("threshold") % TABLE_STEP == 0).iter_rows(named=True)
        cells = tuple(
            (str(row["threshold"]), f"{row['handoffs_per_week']:.1f}", count(row["team_per_week"])) for row in shown
        )
        layered = alt.layer(curve, limit, _in_use(one.current))
        table = Table(title, columns, cells)
        yield Chart(f"chart-capacity-{one.score_name}", Term(title, A_WEEK), told, finished(layered, told), table)


def _drift(source: Source) -> Iterable[Part]:
    audit, small = source.audit, source.marts.small_below
    yield Heading("Drift by quarter")
    rows = audit.score_quarters.filter(pl.col("score_name").is_in([one.score_name for one in _asked(audit)]))
    if rows.is_empty():
        yield Note("No contact has been handed off yet, so nothing can have drifted.", "few")
        return
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
                row["score_name"],
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
