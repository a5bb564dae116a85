"""What a page is made of, before it is written as HTML. Texts are plain: whoever writes HTML escapes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Term:
    """A name on the page; its definition is shown to whoever points at it or comes to it with the keyboard."""

    text: str
    definition: str = ""


@dataclass(frozen=True)
class Comparison:
    """A figure beside another one, and by how much it changed; `is_good` is null where neither way is better."""

    text: str
    change: str = ""
    is_good: bool | None = None


@dataclass(frozen=True)
class Progress:
    """How much of a goal is there, and how much of the time for it is over, both from 0 to 1."""

    share: float
    time_share: float | None


@dataclass(frozen=True)
class Bar:
    """A period in the small picture of a card; `height` from 0 to 1, null where nothing is known."""

    label: str
    height: float | None
    is_complete: bool


@dataclass(frozen=True)
class Card:
    term: Term
    value: str
    when: str
    goal: Comparison | None = None
    progress: Progress | None = None
    before: Comparison | None = None
    bars: tuple[Bar, ...] = ()
    is_told: bool = True


@dataclass(frozen=True)
class Cards:
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Column:
    term: Term
    is_number: bool = True


@dataclass(frozen=True)
class Table:
    """Cells are told as people read them; the first of a row is what the row is about."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    is_folded: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart as Vega-Lite, with what it shows in one sentence and the same numbers as a table."""

    chart_id: str
    term: Term
    told: str
    spec: Mapping
    table: Table


@dataclass(frozen=True)
class Note:
    """A sentence; `missing` where the build lacks something, `few` where too little is known to say more."""

    text: str
    kind: Literal["plain", "missing", "few", "good", "bad"] = "plain"


@dataclass(frozen=True)
class Listing:
    """Sentences one below the other; each may have a title before it."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Heading:
    text: str


Part = Cards | Chart | Table | Note | Listing | Heading


@dataclass(frozen=True)
class Section:
    """A part of the page with an anchor that is always the same."""

    section_id: str
    title: str
    lead: str
    parts: tuple[Part, ...] = field(default=())


@dataclass(frozen=True)
class Attention:
    """Something that a person should look at, and the section that shows more of it."""

    text: str
    section_id: str
    is_urgent: bool = False
