"""Wherever people read when a contact is sales qualified, they read the same sentence, and the rules have said it."""

import pytest

from dagster_project.crm.property_map import read_property_map
from dagster_project.defs.rules_behind import RULES_UNSOUND
from dagster_project.defs.score_and_decide import MANIFEST, TRANSLATOR
from dagster_project.outreach.messages import handoff_help
from dagster_project.resources.dbt import dbt_project
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules, sql_definition_in_english
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import PROJECT_DIR, SHIPPED_RULES_DIR

README = PROJECT_DIR / "README.md"
START = "A contact is sales qualified when "


@pytest.fixture
def rules_in_force(rules, monkeypatch):
    monkeypatch.setenv("PQL_RULES_DIR", str(rules.path))
    return rules


def asset_description(resource: str, name: str) -> str:
    spec = TRANSLATOR.get_asset_spec(MANIFEST, f"{resource}.{dbt_project.name}.{name}", dbt_project)
    return spec.description


def in_dagster() -> str:
    return asset_description("model", "sales_qualifications")


def in_hubspot(book) -> list[str]:
    """What the property of the handoff and the one that a workflow starts from say of themselves."""
    properties = read_property_map(book, "zo_")["contacts"].properties
    described = [item.description for item in properties if START in (item.description or "")]
    assert len(described) == 2
    return described


def sentences(*texts: str) -> set[str]:
    """The sentence as it stands in each text, up to its full stop."""
    return {START + text.partition(START)[2].splitlines()[0].partition(". ")[0].rstrip(".") + "." for text in texts}


def test_the_sentence_is_the_same_everywhere_people_read_it():
    book = read_rules(SHIPPED_RULES_DIR)
    readme = README.read_text(encoding="utf-8")
    everywhere = (readme, in_dagster(), handoff_help(book), *in_hubspot(book), describe_rules(book))
    assert sentences(*everywhere) == {sql_definition_in_english(book)}


def test_a_changed_rule_changes_it_everywhere_but_in_the_readme(rules_in_force):
    rules_in_force.set_cell("sql_definition", 3, "value", "64")
    book = read_rules(rules_in_force.path)
    sentence = sql_definition_in_english(book)
    assert " PQL score is at least 64 " in sentence
    assert sentences(in_dagster(), handoff_help(book), *in_hubspot(book)) == {sentence}


def test_what_dbt_says_of_an_asset_stays_below_it():
    assert "One row per user and condition of sql_definition" in in_dagster()
    assert in_dagster().startswith(START)


def test_each_rule_file_tells_in_dagster_what_it_comes_to(rules_in_force):
    rules_in_force.set_cell("engagement_rules", 2, "points", "33")
    told = describe_rules(read_rules(rules_in_force.path)).splitlines()
    listed = {line for name in RULE_FILES for line in asset_description("seed", name).splitlines() if line[:2] == "- "}
    assert listed == {f"- {line.strip()}" for line in told if line.startswith("  ")}
    assert any(line.startswith("- +33 Free trial started: ") for line in listed)


def test_rules_with_mistakes_do_not_keep_dagster_from_loading(rules_in_force):
    rules_in_force.set_cell("score_bands", 2, "min_score", "low")
    assert in_dagster().startswith(RULES_UNSOUND)
    assert asset_description("seed", "score_bands").startswith(RULES_UNSOUND)


def test_a_description_may_name_the_sentence_wherever_it_likes(rules):
    rules.set_cell("crm_property_map", 3, "description", "Read: {sql_definition} Yes.")
    book = read_rules(rules.path)
    (score,) = (item for item in read_property_map(book, "x_")["contacts"].properties if item.name == "x_pql_score")
    assert score.description == f"Read: {sql_definition_in_english(book)} Yes."
