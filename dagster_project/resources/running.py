"""What Dagster runs, and where it keeps that. A sync goes beside no other one, an erasure or a move beside no run."""

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
    if runs := runs_under_way(instance, own_run_id):
        raise CannotErase(
            f"Nothing was erased: {runs}, which would read what is being erased. Wait for them; one that was killed is "
            "ended in the Dagster UI (make dev, Runs, Terminate)."
        )


def runs_under_way(instance: dg.DagsterInstance, own_run_id: str | None = None) -> str | None:
    """Which runs are queued or under way, in words; None: none is."""
    # One that is being terminated may read and write until it has ended.
    statuses = [*UNFINISHED, dg.DagsterRunStatus.CANCELING]
    runs = [run for run in instance.get_runs(dg.RunsFilter(statuses=statuses)) if run.run_id != own_run_id]
    if not runs:
        return None
    named = ", ".join(f"{run.job_name} {run.run_id[:8]}" for run in runs[:3])
    return f"{len(runs)} run(s) are queued or under way ({named})"


def postgres_url_of(instance: dg.DagsterInstance) -> str | None:
    """Where Dagster keeps its runs and logs, with the password; None: in files of its home."""
    return getattr(instance.run_storage, "postgres_url", None)
