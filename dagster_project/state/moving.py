"""The state out of an SQLite file into a Postgres, all of it or nothing: what was forgotten would be sent twice."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from dagster_project.counting import counted
from dagster_project.state.database import open_state, place_of
from dagster_project.state.postgres import POSTGRES
from dagster_project.state.sqlite import copy_from, moved_marker, sqlite_file
from dagster_project.state.tables import metadata

ROWS_AT_ONCE = 5_000


class CannotMove(Exception):
    """Nothing was moved; the message says why."""


def move_state(
    from_url: str, to_url: str, scratch: Path, on_progress: Callable[[str], None] = lambda line: None
) -> dict[str, int]:
    """Copy every row into an empty Postgres, and say how many there were by table.

    The file stays as it is, and from then on whoever would open it is told where the state is.

    Args:
        scratch: A folder for a copy of the file, which is read in its place.
    Raises:
        CannotMove: There is nothing to move, or the place is no Postgres or holds a state already; or somebody wrote to
            the file meanwhile, or a row came to be another one.
        StateUnavailable: One of the two cannot be opened.
    """
    live = sqlite_file(from_url)
    if live is None:
        raise CannotMove(
            f"Nothing was moved: the state is in {place_of(from_url)}, and only an SQLite file is moved. Where "
            "PQL_STATE_URL names the new place already, leave it out until the state is there."
        )
    if not live.exists():
        raise CannotMove(
            f"Nothing was moved: there is no state in {live}. Set PQL_STATE_URL to the new place, and the next run "
            "begins there."
        )
    to = place_of(to_url)
    if not to.startswith(POSTGRES):
        raise CannotMove(f"Nothing was moved: {to} is no Postgres, such as postgresql://user:password@host/database.")
    if moved_marker(live).exists():
        raise CannotMove(f"Nothing was moved: {moved_marker(live).read_text(encoding='utf-8')}")
    target = open_state(to_url)
    with closing(sqlite3.connect(f"{live.as_uri()}?mode=ro", uri=True)) as watched:
        before = _version(watched)
        copy = scratch / "state.sqlite"
        copy_from(watched, copy)
        source = open_state(f"sqlite:///{copy}")
        try:
            with source.connect() as reading, target.begin() as writing:
                _refuse_if_used(writing, to)
                counts = {table.name: _copied(reading, writing, table, on_progress) for table in metadata.sorted_tables}
                if _version(watched) != before:
                    raise CannotMove(
                        f"Nothing was moved: somebody wrote to {live} meanwhile. Stop Dagster, and whatever else runs "
                        "here, and move it then."
                    )
        finally:
            source.dispose()
    moved_marker(live).write_text(f"the state of this folder was moved to {to}", encoding="utf-8")
    return counts


def _version(connection: sqlite3.Connection) -> int:
    """Another number whenever somebody else has written to the file."""
    return connection.execute("pragma data_version").fetchone()[0]


def _refuse_if_used(connection: Connection, to: str) -> None:
    counts = {table.name: _count(connection, table) for table in metadata.sorted_tables}
    used = [f"{counted(count, 'row')} in {name}" for name, count in counts.items() if count]
    if used:
        raise CannotMove(
            f"Nothing was moved: {to} holds a state already ({', '.join(used[:3])}). Name an empty database; what is "
            "in this one is not thrown away from here."
        )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _copied(reading: Connection, writing: Connection, table: Table, on_progress: Callable[[str], None]) -> int:
    count, digest = 0, 0
    for rows in _rows(reading, table):
        names = table.columns.keys()
        writing.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        count, digest = count + len(rows), digest + sum(map(_digest, rows))
    written = [sum(map(_digest, rows)) for rows in _rows(writing, table)]
    if sum(written) != digest or _count(writing, table) != count:
        raise CannotMove(f"Nothing was moved: what was written to {table.name} is not what was read.")
    _count_on(writing, table)
    if count:
        on_progress(f"  {table.name:<18} {count:>12,}")
    return count


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    query = select(table).order_by(*table.primary_key.columns)
    with connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}) as found:
        yield from found.partitions()


def _digest(row: Sequence[Any]) -> int:
    """Of one row; their sum says whether two tables hold the same rows, in whatever order."""
    return int.from_bytes(hashlib.blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _count_on(connection: Connection, table: Table) -> None:
    """The next row gets the number after the last one, and not the first one again."""
    key = table.primary_key.columns.values()[0]
    if key.autoincrement is True and isinstance(key.type, Integer):
        statement = text(
            f"select setval(pg_get_serial_sequence('{table.name}', '{key.name}'), max({key.name})) "
            f"from {table.name} having max({key.name}) is not null"
        )
        connection.execute(statement)
