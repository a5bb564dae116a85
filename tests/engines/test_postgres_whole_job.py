"""The whole job with the models on Postgres, against the whole job with the models on DuckDB."""

import pytest

from tests.engines.parity import differences
from tests.engines.two_days import Day, unlike

DAYS = pytest.mark.parametrize("day", [0, 1], ids=["first day", "next day"])


@DAYS
def test_marts_and_what_is_told_are_those_of_duckdb(day: int, postgres_days: list[Day], duckdb_days: list[Day]):
    assert unlike(duckdb_days[day], postgres_days[day]) == {}


def test_the_next_day_has_something_to_tell(postgres_days: list[Day]):
    first, second = postgres_days
    assert first.written["calls"].total() > 20
    assert second.written["calls"].total() > first.written["calls"].total()
    assert any(line.startswith("score.contact_scores") for line in differences(first.warehouse, second.warehouse))
