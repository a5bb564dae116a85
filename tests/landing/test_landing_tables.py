"""The raw tables, and how their contents are replaced."""

from datetime import datetime

import duckdb
import pytest
from landing_folder import a_warehouse

from dagster_project.landing.tables import TableChange, change_rows, create_raw_tables, replace_rows

CONTACT = {"hubspot_id": "1", "email": "dana@orbit.example"}
OWNER = {"owner_id": "7", "email": "marco@orbit.example"}


@pytest.fixture
def warehouse():
    with a_warehouse() as connection:
        yield connection


def contacts(warehouse) -> list[tuple]:
    return warehouse.sql("select hubspot_id, email, country from raw.hubspot_contacts order by all").fetchall()


def test_tables_that_are_there_are_left_as_they_are(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT]})
    create_raw_tables(warehouse)
    assert contacts(warehouse) == [("1", "dana@orbit.example", None)]


def test_new_rows_take_the_place_of_the_old_ones(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT, CONTACT | {"hubspot_id": "2"}]})
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT | {"country": "US"}]})
    assert contacts(warehouse) == [("1", "dana@orbit.example", "US")]


def test_no_rows_empty_a_table(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT]})
    replace_rows(warehouse, {"raw.hubspot_contacts": []})
    assert contacts(warehouse) == []


def test_tables_that_are_not_named_are_left_alone(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT]})
    replace_rows(warehouse, {"raw.hubspot_owners": [OWNER]})
    assert len(contacts(warehouse)) == 1


def test_rows_may_name_different_columns_and_values_may_all_be_unknown(warehouse):
    rows = [{"hubspot_id": str(number), "email": None} for number in range(300)] + [CONTACT | {"country": "US"}]
    replace_rows(warehouse, {"raw.hubspot_contacts": rows})
    assert len(contacts(warehouse)) == 301
    assert ("1", "dana@orbit.example", "US") in contacts(warehouse)
    assert ("299", None, None) in contacts(warehouse)


def test_texts_are_kept_as_they_are(warehouse):
    names = ["O'Brien", 'say "hi"', "名前 😀", "", "null", "a\nb", "\\x41"]
    rows = [{"hubspot_id": str(number), "first_name": name} for number, name in enumerate(names)]
    replace_rows(warehouse, {"raw.hubspot_contacts": rows})
    found = warehouse.sql("select first_name from raw.hubspot_contacts order by hubspot_id").fetchall()
    assert found == [(name,) for name in names]


def test_rows_with_a_key_are_replaced_again_and_again(warehouse):
    copy = {"object_type": "contacts", "copied_at": datetime(2026, 11, 20, 9), "record_count": 3}
    for record_count in (3, 4, 5):
        replace_rows(warehouse, {"raw.hubspot_copies": [copy | {"record_count": record_count}]})
    assert warehouse.sql("select record_count from raw.hubspot_copies").fetchall() == [(5,)]


@pytest.mark.parametrize(
    "broken",
    [
        {"raw.hubspot_owners": [{"owner_id": None, "email": "x@y.co"}]},
        {"raw.hubspot_owners": [OWNER | {"colour": "red"}]},
        {"raw.no_such_table": [OWNER]},
    ],
)
def test_either_all_tables_are_replaced_or_none(warehouse, broken):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT], "raw.hubspot_owners": [OWNER]})
    with pytest.raises(duckdb.Error):
        replace_rows(warehouse, {"raw.hubspot_contacts": []} | broken)
    assert len(contacts(warehouse)) == 1
    assert warehouse.sql("select owner_id from raw.hubspot_owners").fetchall() == [("7",)]
    replace_rows(warehouse, {"raw.hubspot_contacts": []})
    assert contacts(warehouse) == []


def test_rows_take_the_place_of_those_with_the_same_values_in_any_of_the_named_columns(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT | {"hubspot_id": str(number)} for number in range(4)]})
    gone = {("hubspot_id", "email"): {("1", CONTACT["email"]), ("2", "other@orbit.example")}, ("hubspot_id",): {("3",)}}
    change_rows(warehouse, {"raw.hubspot_contacts": TableChange([CONTACT | {"country": "US"}], gone)})
    email = CONTACT["email"]
    assert contacts(warehouse) == [("0", email, None), ("1", email, "US"), ("2", email, None)]


def test_no_values_to_go_leave_every_row(warehouse):
    replace_rows(warehouse, {"raw.hubspot_contacts": [CONTACT]})
    change_rows(warehouse, {"raw.hubspot_contacts": TableChange([CONTACT], {("hubspot_id",): set()})})
    assert len(contacts(warehouse)) == 2
