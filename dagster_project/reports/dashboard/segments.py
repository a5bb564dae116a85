"""Segments whose size or engagement is unlike their own history."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.dashboard.charts import ROW_HEIGHT, chart_of, colours, finished
from dagster_project.reports.dashboard.funnel import SPLITS
from dagster_project.reports.dashboard.monthly import by_segment
from dagster_project.reports.dashboard.parts import Attention, Chart, Column, Heading, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.segment_names import segment_names
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, few

SPLIT_METRICS = ("signups", "activations", "new_pqls", "sqls", "pql_to_sql_share", "mql_to_opportunity_share")
MOST_CHARTED = 16
MOST_NAMED = 4


def segments(source: Source) -> Section:
    lead = "The last whole week of every segment beside the weeks before it, and what segments have come to so far."
    return Section("segments", "Segments", lead, source.parts(_changes, _sizes))


def _changes(source: Source) -> Iterable[Part]:
    changes = _told(source)
    known = changes.filter(pl.col("needs_attention").is_not_null() & pl.col("change_pct").is_not_null())
    flagged = known.filter("needs_attention")
    if known.is_empty():
        yield Note("No segment has four weeks behind it yet, so that nobody can say what is unusual.", "few")
    else:
        word = "segment needs" if flagged.height == 1 else "segments need"
        yield Note(f"{flagged.height or 'No'} {word} attention.", "bad" if flagged.height else "good")
    drawn = known.filter(~pl.col("is_small")).sort(pl.col("change_pct").abs(), descending=True).head(MOST_CHARTED)
    if not drawn.is_empty():
        yield _chart(source, drawn)
    if not flagged.is_empty():
        yield _table(source, flagged, "Segments that need attention", is_folded=False)
    if not changes.is_empty():
        yield _table(source, changes, "Every segment", is_folded=True)


def _told(source: Source) -> pl.DataFrame:
    changes = source.marts.table("report.segment_changes").sort("metric_id", "segment_type", "segment")
    names = {split: segment_names(source, split) for split in changes["segment_type"].unique()}
    segments_named = [_named(names, *row) for row in changes.select("segment_type", "segment").iter_rows()]
    return changes.with_columns(
        pl.Series("named", segments_named, pl.String),
        pl.Series("metric", [source.glossary.metric(name).text for name in changes["metric_id"]], pl.String),
    )


def _named(names: dict[str, dict[str, str]], split: str, segment: str) -> str:
    return "Everybody" if split == "all" else f"{names[split].get(segment, segment)} ({split})"


def _chart(source: Source, rows: pl.DataFrame) -> Chart:
    drawn = [
        {
            "what": f"{row['metric']}: {row['named']}",
            "change": row["change_pct"] / 100,
            "shown": f"{row['change_pct']:+,.0f} %",
            "verdict": "Needs attention" if row["needs_attention"] else "As usual",
        }
        for row in rows.iter_rows(named=True)
    ]
    names = {"Needs attention": "signal", "As usual": "quiet"}
    chart = (
        chart_of(drawn)
        .mark_bar()
        .encode(
            x=alt.X("change:Q", title="Change against the usual week", axis=alt.Axis(format="+.0%")),
            y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=210)),
            color=alt.Color("verdict:N", **colours(names)),
            tooltip=[alt.Tooltip("what:N", title="Segment"), alt.Tooltip("shown:N", title="Change"), "verdict:N"],
        )
    )
    told = f"The largest changes of the last whole week against the usual one, of at most {MOST_CHARTED} segments."
    term = source.glossary.column("report.segment_changes", "needs_attention", "Largest changes of the week")
    return Chart(
        "chart-segment-changes",
        term,
        told,
        finished(chart, told, height=max(100, ROW_HEIGHT * len(drawn))),
        Table(
            "Largest changes of the week",
            (Column(Term("Segment"), False), Column(Term("Change")), Column(Term("Verdict"), False)),
            tuple((row["what"], row["shown"], row["verdict"]) for row in drawn),
        ),
    )


def _table(source: Source, rows: pl.DataFrame, caption: str, is_folded: bool) -> Table:
    def column(name: str, label: str) -> Column:
        return Column(source.glossary.column("report.segment_changes", name, label))

    columns = (
        Column(Term("Segment"), False),
        Column(Term("What"), False),
        column("value", "Last week"),
        column("usual_value", "Usual week"),
        column("usual_deviation", "Deviation"),
        column("change_pct", "Change"),
    )
    return Table(
        caption, columns, tuple(_row(row, source.marts.small_below) for row in rows.iter_rows(named=True)), is_folded
    )


def _row(row: dict, small: int) -> tuple[str, ...]:
    usual, deviation, change = row["usual_value"], row["usual_deviation"], row["change_pct"]
    if row["needs_attention"] is None:
        told_change = f"fewer than 4 weeks known ({row['usual_weeks']})"
    elif row["is_small"]:
        told_change = few(max(row["value"] or 0, usual or 0), small)
    else:
        told_change = NOTHING if change is None else f"{change:+,.0f} %"
    numbers = (NOTHING if usual is None else f"{usual:,.1f}", NOTHING if deviation is None else f"{deviation:,.1f}")
    return (row["named"], row["metric"], count(row["value"]), *numbers, told_change)


def _sizes(source: Source) -> Iterable[Part]:
    yield Heading("What segments have come to")
    for split, told in SPLITS.items():
        yield from by_segment(source, split, told.capitalize(), SPLIT_METRICS, segment_names(source, split))


def segments_unusual(source: Source) -> Iterable[Attention]:
    flagged = _told(source).filter(pl.col("needs_attention").fill_null(False))
    flagged = flagged.sort(pl.col("change_pct").abs(), descending=True, nulls_last=True)
    named = [
        f"{row['metric']}, {row['named']}: {row['value']:,.0f}, usually {row['usual_value']:,.0f}"
        for row in flagged.head(MOST_NAMED).iter_rows(named=True)
    ]
    if named:
        more = f"; and {flagged.height - len(named):,} more" if flagged.height > len(named) else ""
        yield Attention(f"Unlike their usual weeks: {'; '.join(named)}{more}.", "segments")
