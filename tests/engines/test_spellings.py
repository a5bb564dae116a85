"""What models leave to the engine, every engine says, or the way of DuckDB is meant for it too."""

import re

import pytest

from dagster_project.settings import DBT_PROJECT_DIR

MACROS = "\n".join(file.read_text(encoding="utf-8") for file in sorted((DBT_PROJECT_DIR / "macros").rglob("*.sql")))
DISPATCHED = set(re.findall(r"adapter\.dispatch\('(\w+)', 'pql'\)", MACROS))
# How an incremental model goes on, in SQL that these engines have too.
INCREMENTAL = {
    "batches_of_days", "forget_days_gone", "goes_on", "replacing_rows", "rows_from", "state_of_deliveries",
}  # fmt: skip
EVERYWHERE = {"reached_over", "ways_through_stages", "where_it_matches"}
AS_ON_DUCKDB = {
    "spark": {"elapsed_microseconds", "percentile", "type_double", "value_before"},
    "postgres": INCREMENTAL | EVERYWHERE | {"percentile", "plain_number", "with_value_before"},
    "snowflake": INCREMENTAL
    | EVERYWHERE
    | {"elapsed_microseconds", "key_of", "percentile", "plain_number", "type_double", "value_before"},
    "bigquery": INCREMENTAL | EVERYWHERE | {"value_before"},
}
# Of dbt's own macros.
ITS_OWN = {"dateadd", "get_empty_schema_sql", "get_table_columns_and_constraints"}


@pytest.mark.parametrize("engine", sorted(AS_ON_DUCKDB))
def test_each_engine_says_everything_that_is_left_to_it(engine: str):
    said = set(re.findall(rf"macro {engine}__(\w+)\(", MACROS))
    assert DISPATCHED - said == AS_ON_DUCKDB[engine]


@pytest.mark.parametrize("engine", ["bigquery", "postgres", "snowflake"])
def test_no_engine_says_what_nobody_asks_for(engine: str):
    said = set(re.findall(rf"macro {engine}__(\w+)\(", MACROS))
    assert said - DISPATCHED <= ITS_OWN


def test_everything_that_is_left_to_engines_is_said_for_duckdb():
    assert set(re.findall(r"macro default__(\w+)\(", MACROS)) == DISPATCHED
