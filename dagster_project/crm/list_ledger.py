"""Which lists are ours and whom HubSpot acknowledged in them: their rows in the state database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, insert, select, update

from dagster_project.state.tables import list_log, segment_lists

ASKED, MEMBER, REMOVED, MISSING = "asked", "member", "removed", "missing"


@dataclass(frozen=True)
class RememberedList:
    """The list of a segment; `list_id` is None while it is being made: HubSpot may have it or not."""

    segment_id: str
    object_type: str
    name: str
    list_id: str | None


def read_lists(engine: Engine) -> dict[str, RememberedList]:
    """By segment."""
    columns = segment_lists.c
    query = select(columns.segment_id, columns.object_type, columns.name, columns.list_id)
    with engine.connect() as connection:
        return {row.segment_id: RememberedList(*row) for row in connection.execute(query)}


def claim_list(engine: Engine, claimed: RememberedList, run_id: str, now: datetime) -> None:
    """Write down that a list is about to be made, so that whoever finds it after a crash knows whose it is."""
    with engine.begin() as connection:
        connection.execute(delete(segment_lists).where(segment_lists.c.segment_id == claimed.segment_id))
        connection.execute(insert(segment_lists).values(vars(claimed) | {"run_id": run_id, "claimed_at": now}))


def remember_list(engine: Engine, segment_id: str, list_id: str) -> None:
    with engine.begin() as connection:
        is_it = segment_lists.c.segment_id == segment_id
        connection.execute(update(segment_lists).where(is_it).values(list_id=list_id))


def forget_list(engine: Engine, segment_id: str) -> None:
    """Somebody deleted it in HubSpot; what the log says of its members is said of a list that is no more."""
    with engine.begin() as connection:
        connection.execute(delete(segment_lists).where(segment_lists.c.segment_id == segment_id))


@dataclass(frozen=True)
class Held:
    """What is known of a list: its members by our doing; of whom a call that was cut off asked either way, so that they
    may be in it or not; and whom HubSpot lately said it does not have.
    """

    members: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def read_held(engine: Engine, list_id: str, missing_since: datetime) -> Held:
    log = list_log.c
    latest = select(func.max(log.id)).where(log.list_id == list_id).group_by(log.hubspot_id)
    query = select(log.hubspot_id, log.outcome, log.acknowledged_at).where(log.id.in_(latest))
    found: dict[str, set[str]] = {ASKED: set(), MEMBER: set(), REMOVED: set(), MISSING: set()}
    with engine.connect() as connection:
        for hubspot_id, outcome, acknowledged_at in connection.execute(query):
            if outcome != MISSING or acknowledged_at > missing_since:
                found[outcome].add(hubspot_id)
    return Held(frozenset(found[MEMBER]), frozenset(found[ASKED]), frozenset(found[MISSING]))


def append_outcomes(
    engine: Engine, list_id: str, outcomes: Iterable[tuple[str, str]], *, run_id: str, as_of: datetime, now: datetime
) -> None:
    """Write what is about to be asked, or was answered, of each record (id and outcome), all of it or nothing."""
    rows = [
        {
            "list_id": list_id,
            "hubspot_id": hubspot_id,
            "outcome": outcome,
            "run_id": run_id,
            "as_of": as_of,
            "acknowledged_at": now,
        }
        for hubspot_id, outcome in outcomes
    ]
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(list_log), rows)
