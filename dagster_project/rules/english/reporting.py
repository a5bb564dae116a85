"""What the reports compare with, in plain English."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import any_of, counted
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.reporting import Goal, ReportSetting, Tier

SMALLER_IS_BETTER = ("response_minutes", "time_to_value", "cycle_days", "sla_breach", "handoffs_returned")


def _goal_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("goals"):
        yield f"{_goal(book, rule)}."


def _goal(book: RuleBook, rule: Goal) -> str:
    side = "at most" if rule.metric_id.startswith(SMALLER_IS_BETTER) else "at least"
    is_share = rule.metric_id.endswith("_share")
    goal = f"{plain_number(rule.goal * 100)} %" if is_share else plain_number(rule.goal)
    return f"{rule.metric_id.replace('_', ' ')}: {side} {goal} a month from {rule.from_month} on"


def _tier_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("tiers"):
        yield f"{rule.label}: {_tier(book, rule)}."


def _tier(book: RuleBook, rule: Tier) -> str:
    if rule.max_employees is None:
        return f"companies of {rule.min_employees} employees or more"
    return f"companies of {rule.min_employees} to {rule.max_employees} employees"


def _setting_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("report_settings"):
        yield f"{_setting(book, rule)}."


def _setting(book: RuleBook, rule: ReportSetting) -> str:
    value = rule.value
    if rule.setting_id == "conversion_events":
        return f"The first conversion is {any_of(parts(value))}, or a deal that was won"
    count = int(value)
    return {
        "first_activity_hours": f"A handoff is answered in time within {counted(count, 'hour')}",
        "quick_response_minutes": f"A quick response comes within {counted(count, 'minute')}",
        "small_below": f"What is made of fewer than {count} is marked as small",
        "conversion_floor_pct": f"A conversion to SQL or opportunity below {count} % is flagged",
        "conversion_matures_days": f"A period is judged by its conversions {counted(count, 'day')} after its end",
        "journey_years": f"A journey looks back {counted(count, 'year')}",
        "answer_days": f"An answer to a trigger comes within {counted(count, 'day')}",
        "outcome_days": f"An outcome of a trigger comes within {counted(count, 'day')}",
        "attention_weeks": f"A segment is compared with its last {counted(count, 'week')}",
        "attention_deviations": f"A change of {counted(count, 'standard deviation')} or more is unusual",
        "attention_change_pct": f"A change of less than {count} % is never unusual",
        "months_shown": f"Reports show {counted(count, 'month')}",
        "weeks_shown": f"Reports show {counted(count, 'week')}",
        "weekly_capacity": f"A member of the sales team can take {counted(count, 'handoff')} a week",
        "least_won": f"A threshold is judged by at least {counted(count, 'contact')} whose deal was won",
        "last_won": f"What buyers did is told of the last {count} as well",
        "threshold_gain_pct": f"Another threshold is worth a change from {counted(count, 'percentage point')} on",
        "drift_limit_pct": f"Scores have drifted at a stability index of {count} % or more",
    }[rule.setting_id]


GOALS = Chapter("Monthly goals", _goal_sentences, _goal)
TIERS = Chapter("Tiers", _tier_sentences, _tier)
REPORT_SETTINGS = Chapter("Numbers of the reports", _setting_sentences, _setting)
