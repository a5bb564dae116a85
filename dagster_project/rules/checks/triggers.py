"""Triggers that nothing could ever start, conditions that nobody can meet, and actions without a reader."""

import re
from collections.abc import Iterator

from dagster_project.rules.checks.segments import ASKED, TRUE_OR_FALSE, asked_problems
from dagster_project.rules.reading import Row, RuleBook, RuleProblem
from dagster_project.rules.schema.triggers import OF_HANDOFF, Trigger, TriggerAction

TRIGGERS, CONDITIONS, ACTIONS = "triggers.csv", "trigger_conditions.csv", "trigger_actions.csv"
# Who is with sales is decided after the triggers, which may call upon the same members of the team.
DECIDED_LATER = ("is_with_sales", "is_in_review")
ASKED_OF_TRIGGERS = {name: kind for name, kind in ASKED["contacts"].items() if name not in DECIDED_LATER} | {
    "has_feature_name": TRUE_OR_FALSE
}
COUNTS_DAYS = ("dormant", "disengaged")
CHANNEL = "#[a-z0-9_-]+"
# Of each action: what its target may be, and how that is said.
TARGETS = {
    "slack_message": (rf"owner|{CHANNEL}", "owner, or a channel such as #pql-handoff"),
    "slack_digest": (CHANNEL, "a channel such as #pql-alerts"),
    "hubspot_task": ("owner", "owner"),
    "webhook": ("enrichment", "enrichment"),
}
WITHOUT_TEMPLATE = ("webhook", "segment")
# What an engagement rule may ask for of which nobody knows since when it holds.
WITHOUT_A_BEGINNING = ("company_usage_ratio", "all_of")


def triggers_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    labels: dict[str, int] = {}
    has_action = {rule.trigger_id for rule in book.rules("trigger_actions") if rule.is_enabled}
    for row in book.rows["triggers"]:
        rule = row.rule
        yield from _starts_with_what_there_is(row, book)
        yield from _days_stand_where_they_mean_something(row, book)
        yield from _subject_is_that_of_the_start(row, book)
        yield from _episodes_have_an_end(row, book)
        if rule.is_enabled and rule.trigger_id not in has_action:
            allowed = "a trigger with an enabled row in trigger_actions.csv, or switched off: it would do nothing"
            yield RuleProblem(TRIGGERS, row.number, "trigger_id", rule.trigger_id, allowed)
        first = labels.setdefault(rule.label.casefold(), row.number)
        if first != row.number:
            yield RuleProblem(TRIGGERS, row.number, "label", rule.label, f"another name: row {first} has it")


def trigger_conditions_can_hold(book: RuleBook) -> Iterator[RuleProblem]:
    starts = {rule.trigger_id: rule.starts_with for rule in book.rules("triggers")}
    for row in book.rows["trigger_conditions"]:
        rule = row.rule
        if rule.trigger_id not in starts:
            yield RuleProblem(CONDITIONS, row.number, "trigger_id", rule.trigger_id, "a trigger of triggers.csv")
        elif starts[rule.trigger_id] in OF_HANDOFF:
            allowed = f"a trigger that starts with use: what a {starts[rule.trigger_id]} asks for has files of its own"
            yield RuleProblem(CONDITIONS, row.number, "trigger_id", rule.trigger_id, allowed)
        else:
            yield from asked_problems(CONDITIONS, row, ASKED_OF_TRIGGERS, "", book)


def trigger_actions_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    triggers = {rule.trigger_id: rule for rule in book.rules("triggers")}
    segments = [rule.segment_id for rule in book.rules("segments") if rule.is_enabled]
    for row in book.rows["trigger_actions"]:
        rule = row.rule
        if rule.trigger_id not in triggers:
            yield RuleProblem(ACTIONS, row.number, "trigger_id", rule.trigger_id, "a trigger of triggers.csv")
            continue
        pattern, allowed = TARGETS.get(rule.action, (".+", ""))
        if not re.fullmatch(pattern, rule.target):
            yield RuleProblem(ACTIONS, row.number, "target", rule.target, allowed)
        if rule.action == "segment" and rule.target not in segments:
            allowed = f"a segment of segments.csv that is switched on: {', '.join(segments)}"
            yield RuleProblem(ACTIONS, row.number, "target", rule.target, allowed)
        if rule.action in WITHOUT_TEMPLATE and rule.template is not None:
            yield RuleProblem(ACTIONS, row.number, "template", rule.template, f"empty for {rule.action}")
        if rule.action not in WITHOUT_TEMPLATE and rule.template is None:
            allowed = f"the name of a template: a {rule.action} says something"
            yield RuleProblem(ACTIONS, row.number, "template", None, allowed)
        yield from _waits_for_what_stays(row, triggers[rule.trigger_id], book)


