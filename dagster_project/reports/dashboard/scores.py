"""How many PQLs there are, and how everybody scores today."""

from collections.abc import Iterable

import altair as alt
import polars as pl

from dagster_project.reports.calibration.thresholds import bin_of
from dagster_project.reports.dashboard.charts import ROW_HEIGHT, WHOLE, chart_of, colours, finished
from dagster_project.reports.dashboard.monthly import by_period
from dagster_project.reports.dashboard.parts import Chart, Column, Heading, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import count, from_to, percent

SHOWN_RULES = 12
# Of the bands, the lowest first; a fourth and further ones are as the highest.
BAND_SHADES = ("quiet", "accent-soft", "accent")


def scores(source: Source) -> Section:
    lead = "PQL volume, and the combined score of everybody at the clock of this build."
    return Section("scores", "PQLs and scores", lead, source.parts(_volume, _distribution, _bands, _points))


def _volume(source: Source) -> Iterable[Part]:
    yield from by_period(source, "new_pqls", "week")
    yield from by_period(source, "pqls_present", "week")


def _distribution(source: Source) -> Iterable[Part]:
    people = source.marts.table("score.contact_scores").filter(pl.col("combined_score").is_not_null())
    if people.is_empty():
        yield Note("Nobody has a score yet.", "few")
        return
    order = _band_order(people)
    names = {band: BAND_SHADES[min(place, len(BAND_SHADES) - 1)] for place, band in enumerate(order)}
    counted = (
        people.select(bin_of("combined_score"), "band").group_by("from_score", "band").len("people").sort("from_score")
    )
    rows = [
        {"score": _bin_name(start), "start": start, "band": band, "people": number}
        for start, band, number in counted.iter_rows()
    ]
    chart = (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X("score:O", sort=[_bin_name(start) for start in range(0, 100, 10)], title="Combined score"),
            y=alt.Y("people:Q", title=None, axis=alt.Axis(format=WHOLE)),
            color=alt.Color("band:N", **colours(names)),
            tooltip=["score:O", "band:N", alt.Tooltip("people:Q", title="People", format=WHOLE)],
        )
    )
    told = f"How many of {people.height:,} people have which combined score, by band."
    columns = (Column(Term("Combined score"), False), Column(Term("Band"), False), Column(Term("People")))
    yield Chart(
        "chart-scores",
        source.glossary.column("score.contact_scores", "combined_score", "Combined scores today"),
        told,
        finished(chart, told),
        Table(
            "Combined scores today", columns, tuple((row["score"], row["band"], count(row["people"])) for row in rows)
        ),
    )


def _bands(source: Source) -> Iterable[Part]:
    people = source.marts.table("score.contact_scores").filter(pl.col("combined_score").is_not_null())
    counts = dict(people.group_by("band").len().iter_rows())
    if counts:
        yield Note(f"Today: {', '.join(f'{counts[band]:,} {band}' for band in reversed(_band_order(people)))}.")


def _band_order(people: pl.DataFrame) -> list[str]:
    """The lowest band first."""
    return people.group_by("band").agg(pl.col("combined_score").max()).sort("combined_score")["band"].to_list()


def _points(source: Source) -> Iterable[Part]:
    """A score that mostly hangs on one source ages with it."""
    found = source.audit.sources.filter(score_name="pql")
    if found.is_empty():
        return
    yield Heading("Where PQL points come from")
    shown = found.head(SHOWN_RULES)
    rows = [
        {"rule": row["label"] or row["rule_id"], "share": row["share"], "shown": percent(row["share"])}
        for row in shown.iter_rows(named=True)
    ]
    base = chart_of(rows).encode(
        x=alt.X("share:Q", title=None, axis=None, scale=alt.Scale(domain=[0, max(row["share"] for row in rows) * 1.2])),
        y=alt.Y("rule:N", sort=None, title=None, axis=alt.Axis(labelLimit=190)),
        tooltip=["rule:N", alt.Tooltip("shown:N", title="Share of all points")],
    )
    told = "Share of all PQL points of today by the rule that gives them, before anything is taken away."
    yield Chart(
        "chart-points",
        Term("Share of PQL points by rule", told),
        told,
        finished(
            alt.layer(base.mark_bar(), base.mark_text(align="left", dx=6).encode(text="shown:N")),
            told,
            height=max(90, ROW_HEIGHT * len(rows)),
        ),
        Table(
            "Where PQL points come from",
            (
                Column(Term("Rule"), False),
                Column(Term("Group"), False),
                Column(Term("Contacts")),
                Column(Term("Points")),
                Column(Term("Share")),
            ),
            tuple(
                (
                    row["label"] or row["rule_id"],
                    row["score_group"] or "",
                    count(row["contact_count"]),
                    count(row["points"]),
                    percent(row["share"]),
                )
                for row in found.iter_rows(named=True)
            ),
        ),
    )


def _bin_name(start: int) -> str:
    return from_to(start, 100 if start == 90 else start + 9)
