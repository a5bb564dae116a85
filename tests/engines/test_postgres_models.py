"""Every model builds on a Postgres that was empty, and all tests of the models pass there, unit tests too."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from dagster_project.engines.carrying import carry_in
from dagster_project.engines.engine import Engine
from dagster_project.settings import DBT_PROJECT_DIR


def test_everything_builds_and_every_test_of_the_models_passes(
    postgres_engine: Engine, warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
):
    carry_in(warehouse, postgres_engine)
    places = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
    places += ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")]
    done = subprocess.run(
        [
            Path(sys.executable).parent / "dbt",
            "--no-use-colors",
            "build",
            "--vars",
            '{"as_of": "2026-11-20T09:00:00Z"}',
            *places,
        ],
        env=os.environ | {"PQL_TARGET": "postgres", "PQL_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " ERROR=0 " in done.stdout
    assert "unit tests" in done.stdout
