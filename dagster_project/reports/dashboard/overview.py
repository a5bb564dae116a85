"""How it goes at a glance: the headline figures, and how far they have come since the first month that is known."""

from collections.abc import Iterable

from dagster_project.reports.dashboard.cards import cards_of, meets_goal
from dagster_project.reports.dashboard.parts import Attention, Heading, Listing, Part, Section
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import listed, month, value_of

HEADLINES = (
    "new_pqls",
    "pqls_present",
    "sqls",
    "pql_to_sql_share",
    "response_minutes_median",
    "deals_won",
    "win_share",
    "new_arr",
    "signups",
    "activations",
)
SINCE_THEN = ("response_minutes_median", "win_share", "pql_to_sql_share", "activation_share", "average_deal")


def overview(source: Source) -> Section:
    lead = "The month that runs, beside its goal and the last whole month."
    return Section("overview", "Overview", lead, source.parts(_headlines, _then_and_now))


def _headlines(source: Source) -> Iterable[Part]:
    yield cards_of(source, *HEADLINES)


def _then_and_now(source: Source) -> Iterable[Part]:
    """The first whole month that is known beside the last one."""
    items = []
    for metric_id in SINCE_THEN:
        unit = source.metrics.definition(metric_id)["unit"]
        told = [one for one in source.metrics.periods(metric_id) if one.is_complete and one.is_told]
        if len(told) > 1:
            first, last = told[0], told[-1]
            came = f"{value_of(first.value, unit)} in {month(first.period_start)} → "
            came += f"{value_of(last.value, unit)} in {month(last.period_start)}"
            items.append((source.glossary.metric(metric_id).text, came))
    if items:
        yield Heading("Then and now")
        yield Listing(tuple(items))


def goals_missed(source: Source) -> Iterable[Attention]:
    """Goals of the last whole month that were not met, in one sentence."""
    missed, judged = [], 0
    for metric_id, definition in source.glossary.metrics.items():
        whole = next((one for one in reversed(source.metrics.periods(metric_id)) if one.is_complete), None)
        if whole is None or whole.goal is None or not whole.is_told:
            continue
        judged += 1
        if not meets_goal(definition, whole):
            found = [value_of(value, definition["unit"]) for value in (whole.value, whole.goal)]
            missed.append(f"{definition['label']} {found[0]} (goal {found[1]})")
            when = month(whole.period_start)
    if missed:
        yield Attention(f"{when} missed {len(missed)} of {judged} goals: {listed(missed, 5)}.", "overview")
