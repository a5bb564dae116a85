"""What differs between two versions of the rule files, row by row."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dagster_project.rules.schema import RULE_FILES

# What people say of a row is no change of what it does, but it says why another one was made.
SAID = ("owner", "why")


@dataclass(frozen=True)
class RowChanged:
    """A row of a rule file, by its key, and what became of it; of a message template the whole text is one row."""

    file: str
    row: str
    what: str
    owner: str = ""
    why: str = ""


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> list[RowChanged]:
    """Every row that was added, taken away or changed, by file; files are texts by name, valid or not."""
    return [
        change
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
        for change in _of_file(name, before.get(name), after.get(name))
    ]


def _of_file(name: str, before: str | None, after: str | None) -> Iterator[RowChanged]:
    if not name.endswith(".csv"):
        what = "added" if before is None else "taken away" if after is None else "another text"
        yield RowChanged(name, "", what)
        return
    old, new = _rows(name, before or ""), _rows(name, after or "")
    for key in [*new, *(key for key in old if key not in new)]:
        row = new.get(key) or old[key]
        said = (row.get("owner") or "", row.get("why") or "")
        if key not in old:
            yield RowChanged(name, key, "added", *said)
        elif key not in new:
            yield RowChanged(name, key, "taken away", *said)
        elif cells := _cells(old[key], new[key]):
            yield RowChanged(name, key, "; ".join(cells), *said)


def _cells(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    names = [name for name in [*new, *(name for name in old if name not in new)] if name not in SAID]
    return [
        f"{name} {_told(old.get(name))} → {_told(new.get(name))}"
        for name in names
        if (old.get(name) or "") != (new.get(name) or "")
    ]


def _told(cell: str | None) -> str:
    return cell or "nothing"


def _rows(name: str, text: str) -> dict[str, dict[str, str]]:
    """By key; of an earlier version that lacks a column of the key by what is there of it."""
    schema = RULE_FILES.get(name.removesuffix(".csv"))
    reader = csv.DictReader(io.StringIO(text))
    columns = reader.fieldnames or ()
    keys = [key for key in (schema.key_columns() if schema else ()) if key in columns] or list(columns[:1])
    return {", ".join(row[key] or "" for key in keys): row for row in reader}
