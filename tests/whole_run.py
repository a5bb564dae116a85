"""The pipeline as Dagster runs it, in this process: real DuckDB, dbt and state, a sandbox for HubSpot and Slack."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import PROJECT_DIR, SAMPLE_DIR

SAMPLE_AS_OF = (SAMPLE_DIR / "as_of.txt").read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Pipeline:
    """One data folder and the environment that goes with it."""

    data_dir: Path
    environment: pytest.MonkeyPatch

    @classmethod
    def in_folder(cls, data_dir: Path, environment: pytest.MonkeyPatch) -> "Pipeline":
        environment.setenv("PQL_DATA_DIR", str(data_dir))
        return cls(data_dir, environment)

    @property
    def landing(self) -> Path:
        folder = self.data_dir / "landing" / "product"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def use_sandbox(self, sandbox: Sandbox, token: str) -> None:
        self.environment.setenv("HUBSPOT_BASE_URL", sandbox.url)
        self.environment.setenv("HUBSPOT_ACCESS_TOKEN", token)
        self.environment.setenv("SLACK_BASE_URL", sandbox.slack_url)
        self.environment.setenv("SLACK_BOT_TOKEN", token)

    def land_sample(self) -> None:
        for file in (SAMPLE_DIR / "landing" / "product").iterdir():
            shutil.copyfile(file, self.landing / file.name)

    def run(
        self, job: str = "whole_job", as_of: str | None = None, resources: dict | None = None
    ) -> dg.ExecuteInProcessResult:
        """Execute a job with the clock, and other resources, as somebody has them in the launchpad."""
        from dagster_project.definitions import defs

        clock = {"clock": {"config": {"as_of": as_of}}} if as_of else {}
        config = {"resources": (resources or {}) | clock} if resources or clock else {}
        with dg.DagsterInstance.ephemeral() as instance:
            return defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config=config | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )

    def materialize(
        self, *keys: str, as_of: str | None = None, config: dict | None = None
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets such as `diff/crm_contacts_changed`, as `dagster asset materialize --select` does.

        `config`: what a person says to each of them in the launchpad.
        """
        from dagster_project.definitions import defs

        said = {"ops": {key.replace("/", "__"): {"config": config} for key in keys}} if config else {}
        config = said | ({"resources": {"clock": {"config": {"as_of": as_of}}}} if as_of else {})
        job = defs.resolve_implicit_global_asset_job_def()
        with dg.DagsterInstance.ephemeral() as instance:
            return job.execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey(key.split("/")) for key in keys],
                raise_on_error=False,
                run_config=config | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )

    def table(self, name: str) -> pl.DataFrame:
        """A published mart."""
        return pl.read_parquet(self.data_dir / "published" / "current" / f"{name}.parquet")

    def query(self, sql: str) -> list[tuple]:
        """A query on the warehouse."""
        with duckdb.connect(self.data_dir / "warehouse.duckdb", read_only=True) as connection:
            return connection.sql(sql).fetchall()


def dagster_command(home: Path, *arguments: str) -> str:
    """What Dagster's command line logs when it does this on our definitions, in the environment of the test."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "dagster", *arguments, "-m", "dagster_project.definitions"],
        cwd=PROJECT_DIR,
        env=os.environ | {"DAGSTER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def reasons(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Why steps failed, by step: what a person is told."""
    told = {}
    for event in result.filter_events(lambda event: event.is_step_failure):
        data = event.step_failure_data
        is_told = data.user_failure_data is not None and data.user_failure_data.description
        told[event.step_key] = data.user_failure_data.description if is_told else data.error.to_string()
    return told


def materialization(result: dg.ExecuteInProcessResult, key: str) -> dict:
    """The metadata of an asset's materialization, as plain values."""
    (event,) = [
        event.step_materialization_data.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(key.split("/"))
    ]
    return {name: value.value for name, value in event.metadata.items()}


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {evaluation.check_name for evaluation in result.get_asset_check_evaluations() if not evaluation.passed}
