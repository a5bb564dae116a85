"""What is told of one rule file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema import Rule


@dataclass(frozen=True)
class Chapter:
    """A heading, the sentences of the whole file, and the words for one of its rows alone."""

    title: str
    sentences: Callable[[RuleBook], Iterable[str]]
    row: Callable[[RuleBook, Rule], str]
