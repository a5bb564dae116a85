"""Which values HubSpot takes for a property, and the form it stores them in.

A cleaner is made once per property, because a batch brings 100 records with the same properties. Source: HubSpot
docs: properties guide ("Add values to ..."), error handling; recorded messages and codes.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .clock import stamp

MAX_TEXT = 65_536
DAY_MS = 86_400_000

Cleaner = Callable[[Any], str]

# Digits with at most one decimal point. The docs name scientific notation for the field in the user interface only,
# so it is refused here, like nan, inf and thousands separators.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_TIDY_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_EPOCH_MS = re.compile(r"-?[0-9]{1,15}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Milliseconds at most: HubSpot has answered "was not a valid long" to microseconds. The zone is required.
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
_TIDY_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)


class InvalidValue(ValueError):
    """A value HubSpot refuses, with its code (`INVALID_OPTION`, ...) and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def as_text(raw: Any) -> str:
    """A JSON scalar as HubSpot reads it: the docs send numbers and booleans unquoted here and there."""
    if raw.__class__ is str:
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return format(Decimal(repr(raw)), "f")
    return str(raw)


def clean_text(raw: Any) -> str:
    value = as_text(raw)
    if len(value) > MAX_TEXT:
        # The code is not verified; the limit is documented.
        raise InvalidValue("INVALID_LENGTH", f"Property value is too long: at most {MAX_TEXT} characters are allowed")
    return value


def clean_email(raw: Any) -> str:
    """An address as HubSpot keeps it: trimmed and in lower case."""
    value = as_text(raw).strip().lower()
    local = value.partition("@")[0]
    if value and (len(value) > 254 or len(local) > 64 or not _EMAIL.fullmatch(value)):
        raise InvalidValue("INVALID_EMAIL", f"Email address {as_text(raw)} is invalid")
    return value


def clean_number(raw: Any) -> str:
    """A number as plain digits: `007.50` comes back as `7.5`, so a client has to compare numbers, not text."""
    value = as_text(raw)
    if _TIDY_INTEGER.fullmatch(value) or not value:
        return value
    if not _NUMBER.fullmatch(value):
        raise InvalidValue("INVALID_INTEGER", f"{value} was not a valid number")
    digits = format(Decimal(value), "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits


def clean_datetime(raw: Any) -> str:
    """ISO 8601 with a zone, or epoch milliseconds. A day without a time is not an instant and is refused."""
    value = as_text(raw)
    if not value:
        return value
    try:
        if _DATETIME.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return value if _TIDY_DATETIME.fullmatch(value) else stamp(moment)
        if _EPOCH_MS.fullmatch(value):
            return stamp(_from_epoch_ms(int(value)))
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidValue("INVALID_LONG", f"{value} was not a valid long.")


def clean_date(raw: Any) -> str:
    """`YYYY-MM-DD`, or epoch milliseconds at midnight UTC."""
    value = as_text(raw)
    if not value:
        return value
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        if _EPOCH_MS.fullmatch(value):
            moment = _from_epoch_ms(int(value))
            if int(value) % DAY_MS == 0:
                return moment.date().isoformat()
            clock = f"{moment.hour}:{moment.minute}:{moment.second}.{moment.microsecond // 1000}"
            raise InvalidValue("INVALID_DATE", f"{value} is at {clock} UTC, not midnight!")
    except InvalidValue:
        raise
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidValue("INVALID_DATE", f"{value} was not a valid date.")


def _from_epoch_ms(milliseconds: int) -> datetime:
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def option_cleaner(options: list[Mapping[str, Any]], *, multiple: bool) -> Cleaner:
    """Internal option values only, case-sensitive: a label is refused. Several are joined by `;`."""
    allowed = frozenset(option["value"] for option in options)
    listed = ", ".join(
        f'label: "{option["label"]}"\nvalue: "{option["value"]}"\ndisplay_order: {option["displayOrder"]}\n'
        f"hidden: {str(option['hidden']).lower()}\nread_only: false\n"
        for option in options
    )

    def clean(raw: Any) -> str:
        value = as_text(raw)
        if value in allowed or not value:
            return value
        # A leading semicolon appends to what the record holds; the writer joins the two.
        parts = value.removeprefix(";").split(";") if multiple else [value]
        for part in parts:
            if part not in allowed:
                raise InvalidValue("INVALID_OPTION", f"{part} was not one of the allowed options: [{listed}]")
        return value

    return clean


def owner_cleaner(is_active_owner: Callable[[str], bool]) -> Cleaner:
    """The id of an owner who is still there. The code for an unknown or deactivated one is not verified."""

    def clean(raw: Any) -> str:
        value = as_text(raw)
        if value and not is_active_owner(value):
            raise InvalidValue("INVALID_OPTION", f"{value} was not one of the allowed options: []")
        return value

    return clean


def cleaner_for(body: Mapping[str, Any], *, is_email: bool, is_active_owner: Callable[[str], bool]) -> Cleaner:
    """The cleaner of a property definition in HubSpot's shape."""
    if is_email:
        return clean_email
    if body.get("referencedObjectType") == "OWNER":
        return owner_cleaner(is_active_owner)
    kind = body["type"]
    # hs_additional_emails and hs_merged_object_ids are enumerations without options: any text is one.
    if kind == "bool" or (kind == "enumeration" and not (body.get("hubspotDefined") and not body["options"])):
        return option_cleaner(body["options"], multiple=body["fieldType"] == "checkbox")
    simple: dict[str, Cleaner] = {"number": clean_number, "date": clean_date, "datetime": clean_datetime}
    return simple.get(kind, clean_text)
