"""The trigger document: everything about every trigger, and the same wherever it is read."""

from dagster_project.defs.rules_behind import RULES_UNSOUND
from dagster_project.defs.score_and_decide import MANIFEST, TRANSLATOR
from dagster_project.resources.dbt import dbt_project
from dagster_project.rules.book import read_rules
from dagster_project.rules.criteria import write_criteria
from dagster_project.rules.english import chapter_of, sql_definition_in_english
from dagster_project.rules.trigger_document import trigger_document
from dagster_project.settings import SHIPPED_RULES_DIR

BOOK = read_rules(SHIPPED_RULES_DIR)
DOCUMENT = trigger_document(BOOK)


def in_dagster() -> str:
    spec = TRANSLATOR.get_asset_spec(MANIFEST, f"model.{dbt_project.name}.actions", dbt_project)
    return spec.metadata["what_triggers_what"].value


def test_every_trigger_condition_and_action_is_in_it_with_why_and_whose():
    for name in ("triggers", "trigger_conditions", "trigger_actions"):
        rows = BOOK.rules(name)
        assert rows
        for rule in rows:
            assert rule.why in DOCUMENT
            assert rule.owner in DOCUMENT
    for rule in BOOK.rules("triggers"):
        assert f"### {rule.strength}. {rule.label} (`{rule.trigger_id}`)\n" in DOCUMENT


def test_handoff_and_return_are_in_it():
    assert sql_definition_in_english(BOOK) in DOCUMENT
    for name in ("routing_rules", "sales_team", "handoff_settings", "return_rules", "title_seniority"):
        for sentence in chapter_of(name).sentences(BOOK):
            assert f"- {sentence}" in DOCUMENT


def test_the_asset_of_the_actions_shows_it(rules, monkeypatch):
    assert in_dagster() == DOCUMENT
    rules.set_cell("triggers", 2, "label", "Somebody to call")
    monkeypatch.setenv("PQL_RULES_DIR", str(rules.path))
    assert "### 1. Somebody to call (`sql_handoff`)" in in_dagster()


def test_rules_with_mistakes_do_not_keep_dagster_from_showing_the_asset(rules, monkeypatch):
    rules.set_cell("triggers", 2, "strength", "many")
    monkeypatch.setenv("PQL_RULES_DIR", str(rules.path))
    assert in_dagster() == RULES_UNSOUND


def test_the_rules_command_writes_it_beside_the_criteria(tmp_path):
    written = write_criteria(BOOK, tmp_path / "criteria")
    assert [path.name for path in written] == ["scoring_rules.csv", "scoring_rules.md", "triggers.md"]
    assert written[-1].read_text(encoding="utf-8") == DOCUMENT


def test_what_is_switched_off_and_what_is_odd_in_markdown_says_so(rules):
    rules.set_cell("triggers", 3, "is_enabled", "false")
    rules.set_cell("triggers", 4, "label", "Back | to <marketing>")
    text = trigger_document(read_rules(rules.path))
    assert "Owner: team:sales. Switched off.\n" in text
    assert "| Back \\| to &lt;marketing> |" in text
