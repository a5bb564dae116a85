"""What a lint says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleWarning:
    """What is strange about a rule and why it matters; `row` counts as a spreadsheet does.

    A note tells what may well be meant.
    """

    file: str
    row: int | None
    what: str
    why: str
    is_note: bool = False

    def __str__(self) -> str:
        kind = "note" if self.is_note else "warning"
        place = f"{self.file}.csv" if self.row is None else f"{self.file}.csv, row {self.row}"
        return f"{kind}: {place}: {self.what}. {self.why}."
