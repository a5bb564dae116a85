"""One sandbox for all tests of this folder, emptied before each; what a test sets is set back."""

from collections.abc import Iterator

import pytest
from sandbox_client import Client

from dagster_project.sandbox.clock import Clock
from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.sandbox.settings import Settings


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(clock=Clock()) as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    shared_sandbox.set(**Settings().as_dict())
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
def hubspot(sandbox: Sandbox) -> Iterator[Client]:
    client = Client(sandbox.url)
    yield client
    client.close()
