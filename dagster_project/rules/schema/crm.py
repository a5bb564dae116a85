"""What HubSpot is told."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Day, EventNameInHubSpot, Name, Names, Number, Rule, Whole, Words, YesNo

# What each setting of custom events may be: the smallest and the largest whole number. HubSpot knows an occurrence
# again for a year, and takes so many a month.
EVENT_SETTINGS = {"window_days": (1, 365), "max_occurrences_month": (1, 30_000_000)}

Percent = Annotated[Whole, Field(ge=0, le=100)]


class CrmObject(Rule):
    """A sync is held that would empty more of its records (`max_cleared_pct`) or more values of the others
    (`max_cleared_values`), change more of them (`max_changed_pct`), or let more fall to a lower band.

    `unknown_records`: what HubSpot does not hold is left out (`update`) or made (`upsert`); `create`: it is made, and
    what HubSpot holds already is never written. `associated_with`: contacts and their companies are associated where
    that is missing. `max_refused_pct`: where HubSpot refuses more of the records that differ, the check is an error.
    """

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    unknown_records: Literal["update", "upsert", "create"]
    associated_with: Literal["companies"] | None
    max_cleared_pct: Percent
    max_cleared_values: Annotated[Whole, Field(ge=0)]
    max_changed_pct: Percent
    max_demoted_pct: Percent
    max_refused_pct: Percent
    owner: Words
    why: Words


class CrmProperty(Rule):
    """`value_type`: enumeration is one of the values that the rules name, multi_select several of them; a date is the
    UTC day of an instant.

    `min_change`: a value that differs from what HubSpot holds by less is not sent; of instants, in minutes.

    `max_changed_pct`: a sync that would change more of the values that HubSpot holds is held.

    `who_wins`: whose value stays where somebody changed ours in HubSpot; `hold`: theirs, until a person has decided.
    """

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    property: Annotated[Name, "key"]
    source_column: Name
    value_type: Literal["text", "number", "boolean", "date", "datetime", "enumeration", "multi_select"]
    label: Words | None
    description: Words | None
    when_unknown: Literal["keep", "clear"]
    min_change: Annotated[Number, Field(gt=0)] | None
    max_changed_pct: Percent | None
    who_wins: Literal["ours", "theirs", "hold"]
    is_unique: YesNo
    owner: Words
    why: Words


class CrmEvent(Rule):
    """Events that stand one by one on the timeline of a contact, from the day `send_from` (UTC) on."""

    event_name: Annotated[EventNameInHubSpot, "key"]
    events: Names
    label: Words
    description: Words
    send_from: Day
    is_enabled: YesNo
    owner: Words
    why: Words


class CrmEventProperty(Rule):
    """What an occurrence says besides its time: a property of our event (`key`), or what our event is called."""

    event_name: Annotated[Name, "key"]
    property: Annotated[EventNameInHubSpot, "key"]
    taken_from: Literal["properties", "event_type", "source_event"]
    key: Words | None
    value_type: Literal["text", "number", "datetime"]
    label: Words
    owner: Words
    why: Words


class CrmEventSetting(Rule):
    """A single number that bounds what is sent; `EVENT_SETTINGS` says which there are."""

    setting_id: Annotated[Literal[tuple(EVENT_SETTINGS)], "key"]
    value: Whole
    owner: Words
    why: Words
