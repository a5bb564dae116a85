"""Lines of JSON → chunks of rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import duckdb
import polars as pl

from dagster_project.landing.chunks import MAX_LINE_BYTES, Chunk, FileRefused, handed_over
from dagster_project.landing.contract import Contract
from dagster_project.landing.files import open_bytes
from dagster_project.landing.finding import from_lines

# Several blocks are a chunk, so that DuckDB reads it with all its threads. The first chunk of a file is small, because
# the database has nothing to do until it is there; each is twice the one before: reading takes half as long as judging.
BLOCK_BYTES = 4 * 1024 * 1024
FIRST_CHUNK_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 128 * 1024 * 1024
FRAME_SCHEMA = {"line_number": pl.Int64, "line": pl.String, "is_utf8": pl.Boolean}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json_lines(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Iterator[Chunk]:
    frames = frames_of_lines(path, FIRST_CHUNK_BYTES, CHUNK_BYTES)
    return handed_over(connection, frames, chunk_of_lines(contract))


def read_kept_lines(
    connection: duckdb.DuckDBPyConnection, lines: Sequence[tuple[int, str]], contract: Contract
) -> Iterator[Chunk]:
    """Lines of JSON that were kept, each with its number, as if they stood in a file."""
    kept = pl.DataFrame(lines, schema={"line_number": pl.Int64, "line": pl.String}, orient="row")
    return handed_over(connection, [kept.with_columns(is_utf8=True)], chunk_of_lines(contract))


def chunk_of_lines(contract: Contract) -> Chunk:
    """The rows of whatever lines are the relation `landing_frame`."""
    # A document's own writing of a value is JSON: nothing has to be parsed a second time.
    parsed = frozenset(column.name for column in contract.columns if column.type == "json")
    return Chunk(from_lines(contract), parsed=parsed)


def frames_of_lines(path: Path, first_bytes: int, most_bytes: int) -> Iterator[pl.DataFrame]:
    """Lines with their numbers, frame by frame: line_number, line, is_utf8.

    Split here, not by DuckDB: its CSV reader refuses the whole file for one byte that is no UTF-8 or one line that ends
    in another way than the first, and takes a gzip file whose checksum is wrong.
    """
    next_number, gathered, size, limit = 1, [], 0, first_bytes
    with open_bytes(path) as stream:
        for block in _whole_lines(stream):
            lines = _split(block.removeprefix(BYTE_ORDER_MARK) if next_number == 1 else block)
            numbers = pl.int_range(next_number, next_number + lines.height, dtype=pl.Int64, eager=True)
            gathered.append(lines.select(numbers.alias("line_number"), "line", "is_utf8"))
            next_number += lines.height
            size += len(block)
            if size >= limit:
                yield pl.concat(gathered)
                gathered, size, limit = [], 0, min(2 * limit, most_bytes)
    if gathered:
        yield pl.concat(gathered)


def _split(block: bytes) -> pl.DataFrame:
    try:
        text = pl.Series("line", [block], dtype=pl.Binary).cast(pl.String)
        return text.str.split("\n").explode().to_frame().with_columns(is_utf8=True)
    except pl.exceptions.ComputeError:
        return _split_beside_bad_bytes(block)


def _split_beside_bad_bytes(block: bytes) -> pl.DataFrame:
    as_bytes = block.split(b"\n")
    lines = [line.decode("utf-8", "backslashreplace") for line in as_bytes]
    are_utf8 = [text.encode("utf-8") == line for text, line in zip(lines, as_bytes, strict=True)]
    return pl.DataFrame({"line": lines, "is_utf8": are_utf8})


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Blocks that begin and end where a line does, without the last line break; at least one, which may be empty."""
    begun: list[bytes] = []
    while block := stream.read(BLOCK_BYTES):
        whole, line_break, rest = block.rpartition(b"\n")
        if line_break:
            yield b"".join([*begun, whole])
            begun = []
        begun.append(rest)
        if not line_break and sum(map(len, begun)) > MAX_LINE_BYTES:
            raise FileRefused("line_too_long", f"one line has more than {MAX_LINE_BYTES:,} bytes: is this JSON lines?")
    yield b"".join(begun)
