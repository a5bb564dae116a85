"""Whether HubSpot still holds what it acknowledged: what was read for the copy, compared with the ledger."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, select

from dagster_project.crm import ledger
from dagster_project.crm.drift import Drifted, write_down
from dagster_project.crm.object_reading import ObjectRead
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.reading_held import read_held
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.values import same_value
from dagster_project.state.tables import ledger_log


def find_drift(
    engine: Engine,
    state_dir: Path,
    api: HubSpotApi,
    mapped: MappedObject,
    read: ObjectRead,
    now: datetime,
) -> int:
    """Compare what HubSpot was read to hold with the ledger, write down what differs, and say how many values that is.

    Args:
        read: The records that were read just before.
    Raises:
        CrmError: See `HubSpotApi.call`; nothing was written down.
    """
    path = ledger.fold(engine, state_dir, mapped.object_type)
    newest_id = ledger.newest_id(engine, mapped.object_type)
    folded = pl.read_parquet(path) if path.exists() else None
    suspected = [] if folded is None else list(_differing(read.watched, folded, mapped))
    found = _without_written_since(engine, mapped, _confirmed(api, mapped, suspected), newest_id)
    read_ids = None if read.is_whole else set(read.watched["hubspot_id"])
    with engine.begin() as connection:
        write_down(connection, mapped.object_type, found, read_ids, now)
    return len(found)


def _differing(watched: pl.DataFrame, folded: pl.DataFrame, mapped: MappedObject) -> Iterator[Drifted]:
    """Records that we never wrote to cannot have drifted."""
    joined = folded.join(watched, on="hubspot_id", suffix=":found")
    for property_ in mapped.watched:
        name = property_.name
        if name not in watched.columns:
            continue
        # A property that was never written stands under its own name after the join, having no other to make way for.
        ours, theirs = (
            (pl.col(name), pl.col(f"{name}:found")) if name in folded.columns else (pl.lit(None), pl.col(name))
        )
        texts = joined.select("hubspot_id", "record_key", ours=ours.cast(pl.String), theirs=theirs)
        for record_id, record_key, acknowledged, found in texts.filter(
            pl.col("ours").ne_missing(pl.col("theirs"))
        ).rows():
            if not same_value(property_.value_type, acknowledged, found):
                yield Drifted(record_id, name, record_key, acknowledged, found)


def _confirmed(api: HubSpotApi, mapped: MappedObject, suspected: list[Drifted]) -> list[Drifted]:
    """What HubSpot holds at this moment: its search, by which the copy is kept, is behind by moments or minutes."""
    types = {property_.name: property_.value_type for property_ in mapped.watched}
    by_id: dict[str, list[Drifted]] = {}
    for value in suspected:
        by_id.setdefault(value.hubspot_id, []).append(value)
    names = sorted({value.property for value in suspected})
    return [
        Drifted(value.hubspot_id, value.property, value.record_key, value.acknowledged, held)
        for record in read_held(api, mapped.object_type, sorted(by_id), names)
        for value in by_id.get(str(record["id"]), [])
        if not same_value(
            types[value.property], value.acknowledged, held := record["properties"].get(value.property) or None
        )
    ]


def _without_written_since(engine: Engine, mapped: MappedObject, found: list[Drifted], newest_id: int) -> list[Drifted]:
    """A sync may have written while we looked; the next copy, which reads what changed, will tell of these."""
    log = ledger_log.c
    query = select(log.hubspot_id, log.property).where(log.object_type == mapped.object_type, log.id > newest_id)
    with engine.connect() as connection:
        written = set(connection.execute(query).tuples())
    return [value for value in found if (value.hubspot_id, value.property) not in written]
