"""A handoff is claimed before it is written and acknowledged with the write, so that it happens once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from dagster_project.crm.batches import ADDITIONAL_EMAILS, EMAIL
from dagster_project.crm.changes import Update
from dagster_project.crm.claims import Handoff, read_claims, write_claims
from dagster_project.crm.owners import read_active_owner
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.reading_held import read_held
from dagster_project.crm.transport import HubSpotApi
from dagster_project.crm.values import same_value

STAGE_COLUMN, OWNER_COLUMN, TIME_COLUMN = "lifecycle_stage", "owner_id", "handoff_at"
REASON_COLUMN, TRACK_COLUMN = "handoff_reason", "sales_track"
HANDOFF_COLUMNS = (STAGE_COLUMN, OWNER_COLUMN, TIME_COLUMN, REASON_COLUMN, TRACK_COLUMN)
STAGE, OWNER, SQL_STAGE = "lifecyclestage", "hubspot_owner_id", "salesqualifiedlead"
EXISTING_OWNER = "existing_owner"


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
            # A snapshot of an earlier version knows nothing of these.
            *(row.get(name) for name in ("pool", "track", "route_id", "turn", "handoff_reason")),
        )
        for row in rows.iter_rows(named=True)
    }


@dataclass(frozen=True)
class Prepared:
    """Updates as they may be sent now, the handoffs in them, and those that something overtook, with the reason."""

    updates: list[Update]
    handoffs: dict[str, Handoff]
    overtaken: dict[str, str]

    def nothing_to_write(self) -> list[str]:
        """The handoffs of which HubSpot already holds all that the map has a property for."""
        return [
            self.handoffs[item.record_key].handoff_id
            for item in self.updates
            if not item.values and not item.is_gone and item.record_key in self.handoffs
        ]


@dataclass(frozen=True)
class _Names:
    """What the map calls the properties of a handoff; None where it has none."""

    stage: str | None
    owner: str | None
    time: str | None
    reason: str | None
    track: str | None

    @classmethod
    def of(cls, mapped: MappedObject) -> "_Names":
        names = {property_.source_column: property_.name for property_ in mapped.properties}
        return cls(*(names.get(column) for column in HANDOFF_COLUMNS))

    def known(self) -> frozenset[str]:
        return frozenset(name for name in astuple(self) if name is not None)

    def are_in(self, values: Mapping[str, str | None]) -> bool:
        """Whether any of them is: HubSpot may have taken the others before."""
        return not values.keys().isdisjoint(self.known())

    def taken_out_of(self, values: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: value for name, value in values.items() if name not in self.known()}


def handoff_time_of(mapped: MappedObject | None) -> str | None:
    """The property that says when a contact was handed to sales, if the map has one."""
    return None if mapped is None else _Names.of(mapped).time


def written_together(mapped: MappedObject) -> frozenset[str]:
    """Stage, owner, time, reason and track of a handoff: a contact with only some of them was not handed off."""
    return _Names.of(mapped).known()


@dataclass(frozen=True)
class _Look:
    """What HubSpot says at this moment: of contacts by the place of their update, of stages and of owners."""

    contacts: dict[tuple[str, str | None], dict]
    stage_order: dict[str, int]
    is_active: Callable[[str], bool]

    def held(self, item: Update) -> dict | None:
        """What it holds of a contact: nothing yet of one that is to be made, None of one that is gone."""
        return self.contacts.get(item.place, {} if item.hubspot_id is None else None)

    def is_before_sql(self, stage: str | None) -> bool:
        if not stage:
            return True
        return stage in self.stage_order and self.stage_order[stage] < self.stage_order.get(SQL_STAGE, -1)

    def has_owner_of(self, handoff: Handoff) -> bool:
        return handoff.owner_id is None or self.is_active(handoff.owner_id)


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
    names = _Names.of(mapped)
    candidates = [
        item for item in updates if item.record_key in begun and not item.is_gone and names.are_in(item.values)
    ]
    if not candidates:
        return Prepared(list(updates), {}, {})
    look = _look_again(api, mapped.object_type, candidates, names.time)
    claims = read_claims(engine, [begun[item.record_key].handoff_id for item in candidates])

    prepared: dict[tuple[str, str | None], Update] = {}
    made: dict[str, Handoff] = {}
    overtaken: dict[str, str] = {}
    for item in candidates:
        proposed, held = begun[item.record_key], look.held(item)
        claim = claims.get(proposed.handoff_id)
        prepared[item.place] = replace(item, values=names.taken_out_of(item.values))
        if claim is not None and claim.is_acknowledged:
            continue
        handoff = _with_present_owner(proposed if claim is None else claim.handoff, held, look)
        # The run that claimed it was cut off between HubSpot's write and ours: the stage is our own.
        is_ours = claim is not None and _is_written(handoff, held, names.time)
        reason = None if is_ours else _overtaken_by(handoff, held, look)
        if reason is not None:
            overtaken[item.record_key] = reason
            continue
        made[item.record_key] = handoff
        prepared[item.place] = replace(item, values=_values_to_write(item, handoff, held, look, names))

    withdrawn = [begun[key].handoff_id for key in overtaken]
    if not write_claims(engine, [*made.values()], withdrawn, claims, run_id, now):
        # Another run claimed one of them, withdrew it or finished it since: what it did comes first.
        return prepare(updates, begun, api, engine, mapped, run_id=run_id, now=now)
    return Prepared([prepared.get(item.place, item) for item in updates], made, overtaken)


def _with_present_owner(handoff: Handoff, held: dict | None, look: _Look) -> Handoff:
    """The contact stays with whoever owns it by now."""
    owner_id = (held or {}).get(OWNER)
    # Somebody who left still stands on the record; that is nobody to call it.
    if not owner_id or owner_id == handoff.owner_id or not look.is_active(owner_id):
        return handoff
    return handoff.kept_by(owner_id, EXISTING_OWNER)


def _is_written(handoff: Handoff, held: dict | None, time: str | None) -> bool:
    """Whether HubSpot holds this handoff."""
    if held is None:
        return False
    if time is None:
        return held.get(STAGE) == SQL_STAGE
    return same_value("datetime", held.get(time), _text(handoff.handed_off_at))


def _overtaken_by(handoff: Handoff, held: dict | None, look: _Look) -> str | None:
    """Why a handoff that HubSpot does not hold may not be made any more, if so."""
    if held is None:
        return "HubSpot does not hold the contact any more"
    if not look.is_before_sql(held.get(STAGE)):
        return f"the contact is at stage {held[STAGE]} by now"
    if handoff.owner_reason == EXISTING_OWNER and not held.get(OWNER):
        return "nobody owns the contact any more; the next build chooses an owner"
    if not look.has_owner_of(handoff):
        return f"owner {handoff.owner_id} is no longer in HubSpot; the next build chooses another"
    return None


def _values_to_write(item: Update, handoff: Handoff, held: dict, look: _Look, names: _Names) -> dict[str, str | None]:
    """The values of an update, with stage, owner, time, reason and track of the handoff as it is claimed."""
    values = dict(item.values)
    if names.time is not None:
        values[names.time] = _text(handoff.handed_off_at)
    for name, value in ((names.reason, handoff.reason), (names.track, handoff.track)):
        if name is not None and value is not None:
            values[name] = value
    if names.owner is not None:
        values.pop(names.owner, None)
        # HubSpot refuses one who left, also where it holds them already.
        if handoff.owner_id is not None and handoff.owner_reason != EXISTING_OWNER and look.has_owner_of(handoff):
            values[names.owner] = handoff.owner_id
    stage = held.get(STAGE)
    if names.stage is not None and stage != SQL_STAGE and not look.is_before_sql(stage):
        # Sales moved it on after our write.
        values.pop(names.stage, None)
    return values


def _look_again(api: HubSpotApi, object_type: str, candidates: Sequence[Update], time: str | None) -> _Look:
    contacts = _read_held(api, object_type, candidates, time)
    pipelines = api.get("/crm/pipelines/{version}/contacts")["results"]
    stage_order = {stage["id"]: stage["displayOrder"] for pipeline in pipelines for stage in pipeline["stages"]}
    return _Look(contacts, stage_order, cache(lambda owner_id: read_active_owner(api, owner_id) is not None))


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
    for places, id_property in ((by_id, None), (by_email, EMAIL)):
        for item in read_held(api, object_type, list(places), properties, id_property):
            names = [str(item["id"])]
            if id_property is not None:
                addresses = (item["properties"].get(name) or "" for name in (EMAIL, ADDITIONAL_EMAILS))
                names = ";".join(addresses).lower().split(";")
            held.update({places[name]: item["properties"] for name in names if name in places})
    return held


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
