"""What a reader makes of a file: chunks of rows, one after another, each small enough for memory."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl

FRAME = "landing_frame"
# What one line costs in memory is many times its length, and nothing that anybody logs is nearly as long.
MAX_LINE_BYTES = 32 * 1024 * 1024


class FileRefused(Exception):
    """The whole file cannot be taken; `reason` is a code, the text says what was found and what is allowed."""

    def __init__(self, reason: str, detail: str):
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True)
class Chunk:
    """Rows of a file as SQL, which can be asked until the next chunk is.

    Args:
        rows: A relation: line_number, call_number, whole, broken, and the columns of the contract as text. `broken`
            names why a line is no row at all, and is null for the others; `call_number` counts the calls of a line that
            holds several, and is 0 where the raw text is the whole line.
        raw_text: SQL over `whole`: what is put aside of a row. Not in `rows`, because few rows need it.
        parsed: Columns that need no reading of text any more: `<name>_text` is JSON for sure, or a TIMESTAMP.
        parameters: Of `rows`.
    """

    rows: str
    raw_text: str = "whole"
    parsed: frozenset[str] = frozenset()
    parameters: dict[str, object] = field(default_factory=dict)


class Stream:
    """Data frames as DuckDB reads them; it would ask for pyarrow if it knew that these are some.

    Args:
        frame: Or anything of polars that gives frames one by one.
    """

    def __init__(self, frame: Any):
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def handed_over(connection: duckdb.DuckDBPyConnection, frames: Iterable[pl.DataFrame], chunk: Chunk) -> Iterator[Chunk]:
    """The chunk once for each frame, which is then the relation `landing_frame`; the next one is made meanwhile."""
    stream = None
    try:
        for frame in _one_ahead(frames):
            if stream is None:
                # Once for all: until the transaction ends, the database keeps alive whatever was registered in it.
                stream = Stream(frame)
                connection.register(FRAME, stream)
            stream.frame = frame
            yield chunk
    finally:
        connection.unregister(FRAME)


def _one_ahead(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    coming = iter(frames)
    # gzip, polars and DuckDB all let go of the interpreter: while one chunk is judged, the next is read and split.
    with ThreadPoolExecutor(1) as worker:
        following = worker.submit(next, coming, None)
        while (frame := following.result()) is not None:
            following = worker.submit(next, coming, None)
            yield frame
