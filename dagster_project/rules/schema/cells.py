"""What a cell of a rule file may hold: one way to write each kind of value."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class WrittenAs:
    """One way to write a value: what else Python takes for one, the database may read as another, or not at all.

    `allowed` says it in words, in the error and in the documentation of the rules.
    """

    pattern: str
    allowed: str

    def judge(self, cell: object) -> object:
        if isinstance(cell, str) and not re.fullmatch(self.pattern, cell):
            raise ValueError(self.allowed)
        return cell

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.judge, handler(source))


NAME = "[a-z][a-z0-9_]*"
Name = Annotated[str, WrittenAs(NAME, "small letters, digits and _, beginning with a letter")]
# Source: HubSpot docs, custom events: names of events and of their properties.
EventNameInHubSpot = Annotated[
    str, WrittenAs("[a-z][a-z0-9_]{0,49}", "at most 50 small letters, digits and _, beginning with a letter")
]
Names = Annotated[str, WrittenAs(rf"{NAME}(\|{NAME})*", "one or more names with | between them, such as a|b")]
Words = Annotated[str, Field(min_length=1)]
Email = Annotated[str, WrittenAs(r"[^@\s]+@[^@\s]+\.[^@\s]+", "one e-mail address")]
Domain = Annotated[str, WrittenAs(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain such as example.com, in small letters")]
CountryCode = Annotated[str, WrittenAs("[A-Z]{2}", "a country code of ISO 3166, two capital letters such as DE")]
YesNo = Annotated[bool, WrittenAs("(?i:true|false)", "true or false")]
Whole = Annotated[int, WrittenAs("-?[0-9]{1,18}", "a whole number")]
Number = Annotated[Decimal, WrittenAs(r"-?[0-9]{1,14}(\.[0-9]{1,4})?", "a number with at most 4 decimal places")]
Operator = Literal["=", "!=", ">=", "<=", ">", "<"]
TimeOfDay = Annotated[str, WrittenAs("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as 08:00")]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekdays = Annotated[
    str,
    WrittenAs(
        rf"({'|'.join(WEEKDAYS)})(\|({'|'.join(WEEKDAYS)}))*",
        f"days of the week with | between them, of {', '.join(WEEKDAYS)}",
    ),
]
HubSpotId = Annotated[str, WrittenAs("[0-9]{1,20}", "an id of HubSpot, digits only")]
Month = Annotated[str, WrittenAs("[0-9]{4}-(0[1-9]|1[0-2])", "a month such as 2026-11")]
Day = Annotated[date, WrittenAs("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date such as 2026-11-16")]
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
