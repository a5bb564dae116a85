"""Conditions that compare what cannot be compared."""

import re
from collections.abc import Iterator

from dagster_project.rules.reading import Row, RuleBook, RuleProblem

NUMBER_PROPERTIES = (
    "zo_pql_score",
    "zo_fit_score",
    "zo_combined_score",
    "zo_company_active_users",
    "employee_count",
    "fit_completeness_pct",
)
TEXT_VALUES = {
    "zo_activation_status": ("activated", "not_activated"),
    "is_personal_email_domain": ("true", "false"),
    "is_icp_match": ("true", "false"),
    "sales_priority": ("normal", "low"),
}
# Fewer spellings than Python takes for a number: the database has to read it too.
NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
EMPTY = {
    "sql_definition": "at least one condition: without one everybody is sales qualified",
    "icp_definition": "at least one condition: without one everybody matches the ideal customer profile",
}


def conditions_compare_like_with_like(book: RuleBook) -> Iterator[RuleProblem]:
    for name, allowed_when_empty in EMPTY.items():
        if not book.rows[name]:
            yield RuleProblem(f"{name}.csv", None, None, "no rows", allowed_when_empty)
        for row in book.rows[name]:
            yield from compared_with_its_like(book, f"{name}.csv", row)


def compared_with_its_like(book: RuleBook, file: str, row: Row) -> Iterator[RuleProblem]:
    """What keeps a condition on one person from ever being judged."""
    rule = row.rule
    if rule.property in NUMBER_PROPERTIES:
        if not NUMBER.fullmatch(rule.value):
            yield RuleProblem(file, row.number, "value", rule.value, f"a number, since {rule.property} is one")
        return
    if rule.operator not in ("=", "!="):
        allowed = f"= or !=, since {rule.property} is text"
        yield RuleProblem(file, row.number, "operator", rule.operator, allowed)
    bands = tuple(rule.band for rule in book.rules("score_bands"))
    values = bands if rule.property == "band" else TEXT_VALUES.get(rule.property)
    if values is not None and rule.value not in values:
        yield RuleProblem(file, row.number, "value", rule.value, f"one of {', '.join(values)}")
