"""A request and its answer, as the handlers see them: no HTTP library, no lock, no limits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import fields_not_set, invalid_json, validation


@dataclass(slots=True)
class Call:
    method: str
    path: str
    parts: Mapping[str, str]  # from the path: version, type, id, ...
    query: Mapping[str, str]
    body: Any  # parsed JSON, or None without a body
    size: int  # of the body, in bytes
    base_url: str  # http://127.0.0.1:8765, for links into the page

    def listed(self, name: str) -> list[str]:
        """A comma-separated query parameter, as `?properties=email,firstname`."""
        return [part.strip() for part in self.query.get(name, "").split(",") if part.strip()]

    def flag(self, name: str) -> bool:
        return self.query.get(name, "false").lower() == "true"

    def number(self, name: str, default: int, maximum: int) -> int:
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdecimal() or not 1 <= int(text) <= maximum:
            raise validation(f"Invalid {name} '{text}': must be an integer between 1 and {maximum}")
        return int(text)

    def object_body(self, *required: str) -> dict[str, Any]:
        """The body as a JSON object with these fields set.

        Raises:
            Refusal: 400, the body is no object or lacks a field.
        """
        if not isinstance(self.body, dict):
            raise invalid_json(f"Cannot deserialize value from {_json_kind(self.body)}")
        missing = [name for name in required if self.body.get(name) is None]
        if missing:
            raise fields_not_set(*missing)
        return self.body


@dataclass(slots=True)
class Answer:
    status: int
    body: Any = None  # dict: JSON; str: sent as it is; None: empty
    headers: dict[str, str] = field(default_factory=dict)


def parsed(raw: bytes) -> Any:
    """A JSON body; None when there is none.

    Raises:
        Refusal: 400, malformed JSON. `NaN` and `Infinity`, which Python reads, are malformed too.
    """
    if not raw.strip():
        return None
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise invalid_json(error.msg, error.lineno, error.colno) from None
    except (UnicodeDecodeError, RecursionError):
        raise invalid_json("Invalid UTF-8 or too deeply nested") from None


def _no_constant(name: str) -> None:
    raise invalid_json(f"Non-standard token '{name}'")


def _json_kind(value: Any) -> str:
    kinds = {type(None): "no content", list: "Array value", str: "String value", bool: "Boolean value"}
    return kinds.get(type(value), "Number value")


def as_id(value: Any) -> str:
    """A record id from a body: HubSpot's docs send both `"123"` and `123`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise invalid_json(f"Cannot deserialize an id from {_json_kind(value)}")
    return str(value).strip()


def checked_properties(item: Mapping[str, Any]) -> dict[str, Any]:
    """The `properties` object of an input, whose values must be scalars.

    What null means in a request is not documented, so it is refused, for the whole request.
    """
    properties = item.get("properties")
    if properties is None:
        raise fields_not_set("properties")
    if not isinstance(properties, dict):
        raise invalid_json(f"Cannot deserialize `properties` from {_json_kind(properties)}")
    for name, value in properties.items():
        if value is None or value.__class__ in (dict, list):
            kind = "null" if value is None else "an object or a list"
            raise invalid_json(f"Cannot deserialize the value of property `{name}` from {kind}")
    return properties


def inputs_of(call: Call, limit: int, what: str = "a batch") -> list[dict[str, Any]]:
    """`inputs` of a batch body, at least one and at most `limit`."""
    inputs = call.object_body("inputs")["inputs"]
    if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
        raise invalid_json("Cannot deserialize `inputs`: it must be an Array of objects")
    if not inputs:
        raise validation("Some required fields were not set: [inputs]")
    if len(inputs) > limit:
        raise validation(
            f"The maximum number of inputs supported in {what} is {limit}. Please reduce the number of items and try "
            "again"
        )
    return inputs


def batch_answer(
    results: list[dict[str, Any]], items: list[dict[str, Any]], started_at: str, completed_at: str, status: int
) -> Answer:
    """The envelope of every batch: 207 as soon as one item failed."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    if items:
        body |= {"numErrors": len(items), "errors": items}
        status = 207
    return Answer(status, body | {"startedAt": started_at, "completedAt": completed_at})
