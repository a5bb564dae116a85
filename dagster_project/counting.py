"""Numbers as people write them, and with their nouns."""

from decimal import Decimal

SINGULAR = {
    "contacts": "contact",
    "companies": "company",
    "owners": "owner",
    "deals": "deal",
    "engagements": "engagement",
    "associations": "association",
    "events": "event",
    "returns": "return",
}


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 handoff`, `1,200 handoffs`; a noun that does not just take an s brings its plural."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def counted_of(count: int, kind: str) -> str:
    """`1 company`, `2 companies`, by the plural that names them everywhere else."""
    return counted(count, SINGULAR[kind], kind)


def plain_number(value: Decimal | int) -> str:
    """Without zeros that say nothing, and never as a power of ten."""
    return f"{Decimal(value).normalize():f}"


def signed_number(value: Decimal | int) -> str:
    """`+20`, `-50`, `+0`."""
    return f"{Decimal(value).normalize():+f}"
