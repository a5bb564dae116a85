"""What events mean, and when a user is activated."""

from typing import Annotated

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Rule, Whole, Words, YesNo

EVENT_FLAGS = ("is_activity", "is_key_action", "is_login")


class EventName(Rule):
    source: Annotated[Name, "key"]
    source_event: Annotated[Words, "key"]
    event_type: Name
    is_activity: YesNo
    is_key_action: YesNo
    is_login: YesNo
    owner: Words
    why: Words


class ActivationMilestone(Rule):
    milestone_id: Annotated[Name, "key"]
    label: Words
    event_type: Name
    min_count: Annotated[Whole, Field(ge=1)]
    owner: Words
    why: Words
