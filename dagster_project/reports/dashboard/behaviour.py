"""How broadly, deeply and together people use the product, and what comes with a first conversion."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.counting import counted
from dagster_project.reports.dashboard.cards import cards_of
from dagster_project.reports.dashboard.charts import ROW_HEIGHT, SHARE, chart_of, colours, finished
from dagster_project.reports.dashboard.monthly import by_period
from dagster_project.reports.dashboard.parts import Attention, Chart, Column, Heading, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, listed, percent, readable, too_few

ADOPTION = ("active_users", "adoption_breadth", "adoption_depth", "collaboration_share")
MOST_CHARTED = 15
MOST_UNMAPPED = 50


def behaviour(source: Source) -> Section:
    lead = "Adoption by month, and which behaviour comes with a first conversion, which is not yet its cause."
    return Section("behaviour", "Behaviour", lead, source.parts(_headlines, _adoption, _before, _unmapped))


def _headlines(source: Source) -> Iterable[Part]:
    yield cards_of(source, *ADOPTION)


def _adoption(source: Source) -> Iterable[Part]:
    for metric_id in ADOPTION:
        yield from by_period(source, metric_id)


def _before(source: Source) -> Iterable[Part]:
    yield Heading("Before the first conversion")
    found = source.marts.table("report.behaviours_before_conversion")
    found = found.sort("lift", "converted_did_count", "event_type", descending=[True, True, False], nulls_last=True)
    if found.is_empty():
        yield Note("Nobody has done anything that the taxonomy knows.", "few")
        return
    converted, others = int(found["converted_count"][0]), int(found["other_count"][0])
    small = source.marts.small_below
    yield Note(f"{converted:,} accounts have converted, {others:,} have not.")
    is_told = min(converted, others) >= small
    if is_told:
        yield _chart(source, found.head(MOST_CHARTED))
    else:
        found = found.sort("converted_did_count", "other_did_count", "event_type", descending=[True, True, False])
        yield Note(f"Shares and lift: {too_few(min(converted, others), small)} on each side.", "few")
    yield _table(source, found, is_told)


def _table(source: Source, found: pl.DataFrame, is_told: bool) -> Table:
    names = [("converted_did_count", "Converted and did it"), ("other_did_count", "Others who did it")]
    if is_told:
        names += [("converted_share", "Of those converted"), ("other_share", "Of the others"), ("lift", "Lift")]
    columns = [Column(source.glossary.column("report.behaviours_before_conversion", "event_type", "Behaviour"), False)]
    columns += [
        Column(source.glossary.column("report.behaviours_before_conversion", name, label)) for name, label in names
    ]
    return Table(
        "Behaviour before the first conversion",
        tuple(columns),
        tuple(_row(row, is_told) for row in found.iter_rows(named=True)),
    )


def _row(row: dict, is_told: bool) -> tuple[str, ...]:
    cells = [readable(row["event_type"]), count(row["converted_did_count"]), count(row["other_did_count"])]
    if is_told:
        lift = NOTHING if row["lift"] is None else f"{row['lift']:.2f}"
        cells += [percent(row["converted_share"]), percent(row["other_share"]), lift]
    return tuple(cells)


def _chart(source: Source, found: pl.DataFrame) -> Chart:
    names = {"Converted": "accent", "Others": "quiet"}
    rows = [
        {"behaviour": readable(row["event_type"]), "group": group, "share": row[column], "shown": percent(row[column])}
        for row in found.iter_rows(named=True)
        for group, column in (("Others", "other_share"), ("Converted", "converted_share"))
    ]
    base = chart_of(rows).encode(
        y=alt.Y("behaviour:N", sort=None, title=None, axis=alt.Axis(labelLimit=190)),
        x=alt.X("share:Q", title="Share of accounts that did it", axis=alt.Axis(format=SHARE, grid=True)),
    )
    spans = base.mark_line(color="var(--quiet)", strokeWidth=2).encode(detail="behaviour:N")
    points = base.mark_point(size=90, opacity=1).encode(
        color=alt.Color("group:N", **colours(names)),
        tooltip=["behaviour:N", "group:N", alt.Tooltip("shown:N", title="Did it")],
    )
    told = (
        "Share of accounts that did it before their first conversion, beside those that have not; highest lift first."
    )
    term = source.glossary.column("report.behaviours_before_conversion", "lift", "What comes with a first conversion")
    columns = (Column(Term("Behaviour"), False), Column(Term("Group"), False), Column(Term("Did it")))
    table = Table("Behaviour by group", columns, tuple((row["behaviour"], row["group"], row["shown"]) for row in rows))
    height = ROW_HEIGHT * found.height
    return Chart("chart-behaviours", term, told, finished(alt.layer(spans, points), told, height), table)


def _unmapped(source: Source) -> Iterable[Part]:
    """Events that nobody has said anything of."""
    found = source.marts.table("report.unmapped_events").sort("event_count", "source_event", descending=[True, False])
    if found.is_empty():
        return
    columns = [Column(source.glossary.column("report.unmapped_events", "source_event", "Event"), False)]
    columns += [
        Column(source.glossary.column("report.unmapped_events", name, label))
        for name, label in (("event_count", "Events"), ("user_count", "Users"))
    ]
    rows = found.head(MOST_UNMAPPED).select("source_event", "event_count", "user_count").iter_rows()
    cells = tuple((name, count(events), count(users)) for name, events, users in rows)
    yield Table("Events that count for nothing, by their names", tuple(columns), cells, is_folded=True)


def events_unmapped(source: Source) -> Iterable[Attention]:
    names = source.marts.table("report.unmapped_events")["source_event"].unique().sort().to_list()
    if names:
        told = f"{counted(len(names), 'event name')} not in event_taxonomy.csv, without any points"
        yield Attention(f"{told}: {listed(names)}.", "behaviour")
