"""The generated pages of docs/ are what the rules say, and leave nothing out."""

import csv
import shutil
from pathlib import Path

import pytest
import yaml

from dagster_project.__main__ import main
from dagster_project.documents.cells import cell_in_words, choices_of
from dagster_project.documents.choices import MEANINGS, SETTINGS_OF
from dagster_project.documents.descriptions import SEEDS, described_seeds
from dagster_project.documents.rule_files import OF_EVERY_ROW
from dagster_project.documents.writing import documents
from dagster_project.rules.book import read_rules
from dagster_project.rules.markdown import escaped
from dagster_project.rules.reading import RulesInvalid
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import PROJECT_DIR, SHIPPED_RULES_DIR

BOOK = read_rules(SHIPPED_RULES_DIR)
PAGES = documents(BOOK, "zo_")


@pytest.fixture
def own_rules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_RULES_DIR, tmp_path / "rules"))


def changed(folder: Path, file: str, row: int, **cells: str) -> None:
    path = folder / f"{file}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[row] |= cells
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_that_of_the_shipped_rules(name):
    committed = (PROJECT_DIR / "docs" / name).read_text(encoding="utf-8")
    assert committed == PAGES[name], "write it anew: make docs"


@pytest.mark.parametrize("name", RULE_FILES)
def test_every_column_of_a_rule_file_is_described(name):
    described = described_seeds()[name]
    assert described.description
    assert list(described.columns) == [column for column in RULE_FILES[name].model_fields if column not in OF_EVERY_ROW]
    assert all(described.columns.values())


def test_every_rule_file_and_nothing_else_is_described():
    assert set(described_seeds()) == set(RULE_FILES)


def test_descriptions_stand_once_in_the_yml():
    names = [seed["name"] for seed in yaml.safe_load(SEEDS.read_text(encoding="utf-8"))["seeds"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("file", "column"), MEANINGS)
def test_every_word_that_needs_a_meaning_has_one(file, column):
    assert set(MEANINGS[file, column]) == set(choices_of(RULE_FILES[file].model_fields[column]))
    for value, meaning in MEANINGS[file, column].items():
        assert f"| `{value}` | {escaped(meaning)} |" in PAGES["rules.md"]


def test_every_setting_stands_with_what_it_may_be_and_what_it_is():
    for file, settings in SETTINGS_OF.items():
        values = {rule.setting_id: str(rule.value) for rule in BOOK.rules(file)}
        assert set(values) == set(settings)
        for setting, value in values.items():
            line = next(line for line in PAGES["rules.md"].splitlines() if line.startswith(f"| `{setting}` |"))
            assert line.split(" | ")[2] == value


@pytest.mark.parametrize(
    ("file", "column", "words"),
    [
        ("engagement_rules", "rule_id", "a name"),
        ("engagement_rules", "requires", "names; may be empty"),
        ("engagement_rules", "window_hours", "a whole number from 1 to 8,784; may be empty"),
        ("engagement_rules", "points", "a number with at most 4 decimal places from 0 to 100"),
        ("engagement_rules", "filter_operator", "=, !=, >=, <=, >, <, `contains`, `is_known`; may be empty"),
        ("engagement_rules", "is_enabled", "true or false"),
        ("activation_milestones", "min_count", "a whole number, 1 or more"),
        ("crm_property_map", "min_change", "a number with at most 4 decimal places, more than 0; may be empty"),
        ("crm_property_map", "who_wins", "`ours`, `theirs`, `hold`"),
        ("return_rules", "property", "one of the 13 below; may be empty"),
        ("fit_rules", "min_value", "a whole number, 0 or more; may be empty"),
        ("sales_team", "absent_from", "a date such as 2026-11-16; may be empty"),
        ("sales_team", "time_zone", "text"),
    ],
)
def test_what_a_cell_may_hold_is_said_in_words(file, column, words):
    assert cell_in_words(RULE_FILES[file].model_fields[column]) == words


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("channels", "digest_at"),
        ("channels", "is_enabled"),
        ("goals", "from_month"),
        ("regions", "country_code"),
        ("sales_team", "absent_from"),
        ("sales_team", "member_email"),
        ("sales_team", "works_on"),
    ],
)
def test_what_the_page_allows_is_what_the_error_allows(file, column, own_rules):
    changed(own_rules, file, 0, **{column: "?"})
    allowed = cell_in_words(RULE_FILES[file].model_fields[column]).removesuffix("; may be empty")
    with pytest.raises(RulesInvalid) as told:
        read_rules(own_rules)
    assert str(told.value) == f"{file}.csv, row 2, column {column}: found '?'; allowed: {allowed}"


