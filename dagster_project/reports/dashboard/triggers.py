"""What triggers sent, and what came of it."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.dashboard.charts import ROW_HEIGHT, SHARE, chart_of, colours, finished
from dagster_project.reports.dashboard.parts import Chart, Column, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, few, percent, readable

COUNTS = (
    ("episode_count", "Begun"),
    ("sent_count", "Sent"),
    ("lost_count", "Lost"),
    ("answered_by_owner_count", "Owner answered"),
    ("answered_by_contact_count", "Contact came back"),
)
SHARES = (
    ("answered_share", "Answered", "answer_known_count"),
    ("converted_share", "Converted", "conversion_known_count"),
)


def triggers(source: Source) -> Section:
    days = source.marts.settings().get("outcome_days", "30")
    lead = f"Each trigger ever, in its first {days} days and in the last {days}: sent, answered, converted."
    return Section("triggers", "Triggers", lead, source.parts(_outcomes))


def _outcomes(source: Source) -> Iterable[Part]:
    outcomes = source.marts.table("report.trigger_outcomes").sort("sent_count", "trigger_id", descending=[True, False])
    if outcomes.is_empty():
        yield Note("No trigger has sent anything before this build.", "few")
        return
    ever = outcomes.filter(span="ever")
    small = source.marts.small_below
    drawn = _drawn(source, ever, small)
    if drawn:
        yield _chart(source, drawn)
    else:
        yield Note(f"Of no trigger enough is known to draw shares: {small} sent with a known end are needed.", "few")
    days = source.marts.settings().get("outcome_days", "30")
    spans = (("ever", "Ever"), ("last_days", f"The last {days} days"), ("first_days", f"The first {days} days of each"))
    for span, caption in spans:
        rows = outcomes.filter(span=span)
        if rows.is_empty():
            continue
        yield Table(
            caption,
            _columns(source),
            tuple(_row(source, row, small) for row in rows.iter_rows(named=True)),
            span != "ever",
        )


def _columns(source: Source) -> tuple[Column, ...]:
    shown = [*COUNTS, *((name, label) for name, label, _ in SHARES)]
    columns = [Column(source.glossary.column("report.trigger_outcomes", name, label)) for name, label in shown]
    return (Column(Term("Trigger"), False), *columns)


def _row(source: Source, row: dict, small: int) -> tuple[str, ...]:
    shares = (
        NOTHING if not row[known] else few(row[known], small) if row[known] < small else percent(row[name])
        for name, _, known in SHARES
    )
    return (_label(source, row["trigger_id"]), *(count(row[name]) for name, _ in COUNTS), *shares)


def _label(source: Source, trigger_id: str) -> str:
    rules = source.marts.table_or_none("rules.triggers")
    labels = {} if rules is None else dict(rules.select("trigger_id", "label").iter_rows())
    return labels.get(trigger_id) or readable(trigger_id)


def _drawn(source: Source, ever: pl.DataFrame, small: int) -> list[dict]:
    return [
        {
            "trigger": _label(source, row["trigger_id"]),
            "what": label,
            "share": row[name],
            "shown": f"{percent(row[name])} of {row[known]:,}",
        }
        for row in ever.iter_rows(named=True)
        for name, label, known in SHARES
        if row[known] >= small
    ]


def _chart(source: Source, rows: list[dict]) -> Chart:
    names = {"Answered": "accent-soft", "Converted": "accent"}
    base = chart_of(rows).encode(
        y=alt.Y("trigger:N", sort=None, title=None, axis=alt.Axis(labelLimit=190)),
        yOffset=alt.YOffset("what:N", sort=list(names)),
        x=alt.X("share:Q", title=None, axis=alt.Axis(format=SHARE), scale=alt.Scale(domain=[0, 1.25])),
        tooltip=["trigger:N", "what:N", alt.Tooltip("shown:N", title="Share")],
    )
    told = "Share of what each trigger sent that was answered and that converted, ever; too few cases are left out."
    marks = alt.layer(
        base.mark_bar().encode(color=alt.Color("what:N", **colours(names))),
        base.mark_text(align="left", dx=6).encode(text="shown:N"),
    )
    term = source.glossary.column("report.trigger_outcomes", "converted_share", "Answered and converted, by trigger")
    columns = (Column(Term("Trigger"), False), Column(Term("What"), False), Column(Term("Share")))
    height = max(120, int(1.6 * ROW_HEIGHT) * len({row["trigger"] for row in rows}))
    return Chart(
        "chart-triggers",
        term,
        told,
        finished(marks, told, height),
        Table("Answered and converted", columns, tuple((row["trigger"], row["what"], row["shown"]) for row in rows)),
    )
