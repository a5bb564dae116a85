"""What came of it in money: won, to come, and how long deals take."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.counting import counted
from dagster_project.reports.dashboard.cards import cards_of
from dagster_project.reports.dashboard.charts import ROW_HEIGHT, chart_of, colours, finished
from dagster_project.reports.dashboard.funnel import SPLITS
from dagster_project.reports.dashboard.monthly import by_period, by_segment, lines_by_period
from dagster_project.reports.dashboard.parts import Attention, Chart, Column, Heading, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.segment_names import segment_names, stage_name
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, few, percent

SPLIT_METRICS = ("new_arr", "pql_new_arr", "deals_won", "win_share", "average_deal", "cycle_days_median")


def revenue(source: Source) -> Section:
    lead = "Money is in the currency of the portal. Net new is what HubSpot does not call existing business."
    parts = source.parts(_headlines, _by_month, _rates, _forecast, _stages, _by_split)
    return Section("revenue", "Revenue and deals", lead, parts)


def _headlines(source: Source) -> Iterable[Part]:
    yield cards_of(source, "new_arr", "pql_new_arr", "forecast_arr", "average_deal", "win_share")


def _by_month(source: Source) -> Iterable[Part]:
    yield from by_period(source, "new_arr")


def _forecast(source: Source) -> Iterable[Part]:
    """The month that runs and those ahead, beside the goal that holds for each."""
    metrics = source.metrics
    goal = next((one.goal for one in reversed(metrics.periods("new_arr")) if one.goal is not None), None)
    months = [*metrics.periods("forecast_arr")[-1:], *metrics.ahead("forecast_arr")]
    rows = tuple(
        (
            f"{one.period_start:%B %Y}",
            count(one.value),
            NOTHING if goal is None else count(goal),
            NOTHING if not goal or one.value is None else percent(one.value / goal),
        )
        for one in months
        if one.value is not None
    )
    if rows:
        columns = (
            Column(Term("Month"), False),
            Column(source.glossary.metric("forecast_arr")),
            Column(
                Term(
                    "Goal",
                    "The goal of net new ARR that holds now, for later months too.",
                )
            ),
            Column(Term("Of the goal")),
        )
        yield Table("Forecast against the goal", columns, rows)


def _rates(source: Source) -> Iterable[Part]:
    yield from by_period(source, "win_share")
    metrics = {"cycle_days_median": "accent"}
    yield from lines_by_period(source, "chart-cycle", "Sales cycle of deals won, median days", metrics, "month")


def _stages(source: Source) -> Iterable[Part]:
    stages = (
        source.marts.table("report.open_deal_stages").filter(segment_type="all").sort("deal_count", descending=True)
    )
    yield Heading("Open deals and how long they are in their stage")
    if stages.is_empty():
        yield Note("There is no open deal.", "few")
        return
    small = source.marts.small_below
    told = [row for row in stages.iter_rows(named=True) if row["aged_count"] >= small]
    if told:
        yield _stage_chart(source, told)
    columns = [Column(source.glossary.column("report.open_deal_stages", "stage", "Stage"), False)]
    for name, label in (
        ("deal_count", "Deals"),
        ("arr", "Yearly amount"),
        ("win_share", "Win rate"),
        ("weighted_arr", "Weighted"),
        ("median_stage_age_days", "Median days in stage"),
        ("p90_stage_age_days", "Nine of ten within"),
    ):
        columns.append(Column(source.glossary.column("report.open_deal_stages", name, label)))
    yield Table(
        "Open deals by stage",
        tuple(columns),
        tuple(_stage_row(row, small) for row in stages.iter_rows(named=True)),
    )


def _stage_row(row: dict, small: int) -> tuple[str, ...]:
    is_few = row["aged_count"] < small
    ages = [
        NOTHING if row[name] is None else few(row["aged_count"], small) if is_few else f"{row[name]:,.0f} days"
        for name in ("median_stage_age_days", "p90_stage_age_days")
    ]
    share = percent(row["win_share"]) + (" of all deals" if row["win_share_of"] == "all_deals" else "")
    counts = (count(row["deal_count"]), count(row["arr"]), share, count(row["weighted_arr"]))
    return (stage_name(row["stage"]), *counts, *ages)


def _stage_chart(source: Source, rows: list[dict]) -> Chart:
    names = {"Median": "accent", "Nine of ten within": "accent-soft"}
    drawn = [
        {"stage": stage_name(row["stage"]), "what": what, "days": row[column], "shown": f"{row[column]:,.0f} days"}
        for row in rows
        for what, column in zip(names, ("median_stage_age_days", "p90_stage_age_days"), strict=True)
    ]
    base = chart_of(drawn).encode(
        y=alt.Y("stage:N", sort=None, title=None),
        yOffset=alt.YOffset("what:N", sort=list(names)),
        x=alt.X(
            "days:Q",
            title="Days in the stage",
            scale=alt.Scale(domain=[0, max(row["days"] for row in drawn) * 1.35 or 1]),
        ),
        tooltip=["stage:N", "what:N", alt.Tooltip("shown:N", title="In the stage")],
    )
    told = "Days that open deals are in their stage: half of them at most the first bar, nine of ten the second."
    marks = alt.layer(
        base.mark_bar().encode(color=alt.Color("what:N", **colours(names))),
        base.mark_text(align="left", dx=6).encode(text="shown:N"),
    )
    term = source.glossary.column("report.open_deal_stages", "median_stage_age_days", "Stage ageing")
    table = Table(
        "Days in the stage",
        (Column(Term("Stage"), False), Column(Term("What"), False), Column(Term("Days"))),
        tuple((row["stage"], row["what"], row["shown"]) for row in drawn),
    )
    return Chart(
        "chart-stage-age", term, told, finished(marks, told, height=max(120, 2 * ROW_HEIGHT * len(rows))), table
    )


def _by_split(source: Source) -> Iterable[Part]:
    yield Heading("By source, industry, size and track")
    for split, told in SPLITS.items():
        yield from by_segment(source, split, told.capitalize(), SPLIT_METRICS, segment_names(source, split))


def deals_overdue(source: Source) -> Iterable[Attention]:
    overdue = source.marts.table("report.deals").filter(
        (pl.col("deal_state") == "open") & (pl.col("closes_at") < source.marts.as_of)
    )
    if overdue.height:
        worth = float(overdue["arr"].cast(pl.Float64).sum())
        are = "is" if overdue.height == 1 else "are"
        yield Attention(
            f"{counted(overdue.height, 'open deal')} {are} past the close date, worth {worth:,.0f} a year.", "revenue"
        )
