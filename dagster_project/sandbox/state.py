"""The SQLite file behind a sandbox: its tables, its lock and its transactions.

Records, property definitions, owners and associations are also held in memory, since a search or a batch of 100
looks at all of them; they are written through in the transaction that changes them and read back at the start.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = """
create table if not exists meta (key text primary key, value text) without rowid;
create table if not exists records (
    type text, id integer, properties text, created_at text, updated_at text, archived_at text, merged_into text,
    primary key (type, id)) without rowid;
create table if not exists history (
    sequence integer primary key, type text, id integer, at text, source text, changes text);
create index if not exists history_of_record on history (type, id);
create table if not exists property_definitions (
    type text, name text, body text, archived integer, primary key (type, name)) without rowid;
create table if not exists property_groups (
    type text, name text, body text, primary key (type, name)) without rowid;
create table if not exists owners (
    id integer primary key, email text, first_name text, last_name text, archived integer, at text);
create table if not exists associations (
    from_type text, from_id text, to_type text, to_id text, type_ids text,
    primary key (from_type, from_id, to_type, to_id)) without rowid;
create table if not exists enrollments (
    id integer primary key, contact_id text, sender text, at text, active integer, body text);
create table if not exists sequences (id integer primary key, name text, at text);
create table if not exists event_definitions (name text primary key, body text) without rowid;
create table if not exists lists (
    id integer primary key, name text, type_id text, processing_type text, created_at text, updated_at text);
create table if not exists list_members (
    list_id integer, record_id integer, at text, primary key (list_id, record_id)) without rowid;
create table if not exists events (
    sequence integer primary key, event_name text, uuid text, at text, body text);
create unique index if not exists event_uuid on events (event_name, uuid) where uuid is not null;
create table if not exists slack_users (id text primary key, email text, body text);
create table if not exists slack_channels (
    id text primary key, name text, is_archived integer, bot_is_member integer, user_id text);
create table if not exists slack_messages (
    sequence integer primary key, channel_id text, ts text, body text);
create index if not exists messages_of_channel on slack_messages (channel_id, ts);
create table if not exists webhooks (
    sequence integer primary key, name text, at text, headers text, body text);
create table if not exists requests (
    sequence integer primary key, at text, service text, method text, path text, status integer, inputs integer,
    is_write integer, fault text);
create table if not exists seeds (digest text primary key, folder text, at text);
"""
CONTENT_TABLES = (
    "meta",
    "records",
    "history",
    "property_definitions",
    "property_groups",
    "owners",
    "associations",
    "enrollments",
    "sequences",
    "event_definitions",
    "lists",
    "list_members",
    "events",
    "slack_users",
    "slack_channels",
    "slack_messages",
    "webhooks",
    "requests",
    "seeds",
)


class StateUnusable(Exception):
    """The state file cannot be opened; the message says why and what to do."""


class Store:
    """One connection, one lock. Everything that reads or changes a sandbox does so inside `transaction()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.before_commit: list[Callable[[], None]] = []
        self.after_rollback: list[Callable[[], None]] = []
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
            # Two sandboxes on one file would each miss what the other wrote.
            self.connection.execute("pragma locking_mode = exclusive")
            self.connection.execute("pragma journal_mode = wal")
            # A crash of the process loses nothing; a crash of the machine may lose the last calls, which is
            # worth the speed in a stand-in.
            self.connection.execute("pragma synchronous = off")
            self.connection.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            if "locked" in str(error):
                reason = "another sandbox is using it; stop that one or choose another file with --state"
            else:
                reason = f"{error}; choose another file with --state or delete this one"
            raise StateUnusable(f"Cannot use the state file {path}: {reason}.") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, also for what is held in memory. Transactions inside a transaction join it."""
        with self.lock:
            if self._depth:
                yield self.connection
                return
            self._depth = 1
            self.connection.execute("begin")
            try:
                yield self.connection
                for flush in self.before_commit:
                    flush()
                self.connection.execute("commit")
            except BaseException:
                self.connection.execute("rollback")
                for reload in self.after_rollback:
                    reload()
                raise
            finally:
                self._depth = 0

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        with self.lock:
            row = self.connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement and return the id of the row it inserted."""
        with self.transaction() as connection:
            return connection.execute(sql, values).lastrowid or 0

    def meta(self, key: str, default: Any = None) -> Any:
        text = self.one("select value from meta where key = ?", key)
        return default if text is None else json.loads(text)

    def set_meta(self, key: str, value: Any) -> None:
        self.execute("insert or replace into meta values (?, ?)", key, json.dumps(value))

    def clear(self) -> None:
        with self.transaction() as connection:
            for table in CONTENT_TABLES:
                connection.execute(f"delete from {table}")

    def close(self) -> None:
        with self.lock:
            self.connection.close()
