"""Rows of text → rows of the raw table, or the first thing that is wrong with each."""

from collections.abc import Sequence

import duckdb

from dagster_project.landing.contract import Column, Contract
from dagster_project.landing.finding import filled
from dagster_project.landing.readers import ROWS

JUDGED = "landing_judged"
# The database also knows 'epoch', years before Christ and years of six digits, which no product logs.
ISO_8601 = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9][^(]*)?"


def judge(connection: duckdb.DuckDBPyConnection, contract: Contract, file_name: str) -> dict[str | None, int]:
    """Fill the temporary table `landing_judged` from `landing_rows`, and count its rows by reason; None: good ones."""
    connection.execute(f"create or replace temp table {JUDGED} as {_judged(contract)}", {"file_name": file_name})
    return count_judged(connection)


def count_judged(connection: duckdb.DuckDBPyConnection) -> dict[str | None, int]:
    return dict(connection.sql(f"select reason, count(*) from {JUDGED} group by reason order by reason").fetchall())


def write_judged(
    connection: duckdb.DuckDBPyConnection, contract: Contract, origin: Sequence[str], load_id: int
) -> None:
    """Put every row that was judged into its raw table or into quarantine, in the transaction of the caller.

    Args:
        origin: Content hash, source, kind and name of the file.
    """
    names = ", ".join(contract.raw_columns)
    connection.execute(
        "insert into raw.quarantine select ?, ?, ?, ?, line_number, reason, raw_text, ?, call_in_line "
        f"from {JUDGED} where reason is not null order by line_number, position",
        [*origin, load_id],
    )
    connection.execute(
        f"insert into {contract.table.in_schema} ({names}, file_name, line_number, load_id) "
        f"select {names}, ?, line_number, ? from {JUDGED} where reason is null order by line_number, position",
        [origin[-1], load_id],
    )


def forget_judged(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"drop table if exists {JUDGED}")
    connection.execute(f"drop table if exists {ROWS}")


def _judged(contract: Contract) -> str:
    """SQL: the rows as columns of the raw table with `reason`, the first thing wrong with each, null for good ones."""
    typed, reasons = [], ["when broken is not null then broken"]
    for column in contract.columns:
        value, is_wrong = _typed(column)
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
    texts = ", ".join(f"{filled(column.text_column)} as {column.text_column}" for column in contract.columns)
    raw_columns = ", ".join(f"{sql} as {name}" for name, sql in contract.raw_columns.items())
    return f"""
        with filled as (
            select line_number, call_number, greatest(call_number, 1) as position, raw_text, broken,
                $file_name as file_name, {texts} from {ROWS}
        ),
        typed as (
            select line_number, call_number, position, raw_text, broken, {", ".join(typed)} from filled
        )
        select line_number, call_number as call_in_line, position, raw_text,
            case {" ".join(reasons)} end as reason, {raw_columns}
        from typed
        order by line_number, position
    """


def _typed(column: Column) -> tuple[str, str | None]:
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
        is_wrong = f"left({found}, 1) in ('{{', '[') and json_valid({found})"
    elif column.type == "instant":
        # Epoch seconds and milliseconds are digits only; ISO 8601 without a zone is UTC (the session's zone).
        instant = (
            f"case when regexp_full_match({text}, '[0-9]{{10}}') "
            f"then make_timestamptz(cast({text} as bigint) * 1000000) "
            f"when regexp_full_match({text}, '[0-9]{{13}}') then make_timestamptz(cast({text} as bigint) * 1000) "
            f"when regexp_full_match({text}, '{ISO_8601}') then try_cast({text} as timestamptz) end"
        )
        value, is_wrong = f"timezone('UTC', {instant})", f"coalesce(not isfinite({instant}), true)"
    elif column.type == "milliseconds":
        # Of any length: a count that is no instant of our time still says which of two rows came later.
        value = (
            f"case when regexp_full_match({text}, '[0-9]{{1,14}}') then make_timestamp_ms(cast({text} as bigint)) end"
        )
        is_wrong = f"{value} is null"
    elif column.type == "json":
        value = f"case when {text} <> 'null' then {text} end"
        is_wrong = (
            f"coalesce((case when json_valid({text}) then json_type({text}) end) not in ('OBJECT', 'NULL'), true)"
        )
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
