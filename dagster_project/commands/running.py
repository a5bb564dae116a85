"""Run a job once, in this process, with a line a step, and tell what came of it."""

import os
import sys
from contextlib import redirect_stdout

from dagster_project.commands.home import prepare_dagster_home

prepare_dagster_home()

import dagster as dg  # noqa: E402 - Dagster reads its home when it is imported

from dagster_project.definitions import defs  # noqa: E402
from dagster_project.defs.progress import StepLines  # noqa: E402
from dagster_project.masking import masked  # noqa: E402
from dagster_project.publish.snapshot import NothingPublished, current_snapshot  # noqa: E402
from dagster_project.reports.account import account_of, as_text  # noqa: E402
from dagster_project.settings import read_settings  # noqa: E402
from dagster_project.state.database import open_state  # noqa: E402
from dagster_project.state.run_log import steps_of_run  # noqa: E402


def run_and_tell(job_name: str) -> bool:
    """Execute a job in the Dagster instance, so that its run is in the UI afterwards; whether it succeeded."""
    print("\nRunning the whole job once:", flush=True)
    narration = read_settings().data_dir / "logs" / "last_run.log"
    narration.parent.mkdir(parents=True, exist_ok=True)
    StepLines.terminal = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    with dg.DagsterInstance.get() as instance, narration.open("w") as log, redirect_stdout(log):
        result = defs.resolve_job_def(job_name).execute_in_process(
            instance=instance, raise_on_error=False, run_config={"loggers": {"step_lines": {}}}
        )
    _print_account(result.run_id)
    if not result.success:
        for reason, steps in _steps_by_reason(result).items():
            print(f"\n{', '.join(steps)}: {reason}", file=sys.stderr)
        print(
            "\nNothing is lost: mend this and run it again; what is done is not done twice.\n"
            f"All that was said on the way: {narration}",
            file=sys.stderr,
        )
    return result.success


def _print_account(run_id: str) -> None:
    settings = read_settings()
    try:
        snapshot = current_snapshot(settings.published_dir)
    except NothingPublished:
        snapshot = None
    lines = account_of(steps_of_run(open_state(settings.state_database_url), run_id), snapshot)
    print(f"\nWhat happened\n{masked(as_text(lines))}")


def _steps_by_reason(result: dg.ExecuteInProcessResult) -> dict[str, list[str]]:
    """What is to be mended, each once, and the steps that it stopped."""
    steps: dict[str, list[str]] = {}
    for event in result.filter_events(lambda event: event.is_step_failure):
        steps.setdefault(_reason(event), []).append((event.step_key or "").replace("__", "."))
    return steps


def _reason(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    return data.error.to_string() if data.error else "no reason given"
