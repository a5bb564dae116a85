"""Signals that could never be seen, or whose order is not one."""

from collections.abc import Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem

NEEDS_THRESHOLD = ("events", "company_active_users")


def signals_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    file = "signals.csv"
    first_row_of: dict[int, int] = {}
    for row in book.rows["signals"]:
        rule = row.rule
        yield from _events_stand_where_they_are_needed(file, row.number, rule.condition, rule.events)
        if (rule.condition in NEEDS_THRESHOLD) != (rule.threshold is not None):
            allowed = "a whole number" if rule.threshold is None else f"empty for {rule.condition}"
            found = None if rule.threshold is None else str(rule.threshold)
            yield RuleProblem(file, row.number, "threshold", found, allowed)
        if rule.strength in first_row_of:
            allowed = f"each strength once; row {first_row_of[rule.strength]} has it already"
            yield RuleProblem(file, row.number, "strength", str(rule.strength), allowed)
        first_row_of.setdefault(rule.strength, row.number)
    internal = [rule.strength for rule in book.rules("signals") if rule.origin == "internal"]
    for row in book.rows["signals"]:
        if row.rule.origin == "external" and internal and row.rule.strength < max(internal):
            allowed = f"more than {max(internal)}: what the product shows is stronger than what others tell"
            yield RuleProblem(file, row.number, "strength", str(row.rule.strength), allowed)


def account_signals_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    file = "account_signals.csv"
    for row in book.rows["account_signals"]:
        rule = row.rule
        yield from _events_stand_where_they_are_needed(file, row.number, rule.condition, rule.events)
        if (rule.condition == "events") != (rule.window_hours is not None):
            allowed = "hours" if rule.window_hours is None else f"empty for {rule.condition}"
            found = None if rule.window_hours is None else str(rule.window_hours)
            yield RuleProblem(file, row.number, "window_hours", found, allowed)
        if rule.condition != "usage_ratio" and rule.threshold != rule.threshold.to_integral_value():
            yield RuleProblem(file, row.number, "threshold", str(rule.threshold), "a whole number")


def _events_stand_where_they_are_needed(
    file: str, number: int, condition: str, events: str | None
) -> Iterator[RuleProblem]:
    if (condition == "events") != (events is not None):
        allowed = "one or more event types" if events is None else f"empty for {condition}"
        yield RuleProblem(file, number, "events", events, allowed)
