"""Numbers, times, comparisons and conditions as people say them."""

from collections.abc import Sequence
from decimal import Decimal

from dagster_project.counting import plain_number
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.deciding import SqlCondition
from dagster_project.rules.schema.fit import IcpCondition
from dagster_project.rules.schema.handing_off import ReturnRule, RoutingCondition

OFF = " (switched off)"
# Of a list of phrases so many are said aloud; the sheet of criteria has them all.
SAID_ALOUD = 3
PROPERTY_NAMES = {
    "zo_activation_status": "activation status",
    "zo_pql_score": "PQL score",
    "zo_fit_score": "fit score",
    "zo_combined_score": "combined score",
    "zo_company_active_users": "the number of active users of the company",
    "fit_completeness_pct": "the share of the fit that is known, in %,",
    "band": "band",
    "employee_count": "number of employees",
    "industry": "industry",
    "country": "country",
    "region": "region",
    "sales_priority": "sales priority",
}
# Yes or no: what is said when it is so, and when it is not.
YES_OR_NO = {
    "is_personal_email_domain": ("the e-mail domain is personal", "the e-mail domain is not personal"),
    "is_icp_match": (
        "the person matches the ideal customer profile",
        "the person does not match the ideal customer profile",
    ),
}
COMPARED = {
    "=": "is",
    "!=": "is not",
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
}
FLAGS = {"is_activity": "any activity", "is_key_action": "a key action", "is_login": "a login"}


def condition_in_words(rule: SqlCondition | IcpCondition | RoutingCondition | ReturnRule) -> str:
    """A condition of a definition, such as `PQL score is at least 50`."""
    if rule.property in YES_OR_NO:
        is_so, is_not_so = YES_OR_NO[rule.property]
        return is_so if (rule.value == "true") == (rule.operator == "=") else is_not_so
    return f"{PROPERTY_NAMES[rule.property]} {COMPARED[rule.operator]} {rule.value}"


def events_in_words(cell: str | None) -> str:
    """The event types and flags of a cell, such as `a login or teammate_invited`."""
    return any_of([FLAGS.get(name, name) for name in parts(cell)])


def not_counting(cell: str | None, most: int | None = None) -> str:
    """Phrases that are taken out of a title before it is looked at; of more than `most` the first are named."""
    phrases = list(dict.fromkeys(parts(cell)))
    if not phrases:
        return ""
    more = f" and {len(phrases) - most} more" if most is not None and len(phrases) > most else ""
    return f" (not counting {', '.join(phrases[:most])}{more})"


def any_of(words: Sequence[str]) -> str:
    return _listed(words, "or")


def all_of(words: Sequence[str]) -> str:
    return _listed(words, "and")


def _listed(words: Sequence[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def hours_in_words(hours: float) -> str:
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count:g} {unit}{'' if count == 1 else 's'}"


def counted(count: int | Decimal, noun: str) -> str:
    return f"{plain_number(count)} {noun}{'' if count == 1 else 's'}"
