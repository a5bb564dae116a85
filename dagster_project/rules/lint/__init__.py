"""What is allowed and hardly meant: rules that never earn, scores nobody can reach, definitions nobody can recite."""

from collections.abc import Callable, Iterator

from dagster_project.rules.lint.crm import events_that_nobody_reads, properties_that_move_with_every_event
from dagster_project.rules.lint.dead import dead_engagement_rules, dead_negative_rules, dead_signals
from dagster_project.rules.lint.fit_rows import fit_rows_that_never_count, overlapping_fit_bands
from dagster_project.rules.lint.reach import unreachable_bands, unreachable_conditions
from dagster_project.rules.lint.routes import routes_that_nobody_takes
from dagster_project.rules.lint.segments import (
    segments_of_nobody_or_everybody,
    segments_of_what_is_off,
    segments_twice_the_same,
    segments_with_too_many_conditions,
)
from dagster_project.rules.lint.triggers import (
    actions_that_give_up_before_they_are_due,
    trigger_conditions_that_never_hold,
    triggers_that_come_all_at_once,
    triggers_that_never_start,
    triggers_that_tell_sales_of_anybody,
)
from dagster_project.rules.lint.unseen import (
    decay_longer_than_the_data,
    events_that_never_came,
    events_to_send_that_never_came,
)
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.lint.weight import (
    one_rule_gives_most,
    points_do_not_add_up,
    too_many_conditions,
    volume_counts_for_much,
)
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.seen import SeenEvents

OF_RULES: tuple[Callable[[RuleBook], Iterator[RuleWarning]], ...] = (
    dead_engagement_rules,
    dead_negative_rules,
    dead_signals,
    fit_rows_that_never_count,
    overlapping_fit_bands,
    unreachable_bands,
    unreachable_conditions,
    one_rule_gives_most,
    volume_counts_for_much,
    too_many_conditions,
    points_do_not_add_up,
    properties_that_move_with_every_event,
    events_that_nobody_reads,
    routes_that_nobody_takes,
    segments_twice_the_same,
    segments_with_too_many_conditions,
    segments_of_what_is_off,
    triggers_that_never_start,
    trigger_conditions_that_never_hold,
    triggers_that_tell_sales_of_anybody,
    triggers_that_come_all_at_once,
    actions_that_give_up_before_they_are_due,
)
OF_RULES_AND_EVENTS: tuple[Callable[[RuleBook, SeenEvents], Iterator[RuleWarning]], ...] = (
    events_that_never_came,
    decay_longer_than_the_data,
    events_to_send_that_never_came,
    segments_of_nobody_or_everybody,
)


def lint(book: RuleBook, seen: SeenEvents | None = None) -> list[RuleWarning]:
    """What to look at in rules that are sound; with `seen` also what the events say of them."""
    warnings = [warning for judge in OF_RULES for warning in judge(book)]
    if seen is not None:
        warnings += [warning for judge in OF_RULES_AND_EVENTS for warning in judge(book, seen)]
    return warnings


__all__ = ["RuleWarning", "lint"]
