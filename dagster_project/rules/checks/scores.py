"""Weights, bands and settings that would leave somebody without one answer."""

import re
from collections.abc import Iterator
from itertools import pairwise

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.scores import SETTINGS

WHOLE = re.compile(r"-?[0-9]{1,10}")


def weights_add_up_and_every_size_has_one_profile(book: RuleBook) -> Iterator[RuleProblem]:
    file, rows = "score_weights.csv", book.rows["score_weights"]
    for row in rows:
        rule = row.rule
        total = rule.fit_weight + rule.engagement_weight
        if total != 1:
            yield RuleProblem(file, row.number, "engagement_weight", str(total), "weights that add up to 1")
        if None not in (rule.min_employees, rule.max_employees) and rule.min_employees > rule.max_employees:
            allowed = f"{rule.min_employees} or more"
            yield RuleProblem(file, row.number, "max_employees", str(rule.max_employees), allowed)
    active = [row for row in rows if row.rule.is_active]
    general = [row.rule.profile for row in active if (row.rule.min_employees, row.rule.max_employees) == (None, None)]
    if len(general) != 1:
        allowed = "true for exactly one profile without bounds"
        yield RuleProblem(file, None, "is_active", ", ".join(general) or None, allowed)
    sized = [row for row in active if row.rule.profile not in general]
    sized.sort(key=lambda row: row.rule.min_employees or 0)
    for smaller, larger in pairwise(sized):
        most = smaller.rule.max_employees
        if most is None or most >= (larger.rule.min_employees or 0):
            allowed = f"sizes that profile {smaller.rule.profile} does not have already (up to {most or 'any'})"
            yield RuleProblem(file, larger.number, "min_employees", str(larger.rule.min_employees or 0), allowed)


def settings_are_there_and_within_bounds(book: RuleBook) -> Iterator[RuleProblem]:
    yield from settings_of(book, "score_settings", SETTINGS)


def settings_of(book: RuleBook, name: str, settings: dict[str, tuple]) -> Iterator[RuleProblem]:
    """What is wrong with a file of single numbers and words; `settings` says what each may hold."""
    file = f"{name}.csv"
    found = {row.rule.setting_id: row for row in book.rows[name]}
    for setting_id, allowed in settings.items():
        if setting_id not in found:
            yield RuleProblem(file, None, "setting_id", None, f"a row for {setting_id}")
            continue
        value = found[setting_id].rule.value
        if isinstance(allowed[0], str):
            if value not in allowed:
                yield RuleProblem(file, found[setting_id].number, "value", value, f"one of {', '.join(allowed)}")
        elif not WHOLE.fullmatch(value) or not allowed[0] <= int(value) <= allowed[1]:
            bounds = f"a whole number from {allowed[0]} to {allowed[1]}"
            yield RuleProblem(file, found[setting_id].number, "value", value, bounds)


def bands_cover_every_score_once(book: RuleBook) -> Iterator[RuleProblem]:
    file = "score_bands.csv"
    next_score = 0
    for row in sorted(book.rows["score_bands"], key=lambda row: row.rule.min_score):
        band = row.rule
        if band.min_score > band.max_score:
            yield RuleProblem(file, row.number, "max_score", str(band.max_score), f"{band.min_score} or more")
        if band.min_score != next_score:
            what = "a gap" if band.min_score > next_score else "an overlap"
            allowed = f"{next_score}: {what} between the bands would leave a score without one answer"
            yield RuleProblem(file, row.number, "min_score", str(band.min_score), allowed)
        next_score = band.max_score + 1
    if next_score != 101:
        yield RuleProblem(file, None, "max_score", str(next_score - 1), "100 for the highest band")
