"""One sandbox for all tests of this folder, emptied before each; it never asks to wait unless a test wants it to."""

from collections.abc import Iterator

import pytest

from dagster_project.sandbox.clock import Clock
from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.sandbox.settings import Settings

PATIENT = {
    "slack_burst": 1_000,
    "slack_per_second": 1_000.0,
    "slack_workspace_per_minute": 10_000,
    "slack_reads_per_minute": 10_000,
    "slack_lists_per_minute": 10_000,
}


@pytest.fixture(scope="session")
def _outreach_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(clock=Clock()) as running:
        yield running


@pytest.fixture
def sandbox(_outreach_sandbox: Sandbox) -> Sandbox:
    _outreach_sandbox.set(**Settings().as_dict() | PATIENT)
    _outreach_sandbox.reset()
    return _outreach_sandbox
