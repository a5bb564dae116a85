"""Rows of the state that are about a person by other names than those of most tables."""

from datetime import UTC, datetime

from sqlalchemy import Engine, Table, select

from dagster_project.privacy.person import Erased, Person
from dagster_project.privacy.state_rows import erase_state_rows
from dagster_project.state.tables import associations_made, drift, list_log, rejections, segment_lists

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
ANN = Person(user_ids=frozenset({"ann"}), emails=frozenset(), hubspot_ids=frozenset({"1"}))


def erased(engine: Engine, table: Table, *rows: dict, key: str) -> list:
    """What is left of these rows, by one of their columns."""
    with engine.begin() as connection:
        connection.execute(table.insert(), list(rows))
        erase_state_rows(connection, ANN, Erased())
        return sorted(connection.execute(select(table.c[key])).scalars())


def test_their_places_in_lists_of_contacts_go_and_a_company_of_the_same_number_stays(engine):
    lists = [
        {"segment_id": kind, "object_type": kind, "name": kind, "list_id": kind, "run_id": "r", "claimed_at": NOW}
        for kind in ("contacts", "companies")
    ]
    with engine.begin() as connection:
        connection.execute(segment_lists.insert(), lists)
    noted = {"outcome": "member", "run_id": "r", "as_of": NOW, "acknowledged_at": NOW}
    places = [("contacts", "1"), ("contacts", "2"), ("companies", "1")]
    rows = [{"list_id": list_id, "hubspot_id": record_id} | noted for list_id, record_id in places]
    assert erased(engine, list_log, *rows, key="id") == [2, 3]


def test_what_hubspot_refused_of_their_events_and_of_their_company_goes(engine):
    noted = {"refused_values": {}, "category": "X", "message": "no", "tries": 1, "run_id": "r"}
    noted |= {"last_try_at": NOW, "next_try_at": NOW}
    rows = [
        {"object_type": "associations", "record_key": "ann", "hubspot_id": "1"},
        {"object_type": "events", "record_key": "an occurrence", "hubspot_id": "1"},
        {"object_type": "companies", "record_key": "acme", "hubspot_id": "1"},
        {"object_type": "contacts", "record_key": "bob", "hubspot_id": "2"},
    ]
    assert erased(engine, rejections, *(row | noted for row in rows), key="record_key") == ["acme", "bob"]


def test_what_they_were_associated_with_and_what_was_changed_of_theirs_goes(engine):
    noted = {"company_id": "9", "company_key": "acme", "run_id": "r", "as_of": NOW, "acknowledged_at": NOW}
    pairs = [{"hubspot_id": record_id, "record_key": key} | noted for record_id, key in (("1", "ann"), ("2", "bob"))]
    assert erased(engine, associations_made, *pairs, key="record_key") == ["bob"]
    found = {"property": "zo_pql_score", "times_rewritten": 0, "found_at": NOW}
    drifted = [
        {"object_type": kind, "hubspot_id": "1", "record_key": key} | found
        for kind, key in (("contacts", "ann"), ("companies", "acme"))
    ]
    assert erased(engine, drift, *drifted, key="record_key") == ["acme"]
