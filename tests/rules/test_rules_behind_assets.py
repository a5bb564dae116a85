"""The assets that follow rules tell them in plain English."""

import dagster as dg
import pytest

from dagster_project.defs.rules_behind import RULES_BEHIND, RULES_UNSOUND, with_rules
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import sql_definition_in_english
from dagster_project.rules.schema import RULE_FILES


def told(asset: str) -> str:
    return with_rules(dg.AssetSpec(asset.split("/"))).metadata["rules_in_plain_english"].value


@pytest.fixture
def rules_in_force(rules, monkeypatch):
    monkeypatch.setenv("PQL_RULES_DIR", str(rules.path))
    return rules


def test_an_asset_tells_the_rules_behind_it_as_they_are_now(rules_in_force):
    rules_in_force.set_cell("sql_definition", 3, "value", "64")
    sentence = sql_definition_in_english(read_rules(rules_in_force.path))
    assert " PQL score is at least 64 " in sentence
    assert f"**Sales qualified** (sql_definition.csv)\n\n- {sentence}" in told("decide/handoffs")


def test_rules_with_mistakes_do_not_keep_an_asset_from_being_shown(rules_in_force):
    rules_in_force.set_cell("score_bands", 2, "min_score", "low")
    assert told("score/contact_scores") == RULES_UNSOUND


def test_an_asset_without_rules_tells_none():
    assert with_rules(dg.AssetSpec(["raw", "hubspot"])).metadata == {}


def test_every_file_named_is_a_rule_file():
    assert {name for files in RULES_BEHIND.values() for name in files} <= set(RULE_FILES)
