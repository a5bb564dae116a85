"""Whether anything is running: no sync is asked for beside another, and an erasure goes beside no run at all."""

import dagster as dg

from dagster_project.privacy.erasing import CannotErase

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def refuse_beside_runs(instance: dg.DagsterInstance, own_run_id: str | None = None) -> None:
    """Raises:
    CannotErase: A run is queued or under way.
    """
    # One that is being terminated may read and write until it has ended.
    statuses = [*UNFINISHED, dg.DagsterRunStatus.CANCELING]
    runs = [run for run in instance.get_runs(dg.RunsFilter(statuses=statuses)) if run.run_id != own_run_id]
    if runs:
        named = ", ".join(f"{run.job_name} {run.run_id[:8]}" for run in runs[:3])
        raise CannotErase(
            f"Nothing was erased: {len(runs)} run(s) are queued or under way ({named}), which would read what is being "
            "erased. Wait for them; one that was killed is ended in the Dagster UI (make dev, Runs, Terminate)."
        )
