"""Conditions that compare what cannot be compared, and absences without an end."""

import re
from collections.abc import Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem

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
    bands = tuple(rule.band for rule in book.rules("score_bands"))
    for name, allowed_when_empty in EMPTY.items():
        file = f"{name}.csv"
        if not book.rows[name]:
            yield RuleProblem(file, None, None, "no rows", allowed_when_empty)
        for row in book.rows[name]:
            rule = row.rule
            if rule.property in NUMBER_PROPERTIES:
                if not NUMBER.fullmatch(rule.value):
                    yield RuleProblem(file, row.number, "value", rule.value, f"a number, since {rule.property} is one")
                continue
            if rule.operator not in ("=", "!="):
                allowed = f"= or !=, since {rule.property} is text"
                yield RuleProblem(file, row.number, "operator", rule.operator, allowed)
            values = bands if rule.property == "band" else TEXT_VALUES.get(rule.property)
            if values is not None and rule.value not in values:
                yield RuleProblem(file, row.number, "value", rule.value, f"one of {', '.join(values)}")


def absences_end_after_they_begin(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["sales_team"]:
        begins, ends = row.rule.absent_from, row.rule.absent_until
        if (begins is None) != (ends is None) or (begins is not None and begins > ends):
            allowed = "both dates of an absence, the first one first, or neither"
            yield RuleProblem("sales_team.csv", row.number, "absent_until", f"{begins} to {ends}", allowed)
