"""Rules that are switched on and can never do anything."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.rules.english.words import hours_in_words
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reachable import points_at_most
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.engagement import ICP_MATCH, EngagementRule

NO_EFFECT = "Nobody's score changes by it: give it points or switch it off"
NEVER_MET = "Nobody ever earns its points: mend it or switch it off"


def dead_engagement_rules(book: RuleBook) -> Iterator[RuleWarning]:
    file = "engagement_rules"
    rules = {rule.rule_id: rule for rule in book.rules(file)}
    caps = {rule.score_group: rule.cap for rule in book.rules("score_groups")}
    enabled = [row for row in book.rows[file] if row.rule.is_enabled]
    # A rule without points is of use where another one requires it.
    required = {name for row in enabled for name in parts(row.rule.requires)}
    for row in enabled:
        rule = row.rule
        if points_at_most(rule) == 0 and rule.rule_id not in required:
            yield RuleWarning(file, row.number, f"{rule.rule_id} is switched on and gives 0 points", NO_EFFECT)
        elif caps[rule.score_group] == 0 and rule.points > 0:
            what = f"{rule.rule_id} is switched on and its group {rule.score_group} gives at most 0 points"
            yield RuleWarning(file, row.number, what, NO_EFFECT)
        for name in (rule.rule_id, *parts(rule.requires)):
            reason = None if name == ICP_MATCH else never_holds(rules[name])
            if reason is not None:
                whose = "" if name == rule.rule_id else f" requires {name}, which"
                yield RuleWarning(file, row.number, f"{rule.rule_id}{whose} can never be met: {reason}", NEVER_MET)


def never_holds(rule: EngagementRule) -> str | None:
    """Why a rule can never be met; None where it can."""
    number = plain_number(rule.threshold)
    if rule.aggregate == "distinct_days" and rule.window_hours and rule.operator in (">=", "=", ">"):
        # A window begins and ends within a day, so it lies in one day more than it is long.
        days = -(-rule.window_hours // 24) + 1
        if rule.threshold + (rule.operator == ">") > days:
            return (
                f"a window of {hours_in_words(rule.window_hours)} lies in at most {days} days, and it asks for {number}"
            )
    if (
        rule.aggregate in ("count", "distinct_days")
        and rule.window_hours is None
        and (rule.operator, rule.threshold) == ("<", 1)
    ):
        return "it is looked at from the first event on, and then there is always one"
    if rule.aggregate == "company_usage_ratio" and rule.threshold > 1:
        return f"it asks for {plain_number(rule.threshold * 100)} % of the usage limit, and 1 is all of it"
    return None


def dead_negative_rules(book: RuleBook) -> Iterator[RuleWarning]:
    file = "negative_rules"
    has_competitors = any(rule.kind == "competitor" for rule in book.rules("excluded_domains"))
    for row in book.rows[file]:
        rule = row.rule
        if not rule.is_enabled:
            continue
        if rule.points == 0:
            yield RuleWarning(file, row.number, f"{rule.rule_id} is switched on and takes 0 points", NO_EFFECT)
        if rule.condition == "competitor_domain" and not has_competitors:
            what = f"{rule.rule_id} is switched on and excluded_domains.csv names no competitor"
            yield RuleWarning(file, row.number, what, "It never takes points: name them or switch it off")
        if rule.condition == "small_company" and int(rule.value) == 0:
            what = f"{rule.rule_id} asks for fewer than 0 employees"
            yield RuleWarning(file, row.number, what, "It never takes points: mend it or switch it off")


def dead_signals(book: RuleBook) -> Iterator[RuleWarning]:
    file = "account_signals"
    for row in book.rows[file]:
        rule = row.rule
        if rule.is_enabled and rule.condition == "usage_ratio" and rule.threshold > 1:
            share = plain_number(rule.threshold * 100)
            what = f"{rule.condition_id} asks for {share} % of the usage limit, and 1 is all of it"
            yield RuleWarning(file, row.number, what, "No company ever shows it: mend it or switch it off")
