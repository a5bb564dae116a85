"""What deciding must remember, handed back to the warehouse as ordinary rows."""

from datetime import datetime

from sqlalchemy import Engine, select

from dagster_project.instants import naive
from dagster_project.state.tables import handoffs, identities, outbox, returns

REMEMBERED_OF_ACTIONS = (
    "action_id",
    "trigger_id",
    "kind",
    "target",
    "record_key",
    "subject_key",
    "episode",
    "moment_at",
    "owner_id",
    "pool",
    "turn",
    "state",
)


def read_memory(engine: Engine, as_of: datetime) -> dict[str, list[dict]]:
    """Rows of `raw.pipeline_*`, by table, as they were known to a run with this clock."""
    columns = [identities.c.object_type, identities.c.record_key, identities.c.hubspot_id]
    with engine.connect() as connection:
        known = [dict(row) for row in connection.execute(select(*columns)).mappings()]
    return {"raw.pipeline_identities": known} | read_decided(engine, as_of)


def read_decided(engine: Engine, as_of: datetime) -> dict[str, list[dict]]:
    """The same without whose record is whose: what was decided and done.

    A handoff that a later run acknowledged is here as begun only, so that a past date decides as it did then.
    """
    with engine.connect() as connection:
        begun = [
            {
                "handoff_id": row.handoff_id,
                "record_key": row.record_key,
                "episode": row.episode,
                "owner_id": row.owner_id,
                "owner_reason": row.owner_reason,
                "handed_off_at": naive(row.handed_off_at),
                "acknowledged_at": naive(row.acknowledged_as_of) if _is_known(row.acknowledged_as_of, as_of) else None,
                "pool": row.pool,
                "track": row.track,
                "route_id": row.route_id,
                "turn": row.turn,
                "reason": row.reason,
            }
            for row in connection.execute(select(handoffs).where(handoffs.c.handed_off_at <= as_of))
        ]
        returned = [
            {
                "return_id": row.return_id,
                "handoff_id": row.handoff_id,
                "record_key": row.record_key,
                "episode": row.episode,
                "rule_id": row.rule_id,
                "reason": row.reason,
                "owner_id": row.owner_id,
                "returned_at": naive(row.returned_at),
                "acknowledged_at": naive(row.acknowledged_as_of) if _is_known(row.acknowledged_as_of, as_of) else None,
            }
            for row in connection.execute(select(returns).where(returns.c.returned_at <= as_of))
        ]
        deliveries = [
            {name: naive(value) if isinstance(value, datetime) else value for name, value in row.items()}
            for row in connection.execute(
                select(*(outbox.c[name] for name in REMEMBERED_OF_ACTIONS)).where(outbox.c.as_of <= as_of)
            ).mappings()
        ]
    return {
        "raw.pipeline_handoffs": begun,
        "raw.pipeline_returns": returned,
        "raw.pipeline_deliveries": deliveries,
    }


def _is_known(instant: datetime | None, as_of: datetime) -> bool:
    return instant is not None and instant <= as_of
