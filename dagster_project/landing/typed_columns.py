"""Where the columns of a contract stand in a table whose columns have types: of a Parquet file, or in the warehouse."""

from collections.abc import Mapping

from dagster_project.landing.contract import Contract
from dagster_project.landing.finding import from_cells
from dagster_project.landing.headers import gathered_columns
from dagster_project.sql_quoting import literal, quoted

# Types of floats, and below which number each of them tells every whole number from the next.
FLOATS = {"FLOAT": 2**24, "DOUBLE": 2**53}


def from_typed_columns(contract: Contract, types: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """SQL: the columns of the contract, as text, and which of them need no reading of text any more.

    Args:
        types: The types of the columns of the table, as DuckDB describes them.
    """
    cells = {name: _cell(name, types[name]) for name in contract.named if name in types}
    gathered = ", ".join(
        f"{literal(name)}, {_value(name, types[name])}" for name in gathered_columns(list(types), contract)
    )
    rest = f"json_object({gathered})" if gathered else None
    parsed = _parsed(contract, types, rest)
    return from_cells(contract, cells, rest, parsed), frozenset(parsed)


def _parsed(contract: Contract, types: Mapping[str, str], rest: str | None) -> dict[str, str]:
    """Columns that the file has as what they should be, with the SQL that they are: no way over text for these."""
    parsed = {}
    for column in contract.columns:
        found = [place for place in column.places if place.split(".")[0] in types]
        type_name = types.get(found[0]) if len(found) == 1 else None
        if column.gathers_rest and rest:
            parsed[column.name] = f"cast({rest} as varchar)"
        elif type_name is None:
            continue
        elif column.type == "json" and _is_nested(type_name):
            parsed[column.name] = _cell(found[0], type_name)
        elif column.type == "instant" and type_name == "TIMESTAMP":
            parsed[column.name] = quoted(found[0])
        elif column.type == "instant" and type_name == "TIMESTAMP WITH TIME ZONE":
            parsed[column.name] = f"timezone('UTC', {quoted(found[0])})"
    return parsed


def _cell(name: str, type_name: str) -> str:
    """SQL: a column as the text that it would be in a file of lines."""
    text = f"cast({f'to_json({quoted(name)})' if _is_nested(type_name) else quoted(name)} as varchar)"
    if type_name not in FLOATS:
        return text
    return f"case when {_is_whole(name, type_name)} then cast({_whole(name)} as varchar) else {text} end"


def _is_nested(type_name: str) -> bool:
    return type_name.startswith(("STRUCT", "MAP")) or type_name.endswith("[]")


def _value(name: str, type_name: str) -> str:
    """SQL: the same as a value in JSON, which has no infinity and nothing that is no number."""
    if type_name not in FLOATS:
        return quoted(name)
    number = f"case when isfinite({quoted(name)}) then to_json({quoted(name)}) end"
    return f"case when {_is_whole(name, type_name)} then to_json({_whole(name)}) else {number} end"


def _is_whole(name: str, type_name: str) -> str:
    """SQL: whether a float is a whole number; many write a column of these as floats where one of them is missing."""
    return f"abs({quoted(name)}) < {FLOATS[type_name]} and {_whole(name)} = {quoted(name)}"


def _whole(name: str) -> str:
    return f"try_cast({quoted(name)} as bigint)"
