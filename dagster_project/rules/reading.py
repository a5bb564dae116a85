"""Rule files → typed rules, or every problem in them at once."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from dagster_project.rules.schema import RULE_FILES, Rule

ENDINGS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


@dataclass(frozen=True)
class RuleProblem:
    """Where a rule file is wrong; `row` counts as a spreadsheet does, the header being row 1; of a template, lines."""

    file: str
    row: int | None
    column: str | None
    found: str | None
    allowed: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", {'row' if self.file.endswith('.csv') else 'line'} {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        found = "is empty" if self.found is None or self.found == "" else f"found {self.found!r}"
        return f"{place}: {found}; allowed: {self.allowed}"


class RulesInvalid(Exception):
    """The rule files cannot be used; one line a problem."""

    def __init__(self, problems: list[RuleProblem]):
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True)
class Row:
    """A rule and the row it stands in."""

    number: int
    rule: Rule


@dataclass(frozen=True)
class RuleBook:
    """All rule files of one folder, each a list of rows in file order."""

    folder: Path
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def rules(self, file_name: str) -> list[Rule]:
        return [row.rule for row in self.rows[file_name]]


@dataclass(frozen=True)
class Line:
    """What stands in one row, as the file has it, and how the row ends."""

    number: int
    cells: list[str]
    ending: str


def read_file(folder: Path, file_name: str) -> tuple[list[Row], list[RuleProblem]]:
    """The rows of `<folder>/<file_name>.csv` and what is wrong with the others.

    dbt reads the same file by itself. So a file is sound only where every CSV reader sees the same cells in it.
    """
    model = RULE_FILES[file_name]
    csv_name = f"{file_name}.csv"
    try:
        lines = _lines(folder, csv_name)
    except FileNotFoundError:
        return [], [RuleProblem(csv_name, None, None, "no such file", f"a file {csv_name} in {folder}")]
    except OSError as error:
        return [], [RuleProblem(csv_name, None, None, error.strerror, "a file that can be read")]
    except RulesInvalid as error:
        return [], error.problems

    header = lines[0].cells if lines else []
    expected = list(model.model_fields)
    problem = _not_utf8(csv_name, lines, header) or _mixed_endings(csv_name, lines)
    if problem is None and sorted(header) != sorted(expected):
        problem = _header_problem(csv_name, header, expected)
    if problem is not None:
        return [], [problem]

    rows: list[Row] = []
    problems: list[RuleProblem] = []
    first_row_of_key: dict[tuple, int] = {}
    for line in lines[1:]:
        if not line.cells:
            continue
        line_problems = _line_problems(csv_name, line, header)
        if line_problems:
            problems.extend(line_problems)
            continue
        try:
            rule = model.model_validate({name: cell or None for name, cell in zip(header, line.cells, strict=True)})
        except ValidationError as error:
            problems.extend(_cell_problem(csv_name, line.number, problem) for problem in error.errors())
            continue
        key = tuple(getattr(rule, name) for name in model.key_columns())
        if key in first_row_of_key:
            found = ", ".join(str(part) for part in key if part is not None)
            allowed = f"each {' + '.join(model.key_columns())} once; row {first_row_of_key[key]} has it already"
            problems.append(RuleProblem(csv_name, line.number, model.key_columns()[0], found, allowed))
            continue
        first_row_of_key[key] = line.number
        rows.append(Row(line.number, rule))
    return rows, problems


def _lines(folder: Path, csv_name: str) -> list[Line]:
    lines: list[Line] = []
    # Bytes that are no UTF-8 are kept as what Python calls surrogates, so that the cell they stand in can be named.
    with (folder / csv_name).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        taken: list[str] = []

        def physical_lines() -> Iterator[str]:
            for line in stream:
                taken.append(line)
                yield line

        try:
            for cells in csv.reader(physical_lines(), strict=True):
                ending = next((ending for ending in ("\r\n", "\n", "\r") if taken[-1].endswith(ending)), "")
                lines.append(Line(len(lines) + 1, cells, ending))
        except csv.Error as error:
            allowed = "cells of which each one that begins with a quote ends with one, quotes inside it written twice"
            raise RulesInvalid([RuleProblem(csv_name, len(lines) + 1, None, str(error), allowed)]) from None
    return lines


def _not_utf8(csv_name: str, lines: list[Line], header: list[str]) -> RuleProblem | None:
    allowed = "UTF-8 text; in a spreadsheet, save as “CSV UTF-8 (comma delimited)”"
    for line in lines:
        for position, cell in enumerate(line.cells):
            readable = cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            if readable != cell:
                column = header[position] if line.number > 1 and position < len(header) else None
                return RuleProblem(csv_name, line.number, column, readable, allowed)
    return None


def _mixed_endings(csv_name: str, lines: list[Line]) -> RuleProblem | None:
    for line in lines:
        # The last line may have no ending.
        if line.ending not in ("", lines[0].ending):
            found = f"a line that ends in {ENDINGS[line.ending]}, the first one in {ENDINGS[lines[0].ending]}"
            return RuleProblem(csv_name, line.number, None, found, "one kind of line ending; save the file anew")
    return None


def _line_problems(csv_name: str, line: Line, header: list[str]) -> list[RuleProblem]:
    if not any(cell.strip() for cell in line.cells):
        # What spreadsheets leave behind where a row was emptied and not deleted.
        return [RuleProblem(csv_name, line.number, None, "only empty cells", "a rule, or no row at all: delete it")]
    if len(line.cells) != len(header):
        allowed = f"{len(header)} cells; a comma inside a cell needs quotes around the cell"
        return [RuleProblem(csv_name, line.number, None, f"{len(line.cells)} cells", allowed)]
    return [
        RuleProblem(csv_name, line.number, name, cell, f"{cell.strip()!r}, without blanks around it")
        for name, cell in zip(header, line.cells, strict=True)
        if cell != cell.strip()
    ]


def _header_problem(csv_name: str, header: list[str], expected: list[str]) -> RuleProblem:
    missing = [name for name in expected if name not in header]
    unknown = [name for name in header if name not in expected]
    found = []
    if len(header) == 1 and ";" in header[0]:
        found.append("cells separated by semicolons")
    else:
        if missing:
            found.append(f"no column {', '.join(missing)}")
        if unknown:
            found.append(f"an unknown column {', '.join(repr(name) for name in unknown)}")
    return RuleProblem(csv_name, 1, None, "; ".join(found) or "a column twice", ",".join(expected))


def _cell_problem(csv_name: str, number: int, problem: dict) -> RuleProblem:
    found = problem["input"]
    allowed = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if found is None:
        allowed = "a value; this cell may not be empty"
    return RuleProblem(csv_name, number, str(problem["loc"][0]), None if found is None else str(found), allowed)
