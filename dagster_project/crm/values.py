"""Property values as text, the way HubSpot takes and answers them, and when two of them are the same value.

The SQL of `changes` and the Python here follow the same rules; a test holds them against each other.
"""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation


def same_value(value_type: str, left: str | None, right: str | None) -> bool:
    """Whether two texts mean the same: 8 and 8.0 are one number, one instant in two zones is one instant, and several
    options are the same in any order.
    """
    left, right = left or None, right or None
    # Nearly every echo is what was sent, letter by letter, and reading it costs more than comparing it.
    if left == right:
        return True
    if left is None or right is None:
        return False
    if value_type == "number":
        return _number(left) == _number(right)
    if value_type == "datetime":
        return _instant(left) == _instant(right)
    if value_type == "date":
        return _day(left) == _day(right)
    if value_type == "boolean":
        return left.lower() == right.lower()
    if value_type == "multi_select":
        return _options(left) == _options(right)
    return left == right


def known_instant(text: str | None) -> datetime | None:
    """An aware UTC datetime; None of nothing, and of what is no instant."""
    instant = _instant(text) if text else None
    return instant if isinstance(instant, datetime) else None


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _options(text: str) -> set[str]:
    """A semicolon in front, which appends, leaves an empty part."""
    return set(text.split(";")) - {""}


def _day(text: str) -> date | str:
    """Older data comes as epoch milliseconds at midnight UTC."""
    instant = _instant(text)
    return instant.date() if isinstance(instant, datetime) else text


def _instant(text: str) -> datetime | str:
    """To the millisecond, which is as fine as HubSpot keeps time; older data comes as epoch milliseconds."""
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return text
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
