"""What is said of tables in the warehouse: where the tables of a source are, or a message that says what is allowed."""

from pathlib import Path

import pytest

from dagster_project.landing.places import PlacesInvalid, places_in_use, read_places, said_in
from dagster_project.settings import DBT_PROJECT_DIR, SettingsInvalid, read_settings


def test_a_table_is_called_as_its_kind_unless_it_is_named():
    place = read_places({"product": {"schema": "app", "events": "fct_events", "loaded_at": "_loaded_at"}})["product"]
    assert (place.schema, place.loaded_at) == ("app", "_loaded_at")
    assert place.tables == {"events": "fct_events", "users": "users", "companies": "companies", "aliases": "aliases"}


def test_raw_calls_of_segment_are_no_tables():
    assert set(read_places({"segment": {"schema": "s"}})["segment"].tables) == {
        *("tracks", "identifies", "groups", "pages", "screens", "aliases", "users"),
    }


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["product"], "in_warehouse is ['product']; allowed is an object of sources"),
        ({"pendo": {"schema": "app"}}, "names 'pendo'; allowed are product, segment, mixpanel, amplitude"),
        ({"product": "app"}, "product: 'app' names no schema; allowed are schema, events, users, companies, aliases"),
        ({"product": {"schema": "app", "event": "x"}}, "product: 'event' is unknown; allowed are schema, events"),
        ({"product": {"schema": "lake.app"}}, "product, schema: 'lake.app' is no name"),
        ({"product": {"schema": "app", "events": "x; drop table y"}}, "product, events: 'x; drop table y' is no name"),
        ({"product": {"schema": "app", "loaded_at": None}}, "product, loaded_at: None is no name"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_is_allowed(said: object, message: str):
    with pytest.raises(PlacesInvalid) as told:
        read_places(said)
    assert message in str(told.value)


def test_the_project_says_where_tables_are_and_as_shipped_none_is():
    assert said_in(DBT_PROJECT_DIR) == {}
    assert places_in_use(read_settings()) == {}


def test_a_project_that_names_tables_is_read(tmp_path: Path):
    (tmp_path / "dbt_project.yml").write_text("name: x\nvars:\n  in_warehouse: {product: {schema: app}}\n")
    assert said_in(tmp_path) == {"product": {"schema": "app"}}


def test_the_environment_says_it_in_place_of_the_project(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PQL_IN_WAREHOUSE", '{"amplitude": {"schema": "events"}}')
    assert places_in_use(read_settings())["amplitude"].schema == "events"


@pytest.mark.parametrize("text", ["{product", "[1]", "app"])
def test_an_environment_that_says_no_object_is_told_so(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("PQL_IN_WAREHOUSE", text)
    with pytest.raises(SettingsInvalid) as told:
        read_settings()
    assert "PQL_IN_WAREHOUSE" in str(told.value)
    assert 'should be a JSON object such as {"product": {"schema": "app"}}' in str(told.value)
