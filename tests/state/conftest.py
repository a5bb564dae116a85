import pytest

from dagster_project.state.database import open_state


@pytest.fixture(autouse=True)
def _nothing_is_open_yet() -> None:
    """A process keeps what it opened; each test opens its own."""
    open_state.cache_clear()
