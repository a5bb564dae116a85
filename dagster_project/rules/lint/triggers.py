"""Triggers that never fire, that tell sales of anybody, or that come all at once."""

from collections.abc import Iterable, Iterator
from decimal import ROUND_FLOOR, Decimal

from dagster_project.rules.checks.triggers import ASKED_OF_TRIGGERS, condition_of_signal
from dagster_project.rules.english.segments import asked_in_words
from dagster_project.rules.english.words import counted, hours_in_words
from dagster_project.rules.lint.dead import never_holds
from dagster_project.rules.lint.reach import met_by
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reachable import scores_of
from dagster_project.rules.reading import Row, RuleBook
from dagster_project.rules.schema.triggers import OF_HANDOFF, Trigger, TriggerAction

TRIGGERS, CONDITIONS, ACTIONS = "triggers", "trigger_conditions", "trigger_actions"
NEVER = "It never fires: mend it or switch it off"
# Of one person several of these hold at a time, so no two conditions exclude each other.
SEVERAL_AT_A_TIME = ("engagement_rule", "live_signal")
AT_LEAST = (">=", ">")
# What says that a company is large enough or fits, and how it has to be asked.
MINIMUMS = {
    "employee_count": AT_LEAST,
    "fit_score": AT_LEAST,
    "combined_score": AT_LEAST,
    "is_icp_match": ("=",),
    "sales_priority": ("=",),
}
WATCHED_DAYS = 30


def triggers_that_never_start(book: RuleBook) -> Iterator[RuleWarning]:
    signals_on = {rule.signal_id for rule in book.rules("signals") if rule.is_enabled}
    engagement = {rule.rule_id: rule for rule in book.rules("engagement_rules")}
    for row in _enabled(book):
        rule: Trigger = row.rule
        if rule.starts_with == "signal" and rule.starts_with_id not in signals_on:
            what = f"{rule.trigger_id} starts with the signal {rule.starts_with_id}, which is switched off"
            yield RuleWarning(TRIGGERS, row.number, what, NEVER)
        if rule.starts_with == "engagement_rule" and rule.starts_with_id is not None:
            reason = never_holds(engagement[rule.starts_with_id])
            if reason is not None:
                what = f"{rule.trigger_id} starts with {rule.starts_with_id}, which can never be met: {reason}"
                yield RuleWarning(TRIGGERS, row.number, what, NEVER)


def trigger_conditions_that_never_hold(book: RuleBook) -> Iterator[RuleWarning]:
    signals_on = {rule.signal_id for rule in book.rules("signals") if rule.is_enabled}
    for row in _enabled(book):
        by_property: dict[str, list[Row]] = {}
        for condition in book.rows[CONDITIONS]:
            if condition.rule.trigger_id == row.rule.trigger_id:
                by_property.setdefault(condition.rule.property, []).append(condition)
        for name, conditions in by_property.items():
            if name in SEVERAL_AT_A_TIME:
                off = [item for item in conditions if name == "live_signal" and item.rule.value not in signals_on]
                impossible = [item for item in off if item.rule.operator == "="]
            else:
                values = list(_values(book, row.rule, name, conditions))
                impossible = [item for item in conditions if not met_by(values, [item])]
                if not impossible and not met_by(values, conditions):
                    numbers = " and ".join(str(item.number) for item in conditions)
                    what = f"rows {numbers}, of {row.rule.trigger_id}, exclude each other"
                    yield RuleWarning(CONDITIONS, conditions[-1].number, what, NEVER)
            for item in impossible:
                what = f"{asked_in_words(book, item.rule)}: of {row.rule.trigger_id} this can never hold"
                yield RuleWarning(CONDITIONS, item.number, what, NEVER)


def triggers_that_tell_sales_of_anybody(book: RuleBook) -> Iterator[RuleWarning]:
    tells_sales = {rule.trigger_id for rule in book.rules(ACTIONS) if rule.is_enabled and _is_for_sales(rule)}
    has_minimum = {
        rule.trigger_id
        for rule in book.rules(CONDITIONS)
        if rule.operator in MINIMUMS.get(rule.property, ()) and rule.value not in ("low", "false")
    }
    for row in _enabled(book):
        rule: Trigger = row.rule
        if rule.starts_with not in OF_HANDOFF and rule.trigger_id in tells_sales - has_minimum:
            what = f"{rule.trigger_id} tells sales of people of any company, however small or unfit"
            why = "Much use at a company that does not fit is no reason to call: ask for a size, a fit or a priority"
            yield RuleWarning(TRIGGERS, row.number, what, why)


def triggers_that_come_all_at_once(book: RuleBook) -> Iterator[RuleWarning]:
    dated = sorted(_enabled(book), key=lambda row: row.rule.enabled_from)
    for first, second, third in zip(dated, dated[1:], dated[2:], strict=False):
        if (third.rule.enabled_from - first.rule.enabled_from).days < WATCHED_DAYS:
            names = " and ".join(row.rule.trigger_id for row in (first, second))
            what = f"{third.rule.trigger_id} begins within {WATCHED_DAYS} days of {names}"
            why = f"Nobody can tell which of them helps: roll out one, watch it for {WATCHED_DAYS} days, then the next"
            yield RuleWarning(TRIGGERS, third.number, what, why)


def actions_that_give_up_before_they_are_due(book: RuleBook) -> Iterator[RuleWarning]:
    for row in book.rows[ACTIONS]:
        rule: TriggerAction = row.rule
        due, name = hours_in_words(rule.due_minutes / 60), f"the {rule.action} of {rule.trigger_id}"
        if rule.expires_hours * 60 < rule.due_minutes:
            what = f"{name} gives up after {hours_in_words(rule.expires_hours)} and is due within {due}"
            why = "It may be given up while it is still in time: let it live longer"
            yield RuleWarning(ACTIONS, row.number, what, why)
        if rule.not_before_minutes >= rule.due_minutes:
            what = f"{name} waits for {counted(rule.not_before_minutes, 'minute')} and is due within {due}"
            yield RuleWarning(ACTIONS, row.number, what, "It is late before it may begin: let it be due later")


def _enabled(book: RuleBook) -> list[Row]:
    return [row for row in book.rows[TRIGGERS] if row.rule.is_enabled]


def _is_for_sales(rule: TriggerAction) -> bool:
    """A task or a message to an owner, or to a channel that is not named after marketing."""
    is_slack = rule.action in ("slack_message", "slack_digest")
    return rule.action == "hubspot_task" or (is_slack and "marketing" not in rule.target)


def _values(book: RuleBook, trigger: Trigger, name: str, rows: Iterable[Row]) -> Iterable[int | str]:
    """Values of a property, among them one that meets the conditions if there is any."""
    kind, scores = ASKED_OF_TRIGGERS[name], scores_of(book)
    if f"zo_{name}" in scores:
        return scores[f"zo_{name}"]
    if kind == "number":
        named = [int(Decimal(row.rule.value).to_integral_value(ROUND_FLOOR)) for row in rows]
        return [0, *(value + step for value in named for step in (-1, 0, 1, 2) if value + step >= 0)]
    if name == "has_feature_name" and condition_of_signal(trigger, book) != "events":
        # Only an event says which feature it was about.
        return ("false",)
    if isinstance(kind, tuple):
        return kind
    return [*(row.rule.value for row in rows), "any other"]
