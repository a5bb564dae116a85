"""What people do, in plain English."""

from collections.abc import Iterator
from decimal import Decimal

from dagster_project.counting import plain_number, signed_number
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import (
    COMPARED,
    FLAGS,
    OFF,
    SAID_ALOUD,
    all_of,
    any_of,
    counted,
    events_in_words,
    hours_in_words,
    not_counting,
)
from dagster_project.rules.reachable import points_at_most, setting
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.engagement import ICP_MATCH, EngagementRule, NegativeRule, ScoreGroup

DECAY = {
    "step": "halved at once after every {days}",
    "exponential": "halved gradually every {days}",
    "linear": "falling evenly, by half in {days} and to nothing in {double}",
}
TIMES = {
    ">=": "at least {times}",
    ">": "more than {times}",
    "<=": "at most {times}",
    "<": "fewer than {times}",
    "=": "exactly {times}",
    "!=": "any number of times but {times}",
}
DIFFERENT = {
    ">=": "{count} or more different",
    ">": "more than {count} different",
    "<=": "at most {count} different",
    "<": "fewer than {count} different",
    "=": "exactly {count} different",
    "!=": "any number but {count} of different",
}
MEASURED = {"sum": "the sum of", "max": "the largest", "latest": "the last"}
ICP_IN_WORDS = "the person matches the ideal customer profile"


def _sentences(book: RuleBook) -> Iterator[str]:
    rules = book.rules("engagement_rules")
    for rule in rules:
        yield f"{signed_number(rule.points)} {rule.label}: {what_is_done(book, rule)}{_state(rule.is_enabled)}."
    total = sum((points_at_most(rule) for rule in rules if rule.is_enabled), Decimal())
    yield f"The rules that are switched on add up to {counted(total, 'point')}."


def what_is_done(book: RuleBook, rule: EngagementRule) -> str:
    """What a rule asks for, how long it holds and how its points fade."""
    what = _each_time(rule) if rule.is_per_occurrence else _what(book, rule)
    words = f"{what}{_filter(rule)}"
    if rule.window_hours:
        words += f" within {hours_in_words(rule.window_hours)}"
    if rule.holds == "current":
        words += " while it holds"
    if rule.requires and rule.aggregate != "all_of":
        words += f", only if {all_of(_required(book, rule, ' is met'))}"
    if rule.max_points is not None:
        words += f", at most {counted(rule.max_points, 'point')}"
    return words + _decay(book, rule)


def _what(book: RuleBook, rule: EngagementRule) -> str:
    events, threshold, number = events_in_words(rule.events), rule.threshold, plain_number(rule.threshold)
    match rule.aggregate:
        case "count" if (rule.operator, threshold) == (">=", 1):
            return events
        case "count":
            return f"{events} {TIMES[rule.operator].format(times=counted(threshold, 'time'))}"
        case "distinct_days" if (rule.operator, threshold) == (">=", 1):
            return f"{events} on at least one day"
        case "distinct_days":
            return f"{events} on {DIFFERENT[rule.operator].format(count=number)} days"
        case "distinct_values":
            return f"{DIFFERENT[rule.operator].format(count=number)} {rule.property} of {events}"
        case "ratio_of_latest":
            share = f"{plain_number(threshold * 100)} % of the last {rule.divisor_property}"
            return f"the last {rule.property} of {events} {COMPARED[rule.operator]} {share}"
        case "company_usage_ratio":
            return f"the company uses {plain_number(threshold * 100)} % of its limit or more"
        case "all_of":
            return f"all of this: {all_of(_required(book, rule))}"
        case measure:
            return f"{MEASURED[measure]} {rule.property} of {events} {COMPARED[rule.operator]} {number}"


def _each_time(rule: EngagementRule) -> str:
    events, every = events_in_words(rule.events), plain_number(rule.threshold)
    match rule.aggregate:
        case "count":
            return f"each {_singular(rule)}" if rule.threshold == 1 else f"every {every} times {events}"
        case "distinct_days":
            return f"each day with {events}" if rule.threshold == 1 else f"every {every} different days with {events}"
        case "distinct_values":
            different = "different" if rule.threshold == 1 else f"{every} different"
            return f"every {different} {rule.property} of {events}"
        case _:
            return f"every {every} of the sum of {rule.property} of {events}"


def _singular(rule: EngagementRule) -> str:
    return any_of([FLAGS[name].partition(" ")[2] if name in FLAGS else name for name in parts(rule.events)])


def _filter(rule: EngagementRule) -> str:
    if rule.filter_property is None:
        return ""
    match rule.filter_operator:
        case "is_known":
            compared = "is known"
        case "contains":
            compared = f"contains {rule.filter_value}"
        case "=" | "!=":
            compared = f"{COMPARED[rule.filter_operator]} {any_of(parts(rule.filter_value))}"
        case operator:
            compared = f"{COMPARED[operator]} {rule.filter_value}"
    return f" where {rule.filter_property} {compared}"


def _required(book: RuleBook, rule: EngagementRule, ending: str = "") -> list[str]:
    labels = {other.rule_id: other.label for other in book.rules("engagement_rules")}
    return [ICP_IN_WORDS if name == ICP_MATCH else f"“{labels[name]}”{ending}" for name in parts(rule.requires)]


def _decay(book: RuleBook, rule: EngagementRule) -> str:
    if rule.decay == "none":
        return ""
    if not all(group.decays for group in book.rules("score_groups") if group.score_group == rule.score_group):
        return ", not fading, since its group does not"
    days = rule.decay_days or 0
    return f", {DECAY[rule.decay].format(days=counted(days, 'day'), double=2 * days)}"


def _state(is_enabled: bool) -> str:
    return "" if is_enabled else OFF


def _group_sentences(book: RuleBook) -> Iterator[str]:
    for group in book.rules("score_groups"):
        yield f"{group.label}: {_group(book, group)}."
    floor = setting(book, "pql_floor")
    yield (f"All together: at most 100, then negative points, never below {floor}; rounded half up once, at the end.")


def _group(book: RuleBook, group: ScoreGroup) -> str:
    score = {"pql": "PQL", "fit": "fit"}[group.score]
    return f"at most {counted(group.cap, 'point')} of the {score} score{'' if group.decays else ', not fading'}"


def _negative_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("negative_rules"):
        what = what_is_held_against(book, rule, SAID_ALOUD)
        yield f"{signed_number(rule.points)} {rule.label}: {what}{_state(rule.is_enabled)}."


def what_is_held_against(book: RuleBook, rule: NegativeRule, most: int | None = None) -> str:
    match rule.condition:
        case "competitor_domain":
            return "the e-mail domain is a competitor's (excluded_domains.csv)"
        case "title_word":
            but = not_counting(rule.except_words, most)
            return f"the job title has the word {rule.value}{but}, unless it is a senior one"
        case "inactive_days":
            return f"no activity for more than {counted(int(rule.value), 'day')}"
        case "no_login_days":
            return f"no login for more than {counted(int(rule.value), 'day')}"
        case "no_email_open_days":
            return f"no e-mail opened for more than {counted(int(rule.value), 'day')}"
        case "personal_domain":
            return "the e-mail domain is personal"
        case _:
            return f"the company has fewer than {counted(int(rule.value), 'employee')}"


ENGAGEMENT = Chapter("PQL score: what people do", _sentences, what_is_done)
GROUPS = Chapter("Groups of rules and their caps", _group_sentences, _group)
NEGATIVE = Chapter("PQL score: what takes points away", _negative_sentences, what_is_held_against)
