"""Logs and other files: names are taken out of texts and of the cells of SQLite databases."""

import sqlite3
from contextlib import closing
from pathlib import Path

from dagster_project.privacy.person import Erased, Person
from dagster_project.privacy.replacing import new_file, put

SQLITE = b"SQLite format 3\0"
BUSY_MILLISECONDS = 30_000


def is_sqlite(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(SQLITE)) == SQLITE


def erase_text_file(path: Path, person: Person, erased: Erased, store: str, *, write: bool) -> None:
    """Take the names out of a file of text; one that is no text and holds a name is told as left."""
    content = path.read_bytes()
    if not any(word.encode().lower() in content.lower() for word in person.words):
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        erased.left.append(f"{path} is no text and holds a name of the person: delete it.")
        return
    after = person.taken_out_of(text)
    if after == text:
        return
    if write:
        new_file(path).write_bytes(after.encode())
        put(path)
    erased.add(store, path.name, len(person.pattern.findall(text)))


def erase_sqlite(path: Path, person: Person, erased: Erased, store: str, *, write: bool) -> None:
    """Take the names out of every cell, and what they left behind out of the file."""
    with closing(sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)) as connection:
        connection.execute("pragma secure_delete = on")
        connection.execute("begin immediate")
        changed = 0
        tables = connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        ).fetchall()
        for (table,) in tables:
            columns = [name for _, name, *_ in connection.execute(f'pragma table_info("{table}")')]
            for column in columns:
                changed += _erase_cells(connection, table, column, person)
        erased.add(store, path.name, changed)
        connection.execute("commit" if write else "rollback")
    if changed and write:
        squeeze_sqlite(path)


def _erase_cells(connection: sqlite3.Connection, table: str, column: str, person: Person) -> int:
    changed = 0
    any_word = " or ".join(f'instr(lower("{column}"), ?)' for _ in person.words)
    if not any_word:
        return 0
    query = f'select rowid, "{column}" from "{table}" where typeof("{column}") = \'text\' and ({any_word})'
    for row_id, text in connection.execute(query, [word.lower() for word in person.words]).fetchall():
        after = person.taken_out_of(text)
        if after != text:
            connection.execute(f'update "{table}" set "{column}" = ? where rowid = ?', [after, row_id])
            changed += 1
    return changed


def squeeze_sqlite(path: Path) -> None:
    """What was deleted leaves the file and its log, where it would stand until something else is written there."""
    with closing(sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)) as connection:
        connection.execute("pragma secure_delete = on")
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
