"""What a landing file must hold: the columns of each kind, and why a row cannot be used.

A contract is data: the readers bring every format to rows of text, and `loading` applies the rules below to
all of them alike.
"""

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "instant", "json", "whole", "number"]


@dataclass(frozen=True)
class Column:
    """A column of a landing file; `required` ones must be in the file and filled in every row."""

    name: str
    type: Type = "text"
    required: bool = False
    raw_name: str | None = None

    @property
    def table_column(self) -> str:
        return self.raw_name or self.name


@dataclass(frozen=True)
class Contract:
    """One kind of landing file and the raw table it goes to."""

    source: str
    kind: str
    table: str
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


PRODUCT_EVENTS = Contract(
    source="product",
    kind="events",
    table="raw.product_events",
    columns=(
        Column("event_id", required=True),
        Column("user_id", required=True),
        Column("email"),
        Column("company_id"),
        Column("event_type", required=True),
        Column("timestamp", "instant", required=True, raw_name="occurred_at"),
        Column("received_at", "instant"),
        Column("properties", "json"),
    ),
)
PRODUCT_USERS = Contract(
    source="product",
    kind="users",
    table="raw.product_users",
    columns=(
        Column("user_id", required=True),
        Column("email"),
        Column("first_name"),
        Column("last_name"),
        Column("job_title"),
        Column("country"),
        Column("company_id"),
        Column("created_at", "instant"),
    ),
)
PRODUCT_COMPANIES = Contract(
    source="product",
    kind="companies",
    table="raw.product_companies",
    columns=(
        Column("company_id", required=True),
        Column("name"),
        Column("domain"),
        Column("employee_count", "whole"),
        Column("industry"),
        Column("country"),
        Column("plan"),
        Column("usage_count", "number"),
        Column("usage_limit", "number"),
        Column("acv", "number"),
    ),
)
CONTRACTS = {
    (contract.source, contract.kind): contract for contract in (PRODUCT_EVENTS, PRODUCT_USERS, PRODUCT_COMPANIES)
}
SOURCES = tuple(dict.fromkeys(source for source, _ in CONTRACTS))
KINDS = tuple(dict.fromkeys(kind for _, kind in CONTRACTS))
