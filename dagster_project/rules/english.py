"""The rules in plain English, so that everybody can recite them."""

from collections.abc import Iterable
from decimal import Decimal

from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema import EngagementRule, FitRule, NegativeRule, SqlCondition

PROPERTY_NAMES = {
    "zo_activation_status": "activation status",
    "zo_pql_score": "PQL score",
    "zo_fit_score": "fit score",
    "zo_combined_score": "combined score",
    "zo_company_active_users": "the number of active users of the company",
    "band": "band",
    "employee_count": "number of employees",
    "industry": "industry",
    "country": "country",
}
OPERATORS = {
    "=": "is",
    "!=": "is not",
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
}
FLAGS = {"is_activity": "any activity", "is_key_action": "a key action", "is_login": "a login"}
DECAY = {
    "step": "halved at once after every {days} days",
    "exponential": "halved gradually every {days} days",
    "linear": "falling evenly, by half in {days} days and to nothing in {double}",
}


def describe_rules(book: RuleBook) -> str:
    """Every definition, one paragraph a file."""
    return "\n\n".join(
        f"{title}\n" + "\n".join(f"  {line}" for line in lines)
        for title, lines in (
            ("Sales qualified", [sql_definition_in_english(book)]),
            ("Activated", [_activation(book)]),
            ("PQL score: what people do", _engagement(book)),
            ("PQL score: what takes points away", [_negative(rule) for rule in book.rules("negative_rules")]),
            ("Fit score: who they are", _fit(book)),
            ("Combined score", _combined(book)),
            ("Handoff", _handoff(book)),
        )
    )


def sql_definition_in_english(book: RuleBook) -> str:
    """The one sentence that sales and marketing agree on."""
    conditions = [_condition(rule) for rule in book.rules("sql_definition")]
    return f"A contact is sales qualified when {' and '.join(conditions)}."


def _condition(rule: SqlCondition) -> str:
    if rule.property == "is_personal_email_domain":
        is_personal = (rule.value == "true") == (rule.operator == "=")
        return f"the e-mail domain is {'' if is_personal else 'not '}personal"
    return f"{PROPERTY_NAMES[rule.property]} {OPERATORS[rule.operator]} {rule.value}"


def _activation(book: RuleBook) -> str:
    milestones = [
        rule.label if rule.min_count == 1 else f"{rule.label} ({rule.min_count} times)"
        for rule in book.rules("activation_milestones")
    ]
    return f"A user is activated when all of this has happened, and stays so: {'; '.join(milestones)}."


def _engagement(book: RuleBook) -> list[str]:
    groups = {rule.score_group: rule for rule in book.rules("score_groups")}
    lines = [_engagement_rule(rule) for rule in book.rules("engagement_rules")]
    lines += [f"{group.label}: at most {_number(group.cap)} points." for group in groups.values()]
    return [*lines, "All together: at most 100, never below 0, rounded half up once, at the end."]


def _engagement_rule(rule: EngagementRule) -> str:
    what = {
        "count": f"{FLAGS.get(rule.events or '', rule.events)}{_times(rule.threshold)}",
        "distinct_values": f"{_number(rule.threshold)} or more different {rule.property} of {rule.events}",
        "company_usage_ratio": f"the company uses {_number(rule.threshold * 100)} % of its limit or more",
    }[rule.aggregate]
    window = f" within {_hours(rule.window_hours)}" if rule.window_hours else ""
    since = " while it holds" if rule.holds == "current" else ""
    days = rule.decay_days or 0
    decay = f", {DECAY[rule.decay].format(days=days, double=2 * days)}" if rule.decay != "none" else ""
    state = "" if rule.is_enabled else " (switched off)"
    return f"+{_number(rule.points)} {rule.label}: {what}{window}{since}{decay}{state}."


def _times(count: Decimal) -> str:
    return "" if count == 1 else f" at least {_number(count)} times"


def _negative(rule: NegativeRule) -> str:
    what = {
        "competitor_domain": "the e-mail domain is a competitor's (excluded_domains.csv)",
        "title_word": f"the job title has the word {rule.value}, unless it is a senior one",
        "inactive_days": f"no activity for more than {rule.value} days",
    }[rule.condition]
    return f"{_number(rule.points)} {rule.label}: {what}."


def _fit(book: RuleBook) -> Iterable[str]:
    by_rule: dict[tuple[str, Decimal], list[FitRule]] = {}
    for rule in book.rules("fit_rules"):
        by_rule.setdefault((rule.rule_id, rule.points), []).append(rule)
    for (_, points), rules in by_rule.items():
        first = rules[0]
        values = ", ".join(
            f"{rule.min_value} to {rule.max_value}" if rule.match == "between" else str(rule.value) for rule in rules
        )
        how = {"whole_words": "has the words", "equals": "is", "between": "is"}[first.match]
        yield f"+{_number(points)} {first.label}: {first.attribute.replace('_', ' ')} {how} {values}."
    yield "Of the rows of one attribute the best counts. What is not known gives no points."


def _combined(book: RuleBook) -> list[str]:
    (weights,) = (rule for rule in book.rules("score_weights") if rule.is_active)
    bands = ", ".join(f"{rule.min_score} to {rule.max_score} {rule.band}" for rule in book.rules("score_bands"))
    return [
        f"{_number(weights.fit_weight * 100)} % of the fit score and {_number(weights.engagement_weight * 100)} % of "
        f"the PQL score (profile {weights.profile}).",
        f"Bands: {bands}.",
    ]


def _handoff(book: RuleBook) -> list[str]:
    members = ", ".join(rule.member_email for rule in book.rules("sales_team"))
    told = [
        f"{rule.label} ({rule.target}), first call due within {_hours(rule.due_minutes / 60)}."
        for rule in book.rules("triggers")
        if rule.is_enabled
    ]
    owner = f"A sales qualified contact keeps its owner, or gets the one of these who has waited longest: {members}."
    if not members:
        owner = "A sales qualified contact keeps its owner. Those who have none wait: sales_team.csv is empty."
    return [owner, *told]


def _hours(hours: float) -> str:
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count:g} {unit}{'' if count == 1 else 's'}"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
