"""What a materialization shows of its table: the number of rows, and of a mart its first rows and a few numbers."""

import re
from datetime import UTC, datetime
from functools import cache

import duckdb
import pytest

from dagster_project.defs.mart_queries import AT_A_GLANCE, CHARTS, NUMBERS
from dagster_project.defs.mart_tables import MOST_ROWS, MartTables, bars
from dagster_project.defs.score_and_decide import MANIFEST
from dagster_project.resources.column_lineage import known_lineage
from dagster_project.resources.dbt import seen
from tests.defs.conftest import SampleRuns
from tests.whole_run import reasons

QUERIES = [(name, sql) for asked in (AT_A_GLANCE, NUMBERS, CHARTS) for name, sql in asked.items()]
NODES = {f"{node['schema']}.{node['name']}": node for node in MANIFEST["nodes"].values()}
MARTS = [
    name
    for name, node in NODES.items()
    if node["resource_type"] == "model" and node["schema"] in ("score", "decide", "report")
]
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@cache
def made_before(name: str) -> frozenset[str]:
    """Everything that dbt makes before this table."""
    parents = [MANIFEST["nodes"].get(parent) for parent in NODES[name]["depends_on"].get("nodes", [])]
    names = frozenset(f"{parent['schema']}.{parent['name']}" for parent in parents if parent is not None)
    return names.union(*(made_before(parent) for parent in names))


def shown(sample: SampleRuns) -> dict[str, dict]:
    """The metadata of everything that dbt made in the first run, by `schema.table`."""
    found = {}
    for event in sample.first.get_asset_materialization_events():
        name = ".".join(event.asset_key.path)
        if name in NODES:
            metadata = event.step_materialization_data.materialization.metadata
            found[name] = {key: value.value for key, value in metadata.items()}
    return found


@pytest.fixture
def warehouse():
    """A query on a table of 25 people, as the hook of a build gives it."""
    with duckdb.connect() as connection:
        connection.execute("create schema score")
        connection.execute(
            "create table score.people as select 'u' || range as user_id, range as score, "
            "'ann' || range || '@a.example' as friend, timestamp '2026-11-20 09:00' as seen_at, "
            "range = 3 as is_odd, null as nothing, 0.5::double as share from range(25)"
        )

        def query(sql: str) -> list[dict]:
            cursor = connection.execute(sql)
            columns = [name for name, *_ in cursor.description]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

        yield query


def test_every_mart_has_a_glance():
    assert set(AT_A_GLANCE) == set(MARTS)


@pytest.mark.parametrize(("name", "sql"), QUERIES)
def test_a_glance_reads_only_what_is_made_before_it_and_no_address(name, sql):
    tables = set(re.findall(r"(?:from|join)\s+(\w+\.\w+)", sql))
    raw = {table for table in tables if table.startswith("raw.")}
    assert tables - raw <= {name} | made_before(name)
    assert "email" not in sql


def test_the_number_of_rows_of_every_table_is_that_of_the_warehouse_and_a_view_has_none(sample: SampleRuns):
    counts = {name: metadata.get("dagster/row_count") for name, metadata in shown(sample).items()}
    views = {name for name, node in NODES.items() if node["config"]["materialized"] == "view"}
    assert {name for name, count in counts.items() if count is None} == views & set(counts)
    tables = [name for name in counts if name not in views]
    counted = sample.pipeline.query(" union all ".join(f"select '{name}', count(*) from {name}" for name in tables))
    # The second run has by now what the first one sent.
    grown = {name for name, count in counted if counts[name] != count}
    assert len(tables) > 100
    assert counts["score.contact_scores"] == dict(counted)["score.contact_scores"] > 200
    assert {name for name in grown if name.split(".")[0] in ("rules", "score")} == set()


def test_every_mart_shows_its_first_rows_without_an_address(sample: SampleRuns):
    everything = shown(sample)
    for name in MARTS:
        assert "could_not_be_shown" not in everything[name]
        assert "at_a_glance" in everything[name]
    for name, metadata in everything.items():
        told = " ".join(str(value) for key, value in metadata.items() if key != "dagster/column_schema")
        assert [found for found in ADDRESS.findall(told) if "***@" not in found] == [], name


def test_the_scores_show_the_highest_first_and_numbers_to_draw(sample: SampleRuns):
    metadata = shown(sample)["score.contact_scores"]
    rows = [record.data for record in metadata["at_a_glance"].records]
    scores = [int(row["combined score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert len(rows) == MOST_ROWS
    ((pqls, mqls, people),) = sample.pipeline.query(
        "select count(*) filter (band = 'pql'), count(*) filter (band = 'mql'), count(*) from score.contact_scores"
    )
    assert (metadata["pqls"], metadata["mqls"]) == (pqls, mqls)
    drawn = {
        cells[1].strip(): int(cells[2]) for cells in (line.split("|") for line in metadata["chart"].splitlines()[2:])
    }
    assert drawn == {"pql": pqls, "mql": mqls, "nurture": people - pqls - mqls}


def test_a_table_that_is_no_mart_tells_its_rows_only(warehouse):
    tables = MartTables({"model.people": "score.people"})
    assert tables.look("model.people", warehouse) == {"dagster/row_count": 25}


def test_a_glance_is_short_and_in_words(warehouse):
    tables = MartTables({"model.people": "score.people"}, {"score.people": "select * from score.people order by score"})
    table = tables.look("model.people", warehouse)["at_a_glance"]
    assert len(table.records) == MOST_ROWS
    assert table.records[3].data == {
        "user id": "u3",
        "score": "3",
        "friend": "a***@a.example",
        "seen at": "2026-11-20 09:00 UTC",
        "is odd": "yes",
        "nothing": "",
        "share": "0.5",
    }


def test_a_look_that_fails_says_so_and_does_not_stop_the_build(warehouse):
    def look(unique_id: str, query) -> dict:
        return {"rows": warehouse("select 1 from score.gone")}

    made = {"node_status": "success", "materialized": "table", "unique_id": "model.people"}
    assert "gone" in seen(made, look)["could_not_be_shown"]
    assert seen(made | {"node_status": "error"}, look) == {}
    assert seen(made | {"materialized": "view"}, look) == {}


def test_an_empty_mart_says_so(warehouse):
    tables = MartTables({"model.people": "score.people"}, {"score.people": "select * from score.people where false"})
    assert tables.look("model.people", warehouse)["at_a_glance"].text == "Nothing to show yet."
    assert bars([]) == "Nothing to show yet."


def test_a_bar_is_as_long_as_its_share_of_the_longest():
    rows = [{"stage": "first", "people": 10, "since": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}]
    rows += [{"stage": "second", "people": 5, "since": None}, {"stage": "third", "people": 0, "since": None}]
    assert bars(rows).splitlines() == [
        "| stage | people | since | |",
        "| --- | ---: | ---: | --- |",
        f"| first | 10 | 2026-01-02 03:04 UTC | {'█' * 30} |",
        f"| second | 5 |  | {'█' * 15} |",
        "| third | 0 |  |  |",
    ]


def test_after_a_build_it_is_known_where_the_columns_come_from(sample: SampleRuns):
    assert reasons(sample.first) == {}
    lineage = known_lineage()
    assert lineage["score.contact_scores"]["pql_score"] == [["intermediate.int_contacts_scored", "pql_score"]]
    for name in MARTS:
        assert list(lineage[name]) == list(NODES[name]["columns"]), name
