"""Whether sales answered in time."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import altair as alt
import polars as pl

from dagster_project.counting import counted
from dagster_project.reports.dashboard.cards import cards_of
from dagster_project.reports.dashboard.charts import WHOLE, chart_of, colours, finished
from dagster_project.reports.dashboard.monthly import by_segment, lines_by_period
from dagster_project.reports.dashboard.parts import Attention, Chart, Column, Note, Part, Section, Table, Term
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.telling import NOTHING, count, duration

# State → its name and shade, from the best.
STATES = {
    "in_time": ("In time", "accent"),
    "breached": ("Breached", "signal"),
    "still_open": ("Time still runs", "accent-soft"),
    "not_known": ("Not known", "quiet"),
}
BY_OWNER = (
    "handoffs",
    "response_minutes_median",
    "response_minutes_p90",
    "quick_response_share",
    "sla_breaches",
    "sla_breach_share",
    "handoffs_returned_share",
)
REVIEWED_DAYS = 14
# A first week alone would be one bar as wide as the page; before it there was no handoff.
LEAST_WEEKS = 8
MOST_BREACHES = 50


def handoffs(source: Source) -> Section:
    hours = source.marts.settings().get("first_activity_hours", "2")
    minutes = source.marts.settings().get("quick_response_minutes", "15")
    lead = (
        f"Whether the owner did something about a contact within {hours} hours of its handoff, as promised, and how "
        f"often within {minutes} minutes, which is reported and not promised."
    )
    parts = source.parts(_headlines, _by_week, _minutes, _by_owner, _breaches, _waiting)
    return Section("handoffs", "Handoffs and first response", lead, parts)


def _headlines(source: Source) -> Iterable[Part]:
    if source.marts.table("report.handoff_responses").is_empty():
        return  # Said once, by the weeks.
    yield cards_of(
        source, "handoffs", "response_minutes_median", "response_minutes_p90", "sla_breaches", "quick_response_share"
    )


def _by_week(source: Source) -> Iterable[Part]:
    responses = source.marts.table("report.handoff_responses").filter(pl.col("handed_off_week").is_not_null())
    if responses.is_empty():
        yield Note("No handoff has been acknowledged by HubSpot before this build.", "few")
        return
    weeks = int(source.marts.settings().get("weeks_shown", "26"))
    since = responses["handed_off_week"].max() - timedelta(weeks=weeks - 1)
    found = Counter(
        responses.filter(pl.col("handed_off_week") >= since).select("handed_off_week", "response_state").iter_rows()
    )
    mondays = [since + timedelta(weeks=number) for number in range(weeks)]
    first = min(mondays[-LEAST_WEEKS:] + [week for week, _ in found])
    mondays = [week for week in mondays if week >= first]
    rows = [
        {"week": f"{week:%d %b}", "state": name, "handoffs": found[week, state], "rank": rank}
        for week in mondays
        for rank, (state, (name, _)) in enumerate(STATES.items())
        if found[week, state] or state == "in_time"
    ]
    names = {name: shade for state, (name, shade) in STATES.items() if any(row["state"] == name for row in rows)}
    chart = (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X("week:O", sort=None, title="Week of the handoff, from Monday"),
            y=alt.Y("handoffs:Q", title=None, axis=alt.Axis(format=WHOLE, tickMinStep=1)),
            color=alt.Color("state:N", **colours(names)),
            order="rank:Q",
            tooltip=["week:O", "state:N", alt.Tooltip("handoffs:Q", title="Handoffs")],
        )
    )
    told = "Handoffs by week and by what became of the first response."
    columns = (Column(Term("Week"), False), *(Column(Term(name)) for name, _ in STATES.values()))
    table = Table(
        "Handoffs by week",
        columns,
        tuple((f"{week:%d %b}", *(count(found[week, state]) for state in STATES)) for week in mondays),
    )
    term = source.glossary.column("report.handoff_responses", "response_state", "Handoffs by week and response")
    yield Chart("chart-responses", term, told, finished(chart, told), table)


def _minutes(source: Source) -> Iterable[Part]:
    metrics = {"response_minutes_median": "accent", "response_minutes_p90": "quiet"}
    yield from lines_by_period(source, "chart-response-minutes", "Minutes to the first activity", metrics, "week")


def _by_owner(source: Source) -> Iterable[Part]:
    yield from by_segment(source, "owner", "Account executive", BY_OWNER, source.owner_names)


def _breaches(source: Source) -> Iterable[Part]:
    """For the weekly review: who was not answered in time, the newest first."""
    breached = _breached(source)
    if breached.is_empty():
        return
    companies, users = source.marts.company_names(), source.marts.table_or_none("score.contact_scores")
    shown = breached.head(MOST_BREACHES)
    of_user = {}
    if users is not None:
        theirs = users.filter(pl.col("user_id").is_in(shown["record_key"].implode()))
        of_user = dict(theirs.select("user_id", "company_id").iter_rows())
    columns = (
        Column(Term("Contact", "The id of the user in the product."), False),
        Column(Term("Company"), False),
        Column(Term("Account executive"), False),
        Column(source.glossary.column("report.handoff_responses", "handed_off_at", "Handed off (UTC)"), False),
        Column(source.glossary.column("report.handoff_responses", "response_minutes", "First activity after")),
    )
    rows = tuple(
        (
            row["record_key"],
            companies.get(of_user.get(row["record_key"]), of_user.get(row["record_key"]) or NOTHING),
            source.owner_names.get(row["owner"], row["owner"] or NOTHING),
            f"{row['handed_off_at']:%Y-%m-%d %H:%M}",
            "none yet" if row["response_minutes"] is None else duration(row["response_minutes"] / 60),
        )
        for row in shown.iter_rows(named=True)
    )
    more = f", {len(rows)} of {breached.height:,}" if breached.height > len(rows) else ""
    yield Table(f"Breaches of the last {REVIEWED_DAYS} days{more}", columns, rows)


def _breached(source: Source) -> pl.DataFrame:
    since = source.marts.as_of - timedelta(days=REVIEWED_DAYS)
    return (
        source.marts.table("report.handoff_responses")
        .filter((pl.col("response_state") == "breached") & (pl.col("handed_off_at") >= since))
        .sort("handed_off_at", "handoff_id", descending=True)
    )


def _handoffs_in(source: Source, *states: str) -> int:
    return source.marts.table("decide.handoffs").filter(pl.col("handoff_state").is_in(states)).height


def _waiting(source: Source) -> Iterable[Part]:
    begun, waiting, in_review = (
        _handoffs_in(source, *states) for states in (("proposed", "claimed"), ("waiting",), ("in_review",))
    )
    yield Note(
        f"Decided by this build: {counted(begun, 'new handoff')}; {waiting:,} waiting for a route or their pool; "
        f"{in_review:,} in review."
    )


def unanswered(source: Source) -> Iterable[Attention]:
    breached = _breached(source)
    if breached.height:
        none_yet = breached["response_minutes"].null_count()
        text = f"{counted(breached.height, 'handoff')} of the last {REVIEWED_DAYS} days had no answer in time"
        text += f", {none_yet:,} of them none at all so far." if none_yet else "."
        yield Attention(text, "handoffs", is_urgent=bool(none_yet))
    waiting = _handoffs_in(source, "waiting")
    if waiting:
        text = (
            f"{counted(waiting, 'handoff')} cannot begin: no route takes the contact, or nobody of its pool is there."
        )
        yield Attention(text, "handoffs", is_urgent=True)
