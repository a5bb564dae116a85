"""HTML pieces of the page: every text is escaped here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .slack_format import stored_text
from .workspace import Workspace

_SLACK_TOKEN = re.compile(r"<([^<>\n]+)>")
_BARE_URL = re.compile(r"https?://[^\s<>|]+")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
LINK_SCHEMES = ("http://", "https://", "mailto:")


@cache
def _style() -> str:
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Html:
    """Text that is HTML already, and is not escaped again."""

    text: str


def html(value: Any) -> str:
    return value.text if isinstance(value, Html) else escape(str(value))


def document(title: str, header: str, body: str, footer: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head>\n"
        f"<body><header>{header}</header>\n<main>{body}</main>\n<footer>{footer}</footer></body></html>\n"
    )


def link(target: str, text: str) -> Html:
    return Html(f'<a href="{escape(target)}">{escape(text)}</a>')


def linked(value: str) -> Any:
    """A value that is a web address becomes a link; anything else stays text."""
    return link(value, value) if value.startswith(("http://", "https://")) and " " not in value else value


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], numeric: Iterable[int] = ()) -> str:
    """A table whose first column heads its rows; it scrolls sideways on a narrow screen."""
    right = set(numeric)
    head = "".join(
        f'<th scope="col"{" class=number" if place in right else ""}>{escape(column)}</th>'
        for place, column in enumerate(columns)
    )
    lines = []
    for first, *rest in rows:
        cells = "".join(
            f"<td{' class=number' if place in right else ''}>{html(cell)}</td>" for place, cell in enumerate(rest, 1)
        )
        lines.append(f'<tr><th scope="row">{html(first)}</th>{cells}</tr>')
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def pages(parameters: dict[str, str], name: str, page: int, last: int, anchor: str) -> str:
    """Links to the neighbouring pages of a section, keeping the search and the pages of the others."""
    links = []
    for text, target in (("Newer", page - 1), ("Older", page + 1)):
        if 1 <= target <= last:
            query = urlencode({**parameters, name: target})
            links.append(f'<a href="/?{escape(query)}#{anchor}">{text}</a>')
    return f'<p class="pages">{"".join(links)}</p>' if links else ""


def moment(text: str) -> str:
    """`2026-11-20T09:00:00.000Z` as people write it; anything else unchanged."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if "T" not in text or at.tzinfo is None:
        return text
    return _time(at.astimezone(UTC), "%H:%M")


def slack_moment(ts: str) -> str:
    return _time(datetime.fromtimestamp(float(ts), UTC), "%H:%M:%S")


def _time(at: datetime, clock: str) -> str:
    """In a narrow column it breaks between day and time only."""
    return f"{at.day} {at:%b %Y}, {at:{clock}} UTC".replace(" ", "\N{NO-BREAK SPACE}").replace(
        ",\N{NO-BREAK SPACE}", ", "
    )


def slack_message(workspace: Workspace, message: dict[str, Any]) -> str:
    """A message as its reader sees it: blocks when there are any, else the text."""
    blocks = message.get("blocks")
    if blocks:
        return "".join(_block(workspace, block) for block in blocks)
    return f"<p>{_mrkdwn(workspace, message.get('text', ''))}</p>"


def _block(workspace: Workspace, block: dict[str, Any]) -> str:
    kind = block.get("type")
    if kind == "divider":
        return "<hr>"
    if kind == "header":
        return f"<p><strong>{_text(workspace, block['text'])}</strong></p>"
    if kind == "section":
        parts = f"<p>{_text(workspace, block['text'])}</p>" if block.get("text") else ""
        if block.get("fields"):
            fields = "".join(f"<p>{_text(workspace, field)}</p>" for field in block["fields"])
            parts += f'<div class="fields">{fields}</div>'
        return parts + (_button(workspace, block["accessory"]) if block.get("accessory") else "")
    if kind == "context":
        texts = [_text(workspace, element) for element in block["elements"] if element.get("type") != "image"]
        return f'<p class="soft">{" ".join(texts)}</p>'
    if kind == "actions":
        return f"<p>{' '.join(_button(workspace, element) for element in block['elements'])}</p>"
    return ""


def _text(workspace: Workspace, text: dict[str, Any]) -> str:
    if text.get("type") == "mrkdwn":
        return _mrkdwn(workspace, stored_text(text["text"]))
    return _lines(escape(unescape(text["text"])))


def _button(workspace: Workspace, element: dict[str, Any]) -> str:
    if element.get("type") != "button":
        return ""
    label, url = _text(workspace, element["text"]), str(element.get("url", ""))
    if url.startswith(LINK_SCHEMES):
        return f'<a class="tag" href="{escape(url)}">{label}</a>'
    return f'<span class="tag">{label}</span>'


def _mrkdwn(workspace: Workspace, text: str) -> str:
    """Slack's markup; `text` is escaped as Slack stores it, so what is left in angle brackets is markup."""
    parts, end = [], 0
    for found in _SLACK_TOKEN.finditer(text):
        parts += [_plain(text[end : found.start()]), _control(workspace, unescape(found[1]))]
        end = found.end()
    parts.append(_plain(text[end:]))
    return _BOLD.sub(r"<strong>\1</strong>", _lines("".join(parts)))


def _plain(text: str) -> str:
    text = escape(unescape(text))
    return _BARE_URL.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text)


def _lines(text: str) -> str:
    return text.replace("\n", "<br>")


def _control(workspace: Workspace, content: str) -> str:
    target, _, label = content.partition("|")
    if target.startswith("@"):
        user = workspace.users.get(target[1:], {})
        return f'<span class="tag">@{escape(label or user.get("real_name") or target[1:])}</span>'
    if target.startswith("#"):
        channel = workspace.channels.get(target[1:])
        return f'<span class="tag">#{escape(label or (channel.name if channel else target[1:]))}</span>'
    if target.startswith("!"):
        return f'<span class="tag">@{escape(label or target[1:])}</span>'
    if target.startswith(LINK_SCHEMES):
        return f'<a href="{escape(target)}">{escape(label or target)}</a>'
    return escape(f"<{content}>")
