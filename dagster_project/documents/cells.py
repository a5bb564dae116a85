"""What a cell of a rule file may hold, in words, as the schema has it."""

import types
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from dagster_project.rules.schema.cells import Name, Names, WrittenAs


def written_as(alias: Any) -> str:
    return next(item.allowed for item in alias.__metadata__ if isinstance(item, WrittenAs))


# What nothing else says more exactly.
PLAIN_TYPES = {str: "text", int: "a whole number", Decimal: "a number", bool: "true or false", date: "a date"}
# Said once for all files.
SAID_BEFORE = {written_as(Name): "a name", written_as(Names): "names"}
MOST_CHOICES = 12


def cell_in_words(field: FieldInfo) -> str:
    """Such as `a whole number from 1 to 365; may be empty`."""
    allowed, may_be_empty = _told(field.annotation, list(field.metadata))
    return f"{allowed}; may be empty" if may_be_empty else allowed


def choices_of(field: FieldInfo) -> tuple[str, ...]:
    """The words that a cell may hold, where they are a few that are known."""
    annotation = field.annotation
    while get_origin(annotation) is not Literal:
        held = [part for part in get_args(annotation) if part is not types.NoneType]
        if not held:
            return ()
        annotation = held[0]
    return get_args(annotation)


def _told(annotation: Any, metadata: list) -> tuple[str, bool]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _told(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, types.UnionType):
        (held,) = (argument for argument in arguments if argument is not types.NoneType)
        return _told(held, metadata)[0], True
    facts = list(_unpacked(metadata))
    if origin is Literal:
        return _choices(arguments), False
    written = next((item.allowed for item in facts if isinstance(item, WrittenAs)), PLAIN_TYPES.get(annotation, "text"))
    return SAID_BEFORE.get(written, written) + _bounds(facts), False


def _unpacked(metadata: list) -> Iterator[Any]:
    """`Field(ge=0)` inside an `Annotated` holds the bounds in metadata of its own."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item


def _choices(values: tuple[str, ...]) -> str:
    if len(values) <= MOST_CHOICES:
        # Signs of comparison stand as they are: in quotes Markdown would show how they are escaped.
        return ", ".join(f"`{value}`" if value[0].isalpha() else value for value in values)
    return f"one of the {len(values)} below"


def _bounds(facts: list) -> str:
    least, above, most = (_bound(facts, name) for name in ("ge", "gt", "le"))
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    if least is not None:
        return f", {least:,} or more"
    if above is not None:
        return f", more than {above:,}"
    return "" if most is None else f", at most {most:,}"


def _bound(facts: list, name: str) -> int | None:
    return next((getattr(item, name) for item in facts if hasattr(item, name)), None)
