"""dbt in the process of the tests, with a project that is read once: a build takes half a second instead of six."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dagster_project.resources.dbt import close_warehouse, hand_settings_to_dbt
from dagster_project.settings import DBT_PROJECT_DIR


@cache
def manifest(target: Path) -> Any:
    from dbt.cli.main import dbtRunner

    parsed = dbtRunner().invoke(["--quiet", "--log-path", str(target), "parse", *_places(target)])
    assert parsed.success, parsed.exception
    return parsed.result


def run_models(
    data_dir: Path, environment: pytest.MonkeyPatch, as_of: str, models: Sequence[str], *flags: str, target: Path
) -> None:
    """Build models and rule files without their tests; whatever else they read must be there."""
    environment.setenv("PQL_DATA_DIR", str(data_dir))
    hand_settings_to_dbt()
    only_build = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    done = build(target, "build", *only_build, "--vars", json.dumps({"as_of": as_of}), "--select", *models, *flags)
    assert done.success, done.exception or [result.message for result in done.result.results if result.message]


def build(target: Path, verb: str, *arguments: str) -> Any:
    """What dbt says of `build` or `test` in the environment as it is; the project is read once for each `target`."""
    from dbt.cli.main import dbtRunner

    try:
        return dbtRunner(manifest=manifest(target)).invoke(
            ["--quiet", "--log-path", str(target), verb, *_places(target), *arguments]
        )
    finally:
        close_warehouse()


def _places(target: Path) -> list[str]:
    project = str(DBT_PROJECT_DIR)
    return ["--project-dir", project, "--profiles-dir", project, "--target-path", str(target)]
