"""Instants as the warehouse keeps them."""

from datetime import UTC, datetime
from typing import overload


@overload
def naive(instant: datetime) -> datetime: ...
@overload
def naive(instant: None) -> None: ...
def naive(instant: datetime | None) -> datetime | None:
    """An aware instant as a UTC timestamp without a zone; nothing stays nothing."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None)
