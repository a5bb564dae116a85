"""Dagster's runs and logs in a Postgres, without a person."""

from collections.abc import Iterator

import pytest

from dagster_project.privacy.dagster_rows import STORE, erase_dagster_rows
from dagster_project.privacy.person import Erased, Person
from tests.throwaway_postgres import Cluster

NORA = Person(user_ids=frozenset({"user-1234"}), emails=frozenset({"nora@brightloom.example"}))


@pytest.fixture
def dagster(postgres: Cluster) -> Iterator[str]:
    """Two of Dagster's tables, and one that is nobody's."""
    name = postgres.new_database()
    postgres.sql("create table runs (id integer, run_body text, tags jsonb)", name)
    postgres.sql("create table event_logs (event text)", name)
    postgres.sql(
        'insert into runs values (1, \'{"email": "Nora@Brightloom.example"}\', \'{"who": "user-1234"}\'), '
        "(2, 'nora@brightloom.example.org', null), (3, null, '{}')",
        name,
    )
    postgres.sql("insert into event_logs values ('user-1234 and user-12345'), ('step began: 100%')", name)
    yield name
    postgres.drop(name)


def rows(postgres: Cluster, name: str) -> dict[str, list[tuple]]:
    return {
        "runs": postgres.sql("select run_body, tags from runs order by id", name),
        "event_logs": postgres.sql("select event from event_logs order by event", name),
    }


def test_names_leave_every_cell_and_nobody_else_does(postgres: Cluster, dagster: str):
    erased = Erased()
    erase_dagster_rows(postgres.url(dagster), NORA, erased, write=True)
    assert rows(postgres, dagster) == {
        "runs": [
            ('{"email": "[erased]"}', {"who": "[erased]"}),
            ("nora@brightloom.example.org", None),
            (None, {}),
        ],
        "event_logs": [("[erased] and user-12345",), ("step began: 100%",)],
    }
    assert erased.counts == {(STORE, "runs"): 2, (STORE, "event_logs"): 1}
    assert erased.left == []


def test_a_look_counts_the_same_and_changes_nothing(postgres: Cluster, dagster: str):
    before, erased = rows(postgres, dagster), Erased()
    erase_dagster_rows(postgres.url(dagster), NORA, erased, write=False)
    assert rows(postgres, dagster) == before
    assert erased.counts == {(STORE, "runs"): 2, (STORE, "event_logs"): 1}


def test_a_database_that_is_away_is_told_as_left_without_its_password(postgres: Cluster):
    erased = Erased()
    erase_dagster_rows("postgresql://dagster:secret@127.0.0.1:1/dagster", NORA, erased, write=True)
    (left,) = erased.left
    assert left == "Dagster's database cannot be read or written; its runs and logs may name them. Ask again."
