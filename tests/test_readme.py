"""What the README says of the rules is what the rule files say, and the commands that it names are there."""

import re
from pathlib import Path

from dagster_project.__main__ import COMMANDS
from dagster_project.rules.book import read_rules
from dagster_project.rules.english import sql_definition_in_english
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import SHIPPED_RULES_DIR

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def test_the_sql_definition_stands_in_the_readme_as_the_rules_have_it():
    assert f"> {sql_definition_in_english(read_rules(SHIPPED_RULES_DIR))}\n" in README


def test_every_rule_file_is_named():
    assert [name for name in RULE_FILES if f"`{name}.csv`" not in README] == []


def test_every_command_is_a_target_that_the_readme_names():
    targets = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert targets == set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())
    assert set(COMMANDS) <= targets
    named = set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", README, re.MULTILINE))
    assert set(COMMANDS) <= named <= targets
