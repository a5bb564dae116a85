"""Rows of a Parquet file → chunks of rows."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import duckdb

from dagster_project.landing.chunks import Chunk
from dagster_project.landing.contract import Contract
from dagster_project.landing.headers import require_columns
from dagster_project.landing.typed_columns import from_typed_columns

CHUNK_ROWS = 500_000
CHUNK_BYTES = 128 * 1024 * 1024


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Iterator[Chunk]:
    # A name is a name: it may hold what elsewhere means "any name", and folders may be called `user_id=5`.
    source = "read_parquet($path, hive_partitioning = false, file_row_number = true)"
    pattern = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    described = connection.sql(f"describe select * from {source}", params={"path": pattern}).fetchall()
    types = {name: str(type_name) for name, type_name, *_ in described if name != "file_row_number"}
    require_columns(list(types), contract)
    columns, parsed = from_typed_columns(contract, types)
    # The database reads no more of the file than the row groups in which these rows are.
    rows = f"""
        with numbered as (select * from {source} where file_row_number between $first and $last)
        select file_row_number + 1 as line_number, 0 as call_number, numbered as whole, cast(null as varchar) as broken,
            {columns}
        from numbered
    """
    raw_text = """cast(json_merge_patch(to_json(whole), '{"file_row_number": null}') as varchar)"""
    groups = connection.sql(
        "select distinct row_group_id, row_group_num_rows, row_group_bytes from parquet_metadata($path) "
        "order by row_group_id",
        params={"path": pattern},
    ).fetchall()
    for first, last in row_ranges([(row_count, byte_count) for _, row_count, byte_count in groups]):
        yield Chunk(rows, raw_text, parsed, parameters={"path": pattern, "first": first, "last": last})


def row_ranges(groups: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """First and last row, from 0, of as many row groups as a chunk may hold, or of a part of a large one.

    Args:
        groups: The rows and bytes of each row group.
    """
    pieces = []
    for row_count, byte_count in groups:
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
