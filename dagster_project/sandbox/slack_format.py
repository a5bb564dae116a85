"""What Slack accepts as a message: text, blocks and metadata, and how it rewrites text.

Sources: Slack docs: chat.postMessage, formatting message text, block kit reference, message metadata.
"""

import re
from collections.abc import Mapping
from typing import Any

MAX_TEXT = 40_000  # longer text is cut
# Slack documents both the cut at 40,000 characters and a refusal, but not where the refusal begins.
MAX_ACCEPTED_TEXT = 100_000
MAX_BLOCKS = 50
MAX_METADATA = 8_000

BLOCK_TYPES = {
    "actions",
    "context",
    "divider",
    "file",
    "header",
    "image",
    "input",
    "markdown",
    "rich_text",
    "section",
    "table",
    "video",
}
MAX_SECTION_TEXT, MAX_FIELD_TEXT, MAX_HEADER_TEXT, MAX_BUTTON_TEXT, MAX_URL = 3_000, 2_000, 150, 75, 3_000
MAX_FIELDS, MAX_CONTEXT_ELEMENTS, MAX_ACTION_ELEMENTS, MAX_BLOCK_ID = 10, 10, 25, 255

_ENTITY = re.compile(r"&(?:amp|lt|gt);")
_CONTROL = re.compile(r"<(?:[@#!][^<>\n]+|(?:https?|mailto|tel|slack):[^<>\n]+)>")
_TOKEN = re.compile(f"{_ENTITY.pattern}|{_CONTROL.pattern}|[&<>]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def stored_text(text: str) -> str:
    """Text as Slack keeps it: cut, and with `&`, `<` and `>` escaped unless they are entities, links or mentions."""
    return _TOKEN.sub(lambda found: _ESCAPES.get(found[0], found[0]), text[:MAX_TEXT])


def block_mistakes(blocks: Any) -> list[str]:
    """What is wrong with the blocks of a message, in Slack's words where they are known."""
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        return ["must provide an array of objects [json-pointer:/blocks]"]
    mistakes = []
    if len(blocks) > MAX_BLOCKS:
        mistakes.append(f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]")
    for position, block in enumerate(blocks):
        mistakes += [f"{text} [json-pointer:/blocks/{position}{where}]" for where, text in _block_mistakes(block)]
    return mistakes


def _block_mistakes(block: Mapping[str, Any]) -> list[tuple[str, str]]:
    kind = block.get("type")
    found: list[tuple[str, str]] = []
    if kind not in BLOCK_TYPES:
        return [("/type", f"unsupported type: {kind}")]
    if len(str(block.get("block_id", ""))) > MAX_BLOCK_ID:
        found.append(("/block_id", f"must be less than {MAX_BLOCK_ID + 1} characters"))
    if kind == "section":
        fields = block.get("fields")
        if block.get("text") is None and not fields:
            found.append(("/text", "missing required field: text"))
        if block.get("text") is not None:
            found += _text_mistakes(block["text"], "/text", MAX_SECTION_TEXT)
        if fields is not None:
            found += _list_mistakes(fields, "/fields", MAX_FIELDS)
            for position, field in enumerate(fields if isinstance(fields, list) else []):
                found += _text_mistakes(field, f"/fields/{position}", MAX_FIELD_TEXT)
        if block.get("accessory") is not None:
            found += _element_mistakes(block["accessory"], "/accessory")
    elif kind == "header":
        found += _text_mistakes(block.get("text"), "/text", MAX_HEADER_TEXT, plain=True)
    elif kind in ("actions", "context"):
        elements = block.get("elements")
        most = MAX_ACTION_ELEMENTS if kind == "actions" else MAX_CONTEXT_ELEMENTS
        found += _list_mistakes(elements, "/elements", most)
        for position, element in enumerate(elements if isinstance(elements, list) else []):
            where = f"/elements/{position}"
            if kind == "actions":
                found += _element_mistakes(element, where)
            elif not (isinstance(element, Mapping) and element.get("type") == "image"):
                found += _text_mistakes(element, where, MAX_SECTION_TEXT)
    return found


def _list_mistakes(items: Any, where: str, most: int) -> list[tuple[str, str]]:
    if not isinstance(items, list) or not items:
        return [(where, "must provide a non-empty array")]
    return [(where, f"no more than {most} items allowed")] if len(items) > most else []


def _text_mistakes(text: Any, where: str, longest: int, *, plain: bool = False) -> list[tuple[str, str]]:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, Mapping) or text.get("type") not in kinds:
        return [(where, f"must provide a text object of type {' or '.join(kinds)}")]
    content = text.get("text")
    if not isinstance(content, str) or not content:
        return [(f"{where}/text", "must be more than 0 characters")]
    return [(f"{where}/text", f"must be less than {longest + 1} characters")] if len(content) > longest else []


def _element_mistakes(element: Any, where: str) -> list[tuple[str, str]]:
    if not isinstance(element, Mapping) or not element.get("type"):
        return [(where, "must provide an element with a type")]
    if element["type"] != "button":
        return []
    found = _text_mistakes(element.get("text"), f"{where}/text", MAX_BUTTON_TEXT, plain=True)
    if len(str(element.get("url", ""))) > MAX_URL:
        found.append((f"{where}/url", f"must be less than {MAX_URL + 1} characters"))
    return found


def metadata_error(metadata: Any) -> str | None:
    """Slack's error for message metadata that is not `{event_type, event_payload}`."""
    if (
        not isinstance(metadata, Mapping)
        or not isinstance(metadata.get("event_type"), str)
        or not isinstance(metadata.get("event_payload"), Mapping)
    ):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(str(metadata)) > MAX_METADATA else None
