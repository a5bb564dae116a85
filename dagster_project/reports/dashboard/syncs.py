"""What the state says of the last syncs: when they were, what they wrote, what was refused and what is still owed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from dagster_project.state.run_log import steps_of_run
from dagster_project.state.tables import outbox, rejections, runs

SHOWN_SYNCS = 10
UNSENT_DAYS = 14
# States of an action that a person should know of.
UNSENT = ("failed", "unknown", "expired")
WRITING_STEPS = ("sync_companies", "sync_contacts", "sync_associations", "sync_returns", "sync_lists", "sync_events")


@dataclass(frozen=True)
class SyncRun:
    """A run that wrote to HubSpot, or would have: its steps by name with the summaries they left."""

    run_id: str
    ended_at: datetime
    steps: Mapping[str, dict]

    @property
    def is_dry_run(self) -> bool:
        return any(self.steps.get(step, {}).get("state") == "dry_run" for step in WRITING_STEPS)

    def written(self, object_type: str) -> tuple[int, int, int]:
        """Records and values that HubSpot took, and records that it refused."""
        summary = self.steps.get(f"sync_{object_type}") or {}
        rejected = sum((summary.get("rejected") or {}).values())
        return summary.get("acknowledged_records", 0), summary.get("acknowledged_values", 0), rejected

    @property
    def changed_properties(self) -> dict[tuple[str, str], int]:
        """Object type and property → how many records differed in it when the sync began."""
        return {
            (object_type, name): count
            for object_type in ("contacts", "companies")
            for name, count in (self.steps.get(f"sync_{object_type}", {}).get("changed_properties") or {}).items()
        }


@dataclass(frozen=True)
class Syncs:
    """`runs`: the last ones, the newest first. `refused`: object type and category → records that HubSpot does not take
    and that are tried again. `actions`: state of an action → how many are in the outbox; `unsent`: the same of those
    that came to that state in the last UNSENT_DAYS.
    """

    runs: tuple[SyncRun, ...] = ()
    refused: Mapping[tuple[str, str], int] | None = None
    actions: Mapping[str, int] | None = None
    unsent: Mapping[str, int] | None = None

    @property
    def last(self) -> SyncRun | None:
        return self.runs[0] if self.runs else None


def read_syncs(engine: Engine, now: datetime) -> Syncs:
    """What the state database holds at this moment, by the clock of the machine.

    Raises:
        StateUnavailable: Where the engine raises it.
    """
    newest = (
        select(runs.c.run_id, func.max(runs.c.id).label("last_id"), func.max(runs.c.ended_at).label("ended_at"))
        .where(runs.c.step.in_(WRITING_STEPS))
        .group_by(runs.c.run_id)
        .order_by(func.max(runs.c.id).desc())
        .limit(SHOWN_SYNCS)
    )
    by_category = select(rejections.c.object_type, rejections.c.category, func.count()).group_by(
        rejections.c.object_type, rejections.c.category
    )
    by_state = select(outbox.c.state, func.count())
    lately = by_state.where(outbox.c.updated_at >= now - timedelta(days=UNSENT_DAYS))
    with engine.connect() as connection:
        found = connection.execute(newest).all()
        refused = {(object_type, category): count for object_type, category, count in connection.execute(by_category)}
        of_all, of_late = (
            dict(connection.execute(query.group_by(outbox.c.state)).tuples().all()) for query in (by_state, lately)
        )
    return Syncs(
        tuple(SyncRun(row.run_id, row.ended_at, steps_of_run(engine, row.run_id)) for row in found),
        refused,
        actions=of_all,
        unsent={state: of_late[state] for state in UNSENT if state in of_late},
    )
