"""Where columns come from, read from SQL, and kept beside the manifest until the project changes."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from dagster_project.resources import column_lineage
from dagster_project.resources.column_lineage import columns_of, is_known, known_lineage, remember_lineage

SCHEMA = {
    "raw": {"people": {"id": "unknown", "name": "unknown"}, "visits": {"person_id": "unknown", "seen_at": "unknown"}}
}
NODE = {
    "resource_type": "model",
    "package_name": "pql",
    "original_file_path": "models/a.sql",
    "schema": "s",
    "name": "a",
}
COLUMNS = [("raw", "people", "id"), ("raw", "people", "name")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose manifest lies in this folder, and what dbt ran for its one model."""
    target = tmp_path / "target"
    target.mkdir()
    manifest = target / "manifest.json"
    manifest.write_text("{}", encoding="utf-8")
    os.utime(manifest, (1, 1))
    monkeypatch.setattr(column_lineage, "dbt_project", SimpleNamespace(manifest_path=manifest))
    ran = tmp_path / "ran" / "compiled" / "pql" / "models" / "a.sql"
    ran.parent.mkdir(parents=True)
    ran.write_text('select id as person, upper(name) as name from "warehouse"."raw"."people"', encoding="utf-8")
    return tmp_path


def test_a_column_comes_from_all_that_its_value_is_made_of():
    sql = """
        with visits as (
            select person_id, max(seen_at) as last_seen_at from "warehouse"."raw"."visits" group by person_id
        )
        select people.id, coalesce(people.name, 'nobody') as name, visits.last_seen_at, 1 as version,
            case when visits.person_id is null then people.name end as absent
        from "warehouse"."raw"."people" as people
        left join visits on visits.person_id = people.id"""
    assert columns_of(sql, SCHEMA) == {
        "id": [("raw.people", "id")],
        "name": [("raw.people", "name")],
        "last_seen_at": [("raw.visits", "seen_at")],
        "version": [],
        "absent": [("raw.people", "name"), ("raw.visits", "person_id")],
    }


def test_a_column_of_a_union_comes_from_all_its_parts_and_a_star_from_its_table():
    assert columns_of("select id as key from raw.people union all select person_id from raw.visits", SCHEMA) == {
        "key": [("raw.people", "id"), ("raw.visits", "person_id")]
    }
    assert columns_of("with all_of_it as (select * from raw.people) select * from all_of_it", SCHEMA) == {
        "id": [("raw.people", "id")],
        "name": [("raw.people", "name")],
    }


def test_sql_that_cannot_be_read_tells_nothing():
    assert columns_of("select from where", SCHEMA) == {}


def test_it_is_found_once_and_again_when_the_project_is_newer(project: Path):
    manifest = {"nodes": {"model.pql.a": NODE}}
    assert known_lineage() == {}
    remember_lineage(manifest, project / "ran", COLUMNS)
    assert known_lineage() == {"s.a": {"person": [["raw.people", "id"]], "name": [["raw.people", "name"]]}}
    (project / "ran" / "compiled" / "pql" / "models" / "a.sql").write_text("select 1 as one", encoding="utf-8")
    remember_lineage(manifest, project / "ran", COLUMNS)
    assert set(known_lineage()["s.a"]) == {"person", "name"}
    os.utime(project / "target" / "manifest.json")
    os.utime(project / "target" / "column_lineage.json", (2, 2))
    assert (is_known(), known_lineage()) == (False, {})
    remember_lineage(manifest, project / "ran", COLUMNS)
    assert known_lineage() == {"s.a": {"one": []}}


def test_nothing_is_kept_while_a_model_was_never_built(project: Path):
    missing = NODE | {"original_file_path": "models/b.sql", "name": "b"}
    remember_lineage({"nodes": {"model.pql.a": NODE, "model.pql.b": missing}}, project / "ran", COLUMNS)
    assert not is_known()
