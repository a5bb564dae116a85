"""A table that is in the warehouse already gives the rows that a file with its contents would give."""

from pathlib import Path

import duckdb
import pytest
from landing_folder import Landing, a_warehouse

from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.in_warehouse import connect_tables, files_left_lying, forget_tables
from dagster_project.landing.lag import arrival_lag_in_table
from dagster_project.landing.loading import FileReport, load_source
from dagster_project.landing.places import PlacesInvalid, read_places
from dagster_project.landing.replaying import replay_quarantine
from dagster_project.landing.sources import LANDING_TABLES, kinds_in

TABLES = {table.name: table for table in LANDING_TABLES}
EVENTS = """
    create table app.events as select * from (values
        ('e1', 'u1', 'A@x.example', 'c1', 'logged_in', timestamptz '2026-11-01 10:00:00+01',
            timestamp '2026-11-01 09:00:05', {'feature_name': 'exports', 'n': 1}),
        ('e2', 'u2', null, null, 'report_created', timestamptz '2026-11-02 10:00:00+00', null, null),
        ('e3', null, 'b@x.example', null, 'logged_in', timestamptz '2026-11-02 11:00:00+00', null, null),
        ('e4', 'u4', null, null, 'logged_in', null, null, null)
    ) as rows (event_id, user_id, email, company_id, event_type, timestamp, received_at, properties)
"""
TRACKS = """
    create table app.tracks as select * from (values
        ('m1', 'u1', null, 'Trial Started', 'acme', timestamp '2026-11-01 10:00:00', 'pro', 5, null),
        ('m2', null, 'browser', 'Page Left', null, timestamp '2026-11-01 11:00:00', null, null, 2.5),
        ('m3', null, null, 'Nobody Did It', null, timestamp '2026-11-01 11:00:00', null, null, null)
    ) as rows (id, user_id, anonymous_id, event_text, context_group_id, timestamp, plan, seats, price)
"""
IDENTIFIES = """
    create table app.identifies as select * from (values
        ('m4', 'u1', 'browser', timestamp '2026-11-01 12:00:00', 'ana@acme.example', true)
    ) as rows (id, user_id, anonymous_id, timestamp, email, is_admin)
"""


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = a_warehouse()
    connection.execute("create schema app")
    return connection


def connect(connection: duckdb.DuckDBPyConnection, table: str, **said: str) -> list[FileReport]:
    source = kinds_in(TABLES[table])[0]
    place = read_places({source: {"schema": "app", **said}})[source]
    return connect_tables(connection, place, TABLES[table]).files


def as_if_exported(connection: duckdb.DuckDBPyConnection, folder: Path, source: str, *names: str) -> None:
    """The same tables as Parquet files, loaded."""
    (folder / source).mkdir()
    for name in names:
        connection.execute(f"copy app.{name} to '{folder / source / name}.parquet' (format parquet)")
    load_source(connection, folder, source)


@pytest.mark.parametrize(
    ("source", "raw_table", "tables"),
    [
        ("product", "product_events", {"events": EVENTS}),
        ("segment", "segment_calls", {"tracks": TRACKS, "identifies": IDENTIFIES}),
    ],
)
def test_a_table_gives_the_rows_of_a_file_with_its_contents(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, source: str, raw_table: str, tables: dict[str, str]
):
    for sql in tables.values():
        warehouse.execute(sql)
    reports = connect(warehouse, raw_table)
    as_if_exported(warehouse, tmp_path, source, *tables)
    place = "* exclude (file_name, line_number, load_id)"
    seen, loaded = (
        warehouse.sql(f"select {place} from {schema}.{raw_table} order by all").fetchall()
        for schema in ("in_warehouse", "raw")
    )
    assert seen == loaded != []
    told = warehouse.sql("select file_name, reason, count(*) from raw.quarantine group by all order by all").fetchall()
    assert sorted(reason for name, reason, _ in told if name.startswith("app.")) == sorted(
        reason for name, reason, _ in told if not name.startswith("app.")
    )
    counts = warehouse.sql("select sum(loaded_count), sum(quarantined_count) from raw.landing_files").fetchall()
    assert counts == [(sum(r.loaded_count for r in reports), sum(r.quarantined_count for r in reports))]


