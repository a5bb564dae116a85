"""README and docs/ as tests read them: pages, links, headings and commands."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in [PROJECT / "README.md", *sorted(DOCS.glob("*.md"))]}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def folder_of(page: str) -> Path:
    return PROJECT if page == "README.md" else DOCS


def headings(text: str) -> list[str]:
    return re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page: lower case, without signs, blanks as hyphens."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(text))
    return {heading.replace(" ", "-") for heading in plain}


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level, rest = heading.split(" ", 1)
    found = re.search(rf"^{level} {re.escape(rest)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading}"
    return found[1]


def code_blocks(text: str) -> list[str]:
    """Indented blocks, each without its indentation; blank lines inside belong to them."""
    blocks = re.findall(r"(?:^ {4}.*\n(?:^\n(?=^ {4}))?)+", text, re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in blocks]


def first_cells(text: str) -> list[str]:
    """The first cell of each row of each table, headers left out, without quotes."""
    rows = re.findall(r"^\| ([^|]*?) \|", text, re.MULTILINE)
    return [cell.strip("`") for cell in rows if cell.startswith("`")]
