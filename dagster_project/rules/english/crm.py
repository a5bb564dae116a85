"""What HubSpot is told, in plain English."""

from collections.abc import Iterator

from dagster_project.counting import plain_number
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.crm import CrmObject, CrmProperty

UNKNOWN_RECORDS = {"update": "what HubSpot does not hold is left out", "upsert": "what HubSpot does not hold is made"}
UNKNOWN_VALUES = {"keep": "kept when unknown", "clear": "emptied when unknown"}
WINNERS = {"pipeline": "", "person": "; a person's change stays"}


def _object_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_objects"):
        yield f"{rule.object_type.capitalize()}: {_object(book, rule)}."


def _object(book: RuleBook, rule: CrmObject) -> str:
    return (
        f"{UNKNOWN_RECORDS[rule.unknown_records]}; a sync may empty at most {rule.max_cleared_pct} % of them, "
        f"and more than {rule.max_refused_pct} % refused is an alarm"
    )


def _property_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_property_map"):
        yield f"{rule.property} of {rule.object_type}: {_property(book, rule)}."


def _property(book: RuleBook, rule: CrmProperty) -> str:
    told = f"{rule.source_column} as {rule.value_type}, {UNKNOWN_VALUES[rule.when_unknown]}{WINNERS[rule.who_wins]}"
    if rule.min_change is None:
        return told
    minutes = " minutes" if rule.value_type == "datetime" else ""
    return f"{told}; sent when it differs by {plain_number(rule.min_change)}{minutes} or more"


CRM_OBJECTS = Chapter("HubSpot: records", _object_sentences, _object)
CRM_PROPERTIES = Chapter("HubSpot: properties", _property_sentences, _property)
