"""One rule that decides nearly alone, volume that is taken for intent, and definitions too long to recite."""

from collections.abc import Iterator
from decimal import Decimal

from dagster_project.counting import plain_number
from dagster_project.rules.english.words import counted
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reachable import MOST, points_at_most
from dagster_project.rules.reading import Row, RuleBook

FILE = "engagement_rules"
# A definition is agreed on aloud. People keep about as many things in mind as they have fingers on a hand; whoever
# needs a sixth condition has written a rule for a machine.
MOST_CONDITIONS_TO_RECITE = 5


def one_rule_gives_most(book: RuleBook) -> Iterator[RuleWarning]:
    enabled, total = _enabled(book)
    groups = {rule.score_group: rule for rule in book.rules("score_groups")}
    for row in enabled:
        points, group = points_at_most(row.rule), groups[row.rule.score_group]
        shares = []
        if points > total / 2:
            shares.append(f"the {counted(total, 'point')} of all rules that are switched on")
        if points > group.cap / 2 > 0:
            shares.append(f"the {counted(group.cap, 'point')} of {group.label}")
        if shares:
            what = f"{row.rule.rule_id} gives {counted(points, 'point')}, over half of {' and of '.join(shares)}"
            yield RuleWarning(FILE, row.number, what, "A score that one rule decides says no more than that rule")


def volume_counts_for_much(book: RuleBook) -> Iterator[RuleWarning]:
    enabled, total = _enabled(book)
    for row in enabled:
        rule, points = row.rule, points_at_most(row.rule)
        if rule.is_per_occurrence and rule.aggregate in ("count", "sum") and points > total / 3:
            what = (
                f"{rule.rule_id} counts every time and gives up to {counted(points, 'point')}, over a third of the "
                f"{plain_number(total)} of all rules that are switched on"
            )
            yield RuleWarning(FILE, row.number, what, "Much use is a hint and no intent: lower its max_points")


def points_do_not_add_up(book: RuleBook) -> Iterator[RuleWarning]:
    _, total = _enabled(book)
    if total != MOST:
        what = f"the rules that are switched on add up to {counted(total, 'point')} and not to 100"
        why = (
            "A PQL score is out of 100: nobody can reach it"
            if total < MOST
            else "What goes beyond 100 is cut off, so the best users all look alike"
        )
        yield RuleWarning(FILE, None, what, why, is_note=True)


def too_many_conditions(book: RuleBook) -> Iterator[RuleWarning]:
    for file in ("sql_definition", "icp_definition"):
        count = len(book.rows[file])
        if count > MOST_CONDITIONS_TO_RECITE:
            what = f"{count} conditions, more than the {MOST_CONDITIONS_TO_RECITE} that a person can recite"
            yield RuleWarning(file, None, what, "What nobody can recite nobody agrees on: leave some out")


def _enabled(book: RuleBook) -> tuple[list[Row], Decimal]:
    enabled = [row for row in book.rows[FILE] if row.rule.is_enabled]
    return enabled, sum((points_at_most(row.rule) for row in enabled), Decimal())
