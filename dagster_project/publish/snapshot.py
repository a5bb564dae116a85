"""The marts as immutable Parquet snapshots, one of them current.

    published/20261120T090000Z-3f2a91c4/score.contact_scores.parquet
                                        …
                                        manifest.json
    published/current → 20261120T090000Z-3f2a91c4

A snapshot is written under another name and becomes visible whole; `current` is switched by one rename. A reader
resolves `current` once and then reads one build, whatever is published meanwhile.
"""

import json
import shutil
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb

from dagster_project.sql_quoting import literal

# The rules as well: a score is explained, also a past one, with those it was made by.
PUBLISHED_SCHEMAS = ("score", "decide", "report", "rules")
CURRENT = "current"
MANIFEST = "manifest.json"
KEEP_LAST = 10
KEEP_DAYS = 30
UNFINISHED = ".unfinished"
DAY_SECONDS = 24 * 60 * 60


class NothingPublished(Exception):
    """No build has been published yet; the message says what to run."""


@dataclass(frozen=True)
class Snapshot:
    """One published build: where it lies, the clock it was built for, its tables with their row counts, and when it was
    published.
    """

    directory: Path
    as_of: datetime
    row_counts: dict[str, int]
    published_at: datetime

    @property
    def snapshot_id(self) -> str:
        return self.directory.name

    def path(self, table: str) -> Path:
        """The file of a table such as `decide.actions`."""
        return self.directory / f"{table}.parquet"


def publish(
    connection: duckdb.DuckDBPyConnection,
    published_dir: Path,
    *,
    only: Collection[str] | None = None,
    said: Mapping[str, object] = MappingProxyType({}),
    keep_last: int = KEEP_LAST,
) -> Snapshot:
    """Write every mart of the warehouse as a new snapshot and make it current.

    Args:
        only: Tables such as `decide.actions`; without it, all.
        said: What else its manifest says.
        keep_last: So many snapshots are kept, beside the last one of each of thirty days.
    Raises:
        NothingPublished: The warehouse holds no marts yet.
    """
    tables = connection.sql(
        "select table_schema || '.' || table_name from information_schema.tables "
        f"where table_catalog = current_database() and table_schema in {PUBLISHED_SCHEMAS} "
        "and table_type = 'BASE TABLE' order by 1"
    ).fetchall()
    names = [name for (name,) in tables if only is None or name in only]
    if "decide.build_info" not in names:
        raise NothingPublished("The warehouse holds no decisions yet; run `make run`, which builds them.")
    ((as_of,),) = connection.sql("select as_of from decide.build_info").fetchall()
    as_of = as_of.replace(tzinfo=UTC)

    directory = published_dir / f"{as_of:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    unfinished = published_dir / f".{directory.name}{UNFINISHED}"
    unfinished.mkdir(parents=True)
    row_counts = {}
    for name in names:
        # In the order of all columns, so that the same build gives the same bytes.
        connection.execute(
            f"copy (select * from {name} order by all) to {literal(unfinished / f'{name}.parquet')} (format parquet)"
        )
        ((row_counts[name],),) = connection.sql(f"select count(*) from {name}").fetchall()
    published_at = datetime.now(UTC)
    manifest = {"as_of": as_of.isoformat(), "row_counts": row_counts, "published_at": published_at.isoformat()}
    manifest |= said
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    unfinished.rename(directory)
    _make_current(published_dir, directory)
    _prune(published_dir, directory, keep_last)
    return Snapshot(directory, as_of, row_counts, published_at)


def current_snapshot(published_dir: Path) -> Snapshot:
    """The snapshot that is current at this moment.

    Raises:
        NothingPublished: There is none.
    """
    link = published_dir / CURRENT
    if not (link / MANIFEST).exists():
        raise NothingPublished(
            f"Nothing is published in {published_dir} yet; run `make run`, which builds and publishes."
        )
    return read_snapshot(link.resolve())


def snapshots_in(folder: Path) -> Iterator[Snapshot]:
    """Every snapshot that lies in a folder, in no order."""
    for manifest in folder.glob(f"[!.]*/{MANIFEST}"):
        if not manifest.parent.is_symlink():
            with suppress(FileNotFoundError):  # A build that publishes prunes what is too old.
                yield read_snapshot(manifest.parent)


def read_snapshot(directory: Path) -> Snapshot:
    manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    as_of, published_at = (datetime.fromisoformat(manifest[name]) for name in ("as_of", "published_at"))
    return Snapshot(directory, as_of, manifest["row_counts"], published_at)


def _make_current(published_dir: Path, directory: Path) -> None:
    link = published_dir / f".{CURRENT}.{uuid.uuid4().hex[:8]}"
    link.symlink_to(directory.name, target_is_directory=True)
    link.replace(published_dir / CURRENT)


def _prune(published_dir: Path, current: Path, keep_last: int) -> None:
    """Keep the last ones and the last one of each of thirty days, by the time they were published.

    Folders that no build made are nobody's business here.
    """
    published = sorted(_published(published_dir), reverse=True)
    newest_of_day: dict[date, Path] = {}
    for published_at, path in published:
        newest_of_day.setdefault(published_at.date(), path)
    last = [path for _, path in published[:keep_last]]
    # The one just made may not be the newest: clocks are set back, and folders are copied.
    kept = {current, *last, *list(newest_of_day.values())[:KEEP_DAYS]}
    for path in [*(path for _, path in published if path not in kept), *_cut_off(published_dir)]:
        with suppress(FileNotFoundError):  # Another run publishes at this moment and was faster.
            _remove(path)


def _published(published_dir: Path) -> Iterator[tuple[datetime, Path]]:
    for manifest in published_dir.glob(f"[!.]*/{MANIFEST}"):
        if not manifest.parent.is_symlink():
            with suppress(FileNotFoundError):
                yield datetime.fromtimestamp(manifest.stat().st_mtime, UTC), manifest.parent


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
        return
    if not path.name.endswith(UNFINISHED):
        # It is taken apart under this name: a snapshot is complete or not there, on its way out too.
        path = path.rename(path.with_name(f".{path.name}{UNFINISHED}"))
    shutil.rmtree(path)


def _cut_off(published_dir: Path) -> Iterator[Path]:
    """What a publish that was killed left behind; a day old, so that nobody is at it any more."""
    for pattern in (f".*{UNFINISHED}", f".{CURRENT}.*"):
        for path in published_dir.glob(pattern):
            with suppress(FileNotFoundError):
                if time.time() - path.lstat().st_mtime > DAY_SECONDS:
                    yield path
