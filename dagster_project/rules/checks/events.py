"""Events that no source sends."""

from collections.abc import Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.events import EVENT_FLAGS


def event_names_are_known(book: RuleBook) -> Iterator[RuleProblem]:
    event_types = {rule.event_type for rule in book.rules("event_taxonomy")}
    known = f"an event_type of event_taxonomy.csv: {', '.join(sorted(event_types))}"
    for row in book.rows["activation_milestones"]:
        if row.rule.event_type not in event_types:
            yield RuleProblem("activation_milestones.csv", row.number, "event_type", row.rule.event_type, known)
    allowed = f"one of {', '.join(EVENT_FLAGS)}, or {known}"
    for file in ("engagement_rules", "signals", "account_signals", "crm_events"):
        for row in book.rows[file]:
            for events in parts(row.rule.events):
                if events not in event_types and events not in EVENT_FLAGS:
                    yield RuleProblem(f"{file}.csv", row.number, "events", events, allowed)


def activation_has_a_milestone(book: RuleBook) -> Iterator[RuleProblem]:
    if not book.rows["activation_milestones"]:
        allowed = "at least one milestone: without one nobody is ever activated"
        yield RuleProblem("activation_milestones.csv", None, None, "no rows", allowed)
