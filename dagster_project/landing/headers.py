"""What the header of a table must have, and what else it has."""

from collections import Counter
from collections.abc import Sequence

from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.contract import Contract

# The header of a file that is no table may be all of the file.
MAX_NAMES_TOLD = 20
MAX_SIGNS_TOLD = 40


def require_columns(found: list[str], contract: Contract) -> None:
    """Raises `FileRefused` where there is no header, a required column is missing, or one that is used occurs twice."""
    tops = {column: [place.split(".")[0] for place in column.places] for column in contract.required}
    counts = Counter(found)
    missing = [" or ".join(names) for names in tops.values() if names and not any(name in counts for name in names)]
    if not any(found):
        missing = missing or ["at all"]
    if missing:
        required = ", ".join(" or ".join(names) for names in tops.values() if names)
        header = told(found) if any(found) else "no header"
        wanted = f"required are {required}" if required else f"known are {told(contract.named)}"
        raise FileRefused("column_missing", f"no column {', '.join(missing)}; found {header}; {wanted}")
    used = dict.fromkeys((*contract.named, *gathered_columns(found, contract)))
    twice = [name for name in used if counts[name] > 1]
    if twice:
        raise FileRefused("column_twice", f"the column {told(twice)} occurs more than once; allowed is once")


def told(names: Sequence[str]) -> str:
    """Any number of names of any length, in as few words as a person reads."""
    cut = [f"{name[:MAX_SIGNS_TOLD]}…" if len(name) > MAX_SIGNS_TOLD else name for name in names[:MAX_NAMES_TOLD]]
    more = len(names) - len(cut)
    return ", ".join(cut) + (f" and {more:,} more" if more else "")


def gathered_columns(found: list[str], contract: Contract) -> list[str]:
    """The columns of a table that no column of the contract names and that are no bookkeeping."""
    if not contract.gathers_rest:
        return []
    named = contract.named
    return [name for name in found if name and name not in named and not name.startswith(contract.rest_without)]
