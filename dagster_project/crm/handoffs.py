"""A handoff is claimed before it is written and acknowledged with the write, so that it happens once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, delete, insert, select, update

from dagster_project.crm.batches import ADDITIONAL_EMAILS, EMAIL
from dagster_project.crm.changes import Update
from dagster_project.crm.owners import read_active_owner
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.values import same_value
from dagster_project.state.tables import handoffs as handoffs_table

STAGE_COLUMN, OWNER_COLUMN, TIME_COLUMN = "lifecycle_stage", "owner_id", "handoff_at"
STAGE, OWNER, SQL_STAGE = "lifecyclestage", "hubspot_owner_id", "salesqualifiedlead"
EXISTING_OWNER = "existing_owner"
READ_SIZE = 100


@dataclass(frozen=True)
class Handoff:
    """A handoff that is being made, as `decide.handoffs` decided it."""

    handoff_id: str
    record_key: str
    episode: int
    owner_id: str | None
    owner_reason: str
    handed_off_at: datetime


def read_begun_handoffs(path: Path) -> dict[str, Handoff]:
    """The handoffs of a snapshot that are not yet acknowledged, by record key."""
    rows = pl.read_parquet(path).filter(pl.col("handoff_state").is_in(["proposed", "claimed"]))
    return {
        row["record_key"]: Handoff(
            row["handoff_id"],
            row["record_key"],
            row["episode"],
            row["owner_id"],
            row["owner_reason"],
            row["handed_off_at"].replace(tzinfo=UTC),
        )
        for row in rows.iter_rows(named=True)
    }


@dataclass(frozen=True)
class Prepared:
    """Updates as they may be sent now, the handoffs in them, and those that something overtook, with the reason."""

    updates: list[Update]
    handoffs: dict[str, Handoff]
    overtaken: dict[str, str]


def prepare(
    updates: Sequence[Update],
    begun: dict[str, Handoff],
    api: HubSpotApi,
    engine: Engine,
    mapped: MappedObject,
    *,
    run_id: str,
    now: datetime,
) -> Prepared:
    """Look once more at the contacts about to be handed off, and claim those that still may be.

    Stage and owner are people's properties, and the copy of HubSpot that was decided on may be an hour old: a contact
    that meanwhile got an owner keeps it, one that reached sales qualified or beyond is left alone, and so is one whose
    owner is no longer there: the next build chooses another. A claim made by an earlier run that was cut off stands as
    it was made, unless something overtook it; then it is withdrawn.
    """
    columns = {property_.source_column: property_.name for property_ in mapped.properties}
    stage, owner, time = (columns.get(column) for column in (STAGE_COLUMN, OWNER_COLUMN, TIME_COLUMN))
    # Any of the three: HubSpot may have taken the others before.
    candidates = [
        item
        for item in updates
        if item.record_key in begun and not item.is_gone and not item.values.keys().isdisjoint((stage, owner, time))
    ]
    if not candidates:
        return Prepared(list(updates), {}, {})
    held_by_place = _read_held(api, mapped.object_type, candidates, time)
    stage_order = _read_stage_order(api)
    claims = _read_claims(engine, [begun[item.record_key].handoff_id for item in candidates])

    @cache
    def is_active(owner_id: str) -> bool:
        return read_active_owner(api, owner_id) is not None

    prepared: dict[tuple[str, str | None], Update] = {}
    claimed: dict[str, Handoff] = {}
    overtaken: dict[str, str] = {}
    for item in candidates:
        claim = claims.get(begun[item.record_key].handoff_id)
        prepared[item.place] = _without(item, (stage, owner, time))
        if claim is not None and claim.is_acknowledged:
            continue
        handoff = begun[item.record_key] if claim is None else claim.handoff
        held = held_by_place.get(item.place, {} if item.hubspot_id is None else None)
        # The run that claimed it was cut off between HubSpot's write and ours: the stage is our own.
        is_ours = claim is not None and held is not None and _is_written(handoff, held, time)
        held_owner = None if held is None else held.get(OWNER) or None
        # Somebody who left still stands on the record; that is nobody to call it.
        if held_owner not in (None, handoff.owner_id) and is_active(held_owner):
            handoff = replace(handoff, owner_id=held_owner, owner_reason=EXISTING_OWNER)
        is_there = handoff.owner_id is None or is_active(handoff.owner_id)
        if not is_ours and (reason := _overtaken_by(handoff, held, is_there, stage_order)):
            overtaken[item.record_key] = reason
            continue
        claimed[item.record_key] = handoff
        values = dict(item.values)
        if time is not None:
            values[time] = _text(handoff.handed_off_at)
        if owner is not None:
            values.pop(owner, None)
            # HubSpot refuses one who left, also where it holds them already.
            if handoff.owner_reason != EXISTING_OWNER and handoff.owner_id is not None and is_there:
                values[owner] = handoff.owner_id
        if stage is not None and held.get(STAGE) != SQL_STAGE and not _is_before_sql(held.get(STAGE), stage_order):
            # Sales moved it on after our write.
            values.pop(stage, None)
        prepared[item.place] = replace(item, values=values)
    withdrawn = [begun[key].handoff_id for key in overtaken]
    _write_claims(engine, [*claimed.values()], claims, withdrawn, run_id, now)
    return Prepared([prepared.get(item.place, item) for item in updates], claimed, overtaken)


def _is_written(handoff: Handoff, held: dict, time: str | None) -> bool:
    """Whether HubSpot holds this handoff."""
    if time is None:
        return held.get(STAGE) == SQL_STAGE
    return same_value("datetime", held.get(time), _text(handoff.handed_off_at))


def _overtaken_by(handoff: Handoff, held: dict | None, is_owner_there: bool, stage_order: dict[str, int]) -> str | None:
    """Why a handoff that HubSpot does not hold may not be made any more, if so."""
    if held is None:
        return "HubSpot does not hold the contact any more"
    if not _is_before_sql(held.get(STAGE), stage_order):
        return f"the contact is at stage {held[STAGE]} by now"
    if handoff.owner_reason == EXISTING_OWNER and not held.get(OWNER):
        return "nobody owns the contact any more; the next build chooses an owner"
    if not is_owner_there:
        return f"owner {handoff.owner_id} is no longer in HubSpot; the next build chooses another"
    return None


def acknowledge(connection: Connection, handoff_ids: Sequence[str], *, as_of: datetime, now: datetime) -> None:
    """HubSpot holds these handoffs; within the caller's transaction."""
    if handoff_ids:
        connection.execute(
            update(handoffs_table)
            .where(handoffs_table.c.handoff_id.in_(handoff_ids), handoffs_table.c.acknowledged_at.is_(None))
            .values(acknowledged_as_of=as_of, acknowledged_at=now)
        )


