"""The property map is what the rule files say, with the portal's own prefix in the place of ours."""

import csv
import shutil
from dataclasses import asdict

import pytest

from dagster_project.crm.batches import upsert_property
from dagster_project.crm.property_map import HUBSPOT_TYPES, portal_name, read_property_map
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import sql_definition_in_english
from dagster_project.settings import SHIPPED_RULES_DIR

SENTENCE = sql_definition_in_english(read_rules(SHIPPED_RULES_DIR))


@pytest.fixture
def rules_dir(tmp_path):
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED_RULES_DIR, folder)
    return folder


def changed(folder, name, change):
    """The map of a rule folder after one of its files was changed, line by line."""
    path = folder / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    fields = list(rows[0])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(change(rows))
    return read_property_map(read_rules(folder), "zo_")


def shipped(prefix="zo_"):
    return read_property_map(read_rules(SHIPPED_RULES_DIR), prefix)


def names(mapped):
    return [item.name for item in mapped.properties]


# The shipped files


def test_every_row_of_the_map_becomes_a_property_of_its_object_in_the_order_of_the_file():
    objects = shipped()
    with (SHIPPED_RULES_DIR / "crm_property_map.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert set(objects) == {"contacts", "companies"}
    for object_type, mapped in objects.items():
        assert mapped.object_type == object_type
        assert names(mapped) == [row["property"] for row in rows if row["object_type"] == object_type]


def test_a_row_keeps_its_meaning():
    scores = {item.name: item for item in shipped()["contacts"].properties}
    assert asdict(scores["zo_handoff_at"]) == {
        "name": "zo_handoff_at",
        "source_column": "handoff_at",
        "value_type": "datetime",
        "label": "Handed off at",
        "description": f"When the person was handed to sales (UTC). {SENTENCE}",
        "clears_when_unknown": False,
        "is_unique": False,
        "is_hubspots_own": False,
        "min_change": None,
        "max_changed_pct": None,
        "who_wins": "ours",
        "options": (),
    }
    assert scores["zo_pql_score"].clears_when_unknown


def test_every_value_type_of_the_map_is_one_that_hubspot_has():
    used = {item.value_type for mapped in shipped().values() for item in mapped.properties}
    assert used <= set(HUBSPOT_TYPES)


def test_only_stage_and_owner_are_hubspots_own():
    own = [item.name for mapped in shipped("acme_").values() for item in mapped.properties if item.is_hubspots_own]
    assert own == ["lifecyclestage", "hubspot_owner_id"]


# The prefix


@pytest.mark.parametrize(
    ("name", "prefix", "expected"),
    [
        ("zo_pql_score", "zo_", "zo_pql_score"),
        ("zo_pql_score", "acme_", "acme_pql_score"),
        ("zo_pql_score", "", "pql_score"),
        ("zo_zo_score", "acme_", "acme_zo_score"),
        ("lifecyclestage", "acme_", "lifecyclestage"),
        ("hubspot_owner_id", "acme_", "hubspot_owner_id"),
        ("our_zo_score", "acme_", "our_zo_score"),
        ("zoe_score", "acme_", "zoe_score"),
        ("acme_score", "acme_", "acme_score"),
    ],
)
def test_the_prefix_takes_the_place_of_ours_and_leaves_other_names_alone(name, prefix, expected):
    assert portal_name(name, prefix) == expected


def test_another_prefix_changes_names_and_nothing_else():
    ours, theirs = shipped(), shipped("acme_")
    for object_type in ours:
        for before, after in zip(ours[object_type].properties, theirs[object_type].properties, strict=True):
            assert after.name == before.name.replace("zo_", "acme_")
            assert asdict(before) | {"name": ""} == asdict(after) | {"name": ""}


# Keys and objects


def test_companies_are_made_by_our_own_key_and_contacts_by_their_address():
    objects = shipped("acme_")
    assert objects["companies"].key_property.name == "acme_company_id"
    assert upsert_property(objects["companies"]) == "acme_company_id"
    assert (objects["contacts"].key_property.name, upsert_property(objects["contacts"])) == ("acme_user_id", "email")


def test_without_a_unique_property_there_is_no_key(rules_dir):
    def without_key(rows):
        return [row | {"is_unique": "false"} for row in rows]

    assert changed(rules_dir, "crm_property_map", without_key)["companies"].key_property is None


def test_what_happens_to_unknown_records_is_said_object_by_object(rules_dir):
    otherwise = {"unknown_records": "upsert", "max_cleared_pct": "7"}

    def upsert_contacts(rows):
        return [row | otherwise if row["object_type"] == "contacts" else row for row in rows]

    objects = changed(rules_dir, "crm_objects", upsert_contacts)
    assert [(item.makes_unknown_records, item.max_cleared_pct) for item in objects.values()] == [(True, 7), (False, 20)]


def test_an_object_without_properties_is_there_and_empty(rules_dir):
    objects = changed(
        rules_dir, "crm_property_map", lambda rows: [row for row in rows if row["object_type"] == "contacts"]
    )
    assert (objects["companies"].properties, objects["companies"].key_property) == ((), None)
    assert objects["contacts"].properties == shipped()["contacts"].properties
