"""Which people and companies belong together, and where HubSpot is told."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Rule, Whole, Words, YesNo

LIST_KINDS = ("list", "list_and_property")
PROPERTY_KINDS = ("property", "list_and_property")


class Segment(Rule):
    """`kept_as`: a static list in HubSpot, a value of the multi-select property, or both.

    Its size is unusual when it differs from the median of the last `compared_days` by more than `max_change_pct` of it
    and by more than `max_change_members`.
    """

    segment_id: Annotated[Name, "key"]
    label: Words
    object_type: Literal["contacts", "companies"]
    kept_as: Literal["list", "property", "list_and_property"]
    max_change_pct: Annotated[Whole, Field(ge=0, le=10_000)]
    max_change_members: Annotated[Whole, Field(ge=0)]
    compared_days: Annotated[Whole, Field(ge=1, le=366)]
    is_enabled: YesNo
    owner: Words
    why: Words

    @property
    def is_list(self) -> bool:
        return self.is_enabled and self.kept_as in LIST_KINDS

    @property
    def is_option(self) -> bool:
        return self.is_enabled and self.kept_as in PROPERTY_KINDS


class SegmentCondition(Rule):
    """All conditions of a segment must hold; what is not known does not hold."""

    segment_id: Annotated[Name, "key"]
    condition_id: Annotated[Name, "key"]
    property: Name
    operator: Literal["=", "!=", ">=", "<=", ">", "<"]
    value: Words
    owner: Words
    why: Words
