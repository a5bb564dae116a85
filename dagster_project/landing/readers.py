"""Each file format → one relation of text: line_number, call_number, raw_text, broken, and the columns of the contract.

`broken` names why a line is no row at all, and is null for the others. Nothing is judged here beyond that.
`call_number` counts the calls of a line that holds several, and is 0 where the raw text is the whole line.
"""

import csv
import gzip
import io
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import duckdb
import polars as pl

from dagster_project.landing.contract import Contract
from dagster_project.landing.files import LandingFile
from dagster_project.landing.finding import CALLS_OF_LINES, LINES, MAY_HOLD_CALLS, from_cells, from_documents

ROWS = "landing_rows"
BLOCK_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024 * 1024
CSV_CHUNK_ROWS = 50_000
LINE_SCHEMA = {"line_number": pl.Int64, "line": pl.String, "is_utf8": pl.Boolean}
# What DuckDB raises when memory or the process fails it: no judgement on the file.
OUR_TROUBLE = (
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
)


class FileRefused(Exception):
    """The whole file cannot be taken; `reason` is a code, the text says what was found and what is allowed."""

    def __init__(self, reason: str, detail: str):
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


def read_rows(connection: duckdb.DuckDBPyConnection, file: LandingFile, contract: Contract) -> None:
    """Fill the temporary table `landing_rows` with the rows of a file.

    Raises:
        FileRefused: The file is no readable file of its format, or a required column is missing.
        OSError: The file cannot be read at all at this moment, whatever it holds.
    """
    reader = {"jsonl": _read_json_lines, "csv": _read_csv, "parquet": _read_parquet}[file.format]
    try:
        reader(connection, file.path, contract)
    except (gzip.BadGzipFile, EOFError, zlib.error, duckdb.Error) as error:
        if _is_our_trouble(error, file.path):
            raise
        raise FileRefused("file_unreadable", f"not a readable {file.format} file: {_first_line(error)}") from error


def _is_our_trouble(error: Exception, path: Path) -> bool:
    # A full disk is told in the same way as a file that ends too early; only the latter names the file.
    is_elsewhere = isinstance(error, duckdb.IOException) and str(path) not in str(error)
    return isinstance(error, OUR_TROUBLE) or is_elsewhere


