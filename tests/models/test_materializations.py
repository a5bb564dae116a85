"""How tables and views are made in DuckDB: the new one takes the place of the old one, or the old one stays."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from dagster_project.resources.dbt import close_warehouse
from dagster_project.settings import DBT_PROJECT_DIR

Build = Callable[..., list[str]]
CONTRACT = {
    "models": [
        {
            "name": "kept",
            "config": {"contract": {"enforced": True}},
            "columns": [{"name": "number", "data_type": "integer"}],
        }
    ]
}


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build the one model of a project that has our materializations; what went wrong, if anything."""
    from dbt.cli.main import dbtRunner

    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "macros").mkdir()
    shutil.copy(DBT_PROJECT_DIR / "macros" / "materializations.sql", project / "macros")
    outputs = {"duckdb": {"type": "duckdb", "path": str(tmp_path / "warehouse.duckdb")}}
    for name, content in {
        "dbt_project.yml": {"name": "small", "profile": "small", "version": "1.0", "config-version": 2},
        "profiles.yml": {"small": {"target": "duckdb", "outputs": outputs}},
    }.items():
        (project / name).write_text(yaml.safe_dump(content), encoding="utf-8")

    def build(query: str, *, materialized: str = "table", contract: bool = False, **config: object) -> list[str]:
        said = json.dumps({"materialized": materialized} | config)
        (project / "models" / "kept.sql").write_text(f"{{{{ config(**{said}) }}}}\n{query}\n", encoding="utf-8")
        (project / "models" / "kept.yml").write_text(yaml.safe_dump(CONTRACT if contract else {}), encoding="utf-8")
        folders = ["--project-dir", str(project), "--profiles-dir", str(project), "--log-path", str(tmp_path)]
        try:
            done = dbtRunner().invoke(["--quiet", "build", *folders, "--no-partial-parse"])
        finally:
            close_warehouse()
        if done.exception is not None:
            return [str(done.exception)]
        return [str(result.message) for result in done.result.results if result.status != "success"]

    return build


def kept(tmp_path: Path) -> tuple[str, list]:
    """Whether it is a table or a view, and its rows."""
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as connection:
        names = "select table_type from information_schema.tables where table_name = 'kept'"
        ((kind,),) = connection.sql(names).fetchall()
        return kind, connection.sql("from kept").fetchall()


@pytest.mark.parametrize("contract", [False, True])
def test_a_table_takes_the_place_of_the_one_before(build: Build, tmp_path: Path, contract: bool):
    assert build("select cast(1 as integer) as number", contract=contract) == []
    assert build("select cast(2 as integer) as number", contract=contract) == []
    assert kept(tmp_path) == ("BASE TABLE", [(2,)])


@pytest.mark.parametrize("contract", [False, True])
def test_a_table_that_cannot_be_made_leaves_the_one_before(build: Build, tmp_path: Path, contract: bool):
    build("select cast(1 as integer) as number", contract=contract)
    (problem,) = build("select cast(error('no such luck') as integer) as number", contract=contract)
    assert "no such luck" in problem
    assert kept(tmp_path) == ("BASE TABLE", [(1,)])


def test_a_table_that_breaks_its_contract_leaves_the_one_before(build: Build, tmp_path: Path):
    build("select cast(1 as integer) as number", contract=True)
    (problem,) = build("select 'two' as number", contract=True)
    assert "contract" in problem
    assert kept(tmp_path) == ("BASE TABLE", [(1,)])


@pytest.mark.parametrize(("before", "after"), [("table", "view"), ("view", "table"), ("view", "view")])
def test_tables_and_views_take_each_others_place(build: Build, tmp_path: Path, before: str, after: str):
    assert build("select 1 as number", materialized=before) == []
    assert build("select 2 as number", materialized=after) == []
    assert kept(tmp_path) == ({"table": "BASE TABLE", "view": "VIEW"}[after], [(2,)])


def test_what_is_not_made_here_is_refused_and_not_passed_over(build: Build):
    (problem,) = build("select 1 as number", indexes=[{"columns": ["number"]}])
    assert "kept has indexes, which macros/materializations.sql does not make" in problem
