"""Which events HubSpot is told one by one, in plain English."""

from collections.abc import Iterator

from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import OFF, counted, events_in_words
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.crm import CrmEvent, CrmEventProperty, CrmEventSetting

TOLD_SETTINGS = {
    "window_days": "An event is sent within {days} of its time, and not any more after that.",
    "max_occurrences_month": "In a calendar month (UTC) at most {value:,} events are sent.",
}


def _event_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_events"):
        yield f"{rule.label} ({rule.event_name}): {_event(book, rule)}{'' if rule.is_enabled else OFF}."


def _event(book: RuleBook, rule: CrmEvent) -> str:
    return f"{events_in_words(rule.events)}, each time from {rule.send_from} on, goes to the timeline of the contact"


def _property_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_event_properties"):
        yield f"{rule.property} of {rule.event_name}: {_property(book, rule)}."


def _property(book: RuleBook, rule: CrmEventProperty) -> str:
    if rule.taken_from == "properties":
        return f"what the event says of {rule.key}, as {rule.value_type}"
    return {"event_type": "the type of the event", "source_event": "what the source calls the event"}[rule.taken_from]


def _setting_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("crm_event_settings"):
        yield _setting(book, rule)


def _setting(book: RuleBook, rule: CrmEventSetting) -> str:
    return TOLD_SETTINGS[rule.setting_id].format(value=rule.value, days=counted(rule.value, "day"))


EVENTS = Chapter("HubSpot: events, one by one", _event_sentences, _event)
EVENT_PROPERTIES = Chapter("HubSpot: what events say", _property_sentences, _property)
EVENT_SETTINGS = Chapter("HubSpot: how many events", _setting_sentences, _setting)
