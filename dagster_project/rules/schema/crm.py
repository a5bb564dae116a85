"""What HubSpot is told."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Number, Rule, Whole, Words, YesNo


class CrmObject(Rule):
    """`max_cleared_pct`: a sync that would empty more of its records than this is refused.

    `max_refused_pct`: where HubSpot refuses more of the records that differ, the check on the asset is an error.
    """

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    unknown_records: Literal["update", "upsert"]
    max_cleared_pct: Annotated[Whole, Field(ge=0, le=100)]
    max_refused_pct: Annotated[Whole, Field(ge=0, le=100)]
    owner: Words
    why: Words


class CrmProperty(Rule):
    """`min_change`: a value that differs from what HubSpot holds by less is not sent; of instants, in minutes."""

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    property: Annotated[Name, "key"]
    source_column: Name
    value_type: Literal["text", "number", "datetime", "enumeration"]
    label: Words | None
    description: Words | None
    when_unknown: Literal["keep", "clear"]
    min_change: Annotated[Number, Field(gt=0)] | None
    who_wins: Literal["pipeline", "person"]
    is_unique: YesNo
    owner: Words
    why: Words
