"""Whatever is wrong with the Postgres of the models is told in one line with what to do, and never the password."""

from pathlib import Path

import pytest

from dagster_project.engines.engine import Engine, EngineUnusable
from dagster_project.engines.opening import opened_engine
from dagster_project.settings import read_settings
from tests.engines.conftest import Databases


def refusal(environment: pytest.MonkeyPatch, named: dict[str, str], data_dir: Path) -> str:
    for name, value in {**named, "PQL_TARGET": "postgres", "PQL_DATA_DIR": str(data_dir)}.items():
        environment.setenv(name, value)
    with pytest.raises(EngineUnusable) as refused, opened_engine(read_settings()):
        pass
    said = str(refused.value)
    assert "\n" not in said
    assert named["PQL_POSTGRES_PASSWORD"] not in said
    return said


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PQL_POSTGRES_PASSWORD", "not-the-one", "authentication failed for user \"pql\". User or password is wrong"),
        ("PQL_POSTGRES_USER", "nobody", "User or password is wrong"),
        ("PQL_POSTGRES_DBNAME", "nowhere", "\"nowhere\" does not exist. Name another one in PQL_POSTGRES_DBNAME"),
        ("PQL_POSTGRES_PORT", "1", "Nobody answers there: look at PQL_POSTGRES_HOST and PQL_POSTGRES_PORT"),
        ("PQL_POSTGRES_PORT", "abc", "PQL_POSTGRES_PORT is 'abc'; it must be a whole number above 0, such as 5432."),
        ("PQL_POSTGRES_PORT", "99999", "PQL_POSTGRES_PORT is a number from 1 to 65535"),
        ("PQL_POSTGRES_HOST", "no.such.host.invalid", "Nobody answers there"),
        ("PQL_POSTGRES_SSLMODE", "require", "Say in PQL_POSTGRES_SSLMODE what the server wants"),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_opened(
    variable: str, value: str, told: str, databases: Databases, empty_database: dict, monkeypatch, tmp_path: Path
):
    assert told in refusal(monkeypatch, empty_database | {variable: value}, tmp_path)


def test_a_database_that_knows_no_letters_but_those_of_ascii(databases: Databases, monkeypatch, tmp_path: Path):
    said = refusal(monkeypatch, databases.new("lc_collate 'C' lc_ctype 'C'"), tmp_path)
    assert "knows no letters but those of ASCII (its lc_ctype is C). Make another one: create database" in said


def test_a_database_that_sorts_texts_as_a_language_does(databases: Databases, monkeypatch, tmp_path: Path):
    try:
        sorting = databases.new("locale_provider icu icu_locale 'en' lc_ctype 'C.UTF-8' lc_collate 'C.UTF-8'")
    except Exception as refused:
        pytest.skip(f"this server has no ICU locales: {refused}")
    assert "sorts texts by the rules of a language" in refusal(monkeypatch, sorting, tmp_path)


def test_a_server_that_goes_away_in_the_middle_of_it(databases: Databases, postgres_engine: Engine):
    databases.cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname like 'warehouse_%'")
    with pytest.raises(EngineUnusable, match="The server went away while it was working"):
        postgres_engine.query("select 1")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("dagster_project.engines.extras.find_spec", lambda _: None)
    said = refusal(monkeypatch, {"PQL_POSTGRES_PASSWORD": "secret"}, tmp_path)
    assert said == (
        "PQL_TARGET is postgres, and psycopg2-binary and dbt-postgres cannot be imported: "
        'run `pip install ".[postgres]"`.'
    )
