"""Engagement and negative rules whose cells contradict each other."""

import re
from collections.abc import Iterator

from dagster_project.rules.reading import Row, RuleBook, RuleProblem
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.engagement import COUNTING, ICP_MATCH, EngagementRule

FILE = "engagement_rules.csv"
RATIOS = ("ratio_of_latest", "company_usage_ratio")
LARGEST_RATIO = 1_000_000
WITH_PROPERTY = ("distinct_values", "sum", "max", "latest", "ratio_of_latest")
NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
WHOLE = re.compile(r"[0-9]{1,7}")


def engagement_rules_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    groups = {rule.score_group: rule for rule in book.rules("score_groups") if rule.score == "pql"}
    for row in book.rows["engagement_rules"]:
        if row.rule.score_group not in groups:
            allowed = f"a score_group of score_groups.csv whose score is pql: {', '.join(sorted(groups))}"
            yield RuleProblem(FILE, row.number, "score_group", row.rule.score_group, allowed)
        for column, found, allowed in (
            *_what_is_counted(row.rule),
            *_filter(row.rule),
            *_window_and_threshold(row.rule),
            *_occurrences(row.rule),
            *_decay(row.rule),
        ):
            yield RuleProblem(FILE, row.number, column, None if found is None else str(found), allowed)


Found = tuple[str, object, str]


def _what_is_counted(rule: EngagementRule) -> Iterator[Found]:
    if rule.aggregate in ("company_usage_ratio", "all_of"):
        if rule.events is not None:
            yield "events", rule.events, f"empty for {rule.aggregate}"
    elif rule.events is None:
        yield "events", None, f"an event type, since aggregate is {rule.aggregate}"
    if (rule.aggregate in WITH_PROPERTY) != (rule.property is not None):
        what = "count" if rule.aggregate == "distinct_values" else "read"
        allowed = f"the event property to {what}" if rule.property is None else f"empty for {rule.aggregate}"
        yield "property", rule.property, allowed
    if (rule.aggregate == "ratio_of_latest") != (rule.divisor_property is not None):
        allowed = "the event property to divide by" if rule.divisor_property is None else f"empty for {rule.aggregate}"
        yield "divisor_property", rule.divisor_property, allowed
    if rule.aggregate == "all_of" and rule.requires is None:
        yield "requires", None, "the rules that must all be met, such as content_downloaded|pricing_visited"


def _filter(rule: EngagementRule) -> Iterator[Found]:
    cells = (rule.filter_property, rule.filter_operator)
    if rule.events is None:
        for name in ("filter_property", "filter_operator", "filter_value"):
            if getattr(rule, name) is not None:
                yield name, getattr(rule, name), f"empty for {rule.aggregate}"
    elif cells.count(None) == 1:
        name = "filter_operator" if rule.filter_operator is None else "filter_property"
        yield name, None, "a property and an operator, or neither"
    elif rule.filter_operator in (None, "is_known"):
        if rule.filter_value is not None:
            yield "filter_value", rule.filter_value, f"empty for {rule.filter_operator or 'a rule without a filter'}"
    elif rule.filter_value is None:
        yield "filter_value", None, f"what to compare {rule.filter_property} with"
    elif rule.filter_operator in (">=", "<=", ">", "<") and not NUMBER.fullmatch(rule.filter_value):
        yield "filter_value", rule.filter_value, f"a number, since the operator is {rule.filter_operator}"


def _window_and_threshold(rule: EngagementRule) -> Iterator[Found]:
    if rule.aggregate in ("company_usage_ratio", "all_of") and rule.window_hours is not None:
        yield "window_hours", rule.window_hours, f"empty for {rule.aggregate}"
    if rule.aggregate == "company_usage_ratio":
        # A company's usage is a present fact without a history, so there is no last moment to decay from.
        if rule.holds != "current" or rule.decay != "none":
            yield "holds", f"{rule.holds}, {rule.decay}", "current, with decay none"
        if rule.operator != ">=" or rule.threshold <= 0:
            yield "threshold", f"{rule.operator} {rule.threshold}", ">= and more than 0 for company_usage_ratio"
    if rule.aggregate == "all_of" and (rule.operator, rule.threshold) != (">=", len(parts(rule.requires))):
        allowed = f">= {len(parts(rule.requires))}, the number of rules it requires"
        yield "threshold", f"{rule.operator} {rule.threshold}", allowed
    if rule.aggregate in RATIOS and abs(rule.threshold) > LARGEST_RATIO:
        yield "threshold", rule.threshold, f"a ratio of at most {LARGEST_RATIO:,}; 0.8 is 80 %"
    if rule.aggregate in COUNTING and (rule.threshold != rule.threshold.to_integral_value() or rule.threshold < 1):
        yield "threshold", rule.threshold, "a whole number of 1 or more"


def _occurrences(rule: EngagementRule) -> Iterator[Found]:
    if rule.is_per_occurrence and (rule.aggregate not in (*COUNTING, "sum") or rule.operator != ">="):
        allowed = f"false: only {', '.join(COUNTING)} and sum with >= can be earned several times"
        yield "is_per_occurrence", "true", allowed
    if rule.is_per_occurrence and rule.threshold <= 0:
        yield "threshold", rule.threshold, "more than 0, since points are given for each time it is reached"
    if rule.is_per_occurrence != (rule.max_points is not None):
        allowed = "the most points it gives" if rule.is_per_occurrence else "empty unless is_per_occurrence"
        yield "max_points", rule.max_points, allowed


def _decay(rule: EngagementRule) -> Iterator[Found]:
    if rule.decay != "none" and rule.decay_days is None:
        yield "decay_days", None, f"days, since decay is {rule.decay}"
    if rule.decay == "none" and rule.decay_days is not None:
        yield "decay_days", rule.decay_days, "empty, since decay is none"


def required_rules_are_there_and_in_no_circle(book: RuleBook) -> Iterator[RuleProblem]:
    rows: dict[str, Row] = {row.rule.rule_id: row for row in book.rows["engagement_rules"]}
    for row in rows.values():
        for name in parts(row.rule.requires):
            if name == ICP_MATCH:
                continue
            if name not in rows:
                allowed = f"{ICP_MATCH}, or a rule_id of this file"
                yield RuleProblem(FILE, row.number, "requires", name, allowed)
            elif rows[name].rule.requires not in (None, ICP_MATCH) or rows[name].rule.aggregate == "all_of":
                # One level is what a person can follow, and what the models compute.
                allowed = f"rules that are no all_of and require nothing but {ICP_MATCH} themselves"
                yield RuleProblem(FILE, row.number, "requires", name, allowed)


def negative_rules_have_their_value(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["negative_rules"]:
        rule, file = row.rule, "negative_rules.csv"
        if rule.condition in ("competitor_domain", "personal_domain"):
            if rule.value is not None:
                yield RuleProblem(file, row.number, "value", rule.value, "empty: excluded_domains.csv lists domains")
        elif rule.condition == "title_word":
            if rule.value is None:
                yield RuleProblem(file, row.number, "value", None, "one or more words of a job title")
        elif not WHOLE.fullmatch(rule.value or ""):
            what = "employees" if rule.condition == "small_company" else "days"
            yield RuleProblem(file, row.number, "value", rule.value, f"a whole number of {what}")
