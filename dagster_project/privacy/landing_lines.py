"""Landing files without a person's lines: whose each line is, the warehouse knows; the files are rewritten in place.

A line of text that goes leaves an empty one behind, so that all others keep their numbers; rows of Parquet move up.
"""

import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.landing.files import LandingFile, content_hash, format_of, open_bytes
from dagster_project.privacy.columns import described, hand_over, take_out_mentions
from dagster_project.privacy.person import Person
from dagster_project.privacy.replacing import new_file
from dagster_project.sql_quoting import literal

# Of a line that holds several calls, which of them are the person's, from 1; empty: the whole line.
Lines = Mapping[int, frozenset[int]]
MOVED, LAST_LINE = "lines_moved", 2**62


@dataclass
class Rewritten:
    """What a file became. `removed` are the numbers of rows that are not there any more, of Parquet only."""

    old_hash: str
    new_hash: str
    lines: int
    removed: list[int] = field(default_factory=list)


def rewritten(path: Path, person: Person, lines: Lines | None, *, write: bool) -> Rewritten | None:
    """The file without the person; None where it holds nothing of them. It stands under another name until `put`.

    Args:
        lines: The person's lines; None: the file was never loaded, and a line in which any value is one of the names
            is taken for theirs. Of names that are ordinary words nothing tells here; a load leaves them out.
        write: False: only count.
    """
    old_hash = content_hash(path)
    if format_of(path.name) == "parquet":
        made = _without_rows(path, person, lines, write=write)
    else:
        rewrite = _json_line if format_of(path.name) == "jsonl" else _csv_row
        made = _without_lines(path, person, lines, rewrite, write=write)
    if made is None:
        return None
    count, removed = made
    new_hash = content_hash(new_file(path)) if write else old_hash
    return Rewritten(old_hash, new_hash, count, removed)


def _without_lines(
    path: Path, person: Person, lines: Lines | None, rewrite: Callable, *, write: bool
) -> tuple[int, list[int]] | None:
    count = 0
    kept = io.StringIO()
    with open_bytes(path) as binary, io.TextIOWrapper(binary, "utf-8", "surrogateescape", newline="") as stream:
        records = _csv_records(stream) if rewrite is _csv_row else _json_records(stream)
        for number, text in records:
            after = rewrite(number, text, person, lines)
            count += after != text
            kept.write(after)
    if not count:
        return None
    if write:
        _write(path, kept.getvalue().encode("utf-8", "surrogateescape"))
    return count, []


def _write(path: Path, content: bytes) -> None:
    packed = gzip.compress(content, mtime=0) if path.suffix == ".gz" else content
    with new_file(path).open("wb") as file:
        file.write(packed)
        file.flush()
        os.fsync(file.fileno())


