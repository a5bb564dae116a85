"""What one address or user id leads to, and whom it does not lead to."""

import duckdb
import pytest

from dagster_project.privacy.knowing import known_names

TABLES = {
    "intermediate.int_users": ("user_id", "contact_email"),
    "intermediate.int_user_aliases": ("alias_user_id", "user_id"),
    "intermediate.int_contact_matches": ("user_id", "hubspot_id"),
    "intermediate.int_anonymous_users": ("anonymous_id", "user_id"),
    "raw.hubspot_contact_emails": ("hubspot_id", "email"),
    "raw.product_users": ("user_id", "email", "first_name", "last_name"),
}


@pytest.fixture
def known(engine, tmp_path):
    """Who goes by a name, in a warehouse of these rows: (user ids, addresses, HubSpot ids, full names)."""

    def look(email=None, user_id=None, **rows: list[tuple]):
        with duckdb.connect() as connection:
            connection.execute("create schema raw; create schema intermediate")
            for table, columns in TABLES.items():
                connection.execute(f"create table {table} ({', '.join(f'{name} varchar' for name in columns)})")
                for row in rows.get(table.split(".")[1], ()):
                    connection.execute(f"insert into {table} values ({', '.join('?' for _ in row)})", list(row))
            person = known_names(connection, engine, tmp_path, email=email, user_id=user_id)
        return tuple(map(set, (person.user_ids, person.emails, person.hubspot_ids, person.full_names)))

    return look


def test_an_address_leads_over_user_alias_and_contact_to_everything(known):
    rows = {
        "int_users": [("u1", "now@a.example"), ("u2", "else@a.example")],
        "int_user_aliases": [("u0", "u1"), ("x", "u2")],
        "int_contact_matches": [("u1", "1001"), ("u2", "1002")],
        "hubspot_contact_emails": [("1001", "Now@a.example"), ("1001", "second@a.example"), ("1002", "else@a.example")],
        "product_users": [("u0", "once@a.example", "Ann", "Ash"), ("u2", "else@a.example", "Bob", "Bee")],
    }
    everything = (
        {"u0", "u1"},
        {"now@a.example", "second@a.example", "once@a.example"},
        {"1001"},
        {"Ann Ash"},
    )
    for email in (" NOW@a.example", "second@a.example", "once@a.example"):
        assert known(email=email, **rows) == everything
    assert known(user_id="u0", **rows) == everything


def test_an_address_that_is_somebody_elses_by_now_leads_to_them_alone(known):
    rows = {
        "int_users": [("u1", "now@a.example"), ("u2", "shared@a.example")],
        "product_users": [("u1", "shared@a.example", None, None)],
    }
    assert known(user_id="u1", **rows) == ({"u1"}, {"now@a.example"}, set(), set())
    assert known(email="shared@a.example", **rows) == ({"u2"}, {"shared@a.example"}, set(), set())


def test_a_browser_that_two_people_shared_is_no_name_of_either(known):
    rows = {
        "int_users": [("u1", "a@a.example"), ("u2", "b@a.example")],
        "int_anonymous_users": [("mine", "u1"), ("shared", "u1"), ("shared", "u2")],
    }
    assert known(user_id="u1", **rows) == ({"u1", "mine"}, {"a@a.example"}, set(), set())


def test_an_address_whose_domain_has_other_letters_is_found_in_both_forms(known):
    found = known(email="ann@bücher.example", int_users=[("u1", "ann@xn--bcher-kva.example")])
    assert found == ({"u1"}, {"ann@bücher.example", "ann@xn--bcher-kva.example"}, set(), set())
