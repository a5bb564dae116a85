"""The whole job with the models on Postgres, against the whole job with the models on DuckDB."""

import pytest

from tests.engines.parity import differences
from tests.engines.two_days import Day

DAYS = pytest.mark.parametrize("day", [0, 1], ids=["first day", "next day"])


@DAYS
def test_every_step_succeeds(day: int, postgres_days: list[Day]):
    assert postgres_days[day].failures == {}


@DAYS
def test_the_warehouse_holds_the_marts_that_duckdb_makes(day: int, duckdb_days: list[Day], postgres_days: list[Day]):
    assert duckdb_days[day].failures == {}
    assert differences(duckdb_days[day].warehouse, postgres_days[day].warehouse) == []


@DAYS
def test_hubspot_and_slack_are_told_exactly_the_same(day: int, duckdb_days: list[Day], postgres_days: list[Day]):
    expected, found = duckdb_days[day].written, postgres_days[day].written
    things = expected.keys() | found.keys()
    unlike = {what: (expected.get(what), found.get(what)) for what in things if expected.get(what) != found.get(what)}
    assert unlike == {}


def test_the_next_day_has_something_to_tell(postgres_days: list[Day]):
    first, second = postgres_days
    assert first.written["calls"].total() > 20
    assert second.written["calls"].total() > first.written["calls"].total()
    assert any(line.startswith("score.contact_scores") for line in differences(first.warehouse, second.warehouse))
