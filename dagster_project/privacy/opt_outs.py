"""The opt-out files: people about whom nothing is written to HubSpot or said in Slack.

They are kept by people, beside the rules and never among them: personal data is committed nowhere. A line that cannot
be used stops whoever reads it. An opt-out that is silently passed over would be the worst mistake of all.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.masking import masked
from dagster_project.privacy.names import EMAIL, USER, Name, normalised

COLUMNS = (EMAIL, USER, "reason", "since")
ADDRESS = re.compile(r'[^\s@"(),:;<>\[\]]+@([\w-]+\.)+[\w-]{2,}')
A_FILE = f"CSV files with the columns {', '.join(COLUMNS)}, of which email or user_id must be there"


class OptOutsInvalid(Exception):
    """The opt-out files cannot be used; one line a problem, with file, row, column, what was found and is allowed."""


@dataclass(frozen=True)
class OptOut:
    """One row: an address, a user id or both; each of them is enough."""

    email: str | None
    user_id: str | None
    reason: str | None

    @property
    def names(self) -> list[Name]:
        return [(kind, value) for kind, value in ((EMAIL, self.email), (USER, self.user_id)) if value]


def read_opt_outs(folder: Path, *, must_exist: bool = False) -> list[OptOut]:
    """Every row of every `*.csv` in the folder; a folder that is not there holds nobody.

    Args:
        must_exist: Somebody named the folder, so that one that is missing is a mistake.
    Raises:
        OptOutsInvalid: Something in the folder cannot be used. Nobody is left out of what is returned.
    """
    if not folder.exists() and not must_exist:
        return []
    problems: list[str] = []
    found: list[OptOut] = []
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise OptOutsInvalid(f"{folder}: {error.strerror}; allowed: a folder with {A_FILE}") from None
    for path in files:
        if path.is_dir() or path.suffix != ".csv":
            problems.append(f"{path}: found something else than a .csv file; allowed: {A_FILE}")
        else:
            found += _read_file(path, problems)
    if problems:
        raise OptOutsInvalid("\n".join(masked(problem) for problem in problems))
    return found


def _read_file(path: Path, problems: list[str]) -> list[OptOut]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = [*csv.reader(stream, strict=True)] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = "bytes that are no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        problems.append(f"{path}: found {why}; allowed: a file in UTF-8 that every CSV reader can read")
        return []
    header = [name.strip().lower() for name in header]
    if set(header) - set(COLUMNS) or len(set(header)) < len(header) or not {EMAIL, USER} & set(header):
        problems.append(f"{path}, row 1: found {','.join(header)!r}; allowed: {A_FILE}, each once")
        return []
    found = []
    for number, cells in enumerate(rows, 2):
        if not cells:
            continue
        place = f"{path}, row {number}"
        if len(cells) != len(header):
            problems.append(f"{place}: found {len(cells)} cells; allowed: {len(header)}, as in row 1")
            continue
        row = {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}
        if wrong := _wrong_in(row):
            problems.append(f"{place}, {wrong}")
        else:
            email = row.get(EMAIL)
            found.append(OptOut(normalised(EMAIL, email) if email else None, row.get(USER), row.get("reason")))
    return found


def _wrong_in(row: dict[str, str | None]) -> str | None:
    email, since = row.get(EMAIL), row.get("since")
    if not email and not row.get(USER):
        return f"column {EMAIL}: is empty; allowed: an address, or a user id in column {USER}"
    if email and not ADDRESS.fullmatch(email):
        return f"column {EMAIL}: found {email!r}; allowed: one e-mail address"
    if since:
        try:
            date.fromisoformat(since[:10])
        except ValueError:
            return f"column since: found {since!r}; allowed: a date such as 2026-11-20, or nothing"
    return None
