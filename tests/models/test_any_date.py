"""A past score computed today is the score that a run on that day gave."""

import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing.domains import refresh_email_domains
from dagster_project.landing.loading import load_source
from dagster_project.landing.tables import create_raw_tables
from dagster_project.resources.warehouse import open_warehouse
from dagster_project.settings import SAMPLE_DIR
from tests.models.dbt_in_process import run_models
from tests.whole_run import SAMPLE_AS_OF

# The last weeks of the sample, the edges of a month to the microsecond, and its last moment.
DAYS = [
    "2026-10-05T09:00:00Z",
    "2026-10-18T23:59:59.999999Z",
    "2026-10-31T00:00:00Z",
    "2026-10-31T23:59:59.999999Z",
    "2026-11-01T00:00:00Z",
    "2026-11-05T12:00:00Z",
    "2026-11-11T11:00:00Z",
    "2026-11-13T17:30:00Z",
    "2026-11-16T09:00:00Z",
    "2026-11-18T08:00:00Z",
    "2026-11-19T09:00:00Z",
    SAMPLE_AS_OF,
]
SCORES = ["+path:models/marts/score"]
# What is staged and the rule files are there already, and the same for every clock; the history is of builds.
NOT_AGAIN = ["--no-write-json", "--exclude", "path:models/staging", "resource_type:seed", "int_score_history+"]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`all`: a warehouse in which everything of the sample was scored; `none`: one in which nothing was."""
    folder = tmp_path_factory.mktemp("templates")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("none", "all"):
            (folder / name).mkdir()
            with open_warehouse(folder / name / "warehouse.duckdb") as connection:
                create_raw_tables(connection)
                if name == "all":
                    load_source(connection, SAMPLE_DIR / "landing", "product")
                    refresh_email_domains(connection, {})
            run_models(folder / name, environment, SAMPLE_AS_OF, SCORES, target=folder / "target")
    return folder


def give_only_what_had_happened(warehouse: Path, everything: Path, as_of: str) -> None:
    """Fill the raw tables of an empty warehouse as they are in another, without the events after a moment."""
    with open_warehouse(warehouse) as connection:
        connection.execute(f"attach '{everything}' as everything (read_only)")
        tables = connection.sql(
            "select table_name from duckdb_tables() where database_name = 'everything' and schema_name = 'raw'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"delete from raw.{table}")
            connection.execute(f"insert into raw.{table} by name select * from everything.raw.{table}")
        until = datetime.fromisoformat(as_of).replace(tzinfo=None)
        connection.execute("delete from raw.product_events where occurred_at > $until", {"until": until})


def scores(warehouse: Path) -> dict[str, Counter]:
    """Every row of every mart of the scores but the history."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        tables = connection.sql(
            "select table_name from information_schema.tables where table_schema = 'score' "
            "and table_type = 'BASE TABLE' and table_name <> 'score_changes'"
        ).fetchall()
        return {table: Counter(connection.sql(f"from score.{table}").fetchall()) for (table,) in tables}


def test_on_every_day_the_scores_are_those_of_a_run_on_that_day(
    tmp_path: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
):
    everything = tmp_path / "everything"
    shutil.copytree(templates / "all", everything)
    people = set()
    # Backwards, so that every build takes back what the one before it had seen.
    for as_of in reversed(DAYS):
        run_models(everything, monkeypatch, as_of, SCORES, *NOT_AGAIN, target=templates / "target")
        on_that_day = tmp_path / as_of
        shutil.copytree(templates / "none", on_that_day)
        give_only_what_had_happened(on_that_day / "warehouse.duckdb", templates / "all" / "warehouse.duckdb", as_of)
        run_models(on_that_day, monkeypatch, as_of, SCORES, *NOT_AGAIN, target=templates / "target")
        recomputed, then = scores(everything / "warehouse.duckdb"), scores(on_that_day / "warehouse.duckdb")
        assert set(then) >= {"contact_scores", "contact_score_reasons", "company_scores"}
        for table, rows in then.items():
            assert recomputed[table] == rows, (as_of, table)
        people.add(len(then["contact_score_reasons"]))
    # The days differ, or nothing would be tested.
    assert len(people) > len(DAYS) / 2
