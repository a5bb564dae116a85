"""What the header of a table must have, and what else it has."""

from dagster_project.landing.chunks import FileRefused
from dagster_project.landing.contract import Contract


def require_columns(found: list[str], contract: Contract) -> None:
    """Raises `FileRefused` where a required column is missing or one that is used occurs twice."""
    tops = {column: [place.split(".")[0] for place in column.places] for column in contract.required}
    missing = [" or ".join(names) for names in tops.values() if names and not set(names) & set(found)]
    if missing:
        required = ", ".join(" or ".join(names) for names in tops.values())
        raise FileRefused(
            "column_missing",
            f"no column {', '.join(missing)}; found {', '.join(found) or 'no header'}; required are {required}",
        )
    used = dict.fromkeys((*contract.named, *gathered_columns(found, contract)))
    twice = [name for name in used if found.count(name) > 1]
    if twice:
        raise FileRefused("column_twice", f"the column {', '.join(twice)} occurs more than once; allowed is once")


def gathered_columns(found: list[str], contract: Contract) -> list[str]:
    """The columns of a table that no column of the contract names and that are no bookkeeping."""
    if not contract.gathers_rest:
        return []
    return [
        name for name in found if name and name not in contract.named and not name.startswith(contract.rest_without)
    ]
