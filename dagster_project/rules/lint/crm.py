"""What belongs on a timeline and what into a property: time series are events, stable facts are properties."""

from collections.abc import Iterator

from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts

FILE = "crm_events"
# Columns that hold another value after nearly every event.
MOVED_BY_EVERY_EVENT = ("last_active_at", "key_action_7d_count")
# A timeline and a workflow editor with more kinds of events than this are read by nobody.
MOST_KINDS_OF_EVENTS = 20
EVERYTHING = "is_activity"


def properties_that_move_with_every_event(book: RuleBook) -> Iterator[RuleWarning]:
    for row in book.rows["crm_property_map"]:
        rule = row.rule
        if rule.source_column in MOVED_BY_EVERY_EVENT and rule.min_change is None:
            what = (
                f"{rule.property} holds {rule.source_column}, which moves with nearly every event; it has no min_change"
            )
            why = "Each event becomes a write: give it a min_change, or send the events themselves (crm_events.csv)"
            yield RuleWarning("crm_property_map", row.number, what, why)


def events_that_nobody_reads(book: RuleBook) -> Iterator[RuleWarning]:
    enabled = [row for row in book.rows[FILE] if row.rule.is_enabled]
    if len(enabled) > MOST_KINDS_OF_EVENTS:
        what = f"{len(enabled)} kinds of events are sent, more than {MOST_KINDS_OF_EVENTS}"
        yield RuleWarning(FILE, None, what, "A timeline full of them is read by nobody: send what people act on")
    valued = _valued(book)
    for row in enabled:
        names = parts(row.rule.events)
        if EVERYTHING in names:
            what = f"{row.rule.event_name} sends every activity"
            why = "Counts and last times belong into properties: name the events that people act on"
            yield RuleWarning(FILE, row.number, what, why)
        elif ignored := [name for name in names if name not in valued]:
            what = f"{row.rule.event_name} sends {', '.join(ignored)}, and no rule looks at it"
            yield RuleWarning(FILE, row.number, what, "What counts nowhere is hardly worth a place on a timeline")


def _valued(book: RuleBook) -> set[str]:
    """Event types that count for something: key actions, milestones, and what rules and signals look at."""
    named = {rule.event_type for rule in book.rules("activation_milestones")}
    for file in ("engagement_rules", "signals", "account_signals"):
        named |= {name for rule in book.rules(file) for name in parts(rule.events) if rule.is_enabled}
    key_actions = {rule.event_type for rule in book.rules("event_taxonomy") if rule.is_key_action}
    return (named - {EVERYTHING}) | key_actions | {"is_key_action"}
