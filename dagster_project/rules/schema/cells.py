"""What a cell of a rule file may hold: one way to write each kind of value."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _written_as(pattern: str, allowed: str) -> BeforeValidator:
    """One way to write a value: what else Python takes for one, the database may read as another, or not at all."""

    def judge(cell: object) -> object:
        if isinstance(cell, str) and not re.fullmatch(pattern, cell):
            raise ValueError(allowed)
        return cell

    return BeforeValidator(judge)


NAME = "[a-z][a-z0-9_]*"
Name = Annotated[str, _written_as(NAME, "small letters, digits and _, beginning with a letter")]
# Source: HubSpot docs, custom events: names of events and of their properties.
EventNameInHubSpot = Annotated[
    str, _written_as("[a-z][a-z0-9_]{0,49}", "at most 50 small letters, digits and _, beginning with a letter")
]
Names = Annotated[str, _written_as(rf"{NAME}(\|{NAME})*", "one or more names with | between them, such as a|b")]
Words = Annotated[str, Field(min_length=1)]
Email = Annotated[str, _written_as(r"[^@\s]+@[^@\s]+\.[^@\s]+", "one e-mail address")]
Domain = Annotated[str, _written_as(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain such as example.com, in small letters")]
CountryCode = Annotated[str, _written_as("[A-Z]{2}", "a country code of ISO 3166, two capital letters such as DE")]
YesNo = Annotated[bool, _written_as("(?i:true|false)", "true or false")]
Whole = Annotated[int, _written_as("-?[0-9]{1,18}", "a whole number")]
Number = Annotated[Decimal, _written_as(r"-?[0-9]{1,14}(\.[0-9]{1,4})?", "a number with at most 4 decimal places")]
Operator = Literal["=", "!=", ">=", "<=", ">", "<"]
TimeOfDay = Annotated[str, _written_as("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as 08:00")]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekdays = Annotated[
    str,
    _written_as(
        rf"({'|'.join(WEEKDAYS)})(\|({'|'.join(WEEKDAYS)}))*",
        f"days of the week with | between them, of {', '.join(WEEKDAYS)}",
    ),
]
HubSpotId = Annotated[str, _written_as("[0-9]{1,20}", "an id of HubSpot, digits only")]
Month = Annotated[str, _written_as("[0-9]{4}-(0[1-9]|1[0-2])", "a month such as 2026-11")]
Day = Annotated[date, _written_as("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date such as 2026-11-16")]
Points = Annotated[Number, Field(ge=0, le=100)]
NegativePoints = Annotated[Number, Field(ge=-100, le=0)]
Score = Annotated[Whole, Field(ge=0, le=100)]
WindowHours = Annotated[Whole, Field(ge=1, le=24 * 366)]


class Rule(BaseModel):
    """One row. Every row says whose it is and why it is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def key_columns(cls) -> tuple[str, ...]:
        """The columns that together occur once in the file."""
        return tuple(name for name, field in cls.model_fields.items() if "key" in field.metadata)


def parts(names: str | None) -> tuple[str, ...]:
    """The names in a cell that holds several."""
    return tuple(names.split("|")) if names else ()