def is_now(rule: Trigger, book: RuleBook) -> bool:
    """Whether the moment moves on with the clock for as long as it holds: nobody knows when it began."""
    return rule.starts_with == "review" or _aggregate_of_rule(rule, book) in WITHOUT_A_BEGINNING


def is_of_company(rule: Trigger, book: RuleBook) -> bool:
    """Whether what starts it is said of a company, and of nobody in it more than of the others."""
    is_team = condition_of_signal(rule, book) == "company_active_users"
    return is_team or _aggregate_of_rule(rule, book) == "company_usage_ratio"


def _starts_with_what_there_is(row: Row, book: RuleBook) -> Iterator[RuleProblem]:
    rule: Trigger = row.rule
    if rule.starts_with == "signal":
        known = [other.signal_id for other in book.rules("signals")]
    elif rule.starts_with == "engagement_rule":
        known = [other.rule_id for other in book.rules("engagement_rules")]
    else:
        if rule.starts_with_id is not None:
            allowed = f"empty for {rule.starts_with}"
            yield RuleProblem(TRIGGERS, row.number, "starts_with_id", rule.starts_with_id, allowed)
        return
    if rule.starts_with_id not in known:
        allowed = f"one of {rule.starts_with}s.csv: {', '.join(known)}"
        yield RuleProblem(TRIGGERS, row.number, "starts_with_id", rule.starts_with_id, allowed)


def condition_of_signal(rule: Trigger, book: RuleBook) -> str | None:
    """What the signal that starts it looks for; None where no signal does."""
    if rule.starts_with != "signal":
        return None
    return next((other.condition for other in book.rules("signals") if other.signal_id == rule.starts_with_id), None)


def _aggregate_of_rule(rule: Trigger, book: RuleBook) -> str | None:
    if rule.starts_with != "engagement_rule":
        return None
    known = book.rules("engagement_rules")
    return next((other.aggregate for other in known if other.rule_id == rule.starts_with_id), None)


def _days_stand_where_they_mean_something(row: Row, book: RuleBook) -> Iterator[RuleProblem]:
    rule: Trigger = row.rule
    if rule.starts_with in COUNTS_DAYS and rule.at_least_days is None:
        allowed = f"after how many days somebody is {rule.starts_with}"
        yield RuleProblem(TRIGGERS, row.number, "at_least_days", None, allowed)
    lasts = rule.starts_with in COUNTS_DAYS or condition_of_signal(rule, book) == "habitual_use"
    if rule.at_least_days is not None and not lasts:
        what = rule.starts_with_id or rule.starts_with
        allowed = f"empty for {what}: days are counted of dormant, disengaged, and signals of habitual_use"
        yield RuleProblem(TRIGGERS, row.number, "at_least_days", str(rule.at_least_days), allowed)


def _subject_is_that_of_the_start(row: Row, book: RuleBook) -> Iterator[RuleProblem]:
    rule: Trigger = row.rule
    whose = "company" if is_of_company(rule, book) else "contact"
    if rule.subject != whose:
        what = rule.starts_with_id or rule.starts_with
        yield RuleProblem(TRIGGERS, row.number, "subject", rule.subject, f"{whose}, since {what} is of a {whose}")


def _episodes_have_an_end(row: Row, book: RuleBook) -> Iterator[RuleProblem]:
    rule: Trigger = row.rule
    if rule.starts_with in OF_HANDOFF:
        if rule.gives_way_hours is not None:
            allowed = f"empty for {rule.starts_with}, which is always told"
            yield RuleProblem(TRIGGERS, row.number, "gives_way_hours", str(rule.gives_way_hours), allowed)
    elif rule.cool_down_days == 0 and (is_now(rule, book) or rule.subject == "company"):
        allowed = "at least 1: it holds at every look, and each would begin a new episode"
        yield RuleProblem(TRIGGERS, row.number, "cool_down_days", "0", allowed)


def _waits_for_what_stays(row: Row, trigger: Trigger, book: RuleBook) -> Iterator[RuleProblem]:
    rule: TriggerAction = row.rule
    if rule.not_before_minutes and is_now(trigger, book):
        allowed = f"0: the moment of {trigger.trigger_id} moves on with the clock, and the wait would never end"
        yield RuleProblem(ACTIONS, row.number, "not_before_minutes", str(rule.not_before_minutes), allowed)
