"""A copy of the shipped rules that a test may spoil."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.reading import RulesInvalid
from dagster_project.settings import SHIPPED_RULES_DIR


@dataclass(frozen=True)
class RuleFolder:
    path: Path

    def file(self, name: str) -> Path:
        return self.path / f"{name}.csv"

    def bytes(self, name: str) -> bytes:
        return self.file(name).read_bytes()

    def change(self, name: str, old: str, new: str) -> None:
        """Put `new` in the place of the first `old`, which has to be there."""
        text = self.file(name).read_text(encoding="utf-8")
        assert old in text
        self.file(name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")

    def set_cell(self, name: str, row: int, column: str, value: str) -> None:
        """Give one cell a value; rows count as in a spreadsheet."""
        with self.file(name).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        rows[row - 1][rows[0].index(column)] = value
        self.write(name, rows)

    def write(self, name: str, rows: list[list]) -> None:
        with self.file(name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)

    def keep_rows(self, name: str, *rows: int) -> None:
        """Keep the header and these rows."""
        lines = self.file(name).read_text(encoding="utf-8").splitlines(keepends=True)
        self.file(name).write_text("".join(lines[row - 1] for row in (1, *rows)), encoding="utf-8")

    def without_triggers(self) -> None:
        """Nothing of the other files is needed by triggers any more."""
        for name in ("triggers", "trigger_conditions", "trigger_actions"):
            self.keep_rows(name)

    def problems(self) -> list[str]:
        """What is said about the rules, line by line; nothing where they are sound."""
        try:
            read_rules(self.path)
        except RulesInvalid as error:
            return str(error).splitlines()
        return []


@pytest.fixture
def rules(tmp_path: Path) -> RuleFolder:
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    return RuleFolder(folder)
