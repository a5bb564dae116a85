"""The custom events that HubSpot should hold and has not taken yet, and why others of them are not sent."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property

import polars as pl
from sqlalchemy import Engine, select

from dagster_project.counting import counted
from dagster_project.crm.event_map import EventMap
from dagster_project.crm.leaving_out import LEFT_OUT, SUPPRESSED
from dagster_project.crm.sent_occurrences import count_sent_in_month, forgotten_until, read_sent_ids
from dagster_project.crm.syncing import SyncRun
from dagster_project.privacy.suppression import Suppressed
from dagster_project.state.tables import rejections

# Under which refused occurrences stand among what HubSpot refused.
EVENTS = "events"
SCHEMA = {
    "occurrence_id": pl.String,
    "event_name": pl.String,
    "occurred_at": pl.Datetime("us"),
    "record_key": pl.String,
    "hubspot_id": pl.String,
    "matched_by": pl.String,
    "properties": pl.String,
}
SWITCHED_OFF, FORGOTTEN = "switched_off", "forgotten"
EVENTS_LEFT_OUT = LEFT_OUT | {
    "not_identified": "nobody knows whose event it is",
    "not_looked_up": "the contacts of HubSpot were not read yet",
    SWITCHED_OFF: "crm_events.csv does not send this event any more",
    FORGOTTEN: "so long ago that what was sent then is not known any more",
}


@dataclass(frozen=True)
class Owed:
    """Occurrences to be sent, oldest first, as `decide.crm_occurrences` has them.

    `waiting`: refused before, and not due yet. `room`: how many more the month allows.
    """

    rows: pl.DataFrame
    left_out: dict[str, int]
    waiting: int
    room: int

    @cached_property
    def by_event(self) -> dict[str, int]:
        """How many a run would send now."""
        return dict(sorted(Counter(self.rows["event_name"].head(self.room)).items()))

    @property
    def sendable(self) -> int:
        return min(self.rows.height, self.room)

    @property
    def fingerprint(self) -> str:
        """Another one for other occurrences."""
        return hashlib.sha256("".join(self.rows["occurrence_id"]).encode()).hexdigest()


def find_owed(run: SyncRun, event_map: EventMap) -> Owed:
    """What is in the snapshot and not among what HubSpot took; used by the sensor, the plan and the sync alike."""
    rows = _published(run)
    left_out: Counter[str] = Counter()
    is_on = pl.col("event_name").is_in(list(event_map.events))
    left_out[SWITCHED_OFF] = rows.filter(~is_on).height
    rows = rows.filter(is_on)
    rows = _with_suppressed_left_out(rows, run.suppressed())
    left_out.update(dict(rows.filter(pl.col("hubspot_id").is_null())["matched_by"].value_counts().iter_rows()))
    rows = rows.filter(pl.col("hubspot_id").is_not_null())
    if not rows.is_empty():
        since = rows["occurred_at"].min().replace(tzinfo=UTC)
        sent = read_sent_ids(run.engine, since).to_frame()
        key = pl.col("occurrence_id").str.replace_all("-", "").str.decode("hex")
        rows = rows.with_columns(key.alias("id")).join(sent, on="id", how="anti").drop("id")
    if (until := forgotten_until(run.engine)) is not None:
        is_known = pl.col("occurred_at") > until.replace(tzinfo=None)
        left_out[FORGOTTEN] = rows.filter(~is_known).height
        rows = rows.filter(is_known)
    is_waiting = pl.col("occurrence_id").is_in(_waiting_ids(run))
    waiting = rows.filter(is_waiting).height
    room = max(event_map.max_occurrences_month - count_sent_in_month(run.engine, run.now()), 0)
    return Owed(
        rows.filter(~is_waiting).sort("occurred_at", "occurrence_id"),
        {why: count for why, count in sorted(left_out.items()) if count},
        waiting,
        room,
    )


def _with_suppressed_left_out(rows: pl.DataFrame, suppressed: Suppressed) -> pl.DataFrame:
    """Also where the snapshot does not know of it yet."""
    if not suppressed:
        return rows
    is_suppressed = suppressed.among(rows)
    return rows.with_columns(
        hubspot_id=pl.when(is_suppressed).then(None).otherwise("hubspot_id"),
        matched_by=pl.when(is_suppressed).then(pl.lit(SUPPRESSED)).otherwise("matched_by"),
    )


def _published(run: SyncRun) -> pl.DataFrame:
    """Nothing, of a build before there were custom events."""
    path = run.snapshot_dir / "decide.crm_occurrences.parquet"
    return pl.read_parquet(path, columns=list(SCHEMA)) if path.is_file() else pl.DataFrame(schema=SCHEMA)


def _waiting_ids(run: SyncRun) -> list[str]:
    query = select(rejections.c.record_key).where(
        rejections.c.object_type == EVENTS, rejections.c.next_try_at > run.now()
    )
    with run.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def refused_ids(engine: Engine) -> set[str]:
    """What HubSpot refused when it was last tried, due or not."""
    with engine.connect() as connection:
        return set(
            connection.execute(select(rejections.c.record_key).where(rejections.c.object_type == EVENTS)).scalars()
        )


def describe_owed(owed: Owed, event_map: EventMap) -> str:
    """What a sync would send, in words; for the plan."""
    if not event_map.events:
        return "events: crm_events.csv sends none."
    kinds = ", ".join(f"{name} {count:,}" for name, count in owed.by_event.items())
    lines = [f"events: {counted(owed.sendable, 'event')} to send ({kinds})." if kinds else "events: nothing to send."]
    if owed.sendable < owed.rows.height:
        more = owed.rows.height - owed.sendable
        lines.append(f"{more:,} more wait: max_occurrences_month of crm_event_settings.csv is reached.")
    if owed.waiting:
        lines.append(f"{owed.waiting:,} refused before; tried again later.")
    lines += [f"{count:,} left out: {EVENTS_LEFT_OUT.get(why, why)}." for why, count in owed.left_out.items()]
    return "\n".join(lines)
