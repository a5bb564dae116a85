"""The scoring criteria as a sheet that anybody can read, as CSV and as Markdown."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from dagster_project.counting import plain_number
from dagster_project.rules.english.telling import chapter_of, told_files
from dagster_project.rules.markdown import escaped
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema import RULE_FILES, Rule
from dagster_project.rules.trigger_document import trigger_document

CSV_NAME = "scoring_rules.csv"
MARKDOWN_NAME = "scoring_rules.md"
TRIGGERS_NAME = "triggers.md"
SWITCHES = ("is_enabled", "is_active")
NAMES = ("label", "member_email")


@dataclass(frozen=True)
class Criterion:
    """One row of a rule file, in words; what a file has no column for is empty."""

    file: str
    id: str
    label: str
    what: str
    points: str
    group: str
    is_switched_on: str
    owner: str
    why: str


def criteria(book: RuleBook) -> Iterator[Criterion]:
    """Every row of every rule file, in the order in which the rules are told."""
    for file in told_files():
        words = chapter_of(file).row
        for rule in book.rules(file):
            yield _criterion(file, rule, words(book, rule))


def _criterion(file: str, rule: Rule, what: str) -> Criterion:
    cells = dict(rule)
    key = " ".join(str(cells[name]) for name in RULE_FILES[file].key_columns() if cells[name] is not None)
    switch = next((cells[name] for name in SWITCHES if name in cells), True)
    return Criterion(
        file=f"{file}.csv",
        id=key,
        label=next((cells[name] for name in NAMES if cells.get(name)), ""),
        what=what,
        points="" if cells.get("points") is None else plain_number(cells["points"]),
        group=cells.get("score_group") or "",
        is_switched_on="yes" if switch else "no",
        owner=cells["owner"],
        why=cells["why"],
    )


def criteria_as_csv(book: RuleBook) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Criterion))
    writer.writerows(astuple(criterion) for criterion in criteria(book))
    return text.getvalue()


def criteria_as_markdown(book: RuleBook) -> str:
    """A section a file: what the file comes to, and below it whose each row is and why it is there."""
    rows: dict[str, list[Criterion]] = {}
    for criterion in criteria(book):
        rows.setdefault(criterion.file, []).append(criterion)
    parts = ["# How we score\n"]
    for file in told_files():
        chapter = chapter_of(file)
        parts.append(f"## {chapter.title}\n")
        parts.append("\n".join(f"- {escaped(line)}" for line in chapter.sentences(book)) + "\n")
        parts.append(f"From `{file}.csv`:\n")
        parts.append("| rule | what | points | on | owner | why |\n| --- | --- | ---: | --- | --- | --- |")
        parts.append(
            "".join(
                f"| {' | '.join(escaped(cell) for cell in _cells(criterion))} |\n"
                for criterion in rows.get(f"{file}.csv", [])
            )
        )
    return "\n".join(parts)


def _cells(criterion: Criterion) -> tuple[str, ...]:
    name = criterion.label or criterion.id
    return name, criterion.what, criterion.points, criterion.is_switched_on, criterion.owner, criterion.why


def write_criteria(book: RuleBook, folder: Path) -> list[Path]:
    """Write the criteria, and what triggers what, and say where."""
    texts = {
        CSV_NAME: criteria_as_csv(book),
        MARKDOWN_NAME: criteria_as_markdown(book),
        TRIGGERS_NAME: trigger_document(book),
    }
    return write_texts(texts, folder)


def write_texts(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write each under its name and say where; `folder` is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in texts.items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="")
        written.append(path)
    return written
