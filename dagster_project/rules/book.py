"""The one way to the rules: read every file, check them one by one and against each other."""

from pathlib import Path

from dagster_project.rules.checks import cross_check
from dagster_project.rules.reading import RuleBook, RulesInvalid, read_file
from dagster_project.rules.schema import RULE_FILES


def read_rules(folder: Path) -> RuleBook:
    """The rules of a folder.

    Raises:
        RulesInvalid: One or more files are missing or wrong. All problems are named at once.
    """
    book = RuleBook(folder)
    problems = []
    for file_name in RULE_FILES:
        rows, file_problems = read_file(folder, file_name)
        book.rows[file_name] = rows
        problems.extend(file_problems)
    # Cross checks over half-read files would accuse cells that are right.
    if not problems:
        problems = cross_check(book)
    if problems:
        raise RulesInvalid(problems)
    return book
