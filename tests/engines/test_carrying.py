"""What is in DuckDB comes to another engine and back as it was, and only when it has changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.engines.carrying import carry_in
from dagster_project.engines.engine import Engine, EngineUnusable
from tests.engines.carrying_out import carry_out

WHOLE = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def decimals(width: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**width - 1
    return st.integers(-most, most).map(lambda number: Decimal(f"{number}e-{scale}"))


VALUES = {
    **{name: st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in WHOLE.items()},
    **{f"U{name}": st.integers(0, 2**bits - 1) for name, bits in WHOLE.items()},
    "HUGEINT": st.integers(-(10**38) + 1, 10**38 - 1),
    "BOOLEAN": st.booleans(),
    "FLOAT": st.floats(width=32, allow_nan=False),
    "DOUBLE": st.floats(allow_nan=False),
    "DECIMAL(9,4)": decimals(9, 4),
    "DECIMAL(18,4)": decimals(18, 4),
    "DECIMAL(28,9)": decimals(28, 9),
    "DECIMAL(38,4)": decimals(38, 4),
    "DATE": st.dates(),
    "TIMESTAMP": st.datetimes(),
    "VARCHAR": TEXTS,
    "BLOB": st.binary(max_size=20),
}
ROWS = st.lists(st.tuples(*(st.none() | values for values in VALUES.values())), min_size=1, max_size=40)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=ROWS)
def test_every_value_of_every_type_comes_back_as_it_was(engine: Engine, rows: list[tuple]):
    warehouse = duckdb.connect()
    warehouse.execute("set timezone = 'UTC'")
    columns = {f"c{place}": type_name for place, type_name in enumerate(VALUES)}
    declared = ", ".join(f"{name} {type_name}" for name, type_name in columns.items())
    warehouse.execute(f"create schema raw; create schema score; create table raw.values_of_all_types ({declared})")
    warehouse.executemany(f"insert into raw.values_of_all_types values ({', '.join('?' * len(columns))})", rows)

    carry_in(warehouse, engine)
    for statement in ("create schema if not exists score", "drop table if exists score.made"):
        engine.query(statement)
    engine.query("create table score.made as select * from raw.values_of_all_types")
    carry_out(engine, warehouse, ["score.made"], {"score.made": columns})

    of = "select * from {} order by all"
    assert described(warehouse, "score.made") == described(warehouse, "raw.values_of_all_types")
    assert (
        warehouse.sql(of.format("score.made")).fetchall()
        == warehouse.sql(of.format("raw.values_of_all_types")).fetchall()
    )


def described(warehouse: duckdb.DuckDBPyConnection, table: str) -> list[tuple]:
    return [(name, str(type_name)) for name, type_name, *_ in warehouse.sql(f"describe {table}").fetchall()]


def test_an_engine_says_instants_in_utc(engine: Engine, warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute(
        "insert into raw.hubspot_copies (object_type, copied_at, record_count) "
        "values ('contacts', '2026-03-29 01:30:00.000001', 1)"
    )
    carry_in(warehouse, engine)
    (row,) = engine.query("select copied_at || '' as said from raw.hubspot_copies")
    assert row["said"].startswith("2026-03-29 01:30:00.000001")


def test_several_threads_of_a_build_may_ask_at_once(engine: Engine):
    def asked(number: int) -> list[dict]:
        return engine.query(f"select {number} as number, 'of {number}' as words")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(asked, range(64), timeout=120))
    assert answers == [[{"number": number, "words": f"of {number}"}] for number in range(64)]


def test_what_did_not_change_is_not_carried_again(engine: Engine, warehouse: duckdb.DuckDBPyConnection):
    land_events(warehouse, load_id=1)
    land_events(warehouse, load_id=2)
    first = carry_in(warehouse, engine)
    assert {"raw.product_users", "raw.product_events, load 1", "raw.product_events, load 2"} <= set(first)
    assert carry_in(warehouse, engine) == []

    land_events(warehouse, load_id=3)
    warehouse.execute("insert into raw.product_aliases values ('a', 'b', 'aliases.csv', 2, 4)")
    warehouse.execute("update raw.product_events set email = null where load_id = 1")
    assert carry_in(warehouse, engine) == [
        "raw.product_aliases",
        "raw.product_events, load 1",
        "raw.product_events, load 3",
    ]
    assert events(engine) == [(1, "u1", None), (2, "u2", "u2@a.example"), (3, "u3", "u3@a.example")]


def test_a_table_that_the_engine_lost_is_carried_again(engine: Engine, warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute("insert into raw.product_aliases values ('a', 'b', 'aliases.csv', 2, 4)")
    carry_in(warehouse, engine)
    engine.query("drop table raw.product_aliases")
    assert carry_in(warehouse, engine) == ["raw.product_aliases"]
    assert engine.query("select user_id from raw.product_aliases") == [{"user_id": "b"}]


def test_rows_that_were_deleted_are_deleted_there_too(engine: Engine, warehouse: duckdb.DuckDBPyConnection):
    land_events(warehouse, load_id=1)
    land_events(warehouse, load_id=2)
    carry_in(warehouse, engine)
    warehouse.execute("delete from raw.product_events where user_id = 'u1'")
    carry_in(warehouse, engine)
    assert events(engine) == [(2, "u2", "u2@a.example")]


def test_a_type_that_no_engine_has_is_refused_by_name(engine: Engine, warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute("create table raw.odd (length interval)")
    with pytest.raises(EngineUnusable, match=r"raw\.odd\.length is INTERVAL"):
        carry_in(warehouse, engine)


def test_marts_come_back_all_or_none(engine: Engine, warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute(
        "create schema score; create table score.one as select 1 as x; create table score.two as from score.one"
    )
    engine.query("create schema if not exists score")
    engine.query("create table score.one as select 7 as x")
    engine.query("create table score.two as select 'no number' as x")
    types = {"score.one": {"x": "INTEGER"}, "score.two": {"x": "INTEGER"}}
    with pytest.raises(duckdb.ConversionException):
        carry_out(engine, warehouse, ["score.one", "score.two"], types)
    assert warehouse.sql("select x from score.one").fetchall() == [(1,)]

    carry_out(engine, warehouse, ["score.one"], types)
    assert warehouse.sql("select x, typeof(x) from score.one").fetchall() == [(7, "INTEGER")]


def land_events(warehouse: duckdb.DuckDBPyConnection, load_id: int) -> None:
    user = f"u{load_id}"
    warehouse.execute(
        "insert into raw.product_events values (?, ?, ?, null, 'opened', ?, null, null, 'events.jsonl', 1, ?)",
        [f"e{load_id}", user, f"{user}@a.example", datetime(2026, 11, 1, load_id), load_id],
    )


def events(engine: Engine) -> list[tuple]:
    rows = engine.query("select load_id, user_id, email from raw.product_events order by load_id")
    return [tuple(row.values()) for row in rows]
