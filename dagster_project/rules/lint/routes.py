"""Routes that nobody ever takes, and contacts that no route takes."""

from collections.abc import Iterator

from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reading import RuleBook

FILE = "routing_rules"


def routes_that_nobody_takes(book: RuleBook) -> Iterator[RuleWarning]:
    """Whatever comes after a route without conditions."""
    conditioned = {rule.route_id for rule in book.rules("routing_conditions")}
    enabled = sorted((row for row in book.rows[FILE] if row.rule.is_enabled), key=lambda row: row.rule.place)
    taker = next((row.rule for row in enabled if row.rule.route_id not in conditioned), None)
    if taker is None:
        if enabled:
            what = "every route asks for something"
            yield RuleWarning(FILE, None, what, "Contacts that fit none of them wait: add one without conditions, last")
        return
    for row in enabled:
        if row.rule.place > taker.place:
            what = f"{row.rule.route_id} comes after {taker.route_id}, which takes everybody"
            yield RuleWarning(FILE, row.number, what, "Nobody ever gets there: give it a lower place")
