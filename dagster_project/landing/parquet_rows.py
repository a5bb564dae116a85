"""Rows of a Parquet file → chunks of rows."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb

from dagster_project.landing.chunks import Chunk
from dagster_project.landing.contract import Contract
from dagster_project.landing.finding import from_cells
from dagster_project.landing.headers import gathered_columns, require_columns

CHUNK_ROWS = 500_000
CHUNK_BYTES = 128 * 1024 * 1024


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Iterator[Chunk]:
    # A name is a name: it may hold what elsewhere means "any name", and folders may be called `user_id=5`.
    source = "read_parquet($path, hive_partitioning = false, file_row_number = true)"
    pattern = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    described = connection.sql(f"describe select * from {source}", params={"path": pattern}).fetchall()
    types = {name: str(type_name) for name, type_name, *_ in described if name != "file_row_number"}
    require_columns(list(types), contract)
    cells = {name: _cell(name, types[name]) for name in contract.named if name in types}
    gathered = ", ".join(
        f"{_literal(name)}, {_value(name, types[name])}" for name in gathered_columns(list(types), contract)
    )
    rest = f"json_object({gathered})" if gathered else None
    parsed = _parsed(contract, types, rest)
    # The database reads no more of the file than the row groups in which these rows are.
    rows = f"""
        with numbered as (select * from {source} where file_row_number between $first and $last)
        select file_row_number + 1 as line_number, 0 as call_number, numbered as whole, cast(null as varchar) as broken,
            {from_cells(contract, cells, rest, parsed)}
        from numbered
    """
    raw_text = """cast(json_merge_patch(to_json(whole), '{"file_row_number": null}') as varchar)"""
    for first, last in _row_ranges(connection, pattern):
        yield Chunk(rows, raw_text, frozenset(parsed), {"path": pattern, "first": first, "last": last})


def _row_ranges(connection: duckdb.DuckDBPyConnection, pattern: str) -> Iterator[tuple[int, int]]:
    """First and last row, from 0, of as many row groups as a chunk may hold, or of a part of a large one."""
    groups = connection.sql(
        "select distinct row_group_id, row_group_num_rows, row_group_bytes from parquet_metadata($path) "
        "order by row_group_id",
        params={"path": pattern},
    ).fetchall()
    pieces = []
    for _, row_count, byte_count in groups:
        parts = max(-(-row_count // CHUNK_ROWS), -(-byte_count // CHUNK_BYTES), 1)
        cuts = [row_count * part // parts for part in range(parts + 1)]
        pieces += [(until - start, byte_count // parts) for start, until in pairwise(cuts)]
    first = end = size = 0
    for row_count, byte_count in pieces:
        if end > first and (end + row_count - first > CHUNK_ROWS or size + byte_count > CHUNK_BYTES):
            yield first, end - 1
            first, size = end, 0
        end += row_count
        size += byte_count
    if end > first:
        yield first, end - 1


def _parsed(contract: Contract, types: dict[str, str], rest: str | None) -> dict[str, str]:
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
            parsed[column.name] = _quoted(found[0])
        elif column.type == "instant" and type_name == "TIMESTAMP WITH TIME ZONE":
            parsed[column.name] = f"timezone('UTC', {_quoted(found[0])})"
    return parsed


def _cell(name: str, type_name: str) -> str:
    """SQL: a column of a Parquet file as the text that it would be in a file of lines."""
    return f"cast({f'to_json({_quoted(name)})' if _is_nested(type_name) else _quoted(name)} as varchar)"


def _is_nested(type_name: str) -> bool:
    return type_name.startswith(("STRUCT", "MAP")) or type_name.endswith("[]")


def _value(name: str, type_name: str) -> str:
    """SQL: the same as a value in JSON, which has no infinity and nothing that is no number."""
    if type_name in {"FLOAT", "DOUBLE"}:
        return f"case when isfinite({_quoted(name)}) then {_quoted(name)} end"
    return _quoted(name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