def test_an_id_that_a_table_holds_as_a_float_is_the_whole_number(warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute(EVENTS.replace("'u1'", "'7'").replace("'u2'", "'7.5'"))
    warehouse.execute("alter table app.events alter user_id type double using try_cast(user_id as double)")
    connect(warehouse, "product_events")
    seen = warehouse.sql("select event_id, user_id from in_warehouse.product_events order by 1").fetchall()
    assert seen == [("e1", "7"), ("e2", "7.5")]


@pytest.mark.parametrize("raw_table", TABLES)
def test_a_view_has_the_shape_of_its_raw_table_whatever_tables_there_are(
    warehouse: duckdb.DuckDBPyConnection, raw_table: str
):
    for sql in (EVENTS, TRACKS, IDENTIFIES):
        warehouse.execute(sql)
    warehouse.execute("create table app.companies (company_id varchar, distinct_id varchar)")
    warehouse.execute("create table app.users (distinct_id varchar)")
    if raw_table.startswith(("amplitude", "mixpanel")):
        warehouse.execute("drop table app.events")
        warehouse.execute(
            "create table app.events (event_type varchar, event varchar, event_time varchar, time varchar)"
        )
    connect(warehouse, raw_table)
    shapes = [
        [row[:2] for row in warehouse.sql(f"describe {schema}.{raw_table}").fetchall()]
        for schema in ("raw", "in_warehouse")
    ]
    assert shapes[0] == shapes[1]


def test_what_cannot_be_used_is_counted_and_kept_with_its_reason_and_a_mended_row_is_not_told_again(
    warehouse: duckdb.DuckDBPyConnection,
):
    warehouse.execute(EVENTS)
    aside = "select file_name, reason, raw_text ->> 'event_id' from raw.quarantine order by all"
    for _ in range(2):
        (report,) = connect(warehouse, "product_events")
        assert (report.name, report.loaded_count, report.quarantined_count) == ("app.events", 2, 2)
        assert report.reasons == {"timestamp_missing": 1, "user_id_missing": 1}
        assert warehouse.sql(aside).fetchall() == [
            ("app.events", "timestamp_missing", "e4"),
            ("app.events", "user_id_missing", "e3"),
        ]
    warehouse.execute("update app.events set user_id = 'u3' where event_id = 'e3'")
    (report,) = connect(warehouse, "product_events")
    assert report.reasons == {"timestamp_missing": 1}
    assert warehouse.sql(aside).fetchall() == [("app.events", "timestamp_missing", "e4")]


def test_of_very_many_bad_rows_some_are_kept_and_all_are_counted(warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute(EVENTS)
    warehouse.execute("insert into app.events (event_id) select 'bad' || i from range(1500) as numbers (i)")
    (report,) = connect(warehouse, "product_events")
    assert report.reasons["user_id_missing"] == 1501
    kept = "select count(*) from raw.quarantine where reason = 'user_id_missing'"
    assert warehouse.sql(kept).fetchall() == [(1000,)]


def test_when_a_row_was_loaded_is_known_where_the_table_says_it_and_is_no_property(
    warehouse: duckdb.DuckDBPyConnection,
):
    warehouse.execute(TRACKS)
    warehouse.execute("alter table app.tracks add column _synced timestamp")
    warehouse.execute("update app.tracks set _synced = timestamp '2026-11-02 00:00:00' where id = 'm1'")
    connect(warehouse, "segment_calls", loaded_at="_synced")
    assert warehouse.sql("select load_id, properties from in_warehouse.segment_calls order by all").fetchall() == [
        (0, '{"plan":null,"seats":null,"price":2.5}'),
        (1793577600000000, '{"plan":"pro","seats":5,"price":null}'),
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"events": "fct_events"}, "schema app has no table fct_events; found events"),
        ({"schema": "nowhere"}, "schema nowhere has no table events, users, companies, aliases; found no table"),
    ],
)
def test_a_table_that_is_not_there_is_told_with_what_is(
    warehouse: duckdb.DuckDBPyConnection, said: dict[str, str], message: str
):
    warehouse.execute(EVENTS)
    with pytest.raises(PlacesInvalid) as told:
        connect(warehouse, "product_events", **said)
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("change", "said", "message"),
    [
        ("alter table app.events drop column event_type", {}, "column_missing: no column event_type; found event_id"),
        (
            "select 1",
            {"loaded_at": "_synced"},
            "column_missing: no column _synced, which in_warehouse names as loaded_at",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_and_holds_back_no_other(
    warehouse: duckdb.DuckDBPyConnection, change: str, said: dict[str, str], message: str
):
    warehouse.execute(EVENTS)
    warehouse.execute("create table app.users as select 'u1' as user_id")
    warehouse.sql(change) if change.startswith("select") else warehouse.execute(change)
    (refused,) = connect(warehouse, "product_events", **said)
    assert refused.state == "refused"
    assert message in str(refused.detail)
    (users,) = connect(warehouse, "product_users", **said)
    assert users.loaded_count == 1


def test_domains_and_lag_are_those_of_the_tables(warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute(EVENTS)
    for table in ("product_events", "product_users", "product_companies", "product_aliases"):
        connect(warehouse, table)
    assert refresh_email_domains(warehouse, ["product"]) == 1
    assert warehouse.sql("select domain from raw.email_domains").fetchall() == [("x.example",)]
    lag = arrival_lag_in_table(warehouse, "in_warehouse.product_events")
    assert (lag.p50_seconds, lag.row_count) == (5.0, 1)


def test_files_that_nobody_loads_are_told(landing: Landing):
    landing.drop("events_1.jsonl", b"{}")
    (lying,) = files_left_lying(landing.folder, "product")
    assert (lying.name, lying.state) == ("product/events_1.jsonl", "refused")
    assert "the tables of this source are in the warehouse" in str(lying.detail)


def test_a_replay_leaves_rows_of_tables_alone_and_they_go_when_files_land_again(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
):
    warehouse.execute(EVENTS)
    connect(warehouse, "product_events")
    assert replay_quarantine(warehouse, tmp_path) == []
    assert warehouse.sql("select count(*) from raw.quarantine").fetchall() == [(2,)]
    forget_tables(warehouse, TABLES["product_users"])
    assert warehouse.sql("select count(*) from raw.quarantine").fetchall() == [(2,)]
    forget_tables(warehouse, TABLES["product_events"])
    assert warehouse.sql("select count(*) from raw.quarantine").fetchall() == [(0,)]
