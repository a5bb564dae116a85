"""Rows of CSV → chunks of rows."""

import csv
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.landing.chunks import FRAME, MAX_LINE_BYTES, Chunk, FileRefused, handed_over
from dagster_project.landing.contract import Contract
from dagster_project.landing.files import open_bytes
from dagster_project.landing.finding import from_cells
from dagster_project.landing.headers import gathered_columns, require_columns

CHUNK_ROWS = 50_000


def read_csv(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Iterator[Chunk]:
    # Python's reader knows which lines of the file a row stands in; DuckDB's does not say it for rows that are right.
    cells = {name: f"cell_{number}" for number, name in enumerate(contract.named)}
    chunk = Chunk(
        f"select line_number, 0 as call_number, raw_text as whole, broken, {from_cells(contract, cells, 'rest')} "
        f"from {FRAME}"
    )
    return handed_over(connection, _frames(path, contract, cells), chunk)


def _frames(path: Path, contract: Contract, cells: dict[str, str]) -> Iterator[pl.DataFrame]:
    texts = ["raw_text", "broken", "rest", *cells.values()]
    schema = {"line_number": pl.Int64} | dict.fromkeys(texts, pl.String)
    # Bytes that are no UTF-8 are kept as what Python calls surrogates, so that only their row is put aside.
    with open_bytes(path) as binary, io.TextIOWrapper(binary, "utf-8-sig", "surrogateescape", newline="") as stream:
        consumed: list[str] = []

        def lines() -> Iterator[str]:
            # A sign has a byte or more. What is longer is never read as a whole.
            for line in iter(partial(stream.readline, MAX_LINE_BYTES + 1), ""):
                if len(line) > MAX_LINE_BYTES:
                    raise FileRefused("line_too_long", f"one line has more than {MAX_LINE_BYTES:,} bytes: is this CSV?")
                consumed.append(line)
                yield line

        rows = _numbered(csv.reader(lines()))
        _, header = next(rows, (1, []))
        header = [_as_utf8(name.strip())[0] for name in header]
        require_columns(header, contract)
        gathered = gathered_columns(header, contract)
        consumed.clear()
        chunk: list[tuple] = []
        raw_text, first_line = "", 1
        for first_line, row in rows:
            raw_text = "".join(consumed).rstrip("\r\n")
            consumed.clear()
            if not raw_text.strip():
                continue
            broken = None if len(row) == len(header) else "csv_wrong_number_of_cells"
            raw_text, is_utf8 = _as_utf8(raw_text)
            broken = broken if is_utf8 else "not_utf8"
            values = dict(zip(header, row, strict=True)) if broken is None else {}
            rest = {name: values[name] for name in gathered if values.get(name, "").strip()}
            rest_text = json.dumps(rest, ensure_ascii=False) if rest else None
            chunk.append((first_line, raw_text, broken, rest_text, *(values.get(name) for name in cells)))
            if len(chunk) >= CHUNK_ROWS:
                yield pl.DataFrame(chunk, schema=schema, orient="row")
                chunk.clear()
        _require_closed_quote(raw_text, first_line)
        yield pl.DataFrame(chunk, schema=schema, orient="row")


def _numbered(reader: "csv.Reader") -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line it begins in."""
    while True:
        first_line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused("csv_unreadable", f"line {first_line}: {error}; is a quote missing?") from error
        yield first_line, cells


def _require_closed_quote(last_row: str, first_line: int) -> None:
    # The rows after a quote that is never closed would hide, all of them, in one cell of one row.
    try:
        for _ in csv.reader(io.StringIO(last_row), strict=True):
            pass
    except csv.Error as error:
        if "end of data" in str(error):
            raise FileRefused("csv_unreadable", f"line {first_line}: a quote is never closed") from error


def _as_utf8(text: str) -> tuple[str, bool]:
    """The text with bytes that are no UTF-8 written out, and whether there were none."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return readable, readable == text
