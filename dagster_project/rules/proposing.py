"""The rules that somebody proposes, beside those in force: a folder may hold only the files that are to change."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dagster_project.rules.book import read_rules
from dagster_project.rules.files import rule_files, write_rule_files
from dagster_project.rules.lint import lint
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reading import RuleBook, RulesInvalid
from dagster_project.rules.schema import RULE_FILES
from dagster_project.rules.seen import SeenEvents


class NothingProposed(Exception):
    """The folder cannot be compared with the rules in force; the message says why."""


@dataclass(frozen=True)
class FileChange:
    """A file that differs: `rows` counts what was added, removed and changed; of a template nothing is counted."""

    file: str
    rows: Counter[str]


@dataclass(frozen=True)
class Proposal:
    """Two sets of rules, both sound. `left_aside`: CSV files of the folder that are no rule files."""

    in_force: RuleBook
    proposed: RuleBook
    changes: tuple[FileChange, ...]
    left_aside: tuple[str, ...] = ()

    @property
    def seeds(self) -> list[str]:
        """The rule files that differ, by the name dbt has for them."""
        return [Path(change.file).stem for change in self.changes if change.file.endswith(".csv")]

    def new_warnings(self, seen: SeenEvents | None) -> list[RuleWarning]:
        """What `make rules` warns of in the proposed rules and not in those in force, wherever the row stands now."""
        before = {(warning.file, warning.what) for warning in lint(self.in_force, seen)}
        return [warning for warning in lint(self.proposed, seen) if (warning.file, warning.what) not in before]


def read_proposal(in_force: Path, folder: Path, merged: Path) -> Proposal:
    """Read both sets of rules.

    Args:
        folder: Rule files that are to take the place of those in force; those it does not hold stay. A folder with
            every CSV file is taken whole, so that a template it lacks is missing.
        merged: Where the proposed rules are written, complete.
    Raises:
        NothingProposed: The folder holds no rule file, or the rules in force are not sound.
        RulesInvalid: The proposed rules are not sound; every problem is named as `make rules` names it.
    """
    held = rule_files(folder)
    if not held:
        raise NothingProposed(
            f"{folder} holds no rule file. Rule files are called as those in {in_force}, such as score_bands.csv or "
            "templates/sql_handoff.j2."
        )
    before = rule_files(in_force)
    is_whole = all(f"{name}.csv" in held for name in RULE_FILES)
    after = held if is_whole else before | held
    write_rule_files(after, merged)
    proposed = read_rules(merged)
    try:
        book = read_rules(in_force)
    except RulesInvalid as error:
        raise NothingProposed(
            f"The rules in force, in {in_force}, have mistakes themselves: there is nothing to compare with.\n{error}"
        ) from None
    names = sorted(name for name in before | after if before.get(name) != after.get(name))
    left_aside = sorted(path.name for path in folder.glob("*.csv") if path.stem not in RULE_FILES)
    changes = tuple(FileChange(name, _rows_changed(name, book, proposed)) for name in names)
    return Proposal(book, proposed, changes, tuple(left_aside))


def _rows_changed(file: str, before: RuleBook, after: RuleBook) -> Counter[str]:
    name = Path(file).stem
    if not file.endswith(".csv"):
        return Counter()
    keys = RULE_FILES[name].key_columns()
    old, new = (
        {tuple(getattr(rule, key) for key in keys): rule for rule in book.rules(name)} for book in (before, after)
    )
    counts = {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "changed": sum(old[key] != new[key] for key in old.keys() & new.keys()),
    }
    return Counter({what: count for what, count in counts.items() if count})