def _json_records(stream: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    # Lines end in a line feed and nothing else, as the loader has it.
    yield from enumerate(_lines(stream.read()), 1)


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _csv_records(stream: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in stream:
            taken.append(line)
            yield line

    reader = csv.reader(lines())
    while True:
        number = reader.line_num + 1
        try:
            next(reader)
        except StopIteration:
            return
        yield number, "".join(taken)
        taken.clear()


def _json_line(number: int, text: str, person: Person, lines: Lines | None) -> str:
    ending = text[len(text.rstrip("\r\n")) :]
    calls = None if lines is None else lines.get(number)
    if lines is None and person.is_in(text) and person.is_named(_parsed(text)):
        calls = frozenset()
    if calls is None:
        return person.taken_out_of(text)
    return (_other_calls(text, calls, person) if calls else "") + ending


def _other_calls(text: str, calls: frozenset[int], person: Person) -> str:
    """The line with the calls that are not the person's; nothing where there are none."""
    document = _parsed(text)
    batch = document if isinstance(document, list) else document.get("batch") if isinstance(document, dict) else None
    if not isinstance(batch, list):
        return ""
    others = [call for number, call in enumerate(batch, 1) if number not in calls]
    if not others:
        return ""
    line = others if isinstance(document, list) else document | {"batch": others}
    return person.taken_out_of(json.dumps(line, ensure_ascii=False))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return [text.strip()]


def _csv_row(number: int, text: str, person: Person, lines: Lines | None) -> str:
    is_theirs = lines is not None and number in lines
    if lines is None and number > 1:
        is_theirs = any(person.is_named(cell.strip()) for row in csv.reader(io.StringIO(text)) for cell in row)
    if not is_theirs:
        return person.taken_out_of(text)
    return "".join(line[len(line.rstrip("\r\n")) :] for line in text.splitlines(keepends=True))


def _without_rows(path: Path, person: Person, lines: Lines | None, *, write: bool) -> tuple[int, list[int]] | None:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        hand_over(connection, person)
        connection.execute(
            "create table landed as select * from read_parquet($path, hive_partitioning = false, "
            "file_row_number = true)",
            {"path": str(path)},
        )
        if lines is None:
            names = [name for name, kind in described(connection, "landed").items() if kind == "VARCHAR"]
            condition = " or ".join(
                f'"{name}" in (select unnest($words)) or lower(trim("{name}")) in (select unnest($words))'
                for name in names
            )
            found = connection.execute(
                f"select file_row_number + 1 from landed where {condition or '$words is null'} order by 1",
                {"words": person.words},
            ).fetchall()
            removed = [number for (number,) in found]
        else:
            removed = sorted(lines)
        connection.execute(
            "delete from landed where file_row_number + 1 in (select unnest($removed))", {"removed": removed}
        )
        count = len(removed) + take_out_mentions(connection, person, "landed")
        if count and write:
            connection.execute(
                "copy (select * exclude (file_row_number) from landed order by file_row_number) "
                f"to {literal(new_file(path))} (format parquet)"
            )
    return (count, removed) if count else None


def lines_by_file(
    connection: duckdb.DuckDBPyConnection, theirs: Mapping[str, str]
) -> dict[tuple, dict[int, frozenset]]:
    """The person's lines by content hash, source and kind of the file they were loaded from.

    Args:
        theirs: Raw table → SQL: whether a row is the person's.
    """
    parts = []
    for table, condition in theirs.items():
        columns = described(connection, table)
        if {"load_id", "line_number"} <= set(columns):
            call = "coalesce(call_number, 0)" if "call_number" in columns else "0"
            parts.append(f"select load_id, line_number, {call} as call_number, {condition} as is_theirs from {table}")
    # A line of which all calls are the person's goes whole.
    rows = connection.sql(f"""
        with rows as ({" union all ".join(parts)}),
        lines as (
            select load_id, line_number, bool_and(is_theirs) as is_whole
            from rows
            where line_number is not null
            group by all
            having bool_or(is_theirs)
        )
        select files.content_hash, files.source, files.kind, line_number, is_whole, call_number
        from rows
        inner join lines using (load_id, line_number)
        inner join raw.landing_files as files using (load_id)
        where is_theirs
    """).fetchall()
    found: dict[tuple, dict[int, set[int]]] = {}
    for content, source, kind, line, is_whole, number in rows:
        calls = found.setdefault((content, source, kind), {}).setdefault(line, set())
        if not is_whole and number:
            calls.add(number)
    return {file: {line: frozenset(calls) for line, calls in lines.items()} for file, lines in found.items()}


def tell_the_warehouse(connection: duckdb.DuckDBPyConnection, file: LandingFile, change: Rewritten) -> None:
    """Let the warehouse know the file again, so that it is not loaded as a new one; in the caller's transaction."""
    origin = {"old": change.old_hash, "source": file.source, "kind": file.kind}
    where = "content_hash = $old and source = $source and kind = $kind"
    loads = connection.execute(f"select load_id from raw.landing_files where {where}", origin).fetchall()
    if change.removed and loads:
        _move_up(connection, change.removed, [load_id for (load_id,) in loads])
    for table in ("raw.quarantine", "raw.landing_files"):
        connection.execute(f"update {table} set content_hash = $new where {where}", origin | {"new": change.new_hash})
    found = file.path.stat()
    connection.execute(
        "update raw.landing_sightings set content_hash = $new, size_bytes = $size, modified_ns = $modified "
        "where source = $source and file_name = $name",
        {
            "new": change.new_hash,
            "size": found.st_size,
            "modified": found.st_mtime_ns,
            "source": file.source,
            "name": file.path.name,
        },
    )


def _move_up(connection: duckdb.DuckDBPyConnection, removed: list[int], load_ids: list[int]) -> None:
    """Rows behind the ones that were removed have lower numbers now."""
    moved = [(first, until, count) for count, (first, until) in enumerate(pairwise([*removed, LAST_LINE]), 1)]
    connection.execute(f"create or replace temp table {MOVED} (first bigint, until bigint, moved bigint)")
    connection.executemany(f"insert into {MOVED} values (?, ?, ?)", moved)
    for table in _tables_of_lines(connection):
        connection.execute(
            f"update {table} as rows set line_number = line_number - moved.moved from {MOVED} as moved "
            "where line_number > moved.first and line_number < moved.until and load_id in (select unnest($load_ids))",
            {"load_ids": load_ids},
        )


def _tables_of_lines(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.sql(
        "select table_schema || '.' || table_name from information_schema.columns "
        "join information_schema.tables using (table_schema, table_name) "
        "where table_type = 'BASE TABLE' and table_schema = 'raw' and column_name in ('load_id', 'line_number') "
        "group by all having count(*) = 2 order by 1"
    ).fetchall()
    return [name for (name,) in rows]