def _read_json_lines(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> None:
    _take_lines(connection, _line_blocks(path), contract)


def read_kept_lines(
    connection: duckdb.DuckDBPyConnection, lines: Sequence[tuple[int, str]], contract: Contract
) -> None:
    """Fill `landing_rows` with lines of JSON that were kept, each with its number, as if they stood in a file."""
    numbers, texts = [number for number, _ in lines], [text for _, text in lines]
    kept = pl.DataFrame({"line_number": numbers, "line": texts, "is_utf8": [True] * len(lines)}, schema=LINE_SCHEMA)
    _take_lines(connection, [kept], contract)


def _take_lines(connection: duckdb.DuckDBPyConnection, blocks: Iterable[pl.DataFrame], contract: Contract) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, block in enumerate(blocks):
            block.write_parquet(Path(folder) / f"{number:06}.parquet", compression="uncompressed")
        connection.execute(
            f"""
            create or replace temp table {ROWS} as
            with judged as (
                select line_number, rtrim(line, e'\\r') as line,
                    case
                        when not is_utf8 then 'not_utf8'
                        when not json_valid(line) then 'json_broken'
                        when json_type(line) not in {MAY_HOLD_CALLS if contract.holds_calls else "('OBJECT')"}
                            then 'json_not_an_object'
                    end as broken
                from read_parquet($files)
                where trim(line, e' \\t\\r') <> ''
            ),
            documents as (
                {CALLS_OF_LINES if contract.holds_calls else LINES}
            )
            {from_documents(contract)}
            """,
            {"files": f"{folder}/*.parquet"},
        )


def _line_blocks(path: Path) -> Iterator[pl.DataFrame]:
    """Lines with their numbers, block by block: line_number, line, is_utf8.

    Split here, not by DuckDB: its CSV reader refuses the whole file for one byte that is no UTF-8 or one line that ends
    in another way than the first, and takes a gzip file whose checksum is wrong.
    """
    first_number = 1
    with _open_bytes(path) as stream:
        for block in _whole_lines(stream):
            try:
                lines = block.decode("utf-8").split("\n")
                are_utf8 = [True] * len(lines)
            except UnicodeDecodeError:
                as_bytes = block.split(b"\n")
                lines = [line.decode("utf-8", "backslashreplace") for line in as_bytes]
                are_utf8 = [text.encode("utf-8") == line for text, line in zip(lines, as_bytes, strict=True)]
            if first_number == 1:
                lines[0] = lines[0].removeprefix("\ufeff")
            numbers = range(first_number, first_number + len(lines))
            first_number += len(lines)
            yield pl.DataFrame({"line_number": numbers, "line": lines, "is_utf8": are_utf8}, schema=LINE_SCHEMA)


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Blocks that begin and end where a line does, without the last line break; at least one, which may be empty."""
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        whole, line_break, rest = (rest + block).rpartition(b"\n")
        if line_break:
            yield whole
        elif len(rest) > MAX_LINE_BYTES:
            raise FileRefused("line_too_long", f"one line has more than {MAX_LINE_BYTES:,} bytes: is this JSON lines?")
    yield rest


def _open_bytes(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _read_csv(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> None:
    # Python's reader knows which lines of the file a row stands in; DuckDB's does not say it for rows that are right.
    cells = {name: f"cell_{number}" for number, name in enumerate(contract.named)}
    with tempfile.TemporaryDirectory() as folder:
        for number, chunk in enumerate(_csv_chunks(path, contract, cells)):
            chunk.write_parquet(Path(folder) / f"{number:06}.parquet")
        connection.execute(
            f"create or replace temp table {ROWS} as "
            f"select line_number, 0 as call_number, raw_text, broken, {from_cells(contract, cells, 'rest')} "
            "from read_parquet($files) order by line_number",
            {"files": f"{folder}/*.parquet"},
        )


def _csv_chunks(path: Path, contract: Contract, cells: dict[str, str]) -> Iterator[pl.DataFrame]:
    texts = ["raw_text", "broken", "rest", *cells.values()]
    schema = {"line_number": pl.Int64} | dict.fromkeys(texts, pl.String)
    # Bytes that are no UTF-8 are kept as what Python calls surrogates, so that only their row is put aside.
    with _open_bytes(path) as binary, io.TextIOWrapper(binary, "utf-8-sig", "surrogateescape", newline="") as stream:
        consumed: list[str] = []

        def lines() -> Iterator[str]:
            for line in stream:
                consumed.append(line)
                yield line

        rows = _csv_rows(csv.reader(lines()))
        _, header = next(rows, (1, []))
        header = [_as_utf8(name.strip())[0] for name in header]
        _require_columns(header, contract)
        gathered = _gathered(header, contract)
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
            if len(chunk) >= CSV_CHUNK_ROWS:
                yield pl.DataFrame(chunk, schema=schema, orient="row")
                chunk.clear()
        _require_closed_quote(raw_text, first_line)
        yield pl.DataFrame(chunk, schema=schema, orient="row")


def _gathered(found: list[str], contract: Contract) -> list[str]:
    """The columns of a table that no column of the contract names and that are no bookkeeping."""
    if not contract.gathers_rest:
        return []
    return [
        name for name in found if name and name not in contract.named and not name.startswith(contract.rest_without)
    ]


def _csv_rows(reader: "csv.Reader") -> Iterator[tuple[int, list[str]]]:
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


def _read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> None:
    # A name is a name: it may hold what elsewhere means "any name", and folders may be called `user_id=5`.
    source = "read_parquet($path, hive_partitioning = false, file_row_number = true)"
    parameters = {"path": "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))}
    described = connection.sql(f"describe select * from {source}", params=parameters).fetchall()
    types = {name: str(type_name) for name, type_name, *_ in described if name != "file_row_number"}
    _require_columns(list(types), contract)
    cells = {name: _cell(name, types[name]) for name in contract.named if name in types}
    gathered = ", ".join(f"{_literal(name)}, {_value(name, types[name])}" for name in _gathered(list(types), contract))
    rest = f"json_object({gathered})" if gathered else None
    connection.execute(
        f"""
        create or replace temp table {ROWS} as
        with numbered as (select * from {source})
        select file_row_number + 1 as line_number,
            0 as call_number,
            cast(json_merge_patch(to_json(numbered), '{{"file_row_number": null}}') as varchar) as raw_text,
            cast(null as varchar) as broken,
            {from_cells(contract, cells, rest)}
        from numbered
        """,
        parameters,
    )


def _cell(name: str, type_name: str) -> str:
    """SQL: a column of a Parquet file as the text that it would be in a file of lines."""
    is_nested = type_name.startswith(("STRUCT", "MAP", "JSON")) or type_name.endswith("[]")
    return f"cast({f'to_json({_quoted(name)})' if is_nested else _quoted(name)} as varchar)"


def _value(name: str, type_name: str) -> str:
    """SQL: the same as a value in JSON, which has no infinity and nothing that is no number."""
    if type_name in {"FLOAT", "DOUBLE"}:
        return f"case when isfinite({_quoted(name)}) then {_quoted(name)} end"
    return _quoted(name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _require_columns(found: list[str], contract: Contract) -> None:
    tops = {column: [place.split(".")[0] for place in column.places] for column in contract.required}
    missing = [" or ".join(names) for names in tops.values() if names and not set(names) & set(found)]
    if missing:
        required = ", ".join(" or ".join(names) for names in tops.values())
        raise FileRefused(
            "column_missing",
            f"no column {', '.join(missing)}; found {', '.join(found) or 'no header'}; required are {required}",
        )
    used = dict.fromkeys((*contract.named, *_gathered(found, contract)))
    twice = [name for name in used if found.count(name) > 1]
    if twice:
        raise FileRefused("column_twice", f"the column {', '.join(twice)} occurs more than once; allowed is once")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
