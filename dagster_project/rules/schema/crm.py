"""What HubSpot is told."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Name, Number, Rule, Whole, Words, YesNo

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
    """`min_change`: a value that differs from what HubSpot holds by less is not sent; of instants, in minutes.

    `max_changed_pct`: a sync that would change more of the values that HubSpot holds is held.

    `who_wins`: whose value stays where somebody changed ours in HubSpot; `hold`: theirs, until a person has decided.
    """

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    property: Annotated[Name, "key"]
    source_column: Name
    value_type: Literal["text", "number", "datetime", "enumeration"]
    label: Words | None
    description: Words | None
    when_unknown: Literal["keep", "clear"]
    min_change: Annotated[Number, Field(gt=0)] | None
    max_changed_pct: Percent | None
    who_wins: Literal["ours", "theirs", "hold"]
    is_unique: YesNo
    owner: Words
    why: Words
