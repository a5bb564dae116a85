"""To whom a sales qualified contact goes, and when it goes back to marketing."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import (
    Day,
    Email,
    HubSpotId,
    Name,
    Names,
    Operator,
    Rule,
    TimeOfDay,
    Weekdays,
    Whole,
    Words,
    YesNo,
)
from dagster_project.rules.schema.deciding import PersonProperty

# What each setting may hold: words, or the smallest and the largest whole number.
HANDOFF_SETTINGS: dict[str, tuple[str, ...] | tuple[int, int]] = {
    "handoff_by": ("pipeline", "hubspot"),
    "min_fit_score": (0, 100),
    "review_from_acv": (0, 1_000_000_000),
    "cool_off_days": (0, 3650),
    "returns_only_handed_off": ("true", "false"),
    "max_returned": (0, 1_000_000),
    "max_returned_pct": (0, 100),
}


class SalesMember(Rule):
    """Somebody who takes contacts of one or more pools. What is empty is taken from `member_email`.

    `works_from` and `works_until` are of the member's own `time_zone`, a name of the IANA database.
    """

    member_email: Annotated[Email, "key"]
    pool: Names
    sender_email: Email | None
    hubspot_user_id: HubSpotId | None
    time_zone: Words
    works_on: Weekdays
    works_from: TimeOfDay
    works_until: TimeOfDay
    absent_from: Day | None
    absent_until: Day | None
    owner: Words
    why: Words


class RoutingRule(Rule):
    """A contact takes the route with the lowest `place` of which all conditions hold."""

    route_id: Annotated[Name, "key"]
    place: Annotated[Whole, Field(ge=1, le=10_000)]
    pool: Name
    track: Literal["enterprise", "self_service"]
    is_enabled: YesNo
    owner: Words
    why: Words


class RoutingCondition(Rule):
    """All conditions of a route must hold; what is not known does not hold."""

    route_id: Annotated[Name, "key"]
    condition_id: Annotated[Name, "key"]
    property: PersonProperty
    operator: Operator
    value: Words
    owner: Words
    why: Words


class HandoffSetting(Rule):
    """A single number or word; `HANDOFF_SETTINGS` says which there are and what each may hold."""

    setting_id: Annotated[Literal[tuple(HANDOFF_SETTINGS)], "key"]
    value: Words
    owner: Words
    why: Words


class ReturnRule(Rule):
    """One rule is enough to go back. `no_owner_activity` has its days in `value` and asks of no property."""

    rule_id: Annotated[Name, "key"]
    label: Words
    condition: Literal["no_owner_activity", "property"]
    property: PersonProperty | None
    operator: Operator | None
    value: Words
    is_enabled: YesNo
    owner: Words
    why: Words
