"""Names, texts and paths as they stand in SQL."""

from pathlib import Path


def quoted(name: str) -> str:
    """The name of a column or table."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text, or the path of a file, where a statement takes no parameter."""
    return "'" + str(text).replace("'", "''") + "'"
