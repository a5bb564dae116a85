"""Which rows of a table are a person's, by the names of its columns."""

import duckdb
import pytest

from dagster_project.privacy.columns import described, hand_over, is_theirs, take_out_mentions
from dagster_project.privacy.person import Person

NORA = Person(
    frozenset({"u_nora", "7"}),
    frozenset({"nora@a.example"}),
    frozenset({"1001"}),
    frozenset({18_000_000_000_000_000_000}),
    frozenset({"Nora Lind"}),
)


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        hand_over(opened, NORA)
        yield opened


def left(connection, table: str, columns: str, *rows: tuple) -> list[tuple]:
    connection.execute(f"create table {table} ({columns})")
    for row in rows:
        connection.execute(f"insert into {table} values ({', '.join('?' for _ in row)})", list(row))
    connection.execute(f"delete from {table} where {is_theirs(NORA, table, described(connection, table))}")
    take_out_mentions(connection, NORA, table)
    return connection.sql(f"from {table}").fetchall()


@pytest.mark.parametrize(
    ("table", "columns", "theirs", "anothers"),
    [
        ("events", "user_id varchar, note varchar", ("u_nora", None), ("u_omar", None)),
        ("users", "user_id varchar, email varchar", (None, " Nora@A.example "), ("u_omar", "omar@a.example")),
        ("links", "alias_user_id varchar, user_id varchar", ("u_nora", "u_omar"), ("7a", "u_omar")),
        ("seen", "actor_key ubigint", (18_000_000_000_000_000_000,), (18_000_000_000_000_000_001,)),
        ("hubspot_contacts", "hubspot_id varchar, country varchar", ("1001", None), ("1002", "1001")),
        ("hubspot_companies", "hubspot_id varchar, name varchar", None, ("1001", "7")),
        ("crm_companies_desired", "record_key varchar, hubspot_id varchar", None, ("7", "1001")),
        ("identities", "object_type varchar, record_key varchar", ("contacts", "7"), ("companies", "7")),
        (
            "associations",
            "from_type varchar, from_id varchar, to_type varchar, to_id varchar",
            ("deals", "5", "contacts", "1001"),
            ("deals", "1001", "companies", "1001"),
        ),
        ("int_stage_moments", "contact_id varchar, stage varchar", ("u_nora", "won"), ("u_omar", "won")),
        ("quarantine", "raw_text varchar", ('{"who": "u_nora", "broken',), ('{"who": "u_omar", "count": 7',)),
        ("companies", "employee_count varchar, usage bigint", None, ("7", 7)),
    ],
)
def test_only_rows_of_the_person_go(connection, table, columns, theirs, anothers):
    assert left(connection, table, columns, *filter(None, (theirs, anothers))) == [anothers]


def test_a_name_goes_out_of_somebody_elses_row_and_the_row_stays(connection):
    row = ("u_omar", '{"invitee": "NORA@a.example", "count": 7}', "told Nora Lind")
    found = left(connection, "told", "user_id varchar, properties varchar, note varchar", row)
    assert found == [("u_omar", '{"invitee": "[erased]", "count": 7}', "told [erased]")]
