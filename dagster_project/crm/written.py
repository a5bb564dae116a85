"""What single runs wrote, as the ledger log says it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, func, select

from dagster_project.state.tables import ledger_log, runs

UNDO_STEP = "undo_"


@dataclass(frozen=True)
class Written:
    """What a run made of one property of one record: `before` None: nothing of ours; `value` None: it was emptied."""

    record_key: str
    hubspot_id: str
    property: str
    before: str | None
    value: str | None
    log_id: int

    @property
    def place(self) -> tuple[str, str]:
        return self.hubspot_id, self.property


@dataclass(frozen=True)
class Newer:
    """The last entry about a property of a record that another run wrote later."""

    run_id: str
    value: str | None


@dataclass
class WritingRun:
    """A run that wrote something: values by object type, the run that it took back, and those that took it back."""

    run_id: str
    last_write_at: datetime
    values: dict[str, int] = field(default_factory=dict)
    undoes: str | None = None
    undone_by: list[str] = field(default_factory=list)


def read_written(engine: Engine, object_type: str, run_id: str) -> list[Written]:
    """What a run changed, a property of a record once: from what it found first to what it left last."""
    log = ledger_log.c
    query = (
        select(log.record_key, log.hubspot_id, log.property, log.previous_value, log.value, log.id)
        .where(log.object_type == object_type, log.run_id == run_id)
        .order_by(log.id)
    )
    found: dict[tuple[str, str], Written] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            entry = Written(*row)
            first = found.get(entry.place, entry)
            found[entry.place] = Written(*row[:3], first.before, *row[4:])
    return [entry for entry in found.values() if entry.before != entry.value]


def read_newer(engine: Engine, object_type: str, run_id: str, written: Sequence[Written]) -> dict[tuple, Newer]:
    """By place, what other runs wrote over these values since."""
    if not written:
        return {}
    log = ledger_log.c
    log_ids = {entry.place: entry.log_id for entry in written}
    query = (
        select(log.id, log.run_id, log.hubspot_id, log.property, log.value)
        .where(log.object_type == object_type, log.id > min(log_ids.values()), log.run_id != run_id)
        .order_by(log.id)
    )
    newer: dict[tuple, Newer] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            place = (row.hubspot_id, row.property)
            if row.id > log_ids.get(place, row.id):
                newer[place] = Newer(row.run_id, row.value)
    return newer


def read_written_types(engine: Engine, run_id: str) -> list[str]:
    """The object types of which a run wrote something."""
    query = select(ledger_log.c.object_type).where(ledger_log.c.run_id == run_id).distinct()
    with engine.connect() as connection:
        return sorted(connection.execute(query).scalars())


def is_known(engine: Engine, run_id: str) -> bool:
    """Whether a run left anything in the run log, where also one that wrote nothing stands."""
    with engine.connect() as connection:
        return connection.execute(select(runs.c.id).where(runs.c.run_id == run_id).limit(1)).first() is not None


def read_undos(engine: Engine) -> dict[str, str]:
    """The runs that took another one back, each with that one, the first undo first."""
    query = select(runs.c.run_id, runs.c.summary).where(runs.c.step.startswith(UNDO_STEP, autoescape=True))
    with engine.connect() as connection:
        return {row.run_id: row.summary["undone_run_id"] for row in connection.execute(query.order_by(runs.c.id))}


def read_last_runs(engine: Engine, count: int) -> list[WritingRun]:
    """The runs that wrote last, the newest first; a sync that found nothing to write is not among them."""
    log = ledger_log.c
    latest = select(log.run_id, func.max(log.id).label("last_id")).group_by(log.run_id)
    latest = latest.order_by(func.max(log.id).desc()).limit(count)
    with engine.connect() as connection:
        run_ids = [row.run_id for row in connection.execute(latest)]
        counted = connection.execute(
            select(log.run_id, log.object_type, func.count(), func.max(log.acknowledged_at))
            .where(log.run_id.in_(run_ids))
            .group_by(log.run_id, log.object_type)
            .order_by(log.object_type)
        ).all()
    found: dict[str, WritingRun] = {}
    for run_id, object_type, values, last_write_at in counted:
        run = found.setdefault(run_id, WritingRun(run_id, last_write_at))
        run.values[object_type] = values
        run.last_write_at = max(run.last_write_at, last_write_at)
    for run_id, undone in read_undos(engine).items():
        if run_id in found:
            found[run_id].undoes = undone
        if undone in found:
            found[undone].undone_by.append(run_id)
    return [found[run_id] for run_id in run_ids]
