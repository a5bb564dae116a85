"""A published build with made-up marts, and the dashboard of it."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from dagster_project.publish.snapshot import Snapshot
from dagster_project.reports.dashboard.page import render
from dagster_project.reports.dashboard.source import Source
from dagster_project.reports.dashboard.syncs import Syncs
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.reports.calibration_world import World, ago, divided_world
from tests.reports.page_reader import Page
from tests.small_snapshot import AS_OF, person, publish_small

MONTHS = [(date(2026, month, 1), date(2026, month + 1, 1)) for month in (8, 9, 10, 11)]
WEEKS = [(AS_OF.date() - timedelta(days=4 + 7 * number)) for number in reversed(range(6))]
STAGES = ("signed_up", "activated", "pql", "sql", "opportunity", "won")
METRICS = {
    # What each metric is: label, kind, unit, better.
    "signups": ("Signups", "count", "contacts", "more"),
    "activations": ("Activations", "count", "contacts", "more"),
    "activation_share": ("Signed up to activated", "share", "share", "more"),
    "time_to_value_hours_median": ("Time to value, median", "median", "hours", "less"),
    "time_to_value_hours_p90": ("Time to value, nine of ten", "p90", "hours", "less"),
    "new_pqls": ("New PQLs", "count", "contacts", "more"),
    "pqls_present": ("PQLs present", "level", "contacts", "more"),
    "sqls": ("SQLs", "count", "contacts", "more"),
    "pql_to_sql_share": ("PQL to SQL", "share", "share", "more"),
    "mql_to_opportunity_share": ("MQL to opportunity", "share", "share", "more"),
    "handoffs": ("Handoffs", "count", "handoffs", "more"),
    "response_minutes_median": ("First activity, median", "median", "minutes", "less"),
    "response_minutes_p90": ("First activity, nine of ten", "p90", "minutes", "less"),
    "quick_response_share": ("Quick responses", "share", "share", "more"),
    "sla_breaches": ("Breaches", "count", "handoffs", "less"),
    "sla_breach_share": ("Breached", "share", "share", "less"),
    "handoffs_returned_share": ("Returned to marketing", "share", "share", "less"),
    "deals_won": ("Deals won", "count", "deals", "more"),
    "win_share": ("Win rate", "share", "share", "more"),
    "new_arr": ("Net new ARR", "sum", "money", "more"),
    "pql_new_arr": ("Net new ARR from PQL deals", "sum", "money", "more"),
    "average_deal": ("Average deal", "mean", "money", "more"),
    "cycle_days_median": ("Sales cycle, median", "median", "days", "less"),
    "forecast_arr": ("Forecast", "sum", "money", "more"),
    "active_users": ("Active contacts", "count", "contacts", "more"),
    "adoption_breadth": ("Breadth", "mean", "features", "more"),
    "adoption_depth": ("Depth", "mean", "key actions a day", "more"),
    "collaboration_share": ("Collaboration", "share", "share", "more"),
}


def definition_rows() -> list[dict]:
    return [
        {
            "position": position,
            "metric_id": metric_id,
            "label": label,
            "kind": kind,
            "unit": unit,
            "better": better,
            "definition": f"How {label} is counted, within quick_response_minutes.",
            "known_from": "deals",
        }
        for position, (metric_id, (label, kind, unit, better)) in enumerate(METRICS.items())
    ]


def metric_row(metric_id: str, start: date, end: date, value: float | None, **columns: object) -> dict:
    """A row of report.metrics of everybody; a share or mean is of 40 cases unless `columns` say otherwise."""
    kind = METRICS[metric_id][1]
    denominator = None if kind in ("count", "sum", "level") else 40.0
    return {
        "metric_id": metric_id,
        "segment_type": "all",
        "segment": "all",
        "period_type": "month",
        "period_start": start,
        "period_end": end,
        "is_complete": end <= AS_OF.date(),
        "value": value,
        "numerator": None if value is None or kind in ("median", "p90") else value * (denominator or 1),
        "denominator": denominator,
        "is_small": False,
        "is_below_floor": False,
        **columns,
    }


def full_world() -> World:
    """Everything that the page shows, with enough cases to say so."""
    world = divided_world()
    for row in definition_rows():
        world.add("report__metric_definitions", **row)
    for metric_id, (_, _, unit, _) in METRICS.items():
        for number, (start, end) in enumerate(MONTHS):
            value = 0.2 + number / 10 if unit == "share" else 20.0 + 10 * number
            goal = {"signups": 60.0, "win_share": 0.4}.get(metric_id)
            world.add("report__metrics", **metric_row(metric_id, start, end, value, goal=goal))
        for number, monday in enumerate(WEEKS):
            value = 0.2 + number / 10 if unit == "share" else 10.0 + number
            world.add(
                "report__metrics", **metric_row(metric_id, monday, monday + timedelta(7), value, period_type="week")
            )
        ever = {"period_type": "ever"}
        value = 0.5 if unit == "share" else 100.0
        for split, segment in (("all", "all"), ("source", "PAID_SEARCH"), ("owner", "dana.reyes@orbit.example")):
            more = {"segment_type": split, "segment": segment} | ever
            world.add("report__metrics", **metric_row(metric_id, date(1970, 1, 1), AS_OF.date(), value, **more))
    _add_funnel(world)
    _add_sales(world)
    for number in range(40):
        world.add(
            "score__contact_scores", **person(f"u{number:03}", combined_score=number * 2, pql_score=number, band="mql")
        )
    world.add(
        "score__contact_score_reasons",
        user_id="u001",
        score_name="pql",
        kind="engagement",
        rule_id="logins",
        label="Logged in",
        points=20,
    )
    world.add("score__company_scores", company_id="c1", company_name="Brightloom", user_count=3)
    _add_behaviour(world)
    return world


def _add_funnel(world: World) -> None:
    for order in ("journey", "any_order"):
        for stage_filter in ("all_stages", "any_stage"):
            for split, segment in (("all", "all"), ("source", "PAID_SEARCH")):
                for number, stage in enumerate(STAGES, 1):
                    contacts = 128 // 2 ** (number - 1)
                    before = {
                        "previous_count": contacts * 2,
                        "went_on_count": contacts,
                        "next_step_share": 0.5,
                        "timed_count": contacts,
                        "median_hours": 3.0,
                        "p90_hours": 72.0,
                    }
                    world.add(
                        "report__funnel",
                        order_mode=order,
                        stage_filter=stage_filter,
                        segment_type=split,
                        segment=segment,
                        stage_number=number,
                        stage=stage,
                        contact_count=contacts,
                        from_first_count=contacts,
                        cumulative_share=contacts / 128,
                        is_small=number > 1 and contacts * 2 < 10,
                        **(before if number > 1 else {}),
                    )


def _add_sales(world: World) -> None:
    for number in range(30):
        state = ("in_time", "breached", "still_open")[number % 3]
        handed_off_at = ago(1 + number / 3)
        world.add(
            "report__handoff_responses",
            handoff_id=f"h{number:02}",
            record_key=f"u{number:03}",
            owner="dana.reyes@orbit.example",
            handed_off_at=handed_off_at,
            handed_off_week=handed_off_at.date() - timedelta(days=handed_off_at.weekday()),
            response_minutes={"in_time": 20.0, "breached": 300.0, "still_open": None}[state],
            response_state=state,
        )
    for number in range(15):
        world.handed_off(f"u{number:03}", 58)
    for number in range(3):
        world.add(
            "report__deals",
            deal_id=f"d{number}",
            deal_state="open",
            stage="contractsent",
            arr=1200,
            closes_at=ago(3),
            created_at=ago(50),
        )
    world.add(
        "report__open_deal_stages",
        segment_type="all",
        segment="all",
        stage="contractsent",
        deal_count=12,
        arr=14_400,
        weighted_arr=7_200,
        win_share=0.5,
        win_share_of="stage",
        aged_count=12,
        median_stage_age_days=9,
        p90_stage_age_days=31,
    )


def _add_behaviour(world: World) -> None:
    for number, event_type in enumerate(("report_created", "teammate_invited")):
        world.add(
            "report__behaviours_before_conversion",
            event_type=event_type,
            converted_count=20,
            converted_did_count=10 + number,
            converted_share=0.5 + number / 20,
            other_count=50,
            other_did_count=10,
            other_share=0.2,
            lift=2.5 + number,
        )
    for span in ("ever", "first_days", "last_days"):
        world.add(
            "report__trigger_outcomes",
            trigger_id="sql_handoff",
            span=span,
            episode_count=30,
            sent_count=28,
            lost_count=2,
            answered_by_owner_count=14,
            answered_by_contact_count=3,
            answered_count=14,
            answer_known_count=28,
            converted_count=7,
            conversion_known_count=28,
            answered_share=0.5,
            converted_share=0.25,
        )
    for segment, change in (("all", -40.0), ("PAID_SEARCH", 10.0)):
        world.add(
            "report__segment_changes",
            metric_id="signups",
            segment_type="all" if segment == "all" else "source",
            segment=segment,
            week_start=date(2026, 11, 9),
            value=12.0,
            usual_weeks=8,
            usual_value=20.0,
            usual_deviation=2.0,
            change_pct=change,
            is_small=False,
            needs_attention=change < -25,
        )


def published(world: World, folder: Path) -> Snapshot:
    return publish_small(folder, rules_dir=SHIPPED_RULES_DIR, **world.rows)


def page_of(snapshot: Snapshot, syncs: Syncs | None = None, rules: tuple[str, ...] = ()) -> Page:
    """Rendered without what draws, which no test of words needs."""
    return Page(html_of(snapshot, syncs, rules))


def html_of(snapshot: Snapshot, syncs: Syncs | None = None, rules: tuple[str, ...] = ()) -> str:
    return render(Source(snapshot, syncs=syncs), "", rules)


def without_column(snapshot: Snapshot, table: str, column: str) -> None:
    """Make a published table one of an older build."""
    path = snapshot.path(table)
    pl.read_parquet(path).drop(column).write_parquet(path)
