"""Every message template can be rendered, also where little is known."""

from collections.abc import Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.templates import template_problems


def templates_can_be_rendered(book: RuleBook) -> Iterator[RuleProblem]:
    yield from template_problems(book.folder)
