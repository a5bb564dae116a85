"""The page as HTML: every section, what needs attention before them, and the script that draws."""

import json
from collections.abc import Iterable, Sequence
from itertools import count, groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dagster_project.masking import masked
from dagster_project.reports.dashboard.behaviour import behaviour, events_unmapped
from dagster_project.reports.dashboard.calibration import calibration, rules_to_change
from dagster_project.reports.dashboard.charts import CONFIG
from dagster_project.reports.dashboard.definitions import definitions
from dagster_project.reports.dashboard.funnel import funnel
from dagster_project.reports.dashboard.handoffs import handoffs, unanswered
from dagster_project.reports.dashboard.overview import goals_missed, overview
from dagster_project.reports.dashboard.palette import variables
from dagster_project.reports.dashboard.parts import Attention, Chart, Comparison, Part, Section, Table
from dagster_project.reports.dashboard.revenue import deals_overdue, revenue
from dagster_project.reports.dashboard.scores import scores
from dagster_project.reports.dashboard.segments import segments, segments_unusual
from dagster_project.reports.dashboard.source import TO_MEND, Source
from dagster_project.reports.dashboard.sync import not_sent, sync
from dagster_project.reports.dashboard.telling import readable
from dagster_project.reports.dashboard.time_to_value import time_to_value
from dagster_project.reports.dashboard.triggers import triggers

FOLDER = Path(__file__).parent
SECTIONS = (
    overview,
    funnel,
    time_to_value,
    scores,
    calibration,
    handoffs,
    revenue,
    segments,
    behaviour,
    triggers,
    sync,
)
FINDERS = (
    unanswered,
    not_sent,
    rules_to_change,
    goals_missed,
    segments_unusual,
    deals_overdue,
    events_unmapped,
)
# What would end a script or a comment in it, or a line of it in older readers.
UNSAFE_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def render(source: Source, drawing_script: str, rules: tuple[str, ...] = ()) -> str:
    """The whole page; texts are escaped, and e-mail addresses masked wherever they stand.

    Args:
        drawing_script: JavaScript that gives `vegaEmbed`.
        rules: The rules in force in plain English, a sentence each.
    """
    sections = [*(make(source) for make in SECTIONS), definitions(source, rules)]
    ids = count(1)
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, finalize=_masked, trim_blocks=True
    )
    environment.filters |= {"lower_first": _lower_first, "readable": readable}
    return environment.get_template("page.html").render(
        as_of=f"{source.snapshot.as_of:%Y-%m-%d %H:%M} UTC",
        build=source.snapshot.snapshot_id,
        small_below=source.marts.small_below,
        sections=sections,
        titles={section.section_id: section.title for section in sections},
        attention=attention(source),
        charts=Markup(charts_as_json(sections)),
        style=Markup(_style()),
        drawing=Markup(drawing_script.replace("</script", "<\\/script")),
        script=Markup((FOLDER / "page.js").read_text(encoding="utf-8")),
        next_id=lambda: f"definition-{next(ids)}",
        grouped=grouped,
        judged=_judged,
    )


def attention(source: Source) -> list[Attention]:
    """What a person should look at, the urgent first; sections were made before, so that what they lack is known."""
    found = source.attention(*FINDERS)
    if source.missing:
        told = "; ".join(source.missing)
        found.append(Attention(f"Some of this page is not shown: {told}. {TO_MEND}", "definitions", is_urgent=True))
    return sorted(found, key=lambda item: not item.is_urgent)


def charts_as_json(sections: Sequence[Section]) -> str:
    """Every chart by its id, safe within a script element."""
    charts = {part.chart_id: part.spec for part in parts_of(sections) if isinstance(part, Chart)}
    text = json.dumps({"config": CONFIG, "charts": charts}, ensure_ascii=False, separators=(",", ":"))
    return masked(text).translate(UNSAFE_IN_SCRIPT)


def grouped(parts: Sequence[Part]) -> list[tuple[str, list[Part]]]:
    """Neighbours of one kind together: charts stand beside each other, folded tables close together."""
    kinds = [(_kind_of(part), part) for part in parts]
    return [(kind, [part for _, part in group]) for kind, group in groupby(kinds, key=lambda found: found[0])]


def _kind_of(part: Part) -> str:
    return "Folded" if isinstance(part, Table) and part.is_folded else type(part).__name__


def parts_of(sections: Sequence[Section]) -> Iterable[Part]:
    return (part for section in sections for part in section.parts)


def _style() -> str:
    text = (FOLDER / "page.css").read_text(encoding="utf-8")
    return text.replace("LIGHT", variables(dark=False)).replace("DARK", variables(dark=True))


def _masked(value: object) -> object:
    """What is written as HTML, style or script already stays as it is: its texts came through here, or are our own."""
    return masked(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _lower_first(text: str) -> str:
    """`Last sync` → `last sync`; of `PQLs and scores` nothing changes."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _judged(comparison: Comparison) -> str:
    return {True: "good", False: "bad", None: ""}[comparison.is_good]
