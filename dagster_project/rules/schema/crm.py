"""What HubSpot is told."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Number, Rule, Whole, Words, YesNo

Percent = Annotated[Whole, Field(ge=0, le=100)]


class CrmObject(Rule):
    """A sync is held that would empty more of its records (`max_cleared_pct`) or more values of the others
    (`max_cleared_values`), change more of them (`max_changed_pct`), or let more fall to a lower band.

    `max_refused_pct`: where HubSpot refuses more of the records that differ, the check on the asset is an error.
    """

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    unknown_records: Literal["update", "upsert"]
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
    who_wins: Literal["pipeline", "person"]
    is_unique: YesNo
    owner: Words
    why: Words
