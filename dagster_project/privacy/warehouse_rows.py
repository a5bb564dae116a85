"""The warehouse without a person: rows of every table, and a file in which nothing of them is left."""

from pathlib import Path

import duckdb

from dagster_project.landing.files import LandingFile
from dagster_project.privacy.columns import described, hand_over, is_theirs, take_out_mentions
from dagster_project.privacy.landing_lines import Rewritten, tell_the_warehouse
from dagster_project.privacy.person import Erased, Person
from dagster_project.privacy.replacing import new_file, put
from dagster_project.sql_quoting import literal, quoted

# Nothing about people is there; the rules are files of their own.
NOT_OF_PEOPLE = {"rules"}


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.sql(
        "select table_schema, table_name from information_schema.tables "
        "where table_type = 'BASE TABLE' and table_catalog = current_database() order by 1, 2"
    ).fetchall()
    return [f'"{schema}"."{name}"' for schema, name in rows if schema not in NOT_OF_PEOPLE]


def conditions(connection: duckdb.DuckDBPyConnection, person: Person) -> dict[str, str]:
    """Table → SQL: whether a row is the person's."""
    return {
        table: is_theirs(person, table.split(".")[-1].strip('"'), described(connection, table))
        for table in tables_of(connection)
    }


def erase_rows(
    connection: duckdb.DuckDBPyConnection,
    person: Person,
    files: list[tuple[LandingFile, Rewritten]],
    erased: Erased,
    *,
    write: bool,
) -> None:
    """Every table, in one transaction, together with what the warehouse knows of the landing files."""
    hand_over(connection, person)
    connection.execute("begin")
    try:
        for table, condition in conditions(connection, person).items():
            ((gone,),) = connection.execute(f"delete from {table} where {condition}").fetchall()
            erased.add("warehouse", table.replace('"', ""), gone + take_out_mentions(connection, person, table))
        for file, change in files:
            tell_the_warehouse(connection, file, change)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit" if write else "rollback")


def write_anew(path: Path) -> None:
    """Copy what is left into a new file and put it in the place of the old one by one rename.

    What was deleted stays in the free blocks of a DuckDB file until something else is written there.
    """
    new_file(path).unlink(missing_ok=True)
    name = quoted(path.stem)
    with duckdb.connect() as connection:
        # Under its own name, which the views in it say.
        connection.execute(f"attach {literal(path)} as {name} (read_only)")
        connection.execute(f"attach {literal(new_file(path))} as erasing")
        connection.execute(f"copy from database {name} to erasing")
        connection.execute("detach erasing")
        connection.execute(f"detach {name}")
    put(path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
