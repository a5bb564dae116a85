"""Who hangs together with whom, and how far that goes."""

from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.concerned.reach import MOST_PEOPLE, SCOPE, TIES, TooManyConcerned, reached, spread

COLUMNS = {
    "int_users": ("user_id", "company_id", "contact_email", "email_domain", "is_personal_email_domain"),
    "int_people": ("user_id", "hubspot_id"),
    "int_user_aliases": ("alias_user_id", "user_id"),
    "int_event_actors": ("user_id", "anonymous_id", "company_id"),
    "int_anonymous_users": ("anonymous_id", "user_id"),
    "int_companies_named": ("company_id", "domain"),
    "int_company_matches": ("company_id", "hubspot_id"),
}


@pytest.fixture
def everybody() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; attach ':memory:' as concerned")
        connection.execute(f"create schema warehouse.intermediate; create schema {SCOPE}")
        connection.execute(f"create table {SCOPE}.reached (kind varchar, id varchar, round integer)")
        for table, columns in COLUMNS.items():
            types = ", ".join(f"{name} {'boolean' if name.startswith('is_') else 'varchar'}" for name in columns)
            connection.execute(f"create table warehouse.intermediate.{table} ({types})")
        yield connection


def put(connection: duckdb.DuckDBPyConnection, table: str, **row: object) -> None:
    names, places = ", ".join(row), ", ".join("?" for _ in row)
    connection.execute(f"insert into warehouse.intermediate.{table} ({names}) values ({places})", [*row.values()])


def concerned_by(connection: duckdb.DuckDBPyConnection, user_id: str) -> set[str]:
    connection.execute(f"insert into {SCOPE}.reached values ('user', ?, 0)", [user_id])
    spread(connection, ("warehouse",))
    return {found for (found,) in connection.execute(reached("user")).fetchall()}


def test_every_table_that_ties_people_is_looked_at():
    assert {tie.table.partition(".")[2] for tie in TIES} == set(COLUMNS)


@pytest.mark.parametrize(
    ("table", "of_ann", "of_bob"),
    [
        ("int_users", {"company_id": "c1"}, {"company_id": "c1"}),
        ("int_users", {"contact_email": "a@b.example"}, {"contact_email": "a@b.example"}),
        (
            "int_users",
            {"email_domain": "b.example", "is_personal_email_domain": False},
            {"email_domain": "b.example", "is_personal_email_domain": False},
        ),
        ("int_people", {"hubspot_id": "101"}, {"hubspot_id": "101"}),
        ("int_event_actors", {"anonymous_id": "v1"}, {"anonymous_id": "v1"}),
        ("int_event_actors", {"company_id": "c1"}, {"company_id": "c1"}),
        ("int_anonymous_users", {"anonymous_id": "v1"}, {"anonymous_id": "v1"}),
    ],
)
def test_who_shares_something_is_concerned_too(
    everybody: duckdb.DuckDBPyConnection, table: str, of_ann: dict, of_bob: dict
):
    put(everybody, table, user_id="ann", **of_ann)
    put(everybody, table, user_id="bob", **of_bob)
    put(everybody, table, user_id="eve", **dict.fromkeys(of_ann))
    assert concerned_by(everybody, "ann") == {"ann", "bob"}


def test_a_mail_provider_ties_nobody(everybody: duckdb.DuckDBPyConnection):
    for user_id in ("ann", "bob"):
        put(everybody, "int_users", user_id=user_id, email_domain="mail.example", is_personal_email_domain=True)
    assert concerned_by(everybody, "ann") == {"ann"}


def test_ties_are_followed_over_others_until_there_are_no_more(everybody: duckdb.DuckDBPyConnection):
    put(everybody, "int_user_aliases", alias_user_id="ann", user_id="bob")
    put(everybody, "int_users", user_id="bob", company_id="c1")
    put(everybody, "int_companies_named", company_id="c1", domain="c.example")
    put(everybody, "int_companies_named", company_id="c2", domain="c.example")
    put(everybody, "int_company_matches", company_id="c2", hubspot_id="900")
    put(everybody, "int_company_matches", company_id="c3", hubspot_id="900")
    put(everybody, "int_users", user_id="eve", company_id="c3")
    put(everybody, "int_users", user_id="zoe", company_id="c4")
    assert concerned_by(everybody, "ann") == {"ann", "bob", "eve"}


def test_more_people_than_it_makes_sense_to_look_at_apart_are_refused(everybody: duckdb.DuckDBPyConnection):
    everybody.execute(
        "insert into warehouse.intermediate.int_users (user_id, company_id) "
        f"select 'u' || number, 'c1' from range({MOST_PEOPLE + 1}) as numbers (number)"
    )
    with pytest.raises(TooManyConcerned, match="concerns more than 5,000 people"):
        concerned_by(everybody, "u1")