def test_a_file_without_rows_has_no_example(own_rules):
    path = own_rules / "goals.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    page = documents(read_rules(own_rules), "zo_")["rules.md"]
    section = page[page.index("## goals.csv") : page.index("## tiers.csv")]
    assert "| column | what it says | what it may hold |\n" in section
    assert "The example says" not in section


def test_the_sentence_of_an_example_ends_once():
    assert ".. Why:" not in PAGES["rules.md"]


def test_an_example_is_a_row_that_is_switched_on(own_rules):
    for row, rule in enumerate(BOOK.rules("negative_rules")):
        changed(own_rules, "negative_rules", row, is_enabled=str(rule.rule_id == "competitor_domain").lower())
    page = documents(read_rules(own_rules), "zo_")["rules.md"]
    section = page[page.index("## negative_rules.csv") : page.index("## fit_rules.csv")]
    assert "| `rule_id` | The name of the rule. | a name | competitor_domain |" in section


def test_a_property_is_told_as_the_portal_has_it(own_rules):
    changed(own_rules, "crm_property_map", 1, label="Product score", min_change="5", who_wins="hold")
    page = documents(read_rules(own_rules), "acme_")["properties.md"]
    line = next(line for line in page.splitlines() if line.startswith("| `acme_pql_score` |"))
    assert line.split(" | ")[1:4] == ["Product score", "number", "`pql_score`"]
    assert line.endswith(" | emptied | 5 | theirs stays until somebody decides |")
    assert "`acme_hot_not_with_sales`" in page
    assert "| `zo_" not in page


def test_every_property_event_and_list_is_in_the_page():
    page = PAGES["properties.md"]
    for rule in BOOK.rules("crm_property_map"):
        assert f"\n| `{rule.property}` | {rule.label or ''} | " in page
    for rule in BOOK.rules("crm_events"):
        assert f"\n| `{rule.event_name}` | {rule.label} | " in page
    for rule in BOOK.rules("segments"):
        assert (f"\n| `zo_{rule.segment_id}` | " in page) == rule.is_list


def test_the_options_of_a_property_are_told():
    line = next(line for line in PAGES["properties.md"].splitlines() if line.startswith("- `zo_segments`: "))
    kept = [rule for rule in BOOK.rules("segments") if rule.is_option and rule.object_type == "contacts"]
    assert all(f"`{rule.segment_id}` ({rule.label})" in line for rule in kept)


def test_the_command_writes_the_pages_of_the_rules_in_force(own_rules, data_dir, tmp_path, monkeypatch, capsys):
    changed(own_rules, "triggers", 0, label="Somebody to call")
    monkeypatch.setenv("PQL_RULES_DIR", str(own_rules))
    assert main(["docs", "--out", str(tmp_path / "pages")]) == 0
    written = [tmp_path / "pages" / name for name in PAGES]
    assert capsys.readouterr().out == f"Written: {', '.join(map(str, written))}\n"
    assert "Somebody to call" in (tmp_path / "pages" / "triggers.md").read_text(encoding="utf-8")


def test_rules_with_mistakes_are_told_and_no_page_is_written(own_rules, data_dir, tmp_path, monkeypatch, capsys):
    (own_rules / "signals.csv").unlink()
    monkeypatch.setenv("PQL_RULES_DIR", str(own_rules))
    assert main(["docs", "--out", str(tmp_path / "pages")]) == 1
    assert capsys.readouterr().err.startswith("signals.csv: found 'no such file'")
    assert not (tmp_path / "pages").exists()


def test_a_place_where_no_page_can_be_written_is_told(data_dir, tmp_path, capsys):
    (tmp_path / "pages").write_text("a file")
    with pytest.raises(SystemExit) as ended:
        main(["docs", "--out", str(tmp_path / "pages")])
    assert ended.value.code == 2
    assert f"nothing can be written to {tmp_path / 'pages'}: File exists" in capsys.readouterr().err