def _read_held(
    api: HubSpotApi, object_type: str, candidates: Sequence[Update], time: str | None
) -> dict[tuple[str, str | None], dict]:
    """What HubSpot holds at this moment, by the place of the update; one that it does not hold is missing.

    A contact that was not there when HubSpot was last read may be there by now: it is looked for by its address.
    """
    by_id = {item.hubspot_id: item.place for item in candidates if item.hubspot_id is not None}
    by_email = {
        item.upsert_key.lower(): item.place for item in candidates if item.hubspot_id is None and item.upsert_key
    }
    properties = [STAGE, OWNER, EMAIL, ADDITIONAL_EMAILS, *([] if time is None else [time])]
    held: dict[tuple[str, str | None], dict] = {}
    for places, id_property in ((by_id, {}), (by_email, {"idProperty": EMAIL})):
        keys = list(places)
        for start in range(0, len(keys), READ_SIZE):
            inputs = [{"id": key} for key in keys[start : start + READ_SIZE]]
            body = {"inputs": inputs, "properties": properties} | id_property
            answer = api.post(f"/crm/objects/{{version}}/{object_type}/batch/read", body, repeatable=True)
            for item in answer.body.get("results") or []:
                names = [str(item["id"])]
                if id_property:
                    addresses = (item["properties"].get(name) or "" for name in (EMAIL, ADDITIONAL_EMAILS))
                    names = ";".join(addresses).lower().split(";")
                held.update({places[name]: item["properties"] for name in names if name in places})
    return held


def _read_stage_order(api: HubSpotApi) -> dict[str, int]:
    pipelines = api.get("/crm/pipelines/{version}/contacts")["results"]
    return {stage["id"]: stage["displayOrder"] for pipeline in pipelines for stage in pipeline["stages"]}


def _is_before_sql(stage: str | None, order: dict[str, int]) -> bool:
    if not stage:
        return True
    return stage in order and order[stage] < order.get(SQL_STAGE, -1)


@dataclass(frozen=True)
class _Claim:
    """A handoff that an earlier run, or an earlier try, began."""

    handoff: Handoff
    is_acknowledged: bool


def _read_claims(engine: Engine, handoff_ids: list[str]) -> dict[str, _Claim]:
    table = handoffs_table.c
    query = select(
        table.handoff_id, table.record_key, table.episode, table.owner_id, table.owner_reason, table.handed_off_at
    ).add_columns(table.acknowledged_at.is_not(None))
    with engine.connect() as connection:
        rows = connection.execute(query.where(table.handoff_id.in_(handoff_ids))).all()
    return {row.handoff_id: _Claim(Handoff(*row[:-1]), bool(row[-1])) for row in rows}


def _write_claims(
    engine: Engine,
    handoffs: list[Handoff],
    claims: dict[str, _Claim],
    withdrawn: list[str],
    run_id: str,
    now: datetime,
) -> None:
    with engine.begin() as connection:
        connection.execute(
            delete(handoffs_table).where(
                handoffs_table.c.handoff_id.in_(withdrawn), handoffs_table.c.acknowledged_at.is_(None)
            )
        )
        for handoff in handoffs:
            decided = {"owner_id": handoff.owner_id, "owner_reason": handoff.owner_reason}
            if handoff.handoff_id in claims:
                is_it = handoffs_table.c.handoff_id == handoff.handoff_id
                connection.execute(update(handoffs_table).where(is_it).values(decided))
            else:
                made = {
                    "handoff_id": handoff.handoff_id,
                    "record_key": handoff.record_key,
                    "episode": handoff.episode,
                    "handed_off_at": handoff.handed_off_at,
                    "run_id": run_id,
                    "claimed_at": now,
                }
                connection.execute(insert(handoffs_table).values(made | decided))


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _without(item: Update, names: Sequence[str | None]) -> Update:
    return replace(item, values={name: value for name, value in item.values.items() if name not in names})
