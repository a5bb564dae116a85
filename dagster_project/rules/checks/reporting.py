"""Goals that no report can show, tiers that leave a company without one answer, settings without a value."""

import re
from collections.abc import Iterator
from itertools import pairwise

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.reporting import REPORT_SETTINGS

WHOLE = re.compile(r"[0-9]{1,9}")


def goals_of_shares_are_shares(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["goals"]:
        if row.rule.metric_id.endswith("_share") and row.rule.goal > 1:
            allowed = "a share from 0 to 1, such as 0.25 for 25 %"
            yield RuleProblem("goals.csv", row.number, "goal", str(row.rule.goal), allowed)


def tiers_do_not_overlap(book: RuleBook) -> Iterator[RuleProblem]:
    rows = sorted(book.rows["tiers"], key=lambda row: row.rule.min_employees)
    for row in rows:
        most = row.rule.max_employees
        if most is not None and most < row.rule.min_employees:
            allowed = f"{row.rule.min_employees} or more"
            yield RuleProblem("tiers.csv", row.number, "max_employees", str(most), allowed)
    for smaller, larger in pairwise(rows):
        most = smaller.rule.max_employees
        if most is None or most >= larger.rule.min_employees:
            allowed = f"sizes that tier {smaller.rule.tier} does not have already (up to {most or 'any'})"
            yield RuleProblem("tiers.csv", larger.number, "min_employees", str(larger.rule.min_employees), allowed)


def report_settings_are_there_and_within_bounds(book: RuleBook) -> Iterator[RuleProblem]:
    file = "report_settings.csv"
    known = {rule.event_type for rule in book.rules("event_taxonomy")}
    found = {row.rule.setting_id: row for row in book.rows["report_settings"]}
    for name, bounds in REPORT_SETTINGS.items():
        if name not in found:
            yield RuleProblem(file, None, "setting_id", None, f"a row for {name}")
            continue
        value, number = found[name].rule.value, found[name].number
        if bounds is None:
            for event in parts(value):
                if event not in known:
                    yield RuleProblem(file, number, "value", event, "an event_type of event_taxonomy.csv")
        elif not WHOLE.fullmatch(value) or not bounds[0] <= int(value) <= bounds[1]:
            allowed = f"a whole number from {bounds[0]} to {bounds[1]}"
            yield RuleProblem(file, number, "value", value, allowed)
