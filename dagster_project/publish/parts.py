"""Parts of the marts, published ahead of the next build of everybody for those whom new files concern.

    parts/20261120T091204Z-77b01c9e/     as a snapshot in published/, with fewer tables and rows

A part holds until the next build of everybody is published, which knows all that it knew.
"""

import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from dagster_project.publish.snapshot import CURRENT, MANIFEST, Snapshot, publish, snapshots_in

READ_UNTIL = "read_until"
LEFT_TO_ALL = "left_to_a_build_of_everybody"
# More than land between two builds of everybody; each is some dozens of kilobytes.
KEEP_PARTS = 2_000


def publish_part(
    connection: duckdb.DuckDBPyConnection, parts_dir: Path, tables: Collection[str], said: Mapping[str, object]
) -> Snapshot:
    """Write these marts of a part and make it the current one; `said` is kept in its manifest."""
    return publish(connection, parts_dir, only=tables, said=said, keep_last=KEEP_PARTS)


def read_until(parts_dir: Path) -> int:
    """Up to which write files were read for the last part; 0: there is none."""
    return _said(parts_dir / CURRENT).get(READ_UNTIL, 0)


def is_left_to_all(parts_dir: Path, published_dir: Path) -> bool:
    """Whether what came last concerned too many, and no build of everybody was published since."""
    last = _said(parts_dir / CURRENT)
    if not last.get(LEFT_TO_ALL):
        return False
    whole = _said(published_dir / CURRENT)
    return not whole or whole["published_at"] < last["published_at"]


def parts_since(parts_dir: Path, snapshot: Snapshot) -> list[Snapshot]:
    """The parts that were published after a build of everybody, and know more than it does of whom they are about."""
    return [part for part in snapshots_in(parts_dir) if _knows_more(part, snapshot)]


def forget_parts_before(parts_dir: Path, snapshot: Snapshot) -> None:
    """Delete parts that a build of everybody has overtaken; the current one stays for what its manifest says."""
    current = (parts_dir / CURRENT).resolve()
    for part in snapshots_in(parts_dir):
        if part.directory != current and not _knows_more(part, snapshot):
            shutil.rmtree(part.directory)


def _knows_more(part: Snapshot, snapshot: Snapshot) -> bool:
    """What happened after its clock a build of everybody does not count, also when it was published later."""
    return part.as_of > snapshot.as_of or part.published_at > snapshot.published_at


def _said(folder: Path) -> dict:
    manifest = folder / MANIFEST
    return json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
