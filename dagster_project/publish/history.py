"""The history of scores outlives the warehouse: it cannot be made again from the landing files.

Events come late and rules are changed, so what somebody's score was at a build is known only from that build. What was
published last is kept beside the state, which is backed up, and a warehouse that was made anew begins with it.
"""

import os
import shutil
import uuid
from pathlib import Path

import duckdb

from dagster_project.publish.snapshot import Snapshot

CHANGES = "score.score_changes"
KEPT_FILE = "score_history.parquet"
HISTORY = "intermediate.int_score_history"
RESTORED = "raw.pipeline_score_history"


class HistoryUnusable(Exception):
    """The kept history cannot be read; the message says what to do."""


def keep_history(snapshot: Snapshot, state_dir: Path) -> None:
    """Put the changes of a snapshot in the place of those kept before; visible whole or not at all."""
    published = snapshot.path(CHANGES)
    if not published.exists():
        return
    state_dir.mkdir(parents=True, exist_ok=True)
    unfinished = state_dir / f".{KEPT_FILE}.{uuid.uuid4().hex[:8]}"
    try:
        # A snapshot is never changed, so that a second name for its file costs nothing.
        os.link(published, unfinished)
    except OSError:
        shutil.copyfile(published, unfinished)
    unfinished.replace(state_dir / KEPT_FILE)


def restore_history(connection: duckdb.DuckDBPyConnection, state_dir: Path) -> int:
    """Hand the kept history to a warehouse that has none, and to no other; how many changes there are in it.

    Raises:
        HistoryUnusable: The file is there and is no history.
    """
    connection.execute(f"delete from {RESTORED}")
    file = state_dir / KEPT_FILE
    if has_history(connection) or not file.exists():
        return 0
    columns = ", ".join(name for name, *_ in connection.sql(f"describe {RESTORED}").fetchall())
    try:
        connection.execute(
            f"insert into {RESTORED} ({columns}) select {columns} from read_parquet($file)", {"file": str(file)}
        )
    except duckdb.Error as error:
        raise HistoryUnusable(
            f"{file} is no history of scores that can be read: {error}. Put the file of a backup in its place, or move "
            "it away: then the history begins anew."
        ) from None
    ((count,),) = connection.sql(f"select count(*) from {RESTORED}").fetchall()
    return count


def has_history(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse knows of any change itself."""
    schema, _, table = HISTORY.partition(".")
    is_there = connection.execute(
        "select 1 from information_schema.tables where table_schema = $schema and table_name = $table",
        {"schema": schema, "table": table},
    ).fetchall()
    return bool(is_there) and bool(connection.sql(f"select 1 from {HISTORY} limit 1").fetchall())
