"""What the reports compare with: monthly goals, sizes of companies, and the numbers of their definitions."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Month, Name, Number, Rule, Whole, Words

# The metrics of report.metric_definitions, in its order; a goal names one of them.
METRICS = (
    "signups",
    "activations",
    "activation_share",
    "time_to_value_hours_median",
    "time_to_value_hours_p90",
    "new_mqls",
    "new_pqls",
    "pqls_present",
    "activated_to_pql_share",
    "sqls",
    "pql_to_sql_share",
    "opportunities",
    "mql_to_opportunity_share",
    "handoffs",
    "response_minutes_median",
    "response_minutes_p90",
    "quick_response_share",
    "sla_breaches",
    "sla_breach_share",
    "handoffs_returned_share",
    "deals_created",
    "deals_won",
    "win_share",
    "new_arr",
    "pql_new_arr",
    "average_deal",
    "cycle_days_median",
    "forecast_arr",
    "active_users",
    "adoption_breadth",
    "adoption_depth",
    "collaboration_share",
)
# What each setting may hold: the smallest and the largest whole number, or names of events.
REPORT_SETTINGS: dict[str, tuple[int, int] | None] = {
    "first_activity_hours": (1, 24 * 30),
    "quick_response_minutes": (1, 24 * 60),
    "small_below": (1, 1_000_000),
    "conversion_floor_pct": (0, 100),
    "conversion_matures_days": (0, 365),
    "journey_years": (1, 50),
    "answer_days": (1, 365),
    "outcome_days": (1, 365),
    "conversion_events": None,
    "attention_weeks": (4, 52),
    "attention_deviations": (1, 10),
    "attention_change_pct": (0, 1_000),
    "months_shown": (2, 60),
    "weeks_shown": (2, 104),
    "weekly_capacity": (1, 1_000),
    "least_won": (2, 1_000_000),
    "last_won": (1, 1_000),
    "threshold_gain_pct": (0, 100),
    "drift_limit_pct": (1, 1_000),
}


class Goal(Rule):
    """Holds from a month on, until a later row of the same metric."""

    metric_id: Annotated[Literal[METRICS], "key"]
    from_month: Annotated[Month, "key"]
    goal: Annotated[Number, Field(ge=0)]
    owner: Words
    why: Words


class Tier(Rule):
    """Companies by their number of employees; without an upper end it takes the rest."""

    tier: Annotated[Name, "key"]
    label: Words
    min_employees: Annotated[Whole, Field(ge=0)]
    max_employees: Annotated[Whole, Field(ge=0)] | None
    owner: Words
    why: Words


class ReportSetting(Rule):
    """A single number that a person may argue with; `REPORT_SETTINGS` says which there are and what each may hold."""

    setting_id: Annotated[Literal[tuple(REPORT_SETTINGS)], "key"]
    value: Words
    owner: Words
    why: Words
