"""What every test starts from: an environment that names nobody, a data folder of its own, a sandbox when asked."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from dagster_project.sandbox.running import Sandbox, running_sandbox
from dagster_project.state.database import open_state
from tests.throwaway_postgres import Cluster, NewState, running_postgres, templated_states, why_none

# The same examples in every run, so that a change and not chance makes a test fail, and no time limit, so that a slow
# machine does not. To look for more: pytest --hypothesis-profile default
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

OURS = ("PQL_", "HUBSPOT_", "SLACK_", "ENRICHMENT_", "DAGSTER_HOME")
TOKEN = "test-token-that-must-not-be-seen"
REAL_DATA = Path(os.environ.get("PQL_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")


def pytest_unconfigure() -> None:
    """At exit, DuckDB takes whatever pytest's import hook still holds for a leak of its own, and says so at length."""
    for hook in [finder for finder in sys.meta_path if type(finder).__name__ == "AssertionRewritingHook"]:
        sys.meta_path.remove(hook)
        hook.config = hook.session = None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--state", choices=["sqlite", "postgres"], default="sqlite", help="where fixtures keep the state")


def name_nobody(environment: pytest.MonkeyPatch) -> None:
    """No test reaches a real portal because a developer has a token in the environment."""
    for name in list(os.environ):
        if name.startswith(OURS):
            environment.delenv(name)


@pytest.fixture(autouse=True)
def _nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    name_nobody(monkeypatch)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("PQL_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A Postgres server with no database of ours; the test is skipped where there can be none."""
    if reason := why_none():
        pytest.skip(reason)
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def _states(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[NewState]]:
    if request.config.getoption("state") == "postgres":
        return templated_states(request.getfixturevalue("postgres"))
    return lambda: nullcontext(lambda folder: open_state(f"sqlite:///{folder / 'state.sqlite'}"))


@pytest.fixture
def new_state(_states: Callable[[], AbstractContextManager[NewState]]) -> Iterator[NewState]:
    """Makes fresh state databases: where a database is a file, in the folder it is given."""
    with _states() as make:
        yield make


@pytest.fixture(scope="module")
def new_shared_state(_states: Callable[[], AbstractContextManager[NewState]]) -> Iterator[NewState]:
    """The same, for all tests of a module together."""
    with _states() as make:
        yield make


@pytest.fixture
def engine(new_state: NewState, tmp_path: Path) -> Engine:
    """A fresh state database."""
    return new_state(tmp_path)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An empty HubSpot and Slack."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def real_data() -> Path:
    """The folder of real event logs, CRM rows and recorded traffic; the test is skipped where it is missing."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"real data is not there: {REAL_DATA} (set PQL_REAL_DATA)")
    return REAL_DATA
