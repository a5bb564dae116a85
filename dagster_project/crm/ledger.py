"""What HubSpot acknowledged: an append-only log in the state database, folded into one wide file for the diff."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select

from dagster_project.state.tables import erasures, ledger_log

FOLD_CHUNK_ROWS = 200_000
# What a folded file says of the last entry in it: its number, and enough of it to know it again in the log. And the
# last erasure it knows of: that takes rows out of the middle of the log.
FOLDED_KEY, FOLDED_ENTRY, FOLDED_ERASURE = "last_ledger_log_id", "last_ledger_log_entry", "last_erasure_id"


@dataclass(frozen=True)
class Acknowledged:
    """One property value that HubSpot has taken; `value` None: it was emptied."""

    record_key: str
    hubspot_id: str
    property: str
    value: str | None
    previous: str | None


def append(
    connection: Connection,
    object_type: str,
    entries: list[Acknowledged],
    *,
    run_id: str,
    as_of: datetime,
    acknowledged_at: datetime,
) -> None:
    """Write acknowledged values to the log, within the caller's transaction."""
    if entries:
        connection.execute(
            insert(ledger_log),
            [
                {
                    "object_type": object_type,
                    "record_key": entry.record_key,
                    "hubspot_id": entry.hubspot_id,
                    "property": entry.property,
                    "value": entry.value,
                    "previous_value": entry.previous,
                    "run_id": run_id,
                    "as_of": as_of,
                    "acknowledged_at": acknowledged_at,
                }
                for entry in entries
            ],
        )


def ledger_path(state_dir: Path, object_type: str) -> Path:
    return state_dir / f"ledger_{object_type}.parquet"


def fold(engine: Engine, state_dir: Path, object_type: str) -> Path:
    """Bring the folded file up to date with the log and return its path.

    One row a HubSpot record (`hubspot_id`), with the key that wrote it last, the last log entry that gave it a value
    (`log_id`; emptying the record that a user left does not make it the user's latest), and a text column a property.
    The file is a cache, of which each machine may have one of its own: what others wrote to the log since is laid over
    it. Lost, broken or folded from another log (the state was put back from a backup, or somebody was erased from it),
    it is folded anew from the whole log. It is replaced by rename, so a reader sees it old or new.
    """
    path = ledger_path(state_dir, object_type)
    last_id, folded = 0, None
    last_erasure = _last_erasure(engine)
    if path.exists():
        # Opened once: whoever else folds meanwhile puts another file in its place.
        with path.open("rb") as file:
            last_id = _last_folded_id(engine, file, object_type, last_erasure)
            if last_id and last_id == newest_id(engine, object_type):
                return path
            folded = _read_folded(file) if last_id else None
    for chunk in _log_after(engine, object_type, last_id if folded is not None else 0):
        folded = _laid_over(folded, chunk)
        last_id = int(chunk["log_id"][-1])
    if folded is None:
        path.unlink(missing_ok=True)
    else:
        metadata = {FOLDED_KEY: str(last_id), FOLDED_ENTRY: str(_entry(engine, object_type, last_id))}
        _replace(path, folded, metadata | {FOLDED_ERASURE: last_erasure})
    return path


def _last_erasure(engine: Engine) -> str:
    query = select(func.max(erasures.c.id)).where(erasures.c.finished_at.is_not(None))
    with engine.connect() as connection:
        return str(connection.execute(query).scalar() or 0)


def _last_folded_id(engine: Engine, file: BinaryIO, object_type: str, last_erasure: str) -> int:
    """The number of the last log entry in a folded file; 0: it is of no use."""
    try:
        metadata = pl.read_parquet_metadata(file)
        last_id = int(metadata[FOLDED_KEY])
        is_of_this_log = metadata[FOLDED_ENTRY] == _entry(engine, object_type, last_id)
        is_of_this_log &= metadata.get(FOLDED_ERASURE, "0") == last_erasure
    except (KeyError, ValueError, pl.exceptions.PolarsError, OSError):
        return 0
    return last_id if is_of_this_log else 0


def _read_folded(file: BinaryIO) -> pl.DataFrame | None:
    file.seek(0)
    try:
        return pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError):
        return None


def newest_id(engine: Engine, object_type: str) -> int:
    """The number of the last log entry; 0: the log has none."""
    query = select(func.max(ledger_log.c.id)).where(ledger_log.c.object_type == object_type)
    with engine.connect() as connection:
        return connection.execute(query).scalar() or 0


def _entry(engine: Engine, object_type: str, log_id: int) -> str | None:
    """A log entry in one line, or None if the log has none with this number."""
    log = ledger_log.c
    query = select(log.run_id, log.acknowledged_at, log.record_key, log.hubspot_id, log.property).where(
        log.object_type == object_type, log.id == log_id
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else " ".join(str(value) for value in row)


def _log_after(engine: Engine, object_type: str, last_id: int) -> Iterator[pl.DataFrame]:
    schema = {"log_id": pl.Int64} | dict.fromkeys(("record_key", "hubspot_id", "property", "value"), pl.String)
    log = ledger_log.c
    while True:
        query = (
            select(log.id, log.record_key, log.hubspot_id, log.property, log.value)
            .where(log.object_type == object_type, log.id > last_id)
            .order_by(log.id)
            .limit(FOLD_CHUNK_ROWS)
        )
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        if not rows:
            return
        yield pl.DataFrame(rows, schema=schema, orient="row")
        last_id = rows[-1][0]


def _laid_over(old: pl.DataFrame | None, log: pl.DataFrame) -> pl.DataFrame:
    """Lay log entries, in order, over what was folded before: the last entry of a record and property wins."""
    latest = log.unique(["hubspot_id", "property"], keep="last", maintain_order=True)
    names = sorted(set(latest["property"]))
    records = log.group_by("hubspot_id").agg(
        pl.col("record_key").last(), pl.col("log_id").filter(pl.col("value").is_not_null()).last()
    )
    values = latest.pivot(on="property", on_columns=names, index="hubspot_id", values="value")
    if old is None:
        return records.join(values, on="hubspot_id").select("hubspot_id", "record_key", "log_id", *names)
    # An emptied property is null like one that was never written: which of the two it is must survive the pivot.
    written = latest.with_columns(is_written=pl.lit(True)).pivot(
        on="property", on_columns=names, index="hubspot_id", values="is_written"
    )
    new = records.join(values, on="hubspot_id").join(written, on="hubspot_id", suffix=":written")
    known = old.columns[3:]
    joined = old.join(
        new.rename({name: f"{name}:new" for name in ("record_key", "log_id", *names)}),
        on="hubspot_id",
        how="full",
        coalesce=True,
    )
    kept = [pl.coalesce(f"{name}:new", name).alias(name) for name in ("record_key", "log_id")]
    for name in [*known, *(name for name in names if name not in known)]:
        before = pl.col(name) if name in known else pl.lit(None, pl.String)
        if name in names:
            is_written = pl.col(f"{name}:written").fill_null(False)
            before = pl.when(is_written).then(pl.col(f"{name}:new")).otherwise(before)
        kept.append(before.alias(name))
    return joined.select("hubspot_id", *kept)


def _replace(path: Path, folded: pl.DataFrame, metadata: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A sensor, a plan and a sync may fold at the same moment; each writes a file of its own.
    unfinished = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.tmp")
    try:
        folded.sort("hubspot_id").write_parquet(unfinished, metadata=metadata)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
