"""How long it takes from signup to the first value."""

from collections.abc import Iterable

import altair as alt

from dagster_project.reports.dashboard.cards import cards_of
from dagster_project.reports.dashboard.charts import ROW_HEIGHT, chart_of, colours, finished
from dagster_project.reports.dashboard.funnel import SPLITS
from dagster_project.reports.dashboard.monthly import by_segment, period_name
from dagster_project.reports.dashboard.parts import Chart, Column, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.segment_names import segment_names
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import duration

MEDIAN, NINE_OF_TEN = "time_to_value_hours_median", "time_to_value_hours_p90"
# Hours at which the axis has a mark: times differ by orders of magnitude. What is faster is drawn at the first.
MARKS = [1 / 60, 1 / 6, 1, 6, 24, 168, 720, 4320]
MARK_NAMES = (
    "datum.value < 1 ? round(datum.value * 60) + ' min' : datum.value < 24 ? datum.value + ' h' : "
    "datum.value / 24 + (datum.value == 24 ? ' day' : ' days')"
)


def time_to_value(source: Source) -> Section:
    lead = "From signup to activation, the first outcome that the product promises."
    return Section("time-to-value", "Time to value", lead, source.parts(_headlines, _by_month, _by_segment))


def _headlines(source: Source) -> Iterable[Part]:
    yield cards_of(source, MEDIAN, NINE_OF_TEN, "activation_share")


def _by_month(source: Source) -> Iterable[Part]:
    rows = []
    slowest = {one.period_start: one for one in source.metrics.periods(NINE_OF_TEN)}
    for one in source.metrics.periods(MEDIAN):
        other = slowest.get(one.period_start)
        if one.is_told and other is not None and other.is_told:
            rows.append((period_name(one) + ("" if one.is_complete else " so far"), one.value, other.value))
    term = source.glossary.metric(MEDIAN)
    yield from _ranges(rows, "chart-time-to-value-by-month", Term("Time to value by month", term.definition), "Month")


def _by_segment(source: Source) -> Iterable[Part]:
    for split, told in SPLITS.items():
        names = segment_names(source, split)
        yield from by_segment(source, split, told.capitalize(), (MEDIAN, NINE_OF_TEN, "activation_share"), names)


def _ranges(rows: list[tuple[str, float, float]], chart_id: str, term: Term, what: str) -> Iterable[Part]:
    """From the median to nine of ten, a row each."""
    if not rows:
        yield Note(f"{term.text}: too few were activated in any month to say.", "few")
        return
    drawn = [
        {
            "name": name,
            "median": max(median, MARKS[0]),
            "slowest": max(slowest, MARKS[0]),
            "shown_median": duration(median),
            "shown_slowest": duration(slowest),
        }
        for name, median, slowest in rows
    ]
    limits = [MARKS[0], max(MARKS[2], *(row["slowest"] for row in drawn))]
    axis = alt.Axis(values=MARKS, labelExpr=MARK_NAMES, grid=True)
    scale = alt.Scale(type="log", domain=limits)
    base = chart_of(drawn).encode(
        y=alt.Y("name:N", sort=None, title=None),
        tooltip=[
            alt.Tooltip("name:N", title=what),
            alt.Tooltip("shown_median:N", title="Median"),
            alt.Tooltip("shown_slowest:N", title="Nine of ten within"),
        ],
    )
    names = {"Median": "accent", "Nine of ten within": "quiet"}
    spans = base.mark_rule(strokeWidth=3, opacity=0.5).encode(
        x=alt.X("median:Q", scale=scale, axis=axis, title=None), x2="slowest:Q"
    )
    ends = [
        base.transform_calculate(end=f"'{name}'")
        .mark_point(size=90, opacity=1)
        .encode(x=alt.X(f"{field}:Q", scale=scale), color=alt.Color("end:N", **colours(names)))
        for field, name in (("slowest", "Nine of ten within"), ("median", "Median"))
    ]
    told = "From signup to activation: half took at most as long as the first point, nine of ten as the second."
    yield Chart(
        chart_id,
        term,
        told,
        finished(alt.layer(spans, *ends), told, height=max(120, ROW_HEIGHT * len(drawn))),
        Table(
            term.text,
            (Column(Term(what), False), Column(Term("Median")), Column(Term("Nine of ten within"))),
            tuple((row["name"], row["shown_median"], row["shown_slowest"]) for row in drawn),
        ),
    )
