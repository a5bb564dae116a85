"""Events that are tables in the warehouse already: the same scores as from files, and what comes in later is seen."""

import json
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from tests.conftest import name_nobody
from tests.whole_run import SAMPLE_AS_OF, Pipeline, failed_checks, materialization, reasons

# What the sample's files brought, as tables of another team's project: events as they came in, a file a day, and one
# row for each user and company with what was said of them last.
TABLES = """
    attach '{landed}' as landed (read_only);
    create schema app;
    create table app.fct_events as
        select event_id, user_id, email, company_id, event_type, occurred_at as timestamp, received_at, properties,
            timestamp '2026-11-01' + to_days(cast(load_id as integer)) as _loaded_at
        from landed.raw.product_events;
    create table app.users as
        select user_id, arg_max(columns(* exclude (user_id, {bookkeeping})), load_id * 1000000 + line_number)
        from landed.raw.product_users group by user_id;
    create table app.companies as
        select company_id, arg_max(columns(* exclude (company_id, {bookkeeping})), load_id * 1000000 + line_number)
        from landed.raw.product_companies group by company_id;
    detach landed;
"""
SAID = {"product": {"schema": "app", "events": "fct_events"}}


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with pytest.MonkeyPatch.context() as environment:
        name_nobody(environment)
        pipeline = Pipeline.in_folder(tmp_path_factory.mktemp("landed") / "data", environment)
        pipeline.land_sample()
        assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
        yield pipeline


@pytest.fixture
def pipeline(tmp_path, monkeypatch, landed: Pipeline) -> Pipeline:
    pipeline = Pipeline.in_folder(tmp_path / "in_warehouse", monkeypatch)
    pipeline.data_dir.mkdir()
    with duckdb.connect(pipeline.data_dir / "warehouse.duckdb") as connection:
        landed_warehouse = landed.data_dir / "warehouse.duckdb"
        connection.execute(TABLES.format(landed=landed_warehouse, bookkeeping="file_name, line_number, load_id"))
    return pipeline


def scores(pipeline: Pipeline) -> pl.DataFrame:
    return pipeline.table("score.contact_scores").sort("user_id")


@pytest.mark.parametrize("loaded_at", [{}, {"loaded_at": "_loaded_at"}])
def test_tables_give_the_scores_that_files_give_and_rows_that_come_later_are_seen(
    pipeline: Pipeline, landed: Pipeline, loaded_at: dict[str, str]
):
    said = {"product": SAID["product"] | loaded_at}
    pipeline.environment.setenv("PQL_IN_WAREHOUSE", json.dumps(said))
    result = pipeline.run("score", as_of=SAMPLE_AS_OF)
    assert reasons(result) == {}
    assert scores(pipeline).equals(scores(landed))
    told = materialization(result, "raw/product_events")
    assert told["dagster/row_count"] == len(landed.query("select 1 from raw.product_events"))
    with duckdb.connect(pipeline.data_dir / "warehouse.duckdb") as connection:
        connection.execute(
            "insert into app.fct_events (event_id, user_id, event_type, timestamp, _loaded_at) values "
            "('new', 'u_new', 'logged_in', timestamp '2026-11-20 08:00:00', timestamp '2026-11-20 08:00:00')"
        )
    assert reasons(pipeline.run("score", as_of=SAMPLE_AS_OF)) == {}
    assert scores(pipeline).height == scores(landed).height + 1
    ((builds,),) = pipeline.query("select count(distinct build_number) from intermediate.int_events_copied")
    assert builds == (2 if loaded_at else 1)


def test_files_of_such_a_source_are_told_and_bad_rows_are_counted(pipeline: Pipeline):
    pipeline.environment.setenv("PQL_IN_WAREHOUSE", json.dumps(SAID))
    (pipeline.landing / "events_lying.jsonl").write_text("{}\n")
    with duckdb.connect(pipeline.data_dir / "warehouse.duckdb") as connection:
        connection.execute("insert into app.fct_events (event_id) values ('bad')")
    result = pipeline.materialize("raw/product_events")
    assert failed_checks(result) == {"every_landing_file_was_taken"}
    told = materialization(result, "raw/product_events")
    assert told["quarantined_by_reason"] == {"user_id_missing": 1}
    assert pipeline.query("select file_name, reason from raw.quarantine") == [("app.fct_events", "user_id_missing")]


def test_a_table_that_is_not_there_fails_the_step_with_what_is(pipeline: Pipeline):
    pipeline.environment.setenv("PQL_IN_WAREHOUSE", '{"product": {"schema": "app"}}')
    with duckdb.connect(pipeline.data_dir / "warehouse.duckdb") as connection:
        connection.execute("drop table app.users; drop table app.companies")
    told = reasons(pipeline.materialize("raw/product_events"))
    assert told["raw__product_events"] == (
        "in_warehouse, product: schema app has no table events, users, companies, aliases; found fct_events"
    )
