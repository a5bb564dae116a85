"""What was found, and when, as people write it."""

import re
from datetime import datetime


def plain(found: str) -> str:
    """A count may be kept as 4.0000; people write 4."""
    return found.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", found) else found


def day(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant:%Y-%m-%d}"


def moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
