"""CRM search: filters, sorting, paging, and an index that lags behind.

Source: HubSpot docs: search the CRM. Recorded: the index decides what is found while the values answered are the
present ones, so a search for a former e-mail address answers a contact with another address; and `total` still counts
records archived a moment ago although they are no longer listed.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

from . import writes
from .calls import Answer, Call
from .errors import validation
from .links import association_types
from .object_types import ObjectType, object_type
from .portal import Portal
from .properties import Definition
from .records import Properties, Record

MAX_GROUPS, MAX_FILTERS, MAX_ALL_FILTERS = 5, 6, 18
MAX_RESULTS = 10_000
MAX_LIMIT, DEFAULT_LIMIT = 200, 10
MAX_QUERY = MAX_BODY = 3_000
COMPARISONS = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN")
OPERATORS = (*COMPARISONS, "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN")

Matcher = Callable[[Record, Properties], bool]
Comparable = Callable[[str], Any]


def search(portal: Portal, call: Call) -> Answer:
    kind = object_type(call.parts["type"])
    body = call.object_body()
    if call.size > MAX_BODY:
        # Documented for the body, too: an IN filter over a hundred addresses does not fit.
        raise validation(f"The request body must not exceed {MAX_BODY:,} characters")
    limit, after = _page(body)
    matches = [_group(portal, kind, group) for group in _filter_groups(body)]
    words = _query_words(body)
    found = [
        record
        for record, shown in portal.records.indexed(kind)
        if (not matches or any(match(record, shown) for match in matches))
        and (not words or _has_words(kind, shown, words))
    ]
    _sort(portal, kind, found, body.get("sorts"))
    page = [record for record in found[after : after + limit] if record.archived_at is None]
    names = body.get("properties") or []
    answer: dict[str, Any] = {
        "total": len(found),
        "results": [writes.answered(record, writes.selected(portal, record, names), call.base_url) for record in page],
    }
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return Answer(200, answer)


def _page(body: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = body.get("limit", DEFAULT_LIMIT), body.get("after", 0)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_LIMIT:
        raise validation(f"Invalid limit {limit!r}: must be an integer between 1 and {MAX_LIMIT}")
    text = str(after) if after not in ("", None) else "0"
    if not text.isdecimal():
        raise validation(f"Invalid after '{text}': must be an integer")
    if int(text) + limit > MAX_RESULTS:
        raise validation(f"Paging through search results past {MAX_RESULTS:,} results is not supported")
    return limit, int(text)


def _filter_groups(body: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    groups = body.get("filterGroups") or []
    if body.get("filters"):  # the docs also show one group without its wrapper
        groups = [*groups, {"filters": body["filters"]}]
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise validation("filterGroups must be a list of objects")
    filters = [group.get("filters") or [] for group in groups]
    too_many = (
        len(filters) > MAX_GROUPS
        or any(len(group) > MAX_FILTERS for group in filters)
        or sum(map(len, filters)) > MAX_ALL_FILTERS
    )
    if too_many:
        raise validation(
            f"There was a problem with the request: at most {MAX_GROUPS} filterGroups with {MAX_FILTERS} filters each "
            f"and {MAX_ALL_FILTERS} filters in total are allowed"
        )
    return filters


def _query_words(body: Mapping[str, Any]) -> list[str]:
    query = body.get("query") or ""
    if not isinstance(query, str) or len(query) > MAX_QUERY:
        raise validation(f"query must be a text of at most {MAX_QUERY:,} characters")
    return query.lower().split()


def _has_words(kind: ObjectType, shown: Properties, words: list[str]) -> bool:
    text = " ".join(shown.get(name, "") for name in kind.searched).lower()
    return all(word in text for word in words)


def _group(portal: Portal, kind: ObjectType, filters: list[dict[str, Any]]) -> Matcher:
    tests = [_filter(portal, kind, item) for item in filters]
    return lambda record, shown: all(test(record, shown) for test in tests)


def _filter(portal: Portal, kind: ObjectType, item: Any) -> Matcher:
    if not isinstance(item, dict):
        raise validation("Filters must be objects")
    name, operator = item.get("propertyName"), item.get("operator")
    if operator not in OPERATORS:
        raise validation(f"operator {operator!r} is not one of [{', '.join(OPERATORS)}]")
    if isinstance(name, str) and name.startswith("associations."):
        return _association_filter(portal, kind, name, operator, item)
    definition = portal.schema.definitions[kind.name].get(name) if isinstance(name, str) else None
    if definition is None:
        raise validation(f'There was a problem with the request: Property "{name}" does not exist')
    test = _value_test(definition, operator, item)
    # A record without a value answers no comparison, the negative ones included.
    if operator == "NOT_HAS_PROPERTY":
        return lambda record, shown: not shown.get(name)
    return lambda record, shown: bool(value := shown.get(name)) and test(value)


def _association_filter(portal: Portal, kind: ObjectType, name: str, operator: str, item: Mapping[str, Any]) -> Matcher:
    other = object_type(name.removeprefix("associations."))
    if (kind.name, other.name) not in association_types() or operator not in ("EQ", "IN"):
        raise validation(f"There was a problem with the request: {name} cannot be filtered with {operator}")
    wanted = set(map(str, item.get("values") or [item.get("value")]))
    return lambda record, shown: not wanted.isdisjoint(portal.links.of(kind, record.id, other))


def _value_test(definition: Definition, operator: str, item: Mapping[str, Any]) -> Callable[[str], bool]:
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda value: True
    if operator in ("IN", "NOT_IN"):
        values = item.get("values")
        if not isinstance(values, list) or not values:
            raise validation(f"operator {operator} needs a list of values")
        return _in_test(definition, set(map(str, values)), wanted=operator == "IN")
    given = item.get("value")
    if given is None or given == "":
        raise validation(f"operator {operator} needs a value")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        holds = _token_test(str(given))
        return holds if operator == "CONTAINS_TOKEN" else lambda value: not holds(value)
    form = _comparable(definition)
    low = form(str(given))
    if operator == "BETWEEN":
        if item.get("highValue") in (None, ""):
            raise validation("operator BETWEEN needs a value and a highValue")
        high = form(str(item["highValue"]))
        return lambda value: low <= form(value) <= high
    tests: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda value: value == low,
        "NEQ": lambda value: value != low,
        "LT": lambda value: value < low,
        "LTE": lambda value: value <= low,
        "GT": lambda value: value > low,
        "GTE": lambda value: value >= low,
    }
    test = tests[operator]
    return lambda value: test(form(value))


def _in_test(definition: Definition, values: set[str], *, wanted: bool) -> Callable[[str], bool]:
    kind = definition.body["type"]
    if kind in ("string", "phone_number"):
        # Documented: the searched values must be in lower case; others are never found.
        return lambda value: (value.lower() in values) == wanted
    if definition.is_multiple:
        return lambda value: (not values.isdisjoint(value.split(";"))) == wanted
    if definition.is_enumeration:
        return lambda value: (value in values) == wanted
    form = _comparable(definition)
    forms = {form(value) for value in values}
    return lambda value: (form(value) in forms) == wanted


def _comparable(definition: Definition) -> Comparable:
    """How values of a property compare: numbers and times by value, enumerations by case, other text without it."""
    kind = definition.body["type"]
    if kind == "number":
        return _number
    if kind in ("datetime", "date"):
        return _instant
    return str if definition.is_enumeration else str.lower


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise validation(f"There was a problem with the request: {text} is not a number") from None


def _instant(text: str) -> float:
    try:
        if re.fullmatch(r"-?[0-9]+", text):
            return int(text) / 1000
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise validation(f"There was a problem with the request: {text} is not a date") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _token_test(given: str) -> Callable[[str], bool]:
    """Whole words, or a pattern with `*` over the value or one of its words."""
    wanted = given.lower()
    if "*" in wanted:
        pattern = wanted.replace("[", "[[]").replace("?", "[?]")
        return lambda value: any(fnmatchcase(text, pattern) for text in (value.lower(), *_words(value)))
    words = set(_words(wanted))
    return lambda value: words <= set(_words(value))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _sort(portal: Portal, kind: ObjectType, found: list[Record], sorts: Any) -> None:
    """Oldest first unless one rule says otherwise: `"-createdate"`, or `{propertyName, direction}`."""
    if not sorts:
        return
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise validation("Only one sort is allowed")
    rule = sorts[0]
    if isinstance(rule, str):
        name, descending = rule.removeprefix("-"), rule.startswith("-")
    elif isinstance(rule, dict):
        name, descending = rule.get("propertyName"), rule.get("direction", "ASCENDING") == "DESCENDING"
    else:
        raise validation(f"Invalid sort {rule!r}")
    definition = portal.schema.definitions[kind.name].get(name)
    if definition is None:
        raise validation(f'There was a problem with the request: Property "{name}" does not exist')
    form = _comparable(definition)
    filled = [record for record in found if (record.indexed or {}).get(name)]
    empty = [record for record in found if not (record.indexed or {}).get(name)]
    filled.sort(key=lambda record: form((record.indexed or {})[name]), reverse=descending)
    found[:] = filled + empty
