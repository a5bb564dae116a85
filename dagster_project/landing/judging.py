"""Rows of text → rows of the raw table, or the first thing that is wrong with each."""

from collections import Counter
from collections.abc import Iterable, Sequence

import duckdb

from dagster_project.landing.chunks import Chunk
from dagster_project.landing.contract import Column, Contract
from dagster_project.landing.files import LandingFile
from dagster_project.landing.finding import filled
from dagster_project.landing.readers import refusing

JUDGED = "landing_judged"
# The database also knows 'epoch', years before Christ and years of six digits, which no product logs.
ISO_8601 = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9][^(]*)?"


def take_rows(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    contract: Contract,
    chunks: Iterable[Chunk],
    origin: Sequence[str],
    load_id: int,
) -> Counter[str | None]:
    """Put every row of a file into its raw table or into quarantine, in the transaction of the caller.

    Returns:
        How many rows had which reason; None: good ones.
    """
    reasons: Counter[str | None] = Counter()
    for chunk in chunks:
        with refusing(file):
            reasons.update(judge(connection, contract, file.path.name, chunk))
        write_judged(connection, contract, origin, load_id)
    return reasons


def judge(
    connection: duckdb.DuckDBPyConnection, contract: Contract, file_name: str, chunk: Chunk, *, keep_texts: bool = False
) -> Counter[str | None]:
    """Fill the temporary table `landing_judged` from a chunk, and count its rows by reason; None: good ones.

    Args:
        keep_texts: The raw text of good rows too.
    """
    connection.execute(
        f"create or replace temp table {JUDGED} as {judged(contract, chunk, keep_texts=keep_texts)}",
        {"file_name": file_name} | chunk.parameters,
    )
    return count_judged(connection)


def count_judged(connection: duckdb.DuckDBPyConnection) -> Counter[str | None]:
    return Counter(
        dict(connection.sql(f"select reason, count(*) from {JUDGED} group by reason order by reason").fetchall())
    )


def write_judged(
    connection: duckdb.DuckDBPyConnection, contract: Contract, origin: Sequence[str], load_id: int
) -> None:
    """Put every row that was judged into its raw table or into quarantine, in the transaction of the caller.

    Args:
        origin: Content hash, source, kind and name of the file.
    """
    # Rows stand in the order of the file, but for the calls of lines.
    order = "order by line_number, position" if contract.holds_calls else ""
    connection.execute(
        "insert into raw.quarantine select ?, ?, ?, ?, line_number, reason, raw_text, ?, call_in_line "
        f"from {JUDGED} where reason is not null {order}",
        [*origin, load_id],
    )
    connection.execute(
        f"insert into {contract.table.in_schema} ({raw_row(contract)}) "
        f"select {raw_row(contract, '$file_name', '$load_id')} from {JUDGED} where reason is null {order}",
        {"file_name": origin[-1], "load_id": load_id},
    )


def raw_row(contract: Contract, file_name: str = "file_name", load_id: str = "load_id") -> str:
    """SQL: the columns of a raw row, what it says and where it came from."""
    return ", ".join((*contract.raw_columns, file_name, "line_number", load_id))


def forget_judged(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"drop table if exists {JUDGED}")


