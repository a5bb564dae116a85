"""Every message template can be rendered, also where little is known, and those that are named are there."""

from collections.abc import Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.templates import missing_template, template_problems


def templates_can_be_rendered(book: RuleBook) -> Iterator[RuleProblem]:
    yield from template_problems(book.folder)


def templates_that_are_named_are_there(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["trigger_actions"]:
        template = row.rule.template
        allowed = None if template is None else missing_template(book.folder, template)
        if allowed is not None:
            yield RuleProblem("trigger_actions.csv", row.number, "template", template, allowed)
