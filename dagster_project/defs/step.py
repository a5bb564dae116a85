"""What every step shares: the clock of its run, errors told plainly, and a line in the run log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg

from dagster_project.masking import masked
from dagster_project.mendable import MENDABLE
from dagster_project.resources.clock import Clock
from dagster_project.resources.state import State
from dagster_project.state.run_log import log_step


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn an error that names its own remedy into the description of a failed step, without a traceback."""
    try:
        yield
    except MENDABLE as error:
        raise dg.Failure(description=masked(str(error)), allow_retries=False) from None


@dataclass
class Step:
    """A step that is running; what it puts into `summary` is kept in the run log."""

    run_id: str
    as_of: datetime
    summary: dict = field(default_factory=dict)


@contextmanager
def running_step(context: dg.AssetExecutionContext, name: str, state: State, clock: Clock) -> Iterator[Step]:
    """Run a step of the pipeline.

    Raises:
        dagster.Failure: The step could not do its work; the description is for the person who must act.
    """
    with told_plainly():
        started_at = datetime.now(UTC)
        step = Step(context.run_id, clock.of_run(context.instance, context.run_id))
        yield step
        log_step(state.engine(), step.run_id, name, step.as_of, started_at, datetime.now(UTC), step.summary)