def judged(contract: Contract, chunk: Chunk, *, keep_texts: bool = False, file_name: str = "$file_name") -> str:
    """SQL: the rows as columns of the raw table with `reason`, the first thing wrong with each, null for good ones.

    Args:
        keep_texts: The raw text of good rows too.
        file_name: SQL.
    """
    texts, instants, typed, reasons = [], [], [], ["when broken is not null then broken"]
    for column in contract.columns:
        is_parsed = column.name in chunk.parsed
        texts.append(f"{column.text_column if is_parsed else filled(column.text_column)} as {column.text_column}")
        if column.type == "instant":
            instants.append(f"{_instant(column, is_parsed)} as {column.name}_instant")
        value, is_wrong = _typed(column, is_parsed)
        typed.append(f"{value} as {column.table_column}")
        if is_wrong is not None:
            found = column.text_column if column.otherwise is None else column.table_column
            typed.append(f"{found} is not null and {is_wrong} as {column.name}_is_wrong")
            code = "unknown" if column.one_of else "unreadable"
            reasons.append(f"when {column.name}_is_wrong then '{column.name}_{code}'")
        if column.required or column.required_when:
            code = "unknown" if column.one_of else "missing"
            condition = "" if column.required else f"({column.required_when}) and "
            reasons.append(f"when {condition}{column.table_column} is null then '{column.name}_{code}'")
    raw_columns = ", ".join(f"{sql} as {name}" for name, sql in contract.raw_columns.items())
    raw_text = chunk.raw_text if keep_texts else f"case when reason is not null then {chunk.raw_text} end"
    # Step by step, so that the database computes each value once.
    return f"""
        with filled as (
            select line_number, call_number, greatest(call_number, 1) as position, whole, broken,
                {file_name} as file_name, {", ".join(texts)}
            from ({chunk.rows})
        ),
        instants as (
            select {", ".join(["*", *instants])} from filled
        ),
        typed as (
            select line_number, call_number, position, whole, broken, {", ".join(typed)} from instants
        ),
        judged as (
            select line_number, call_number as call_in_line, position, whole,
                case {" ".join(reasons)} end as reason, {raw_columns}
            from typed
        )
        select * exclude (whole), {raw_text} as raw_text
        from judged
    """


def _instant(column: Column, is_parsed: bool) -> str:
    """SQL: the instant that a text says, or that stands there already, in UTC."""
    text = column.text_column
    if is_parsed:
        # The years that a text may say.
        return f"case when {text} >= timestamp '0001-01-01' and {text} < timestamp '10000-01-01' then {text} end"
    # ISO 8601 without a zone is UTC (the session's zone); epoch seconds and milliseconds are digits only, as many as
    # they had since 1973. Made of its microseconds, because going through the calendar of a time zone takes longer than
    # all the rest.
    return (
        f"case when regexp_full_match({text}, '{ISO_8601}') "
        f"then make_timestamp(epoch_us(try_cast({text} as timestamptz))) "
        f"when regexp_full_match({text}, '[0-9]{{9,10}}') then make_timestamp(cast({text} as bigint) * 1000000) "
        f"when regexp_full_match({text}, '[0-9]{{12,13}}') then make_timestamp(cast({text} as bigint) * 1000) end"
    )


def _typed(column: Column, is_parsed: bool) -> tuple[str, str | None]:
    """SQL: the value of a column, and when a text that is there is no such value."""
    text, is_wrong = column.text_column, None
    value = text
    if column.always is not None:
        value = f"'{column.always}'"
    elif column.one_of:
        value = f"case when lower({text}) in {(*column.one_of,)} then lower({text}) end"
        is_wrong = f"{value} is null"
    elif column.type == "word":
        found = text if column.otherwise is None else column.table_column
        # To the next program a null character is the end of the text, and so another id.
        is_wrong = f"(contains({found}, chr(0)) or left({found}, 1) in ('{{', '[') and json_valid({found}))"
    elif column.type == "instant":
        value = f"{column.name}_instant"
        is_wrong = f"{value} is null"
    elif column.type == "milliseconds":
        # Of any length: a count that is no instant of our time still says which of two rows came later.
        value = (
            f"case when regexp_full_match({text}, '[0-9]{{1,14}}') then make_timestamp_ms(cast({text} as bigint)) end"
        )
        is_wrong = f"{value} is null"
    elif column.type == "json":
        value = f"case when {text} <> 'null' then {text} end"
        # There are no spaces around it, so that an object begins with a brace.
        is_object = f"left({text}, 1) = '{{'" + ("" if is_parsed else f" and json_valid({text})")
        is_wrong = f"{text} <> 'null' and not ({is_object})"
    elif column.type == "whole":
        number = f"try_cast({text} as decimal(38, 10))"
        value = f"try_cast({number} as bigint)"
        is_wrong = f"({value} is null or {number} <> floor({number}) or {number} < 0)"
    elif column.type == "number":
        value = f"try_cast({text} as decimal(38, 4))"
        is_wrong = f"{value} is null"
    if column.otherwise is not None:
        value = f"coalesce({value}, {filled(column.otherwise)})"
    return value, is_wrong
