"""The funnel: strict order beside any order, step by step, and by segment."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.dashboard.charts import chart_of, colours, finished
from dagster_project.reports.dashboard.parts import Chart, Column, Heading, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.segment_names import segment_names
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, duration, few, month, percent, readable

STAGES = {
    "signed_up": "Signed up",
    "activated": "Activated",
    "pql": "PQL",
    "sql": "SQL",
    "opportunity": "Opportunity",
    "won": "Won",
}
WAYS = {
    ("journey", "all_stages"): "Journey, stage by stage",
    ("any_order", "any_stage"): "Any order, any stage",
    ("journey", "any_stage"): "Journey that may leave stages out",
    ("any_order", "all_stages"): "Any order, all stages before",
}
CHARTED = {("journey", "all_stages"): "accent", ("any_order", "any_stage"): "accent-soft"}
SPLITS = {"source": "source", "industry": "industry", "tier": "size of the company", "track": "sales track"}
CONVERSIONS = ("pql_to_sql_share", "mql_to_opportunity_share")


def funnel(source: Source) -> Section:
    lead = (
        "From signup to a deal that is won, ever since anything is known. A journey counts stages in strict order; "
        "in any order a stage counts whenever it was reached."
    )
    return Section("funnel", "Funnel", lead, source.parts(_chart, _ways, _conversions, _by_segment))


def stage_rows(source: Source, way: tuple[str, str], segment_type: str = "all") -> pl.DataFrame:
    rows = source.marts.table("report.funnel").filter(order_mode=way[0], stage_filter=way[1], segment_type=segment_type)
    return rows.sort("segment", "stage_number")


def next_step(row: dict, small: int) -> str:
    """The share that went on, unless it is one of too few."""
    if row["previous_count"] is None:
        return NOTHING
    return few(row["previous_count"], small) if row["is_small"] else percent(row["next_step_share"])


def _chart(source: Source) -> Iterable[Part]:
    rows = [
        {
            "way": WAYS[way],
            "stage": STAGES[row["stage"]],
            "contacts": row["contact_count"],
            "shown": _of_signups(row, stages["contact_count"][0], source.marts.small_below),
        }
        for way, stages in ((way, stage_rows(source, way)) for way in CHARTED)
        for row in stages.iter_rows(named=True)
    ]
    if not rows or not rows[0]["contacts"]:
        yield Note("Nobody has signed up yet.", "few")
        return
    names = {WAYS[way]: shade for way, shade in CHARTED.items()}
    base = chart_of(rows).encode(
        y=alt.Y("stage:N", sort=list(STAGES.values()), title=None),
        yOffset=alt.YOffset("way:N", sort=list(names)),
        tooltip=["stage:N", "way:N", alt.Tooltip("shown:N", title="Contacts")],
    )
    highest = max(row["contacts"] for row in rows)
    bars = base.mark_bar().encode(
        x=alt.X("contacts:Q", axis=None, scale=alt.Scale(domain=[0, highest * 1.28])),
        color=alt.Color("way:N", **colours(names)),
    )
    texts = base.mark_text(align="left", dx=6).encode(x="contacts:Q", text="shown:N")
    told = "Contacts at each stage of the funnel, in strict order and in any order; in brackets the share of signups."
    yield Chart(
        "chart-funnel",
        source.glossary.column("report.funnel", "contact_count", "Contacts by stage"),
        told,
        finished(alt.layer(bars, texts), told, height=330),
        Table(
            "Contacts by stage",
            (Column(Term("Stage"), False), Column(Term("Way"), False), Column(Term("Contacts (of signups)"))),
            tuple((row["stage"], row["way"], row["shown"]) for row in rows),
        ),
    )


def _of_signups(row: dict, first_count: int, small: int) -> str:
    """The contacts of a stage, and their share of signups if these are enough."""
    told = count(row["contact_count"])
    return f"{told} ({percent(row['cumulative_share'])})" if first_count >= small else told


def _ways(source: Source) -> Iterable[Part]:
    for position, way in enumerate(WAYS):
        rows = stage_rows(source, way)
        if rows.is_empty():
            continue
        yield Table(
            WAYS[way],
            _columns(source),
            tuple(_row(row, rows["contact_count"][0], source.marts.small_below) for row in rows.iter_rows(named=True)),
            is_folded=position > 1,
        )


def _columns(source: Source) -> tuple[Column, ...]:
    def column(name: str, label: str) -> Column:
        return Column(source.glossary.column("report.funnel", name, label))

    return (
        Column(source.glossary.column("report.funnel", "stage", "Stage"), False),
        column("contact_count", "Contacts"),
        column("next_step_share", "From the stage before"),
        column("cumulative_share", "From signup"),
        column("median_hours", "Median time"),
        column("p90_hours", "Nine of ten within"),
    )


def _row(row: dict, first_count: int, small: int) -> tuple[str, ...]:
    times = [NOTHING, NOTHING]
    if row["timed_count"]:
        is_told = row["timed_count"] >= small
        times = [
            duration(row[name]) if is_told else few(row["timed_count"], small) for name in ("median_hours", "p90_hours")
        ]
    from_signup = percent(row["cumulative_share"]) if first_count >= small else few(first_count, small)
    return (STAGES[row["stage"]], count(row["contact_count"]), next_step(row, small), from_signup, *times)


def _conversions(source: Source) -> Iterable[Part]:
    """Month by month, with the flag where one is below the floor."""
    floor = source.marts.settings().get("conversion_floor_pct", "20")
    yield Heading(f"Conversions by month, flagged below {floor} %")
    for metric_id in CONVERSIONS:
        term = source.glossary.metric(metric_id)
        months = [one for one in source.metrics.periods(metric_id) if one.denominator]
        if not months:
            yield Note(f"{term.text}: nobody has come to the first of the two stages since scores are kept.", "few")
            continue
        columns = (
            Column(Term("Month"), False),
            Column(source.glossary.column("report.metrics", "denominator", "Contacts")),
            Column(source.glossary.column("report.metrics", "numerator", "Converted")),
            Column(term),
            Column(source.glossary.column("report.metrics", "is_below_floor", "Verdict"), False),
        )
        rows = tuple(
            (
                month(one.period_start) + ("" if one.is_complete else " so far"),
                count(one.denominator),
                count(one.numerator),
                source.metrics.tell(metric_id, one),
                f"below {floor} %: adjust" if one.is_below_floor else NOTHING,
            )
            for one in months
        )
        yield Table(term.text, columns, rows)


def _by_segment(source: Source) -> Iterable[Part]:
    yield Heading("Segments side by side")
    small = source.marts.small_below
    for split, told in SPLITS.items():
        for way in CHARTED:
            rows = stage_rows(source, way, split)
            if rows.is_empty():
                continue
            cells, names = [], segment_names(source, split)
            for (segment,), stages in rows.group_by(["segment"], maintain_order=True):
                first = stages["contact_count"][0]
                told_stages = (_segment_cell(row, first, small) for row in stages.iter_rows(named=True))
                cells.append((names.get(segment) or readable(segment), *told_stages))
            columns = (Column(Term(told.capitalize()), False), *(Column(Term(name)) for name in STAGES.values()))
            yield Table(f"By {told}: {WAYS[way].lower()}", columns, tuple(cells), is_folded=True)
    yield Note("A cell names the contacts, their share of the signups of the segment, and the median time of the step.")


def _segment_cell(row: dict, first_count: int, small: int) -> str:
    told = count(row["contact_count"])
    if row["stage_number"] > 1:
        if first_count >= small:
            told += f" · {percent(row['cumulative_share'])}"
        if row["timed_count"] and row["timed_count"] >= small:
            told += f" · {duration(row['median_hours'])}"
    return told
