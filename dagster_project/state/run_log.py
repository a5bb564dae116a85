"""What each step of each run did, sent and cost."""

from datetime import datetime

from sqlalchemy import Engine, insert, select

from dagster_project.state.tables import runs


def log_step(
    engine: Engine,
    run_id: str,
    step: str,
    as_of: datetime,
    started_at: datetime,
    ended_at: datetime,
    summary: dict,
) -> None:
    """Keep the summary of a step, a dict of plain numbers and texts."""
    row = {
        "run_id": run_id,
        "step": step,
        "as_of": as_of,
        "started_at": started_at,
        "ended_at": ended_at,
        "summary": summary,
    }
    with engine.begin() as connection:
        connection.execute(insert(runs).values(row))


def last_summary(engine: Engine, step: str) -> dict | None:
    """Of whatever run had this step last; None: none had."""
    query = select(runs.c.summary).where(runs.c.step == step).order_by(runs.c.id.desc()).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def steps_of_run(engine: Engine, run_id: str) -> dict[str, dict]:
    """The summaries of a run by step name; of a step that ran twice, the later one."""
    query = select(runs.c.step, runs.c.summary).where(runs.c.run_id == run_id).order_by(runs.c.id)
    with engine.connect() as connection:
        return {row.step: row.summary for row in connection.execute(query)}
