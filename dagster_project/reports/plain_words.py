"""Numbers and days as people write them."""

import re
from datetime import datetime
from decimal import Decimal


def number(value: Decimal | int) -> str:
    """Without zeros that say nothing, and never as a power of ten."""
    return f"{Decimal(value).normalize():f}"


def points(value: Decimal) -> str:
    return f"{value.normalize():+f}"


def plain(found: str) -> str:
    """A count may be kept as 4.0000; people write 4."""
    return found.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", found) else found


def day(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant:%Y-%m-%d}"


def moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
