from collections.abc import Iterator
from pathlib import Path

import pytest
from landing_folder import Landing, a_warehouse


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    """A landing folder of a warehouse that has loaded nothing yet."""
    with a_warehouse() as connection:
        yield Landing(tmp_path / "landing", connection)
