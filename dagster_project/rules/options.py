"""The values that a column of the desired state can hold, where the rules name them all: options of an enumeration."""

from dataclasses import dataclass

from dagster_project.rules.reading import RuleBook


@dataclass(frozen=True)
class Option:
    """`value` is what is written, `label` what people see."""

    value: str
    label: str


ACTIVATION = (Option("activated", "Activated"), Option("not_activated", "Not activated"))
PRIORITIES = (Option("normal", "Normal"), Option("low", "Low"))
TRACKS = (Option("enterprise", "Enterprise"), Option("self_service", "Self-service"))
# The one stage that a handoff sets.
STAGES = (Option("salesqualifiedlead", "Sales Qualified Lead"),)


def options_of(book: RuleBook, object_type: str, column: str) -> tuple[Option, ...]:
    """In the order of the rules; nothing where a column may hold anything."""
    match column:
        case "activation_status":
            return ACTIVATION
        case "sales_priority":
            return PRIORITIES
        case "sales_track":
            return TRACKS
        case "lifecycle_stage":
            return STAGES
        case "band":
            return tuple(Option(rule.band, rule.band) for rule in book.rules("score_bands"))
        case "strongest_signal":
            return tuple(Option(rule.signal_id, rule.label) for rule in book.rules("signals"))
        case "segments":
            kept = (rule for rule in book.rules("segments") if rule.is_option and rule.object_type == object_type)
            return tuple(Option(rule.segment_id, rule.label) for rule in kept)
        case _:
            return ()
