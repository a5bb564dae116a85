"""Each file format → chunks of rows. Nothing is judged here beyond whether a line is a row at all."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.landing.beginnings import CUT_OFF, require_beginning
from dagster_project.landing.chunks import Chunk, FileRefused
from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_rows import read_csv
from dagster_project.landing.files import LandingFile
from dagster_project.landing.json_lines import read_json_lines
from dagster_project.landing.parquet_rows import read_parquet

READERS = {"jsonl": read_json_lines, "csv": read_csv, "parquet": read_parquet}
# What DuckDB raises when memory or the process fails it: no judgement on the file.
OUR_TROUBLE = (
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
)


def read_chunks(connection: duckdb.DuckDBPyConnection, file: LandingFile, contract: Contract) -> Iterator[Chunk]:
    """The rows of a file, chunk by chunk; whoever stops before the end closes the iterator, after any rollback.

    Raises:
        FileRefused: The file is no readable file of its format, or a required column is missing.
        OSError: The file cannot be read at all at this moment, whatever it holds.
    """
    with refusing(file):
        require_beginning(file)
        yield from READERS[file.format](connection, file.path, contract)


@contextmanager
def refusing(file: LandingFile) -> Iterator[None]:
    """What goes wrong in the block is the fault of the file, unless it is ours: then it is raised as it is."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileRefused("file_unreadable", f"the gzip archive {CUT_OFF}") from error
    except duckdb.Error as error:
        # A full disk is told in the same way as a file that ends too early; only the latter names the file.
        is_elsewhere = isinstance(error, duckdb.IOException) and str(file.path) not in str(error)
        if isinstance(error, OUR_TROUBLE) or is_elsewhere:
            raise
        what = f"not a readable {file.format} file: {_first_line(error, file.path)}"
        raise FileRefused("file_unreadable", what) from error


def _first_line(error: Exception, path: Path) -> str:
    """What the database says, without the folders of this machine."""
    said = str(error).replace(f"{path.parent}{os.sep}", "").strip()
    return said.splitlines()[0] if said else type(error).__name__
