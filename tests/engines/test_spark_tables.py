"""Tables that are in Spark already are judged as tables in DuckDB are: the same rows, the same quarantine."""

import duckdb
import pytest

from dagster_project.engines.carrying import carry_in
from dagster_project.engines.engine import Engine
from dagster_project.engines.spark_rows import leaving_out
from dagster_project.landing.in_warehouse import connect_tables
from dagster_project.landing.lag import arrival_lag_in_table
from dagster_project.landing.places import PlacesInvalid, read_places
from dagster_project.landing.sources.product import EVENTS
from dagster_project.landing.tables import create_raw_tables
from dagster_project.privacy.suppression import NOBODY

PLACES = {"product": {"schema": "app", "events": "fct_events", "loaded_at": "_loaded_at"}}
COLUMNS = "event_id, user_id, email, event_type, timestamp, received_at, properties, _loaded_at"
INSTANT = "cast('2026-11-0{0} 09:00:0{1}.5' as timestamp)"
ROWS = [
    ("'e1'", "'u1'", "'u1@a.example'", "'opened'", INSTANT.format(1, 0), INSTANT.format(1, 3), "'{\"a\": 1}'"),
    ("'e2'", "'u2'", "null", "'opened'", INSTANT.format(2, 0), INSTANT.format(2, 9), "null"),
    ("'e3'", "null", "null", "'opened'", INSTANT.format(3, 0), "null", "null"),
    ("'e4'", "'u4'", "null", "'opened'", "null", "null", "'no object'"),
]
VALUES = " union all ".join(f"select {', '.join(row)}, {INSTANT.format(4, number)}" for number, row in enumerate(ROWS))


def creation(using: str) -> str:
    return f"create table app.fct_events {using} as select * from ({VALUES}) as t ({COLUMNS})"


def test_the_same_rows_and_quarantine_as_of_a_table_in_duckdb(spark: Engine, warehouse: duckdb.DuckDBPyConnection):
    from dagster_project.engines.spark_tables import connect_in_spark

    place = read_places(PLACES)["product"]
    by_duckdb = duckdb.connect()
    by_duckdb.execute("set timezone = 'UTC'")
    create_raw_tables(by_duckdb)
    by_duckdb.execute(f"create schema app; {creation('')}")
    report = connect_tables(by_duckdb, place, EVENTS)
    spark.query("drop schema if exists app cascade")
    spark.query("create schema app")
    spark.query(creation("using parquet"))

    for _ in range(2):
        found, lag = connect_in_spark(warehouse, spark, place, EVENTS, leaving_out(NOBODY))
        assert found == report
        assert lag == arrival_lag_in_table(by_duckdb, "in_warehouse.product_events")
        kept = "select * exclude (raw_text) from raw.quarantine order by all"
        assert warehouse.sql(kept).fetchall() == by_duckdb.sql(kept).fetchall()
        assert warehouse.sql("from raw.domains_elsewhere").fetchall() == [("a.example",)]
        carry_in(warehouse, spark)
        names = ", ".join(name for name, *_ in by_duckdb.sql("describe in_warehouse.product_events").fetchall())
        read = f"select {names} from in_warehouse.product_events order by event_id"
        assert [tuple(row.values()) for row in spark.query(read)] == by_duckdb.sql(read).fetchall()
    assert found.loaded_count == 2

    # They are somebody else's.
    spark.forget()
    assert (spark.tables("app"), spark.tables("in_warehouse")) == ({"fct_events"}, set())
    spark.query("drop schema app cascade")


def test_a_table_that_is_not_there_is_told(spark: Engine, warehouse: duckdb.DuckDBPyConnection):
    from dagster_project.engines.spark_tables import connect_in_spark

    with pytest.raises(PlacesInvalid, match="schema app of Spark has no table fct_events; found no table"):
        connect_in_spark(warehouse, spark, read_places(PLACES)["product"], EVENTS, leaving_out(NOBODY))
