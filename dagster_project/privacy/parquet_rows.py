"""Parquet files without a person's rows; each is replaced whole, and a snapshot as one folder."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from dagster_project.privacy.columns import described, hand_over, is_theirs, take_out_mentions
from dagster_project.privacy.person import Erased, Person
from dagster_project.privacy.replacing import new_file, put
from dagster_project.publish.recomputing import SCRATCH
from dagster_project.publish.snapshot import CURRENT, MANIFEST, UNFINISHED
from dagster_project.sql_quoting import literal


def without_rows(source: Path, target: Path, table: str, person: Person, *, write: bool) -> tuple[int, int] | None:
    """Write a file without the person: how many rows it lost or changed, how many it has; None: none was theirs."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        hand_over(connection, person)
        connection.execute("create table kept as select * from read_parquet($file)", {"file": str(source)})
        condition = is_theirs(person, table, described(connection, "kept"))
        ((gone,),) = connection.execute(f"delete from kept where {condition}").fetchall()
        changed = gone + take_out_mentions(connection, person, "kept")
        if not changed:
            return None
        ((row_count,),) = connection.sql("select count(*) from kept").fetchall()
        if write:
            connection.execute(f"copy (select * from kept) to {literal(target)} (format parquet)")
    return changed, row_count


def erase_file(path: Path, person: Person, erased: Erased, store: str, *, write: bool) -> None:
    done = without_rows(path, new_file(path), path.stem, person, write=write)
    if done is not None:
        if write:
            put(path)
        erased.add(store, path.name, done[0])


def snapshots_in(data_dir: Path) -> Iterator[Path]:
    """Every snapshot that is kept: published, of a part, or recomputed."""
    for parent in [data_dir / "published", data_dir / "parts", *sorted((data_dir / "recomputed").glob("*"))]:
        for manifest in sorted(parent.glob(f"[!.]*/{MANIFEST}")):
            if not manifest.parent.is_symlink():
                yield manifest.parent


def erase_leftovers(data_dir: Path, erased: Erased, *, write: bool) -> None:
    """What a publish or a recomputation that was killed left behind: nobody reads it, and nobody is at it now."""
    published, parts, recomputed = (data_dir / name for name in ("published", "parts", "recomputed"))
    for folder in (published, parts, recomputed, *recomputed.glob("*")):
        for path in sorted([*folder.glob(f".*{UNFINISHED}"), *folder.glob(f"{SCRATCH}*")]):
            if write:
                shutil.rmtree(path)
            erased.add(f"snapshots ({folder.name})", "what was left unfinished", 1)


def erase_snapshot(directory: Path, person: Person, erased: Erased, *, write: bool) -> None:
    """Put a copy without the person in the place of a snapshot.

    A reader sees the old one or the new one whole: the copy is a folder of its own, made under another name; `current`
    is switched by one rename, and then the old one goes. Its name is made of the old one's, so that an erasure that was
    cut off finds what it has made.
    """
    changed: dict[str, int] = {}
    digest = hashlib.sha256(directory.name.encode()).hexdigest()[:8]
    target = directory.with_name(f"{directory.name.rpartition('-')[0] or directory.name}-{digest}")
    beside = directory.with_name(f".{target.name}{UNFINISHED}")
    if write:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
    for file in sorted(directory.glob("*.parquet")):
        table = file.stem
        if table.startswith("rules."):
            done = None
        else:
            done = without_rows(file, beside / file.name, table, person, write=write)
        if done is None:
            if write:
                _link(file, beside / file.name)
        else:
            changed[table] = done[1]
            erased.add(f"snapshots ({directory.parent.name})", table, done[0])
    if not write:
        return
    if not changed:
        shutil.rmtree(beside)
        return
    manifest = directory / MANIFEST
    said = json.loads(manifest.read_text(encoding="utf-8"))
    said["row_counts"] |= changed
    (beside / MANIFEST).write_text(json.dumps(said, indent=2), encoding="utf-8")
    # Which snapshots are kept is decided by when they were published.
    found = manifest.stat()
    os.utime(beside / MANIFEST, ns=(found.st_atime_ns, found.st_mtime_ns))
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    current = directory.parent / CURRENT
    if current.is_symlink() and current.resolve() == directory.resolve():
        link = directory.with_name(f".{CURRENT}.{digest}")
        link.unlink(missing_ok=True)
        link.symlink_to(target.name, target_is_directory=True)
        link.replace(current)
    shutil.rmtree(directory)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
