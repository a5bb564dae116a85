"""What starts something, for whom, and what is done then."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Day, Name, Operator, Rule, Whole, Words, YesNo

HOURS_AT_MOST = 24 * 366
# Their moments are told by tables of their own, and so are their episodes.
OF_HANDOFF = ("handoff", "review", "return")


class Trigger(Rule):
    """Strength 1 is the strongest. Moments before `enabled_from` are history and begin nothing.

    `gives_way_hours`: not while a stronger one began for the same contact or company within so many hours.
    `cool_down_days`: a new episode begins only so many days after the moment of the last one; empty: once ever.
    """

    trigger_id: Annotated[Name, "key"]
    label: Words
    starts_with: Literal["handoff", "review", "return", "signal", "engagement_rule", "dormant", "disengaged"]
    starts_with_id: Name | None
    at_least_days: Annotated[Whole, Field(ge=1, le=3650)] | None
    subject: Literal["contact", "company"]
    strength: Annotated[Whole, Field(ge=1, le=99)]
    gives_way_hours: Annotated[Whole, Field(ge=1, le=HOURS_AT_MOST)] | None
    cool_down_days: Annotated[Whole, Field(ge=0, le=3650)] | None
    enabled_from: Day
    is_enabled: YesNo
    owner: Words
    why: Words


class TriggerCondition(Rule):
    """All conditions of a trigger must hold; what is not known does not hold."""

    trigger_id: Annotated[Name, "key"]
    condition_id: Annotated[Name, "key"]
    property: Name
    operator: Operator
    value: Words
    owner: Words
    why: Words


class TriggerAction(Rule):
    """Minutes and hours count from the moment; in working hours, from when the owner next works.

    `template`: a file of the folder `templates` beside the rules. A segment is listed so that the trigger is told
    whole: a HubSpot workflow on its list does the rest.
    """

    trigger_id: Annotated[Name, "key"]
    action: Annotated[Literal["slack_message", "slack_digest", "hubspot_task", "sequence", "webhook", "segment"], "key"]
    target: Annotated[Words, "key"]
    template: Name | None
    priority: Literal["high", "medium", "low"]
    not_before_minutes: Annotated[Whole, Field(ge=0, le=60 * HOURS_AT_MOST)]
    due_minutes: Annotated[Whole, Field(ge=1, le=60 * HOURS_AT_MOST)]
    expires_hours: Annotated[Whole, Field(ge=1, le=HOURS_AT_MOST)]
    in_working_hours: YesNo
    is_enabled: YesNo
    owner: Words
    why: Words
