"""A dashboard as a reader of HTML sees it: its tables, cards, lists, headings and what it would load."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "rect", "path"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    children: list["Element | str"] = field(default_factory=list)

    def all(self, tag: str, css_class: str = "") -> list["Element"]:
        """Every element within, in order."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and (not css_class or css_class in (child.attributes.get("class") or "").split()):
                    found.append(child)
                found += child.all(tag, css_class)
        return found

    def one(self, tag: str, css_class: str = "") -> "Element":
        (found,) = self.all(tag, css_class)
        return found

    @property
    def text(self) -> str:
        """What is read at a glance: without definitions and scripts."""
        return " ".join("".join(self._texts()).replace("\u00a0", " ").split())

    def _texts(self):
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "style", "noscript") and child.attributes.get("role") != "tooltip":
                yield from child._texts()
                if child.tag in ("p", "li", "h3", "dt", "dd", "td", "th", "caption", "summary"):
                    yield " "


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("page", {})
        self.elements: list[Element] = []
        self._open = [self.root]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        self._open[-1].children.append(element)
        if tag not in VOID or tag == "rect":
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    @property
    def text(self) -> str:
        return self.root.text

    def section(self, section_id: str) -> Element:
        (found,) = [one for one in self.root.all("section") if one.attributes["id"] == section_id]
        return found

    def table(self, section_id: str, caption: str) -> dict[str, list[str]]:
        """The cells of the rows of a table, by the first of each."""
        (table,) = [one for one in self.section(section_id).all("table") if one.one("caption").text == caption]
        rows = table.one("tbody").all("tr")
        return {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in rows if row.all("th")}

    def columns(self, section_id: str, caption: str) -> list[str]:
        (table,) = [one for one in self.section(section_id).all("table") if one.one("caption").text == caption]
        return [column.text for column in table.one("thead").all("th")]

    def cards(self, section_id: str) -> dict[str, str]:
        """What stands on a card, by its name."""
        return {
            card.one("h3").text: card.text.removeprefix(card.one("h3").text).strip()
            for card in self.section(section_id).all("li", "card")
        }

    def notes(self, section_id: str) -> list[str]:
        return [note.text for note in self.section(section_id).all("p", "note")]

    def definition(self, name: str) -> str:
        """What is shown to whoever points at the first term of this name."""
        for holder in self.root.all("span", "def"):
            if holder.all("button", "term")[0].text == name:
                (tip,) = holder.all("span", "tip")
                return " ".join("".join(_raw(tip)).split())
        raise KeyError(name)


def _raw(element: Element):
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from _raw(child)
