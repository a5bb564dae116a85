"""What tells two engines apart tells everything that a person would call another number."""

from pathlib import Path

import duckdb
import pytest

from tests.engines.parity import differences

ROWS = "('a', 1, 0.5), ('b', null, 0.25)"


def told(folder: Path, values: str, number_type: str = "integer") -> list[str]:
    """Of a mart with these values and one with ROWS."""
    for name, rows, type_name in (("one", ROWS, "integer"), ("other", values, number_type)):
        with duckdb.connect(folder / f"{name}.duckdb") as connection:
            connection.execute("create schema score")
            connection.execute(
                f"create table score.marts as select k, cast(n as {type_name}) as n, cast(f as double) as f "
                f"from (values {rows}) as t(k, n, f)"
            )
    return differences(folder / "one.duckdb", folder / "other.duckdb")


def test_the_same_rows_in_another_order_and_floats_a_billionth_apart_are_the_same(tmp_path: Path):
    assert told(tmp_path, "('b', null, 0.25), ('a', 1, 0.5000000001)") == []


@pytest.mark.parametrize(
    "values",
    [
        "('a', 1, 0.5), ('b', 0, 0.25)",
        "('a', 1, 0.5), ('b', null, 0.2500001)",
        "('a', 1, null), ('b', null, 0.25)",
        "('a', 2, 0.5), ('b', null, 0.25)",
        "('a', 1, 0.5)",
        "('a', 1, 0.5), ('b', null, 0.25), ('b', null, 0.25)",
    ],
)
def test_another_value_a_row_too_few_and_a_row_too_many_are_differences(tmp_path: Path, values: str):
    assert told(tmp_path, values) != []


def test_another_type_is_a_difference(tmp_path: Path):
    assert told(tmp_path, ROWS, number_type="bigint") != []
