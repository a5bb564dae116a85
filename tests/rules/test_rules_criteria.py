"""The criteria as a sheet that anybody can read."""

import csv
import io
import re

from dagster_project.rules.book import read_rules
from dagster_project.rules.criteria import criteria_as_csv, criteria_as_markdown, write_criteria
from dagster_project.rules.english import describe_rules, sql_definition_in_english
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import SHIPPED_RULES_DIR

BOOK = read_rules(SHIPPED_RULES_DIR)


def sheet(book) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(criteria_as_csv(book))))


def test_every_row_of_every_rule_file_has_a_row():
    rows = sheet(BOOK)
    found = {name: sum(row["file"] == f"{name}.csv" for row in rows) for name in RULE_FILES}
    assert found == {name: len(BOOK.rows[name]) for name in RULE_FILES}
    assert all(row["what"] and row["owner"] and row["why"] for row in rows)


def test_a_row_says_what_the_rule_is_in_words_what_it_gives_whose_it_is_and_why():
    (row,) = (row for row in sheet(BOOK) if row["id"] == "teammates_invited")
    assert row == {
        "file": "engagement_rules.csv",
        "id": "teammates_invited",
        "label": "Invited 2+ teammates",
        "what": "2 or more different invitee_email of teammate_invited, halved at once after every 90 days",
        "points": "15",
        "group": "product_signals",
        "is_switched_on": "yes",
        "owner": "team:product",
        "why": "A product that is shared is hard to drop",
    }


def test_what_is_switched_off_says_so():
    # A tier may have the name of a weight profile.
    switched = {(row["file"], row["id"]): row["is_switched_on"] for row in sheet(BOOK)}
    asked = (
        ("engagement_rules.csv", "page_views"),
        ("negative_rules.csv", "small_company"),
        ("score_weights.csv", "enterprise"),
        ("score_weights.csv", "plg"),
    )
    assert [switched[row] for row in asked] == ["no", "no", "no", "yes"]


def test_the_sheet_has_all_exceptions_that_are_too_many_to_say_aloud():
    (student,) = (row for row in sheet(BOOK) if row["id"] == "student_title")
    (rule,) = (rule for rule in BOOK.rules("negative_rules") if rule.rule_id == "student_title")
    assert all(phrase in student["what"] for phrase in rule.except_words.split("|"))


def test_the_markdown_holds_every_sentence_and_every_reason():
    text = criteria_as_markdown(BOOK)
    assert f"- {sql_definition_in_english(BOOK)}\n" in text
    for line in describe_rules(BOOK).splitlines():
        assert line.replace("|", "\\|").strip() in text
    for row in sheet(BOOK):
        assert f"| {row['owner']} | {row['why']} |" in text


def test_a_cell_cannot_break_a_table(rules):
    rules.set_cell("score_bands", 2, "why", "a|b <script>\nnext")
    text = criteria_as_markdown(read_rules(rules.path))
    assert "| a\\|b &lt;script> next |\n" in text
    tables = re.findall(r"^\|.*", text, flags=re.M)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {7}


def test_all_are_written_and_written_over(tmp_path):
    folder = tmp_path / "for everybody" / "criteria"
    written = write_criteria(BOOK, folder)
    assert sorted(path.name for path in written) == ["scoring_rules.csv", "scoring_rules.md", "triggers.md"]
    before = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in write_criteria(BOOK, folder)] == before
    assert all(b"\r" not in content for content in before)
