"""Charts of metrics by month or week, with the same numbers as a table."""

from collections.abc import Iterable

from dagster_project.reports.dashboard.charts import SHARE, WHOLE, finished, lines, period_bars
from dagster_project.reports.dashboard.metrics import Figure
from dagster_project.reports.dashboard.parts import Chart, Column, Note, Part, Table, Term
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, month, value_of

FORMATS = {"share": SHARE, "features": ".1f", "key actions a day": ".1f"}


def period_name(figure: Figure) -> str:
    is_month = figure.period_start.day == 1 and (figure.period_end - figure.period_start).days > 7
    return month(figure.period_start) if is_month else f"{figure.period_start:%d %b}"


def by_period(source: Source, metric_id: str, period_type: str = "month") -> Iterable[Part]:
    """Bars of one metric by month or week; a note where nothing is known of any."""
    term, definition = source.glossary.metric(metric_id), source.metrics.definition(metric_id)
    figures = _since_known(source.metrics.periods(metric_id, period_type))
    if not figures:
        yield Note(f"{term.text}: nothing is known of any {period_type} yet.", "few")
        return
    rows = [
        {
            "period": period_name(one),
            # Of too few cases nothing is drawn: the table says how many there were.
            "value": None if one.is_small else one.value,
            "goal": one.goal,
            "is_complete": one.is_complete,
            "shown": source.metrics.tell(metric_id, one),
        }
        for one in figures
    ]
    known = [row for row in rows if row["value"] is not None]
    if not known:
        yield Note(f"{term.text}: of every {period_type} too few are known to say.", "few")
        return
    if len(known) == 1:
        yield Note(
            f"{term.text}: {known[0]['shown']} ({known[0]['period']}); no other {period_type} is known yet.", "few"
        )
        return
    told = f"{term.text} by {period_type}; the one that is not over is paler"
    told += ", marks are goals." if any(row["goal"] is not None for row in rows) else "."
    chart = period_bars(rows, term.text, FORMATS.get(definition["unit"], WHOLE))
    yield Chart(
        f"chart-{metric_id.replace('_', '-')}-by-{period_type}",
        term,
        told,
        finished(chart, told),
        _table(source, term, period_type, [(metric_id, figures)]),
    )


def lines_by_period(
    source: Source, chart_id: str, title: str, metrics: dict[str, str], period_type: str
) -> Iterable[Part]:
    """Lines of several metrics of one unit.

    Args:
        metrics: Metric → colour of the palette.
    """
    found = {metric_id: _since_known(source.metrics.periods(metric_id, period_type)) for metric_id in metrics}
    labels = {metric_id: source.glossary.metric(metric_id).text for metric_id in metrics}
    unit = source.metrics.definition(next(iter(metrics)))["unit"]
    rows = [
        {
            "period": period_name(one),
            "start": one.period_start.isoformat(),
            "name": labels[metric_id],
            "value": one.value,
            "shown": value_of(one.value, unit),
        }
        for metric_id, figures in found.items()
        for one in figures
        if one.is_told
    ]
    if len({row["period"] for row in rows}) < 2:
        yield Note(f"{title}: fewer than two {period_type}s are known well enough to draw.", "few")
        return
    rows.sort(key=lambda row: row["start"])
    names = {labels[metric_id]: shade for metric_id, shade in metrics.items()}
    told = f"{title} by {period_type}; a {period_type} with too few cases is left out."
    chart = lines(rows, names, FORMATS.get(unit, WHOLE))
    definitions = " ".join(dict.fromkeys(source.glossary.metric(metric_id).definition for metric_id in metrics))
    table = _table(source, Term(title), period_type, list(found.items()))
    yield Chart(chart_id, Term(title, definitions), told, finished(chart, told), table)


def _since_known(figures: list[Figure]) -> list[Figure]:
    """From the first period of which something is known."""
    first = next((place for place, one in enumerate(figures) if one.value is not None), len(figures))
    return figures[first:]


def _table(source: Source, term: Term, period_type: str, found: list[tuple[str, list[Figure]]]) -> Table:
    columns = [Column(Term(period_type.capitalize()), False)]
    with_goals = {metric_id for metric_id, figures in found if any(one.goal is not None for one in figures)}
    for metric_id, _ in found:
        columns.append(Column(source.glossary.metric(metric_id)))
        if metric_id in with_goals:
            columns.append(Column(source.glossary.column("report.metrics", "goal", "Goal")))
    starts = {one.period_start: one for _, figures in found for one in figures}
    by_metric = {metric_id: {one.period_start: one for one in figures} for metric_id, figures in found}
    rows = []
    for start in sorted(starts):
        row = [period_name(starts[start]) + ("" if starts[start].is_complete else " so far")]
        for metric_id, _ in found:
            one = by_metric[metric_id].get(start)
            row.append(NOTHING if one is None else source.metrics.tell(metric_id, one))
            if metric_id in with_goals:
                goal = None if one is None else one.goal
                row.append(NOTHING if goal is None else value_of(goal, source.metrics.definition(metric_id)["unit"]))
        rows.append(tuple(row))
    return Table(f"{term.text} by {period_type}", tuple(columns), tuple(rows))


def by_segment(
    source: Source, split: str, title: str, metric_ids: tuple[str, ...], names: dict[str, str]
) -> Iterable[Part]:
    """A table of metrics of one split, ever since they are known.

    Args:
        names: Segment → what it is called; others are told by their value.
    """
    found = {
        metric_id: {one.segment: one for one in source.metrics.segments(metric_id, split)} for metric_id in metric_ids
    }
    segments = sorted({segment for figures in found.values() for segment in figures})
    if not segments:
        return
    columns = (Column(Term(title), False), *(Column(source.glossary.metric(metric_id)) for metric_id in metric_ids))
    rows = tuple(
        (
            names.get(segment, segment),
            *(_cell(source, metric_id, found[metric_id].get(segment)) for metric_id in metric_ids),
        )
        for segment in segments
    )
    yield Table(f"By {title.lower()}, ever since known", columns, rows, is_folded=split != "owner")


def _cell(source: Source, metric_id: str, figure: Figure | None) -> str:
    """A segment without a row had no case of it."""
    return NOTHING if figure is None else source.metrics.tell(metric_id, figure)
