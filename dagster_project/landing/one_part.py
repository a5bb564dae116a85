"""A part of a table that another engine has, judged by a task as tables in the warehouse are judged here."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing.contract import Contract
from dagster_project.landing.in_warehouse import keep_some, raw_columns_of, rows_of_table
from dagster_project.landing.judging import judged
from dagster_project.landing.one_file import LeaveOut, judged_rows
from dagster_project.landing.places import Place
from dagster_project.landing.sources import CONTRACTS
from dagster_project.sql_quoting import literal


@dataclass(frozen=True)
class TableAsked:
    """A table to judge, and what it is called."""

    place: Place
    kind: str

    @property
    def contract(self) -> Contract:
        return CONTRACTS[self.place.source, self.kind]

    @property
    def name(self) -> str:
        return f"{self.place.schema}.{self.place.tables[self.kind]}"


def judge_part(asked: TableAsked, file: Path, leave_out: LeaveOut) -> Iterator[tuple]:
    """The rows of a Parquet file of the table, as `judged_rows` gives them."""

    def take(connection: duckdb.DuckDBPyConnection) -> Counter[str | None]:
        return _take(connection, asked, file)

    return judged_rows(asked.contract, take, leave_out)


def _take(connection: duckdb.DuckDBPyConnection, asked: TableAsked, file: Path) -> Counter[str | None]:
    contract, relation = asked.contract, f"read_parquet({literal(file)})"
    described = connection.sql(f"describe from {relation}").fetchall()
    rows = rows_of_table(contract, asked.place, relation, {name: str(type_name) for name, type_name, *_ in described})
    connection.execute(f"create temp table part as {judged(contract, rows, file_name=literal(asked.name))}")
    keep_some(connection, contract, asked.name, "part")
    connection.execute(
        f"insert into {contract.table.in_schema} by name "
        f"select {raw_columns_of(connection, contract, asked.name)} from part where reason is null"
    )
    return Counter(dict(connection.sql("select reason, count(*) from part group by reason").fetchall()))
