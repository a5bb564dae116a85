"""What HubSpot is told, in plain English."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.crm import CrmObject, CrmProperty

UNKNOWN_RECORDS = {
    "update": "what HubSpot does not hold is left out",
    "upsert": "what HubSpot does not hold is made",
    "create": "what HubSpot does not hold is made, and nothing else is written",
}
UNKNOWN_VALUES = {"keep": "kept when unknown", "clear": "emptied when unknown"}
WINNERS = {
    "ours": "",
    "theirs": "; a person's change stays",
    "hold": "; a person's change stays until somebody has decided",
}


def _object_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_objects"):
        yield f"{rule.object_type.capitalize()}: {_object(book, rule)}."


def _object(book: RuleBook, rule: CrmObject) -> str:
    return (
        f"{UNKNOWN_RECORDS[rule.unknown_records]}; {_association(rule)}"
        f"a sync is held that would empty more than {rule.max_cleared_pct} % "
        f"of them or {rule.max_cleared_values:,} values of the others, change more than {rule.max_changed_pct} %, "
        f"or let more than {rule.max_demoted_pct} % fall to a lower band; "
        f"more than {rule.max_refused_pct} % refused is an alarm"
    )


def _association(rule: CrmObject) -> str:
    return "each is associated with its company where that is missing; " if rule.associated_with else ""


def _property_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_property_map"):
        yield f"{rule.property} of {rule.object_type}: {_property(book, rule)}."


def _property(book: RuleBook, rule: CrmProperty) -> str:
    told = f"{rule.source_column} as {rule.value_type}, {UNKNOWN_VALUES[rule.when_unknown]}{WINNERS[rule.who_wins]}"
    if rule.min_change is not None:
        minutes = " minutes" if rule.value_type == "datetime" else ""
        told += f"; sent when it differs by {plain_number(rule.min_change)}{minutes} or more"
    if rule.max_changed_pct is not None:
        told += f"; a sync that would change more than {rule.max_changed_pct} % of them is held"
    return told


CRM_OBJECTS = Chapter("HubSpot: records", _object_sentences, _object)
CRM_PROPERTIES = Chapter("HubSpot: properties", _property_sentences, _property)
