"""A headline figure: now, beside its goal, its last whole month and the one before."""

from dagster_project.reports.dashboard.glossary import Glossary
from dagster_project.reports.dashboard.metrics import Figure, Metrics
from dagster_project.reports.dashboard.parts import Bar, Card, Cards, Comparison, Progress
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import (
    UNCHANGED,
    UNKNOWN,
    changed,
    month,
    month_name,
    percent,
    too_few,
    value_of,
)

# By what must have been there for a metric to be known.
WHY_UNKNOWN = {
    "signups": "No signup is known yet",
    "history": "Scores are not kept for the whole month yet",
    "crm": "HubSpot names no sales qualified contact yet",
    "handoffs": "No handoff was made before this build",
    "responses": "No handoff was made before this build",
    "deals": "HubSpot holds no deal yet",
    "deals_and_history": "No deal is younger than the first score",
    "usage": "Nobody has been active yet",
}
NO_CASE = "No case yet"


def cards_of(source: Source, *metric_ids: str) -> Cards:
    return Cards(tuple(card_of(source.metrics, source.glossary, metric_id) for metric_id in metric_ids))


def card_of(metrics: Metrics, glossary: Glossary, metric_id: str) -> Card:
    """The month that runs; in place of a share of too few, that it is one."""
    definition, term = metrics.definition(metric_id), glossary.metric(metric_id)
    months = metrics.periods(metric_id)
    now = months[-1] if months else None
    whole = [figure for figure in months if figure.is_complete][-2:]
    before = compared(definition, whole[-1], whole[0] if len(whole) > 1 else None) if whole else None
    bars = _bars(metrics, metric_id, months)
    if now is None or now.value is None:
        ever = metrics.ever(metric_id)
        if before is None and ever is not None and ever.is_told:
            before = Comparison(f"Ever: {metrics.tell(metric_id, ever)}")
        if now is not None and now.denominator == 0:
            return Card(term, NO_CASE, _when(definition, now), before=before, bars=bars, is_told=False)
        why = WHY_UNKNOWN.get(definition["known_from"], _when(definition, now))
        return Card(term, UNKNOWN.capitalize(), why, before=before, bars=bars, is_told=False)
    if now.is_small:
        told = too_few(now.denominator or 0, metrics.small_below).partition(": ")
        return Card(
            term, told[0].capitalize(), f"{told[2]}, {_when(definition, now)}", before=before, bars=bars, is_told=False
        )
    return Card(
        term,
        value_of(now.value, definition["unit"]),
        _when(definition, now),
        goal=_goal(definition, now),
        progress=_progress(definition, now, metrics),
        before=before,
        bars=bars,
    )


def compared(definition: dict, figure: Figure, previous: Figure | None) -> Comparison | None:
    """A whole month beside the one before, if both are of enough cases."""
    if not figure.is_told:
        return None
    told = f"{month(figure.period_start)}: {value_of(figure.value, definition['unit'])}"
    if previous is None or not previous.is_told:
        return Comparison(told)
    told += f", the month before {value_of(previous.value, definition['unit'])}"
    difference = figure.value - previous.value
    change = ""
    if definition["unit"] == "share":
        change = changed(difference * 100, "\u00a0points")
    elif previous.value:
        change = changed(difference / previous.value * 100)
    return Comparison(told, change, None if change == UNCHANGED else _is_good(definition, difference))


def meets_goal(definition: dict, figure: Figure) -> bool:
    if definition["better"] == "more":
        return figure.value >= figure.goal
    return figure.value <= figure.goal


def _is_good(definition: dict, difference: float) -> bool | None:
    return None if not difference else (difference > 0) == (definition["better"] == "more")


def _when(definition: dict, now: Figure | None) -> str:
    if definition["kind"] == "level":
        return "now"
    return "so far" if now is None else f"{month_name(now.period_start)} so far"


def _goal(definition: dict, now: Figure) -> Comparison | None:
    if now.goal is None:
        return None
    if _adds_up(definition) and now.goal > 0:
        told = value_of(now.goal, definition["unit"])
        return Comparison(f"Goal {told}:", percent(now.value / now.goal), True if now.value >= now.goal else None)
    is_met = meets_goal(definition, now)
    return Comparison(f"Goal {value_of(now.goal, definition['unit'])}:", "met" if is_met else "not met", is_met)


def _progress(definition: dict, now: Figure, metrics: Metrics) -> Progress | None:
    if not now.goal or not _adds_up(definition):
        return None
    days = (now.period_end - now.period_start).days
    over = (metrics.today - now.period_start).days / days
    return Progress(min(max(now.value / now.goal, 0), 1), min(over, 1))


def _adds_up(definition: dict) -> bool:
    """Whether a month that runs has a part of what the whole one will have, and more is better."""
    return definition["kind"] in ("count", "sum") and definition["better"] == "more"


def _bars(metrics: Metrics, metric_id: str, months: list[Figure]) -> tuple[Bar, ...]:
    known = [figure.value for figure in months if figure.is_told]
    highest = max(known, default=0)
    if len(known) < 2 or highest <= 0:
        return ()
    return tuple(
        Bar(
            f"{month(figure.period_start)}: {metrics.tell(metric_id, figure)}",
            max(figure.value, 0) / highest if figure.is_told else None,
            figure.is_complete,
        )
        for figure in months
    )
