"""Lines of JSON → rows of the raw table, a file in one statement; the few lines that are no rows are looked at then.

Files of other formats are taken chunk by chunk. For lines, of which there are most, that is too slow: each chunk is
written down twice, and ends in row groups that are not full and that one thread alone completes. Here the database asks
for lines while it writes those before.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from dagster_project.landing.beginnings import require_beginning
from dagster_project.landing.chunks import FRAME, Stream
from dagster_project.landing.contract import Contract
from dagster_project.landing.files import LandingFile
from dagster_project.landing.json_lines import FRAME_SCHEMA, chunk_of_lines, frames_of_lines
from dagster_project.landing.judging import judged, raw_row, take_rows
from dagster_project.landing.readers import refusing

# Small enough to stay near the processor from the unpacking to the judging.
FRAME_BYTES = 8 * 1024 * 1024
# Lines that are no rows, looked at together.
MOST_OTHERS = 50_000


@contextmanager
def coming_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[Stream]:
    """What the database reads lines from; around the transaction, for one that has failed gives nothing back."""
    stream = Stream(pl.DataFrame(schema=FRAME_SCHEMA))
    connection.register(FRAME, stream)
    # Rows say which line they were; kept in order, they would all be written by one thread.
    connection.execute("set preserve_insertion_order = false")
    try:
        yield stream
    finally:
        connection.execute("set preserve_insertion_order = true")
        connection.unregister(FRAME)


def take_lines(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    contract: Contract,
    stream: Stream,
    origin: Sequence[str],
    load_id: int,
) -> Counter[str | None]:
    """Put every line of a file into its raw table or into quarantine, in the transaction of the caller.

    Returns:
        How many lines had which reason; None: good ones.
    Raises:
        FileRefused: The file is no readable file of its format.
        OSError: The file cannot be read at all at this moment, whatever it holds.
    """
    with refusing(file):
        require_beginning(file)
        watched = _Watched(frames_of_lines(file.path, FRAME_BYTES, FRAME_BYTES))
        stream.frame = register_io_source(watched, schema=FRAME_SCHEMA).collect_batches(maintain_order=True)
        loaded = _insert_good_lines(connection, file, contract, watched, load_id)
    reasons: Counter[str | None] = Counter({None: loaded} if loaded else {})
    if loaded < watched.line_count:
        others = _numbers_of_others(connection, contract, load_id, watched.last_number)
        with refusing(file):
            for frame in _lines_among(others, frames_of_lines(file.path, FRAME_BYTES, FRAME_BYTES)):
                stream.frame = frame
                reasons += take_rows(connection, file, contract, [chunk_of_lines(contract)], origin, load_id)
    return reasons


class _Watched:
    """Frames on their way to the database, which says no more of what went wrong on it than a text."""

    def __init__(self, frames: Iterator[pl.DataFrame]):
        self.frames = frames
        self.line_count = 0
        self.last_number = 0
        self.failure: Exception | None = None

    def __call__(self, *_: object) -> Iterator[pl.DataFrame]:
        try:
            for frame in self.frames:
                self.line_count += frame.select((pl.col("line") != "").sum()).item()
                self.last_number = frame.item(frame.height - 1, "line_number")
                yield frame
        except Exception as error:
            self.failure = error
            raise


def _insert_good_lines(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, contract: Contract, watched: _Watched, load_id: int
) -> int:
    try:
        ((loaded,),) = connection.execute(
            f"insert into {contract.table.in_schema} ({raw_row(contract)}) "
            f"select {raw_row(contract, '$file_name', '$load_id')} from ({judged(contract, chunk_of_lines(contract))}) "
            "where reason is null",
            {"file_name": file.path.name, "load_id": load_id},
        ).fetchall()
    except duckdb.Error:
        if watched.failure is not None:
            raise watched.failure from None
        raise
    return loaded


def _lines_among(numbers: pl.DataFrame, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The lines of these numbers, many at a time."""
    gathered, count = [], 0
    for frame in frames:
        gathered.append(frame.join(numbers, on="line_number", how="semi"))
        count += gathered[-1].height
        if count >= MOST_OTHERS:
            yield pl.concat(gathered)
            gathered, count = [], 0
    if count:
        yield pl.concat(gathered)


def _numbers_of_others(
    connection: duckdb.DuckDBPyConnection, contract: Contract, load_id: int, last_number: int
) -> pl.DataFrame:
    """The lines of a load that are no rows: `line_number`."""
    found = connection.sql(
        "select number as line_number from range(1, $last_number + 1) as numbers (number) "
        f"anti join (select line_number from {contract.table.in_schema} where load_id = $load_id) as rows "
        "on rows.line_number = number",
        params={"last_number": last_number, "load_id": load_id},
    )
    return pl.DataFrame(found)
