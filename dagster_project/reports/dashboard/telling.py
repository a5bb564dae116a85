"""Numbers, moments and names as people read them."""

from collections.abc import Iterable
from datetime import date

UNKNOWN = "not known"
UNCHANGED = "unchanged"
DASH, MINUS = "\u2013", "\u2212"
NOTHING = DASH
HOURS_OF_DAYS = 48
# With a blank at which no line ends.
PERCENT = "\u00a0%"


def count(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def percent(share: float | None) -> str:
    """A share from 0 to 1; below one percent with a decimal, so that little is not told as nothing."""
    if share is None:
        return NOTHING
    return f"{share * 100:.1f}{PERCENT}" if 0 < abs(share) < 0.01 else f"{share * 100:,.0f}{PERCENT}"


def changed(by: float, unit: str = PERCENT) -> str:
    """`+26 %`, `-8 points`, with the minus sign of print; `unchanged` where that would say zero."""
    if round(by) == 0:
        return UNCHANGED
    return f"{by:+,.0f}{unit}".replace("-", MINUS)


def duration(hours: float | None) -> str:
    """`11 min`, `5.2 h`, `12 days`."""
    if hours is None:
        return NOTHING
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < HOURS_OF_DAYS else f"{hours / 24:,.0f} days"


def value_of(value: float | None, unit: str) -> str:
    """A metric by the unit that its definition names."""
    match unit:
        case _ if value is None:
            return UNKNOWN
        case "share":
            return percent(value)
        case "hours":
            return duration(value)
        case "minutes":
            return duration(value / 60)
        case "days":
            return f"{value:,.1f} days"
        case "features" | "key actions a day":
            return f"{value:,.2f}"
        case _:
            return count(value)


def too_few(found: float, needed: int) -> str:
    return f"too few to say: {found:,.0f} of {needed:,} needed"


def from_to(low: int, high: int) -> str:
    """A range of scores; both belong to it."""
    return f"{low}{DASH}{high}"


def month(day: date) -> str:
    return f"{day:%b %y}"


def month_name(day: date) -> str:
    return f"{day:%B}"


def readable(segment: str) -> str:
    """`PAID_SEARCH` → `Paid search`."""
    return segment.replace("_", " ").strip().capitalize()


def names_of(owners: Iterable[str]) -> dict[str, str]:
    """Owners by the address or id that the marts have of them → a name without the address.

    Of two with the same name the domain says who is who.
    """
    unique = sorted(set(owners))
    names = {owner: _name(owner) for owner in unique}
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {
        owner: f"{name} ({owner.partition('@')[2]})" if name in twice and "@" in owner else name
        for owner, name in names.items()
    }


def _name(owner: str) -> str:
    local, at, _ = owner.partition("@")
    if at:
        return local.replace(".", " ").replace("_", " ").title()
    return f"Owner {owner}" if owner.isdigit() else owner.capitalize()


def listed(names: list[str], most: int = 3) -> str:
    """`a, b and 2 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def few(found: float | None, needed: int) -> str:
    """As `too_few`, for a cell."""
    return f"too few ({found or 0:,.0f} of {needed:,})"
