"""What every threshold of a score would have found, and what the sales team could have taken, as curves."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.calibration.audit import Audit
from dagster_project.reports.calibration.recommending import NAMES, Recommendation
from dagster_project.reports.dashboard.charts import SHARE, chart_of, colours, finished
from dagster_project.reports.dashboard.parts import Chart, Column, Heading, Note, Part, Table, Term
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import count, percent

TABLE_STEP = 10
PRECISION = "Precision: of the contacts that had at least this score before, the share that bought."
RECALL = "Recall: of those who bought, the share that had at least this score before."
LIFT = "Lift: precision by the share that bought among all; 1 is no better than chance."
A_WEEK = (
    "Contacts a week that come to this score for the first time and meet today what else a handoff asks for, so that "
    "they would be handed over."
)


def asked(audit: Audit) -> list[Recommendation]:
    """Of every score that some rule asks for."""
    return [one for one in audit.recommendations if one.current is not None]


def capital(name: str) -> str:
    """`combined score` → `Combined score`, at the beginning of a sentence."""
    return name[:1].upper() + name[1:]


def threshold_chart(rows: pl.DataFrame, one: Recommendation, name: str) -> Chart:
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
            x=alt.X("threshold:Q", title=f"{capital(name)} from", scale=alt.Scale(domain=[0, 100])),
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


def capacity(source: Source) -> Iterable[Part]:
    audit = source.audit
    yield Heading("What the team can take")
    team = audit.capacity
    if team.weeks is None:
        yield Note(
            "How many a week each threshold hands over is not known: scores are kept for less than a week.", "few"
        )
        return
    for one in asked(audit):
        name = NAMES[one.score_name]
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
                x=alt.X("threshold:Q", title=f"{capital(name)} from", scale=alt.Scale(domain=[0, 100])),
                y=alt.Y("value:Q", title=None),
                tooltip=["threshold:Q", alt.Tooltip("shown:N", title="Handoffs")],
            )
        )
        limit = (
            chart_of([{"limit": team.team_per_week}])
            .mark_rule(color="var(--signal)", strokeWidth=2)
            .encode(y="limit:Q")
        )
        title = f"Handoffs a week by threshold of the {name}"
        told = (
            f"{title}, over {team.weeks:.0f} weeks; {team.member_count} of the sales team can take "
            f"{team.team_per_week:,} (the level line); the dashed line is the threshold in use."
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
