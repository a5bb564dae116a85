"""Dagster's run launcher here: a run goes to a process that waits for one; where none waits, to a new one as ever."""

import json
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, LaunchRunContext, WorkerStatus
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData, serialize_value

from dagster_project.standby.places import sockets_in, worker_of
from dagster_project.standby.talking import GO, READY, receive, send

GIVEN_TO = "pql/standby"
PATIENCE_SECONDS = 2.0


class StandbyRunLauncher(DefaultRunLauncher):
    """Named in instance.yaml."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> "StandbyRunLauncher":
        return cls(inst_data=inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        run = context.dagster_run
        if context.job_code_origin is not None:
            # Before it begins: what it began without a tag would be looked for in another place.
            self._instance.add_run_tags(run.run_id, {GIVEN_TO: "yes"})
            args = ExecuteRunArgs(context.job_code_origin, run.run_id, self._instance.get_ref())
            if self._handed_over(run.run_id, serialize_value(args)):
                self._instance.report_engine_event("Given to a process that was waiting for a run.", run)
                return
            self._instance.add_run_tags(run.run_id, {GIVEN_TO: "no"})
        super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or not _is_given(run):
            return super().terminate(run_id)
        pid = worker_of(self._home, run_id)
        if pid is None:
            return False
        self._instance.report_run_canceling(run)
        os.kill(pid, signal.SIGINT)
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Of other runs the code server notices itself when their process ends."""
        if not _is_given(run) or worker_of(self._home, run.run_id) is not None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "The process that executed the run ended.")

    @property
    def _home(self) -> Path:
        return Path(self._instance.root_directory)

    def _handed_over(self, run_id: str, args: str) -> bool:
        return any(offered(path, run_id, args) for path in sockets_in(self._home))


def _is_given(run: DagsterRun) -> bool:
    return run.tags.get(GIVEN_TO) == "yes"


def offered(path: Path, run_id: str, args: str) -> bool:
    """Give a run to the process that waits there; it begins only once it was told to, so that no run is given twice."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(PATIENCE_SECONDS)
        try:
            door.connect(str(path))
            send(door, json.dumps({"run_id": run_id, "args": args}))
            if receive(door) != READY:
                return False
            send(door, GO)
        except OSError:
            # It took another run, or it is gone.
            return False
    return True
