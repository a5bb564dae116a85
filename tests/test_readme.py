"""What the README says of the rules is what the rule files say."""

from pathlib import Path

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import sql_definition_in_english
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import SHIPPED_RULES_DIR

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_sql_definition_stands_in_the_readme_as_the_rules_have_it():
    assert f"> {sql_definition_in_english(read_rules(SHIPPED_RULES_DIR))}\n" in README


def test_every_rule_file_is_named():
    assert [name for name in RULE_FILES if f"`{name}.csv`" not in README] == []
