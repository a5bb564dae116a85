"""Which events stand on the timelines in HubSpot, and what they say, as the rule files have it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from dagster_project.rules.checks.crm_events import HUBSPOTS_EVENT_PROPERTIES
from dagster_project.rules.reading import RuleBook


@dataclass(frozen=True)
class EventProperty:
    """What an occurrence says besides its time."""

    name: str
    value_type: Literal["text", "number", "datetime"]
    label: str

    @property
    def is_hubspots_own(self) -> bool:
        return self.name in HUBSPOTS_EVENT_PROPERTIES


@dataclass(frozen=True)
class MappedEvent:
    """One kind of event, under its name without the number of the portal."""

    name: str
    label: str
    description: str
    properties: tuple[EventProperty, ...] = ()


@dataclass(frozen=True)
class EventMap:
    """The events that are switched on, by name, for how long after its time one is sent, and how many a month."""

    events: dict[str, MappedEvent]
    window: timedelta
    max_occurrences_month: int


def read_event_map(book: RuleBook) -> EventMap:
    properties: dict[str, list[EventProperty]] = defaultdict(list)
    for row in book.rules("crm_event_properties"):
        properties[row.event_name].append(EventProperty(row.property, row.value_type, row.label))
    settings = {row.setting_id: row.value for row in book.rules("crm_event_settings")}
    events = {
        rule.event_name: MappedEvent(rule.event_name, rule.label, rule.description, tuple(properties[rule.event_name]))
        for rule in book.rules("crm_events")
        if rule.is_enabled
    }
    return EventMap(events, timedelta(days=settings["window_days"]), settings["max_occurrences_month"])
