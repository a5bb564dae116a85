"""A rule file that is wrong is told by file, row, column, what was found and what is allowed."""

import hashlib
from pathlib import Path

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.reading import RulesInvalid
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import SHIPPED_RULES_DIR

FILES = sorted(RULE_FILES)


def test_the_shipped_rules_are_sound():
    book = read_rules(SHIPPED_RULES_DIR)
    assert set(book.rows) == set(RULE_FILES)
    assert all(book.rows[name] for name in RULE_FILES)


def test_every_shipped_file_is_a_rule_file():
    assert sorted(path.stem for path in SHIPPED_RULES_DIR.glob("*.csv")) == FILES


def test_every_row_says_whose_it_is_and_why_it_is_there():
    for rows in read_rules(SHIPPED_RULES_DIR).rows.values():
        for row in rows:
            assert row.rule.owner.startswith("team:")
            assert row.rule.why


def test_rows_are_numbered_as_a_spreadsheet_does(rules):
    assert [row.number for row in read_rules(rules.path).rows["score_bands"]] == [2, 3, 4]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(rules, name):
    rules.file(name).unlink()
    assert rules.problems() == [f"{name}.csv: found 'no such file'; allowed: a file {name}.csv in {rules.path}"]


def test_a_folder_that_is_not_there_lacks_every_file(tmp_path):
    with pytest.raises(RulesInvalid) as raised:
        read_rules(tmp_path / "nowhere")
    assert [problem.file for problem in raised.value.problems] == [f"{name}.csv" for name in RULE_FILES]


def test_a_folder_that_is_a_file_can_be_read_as_no_rule_file(tmp_path):
    place = tmp_path / "rules"
    place.write_text("")
    with pytest.raises(
        RulesInvalid, match=r"event_taxonomy\.csv: found 'Not a directory'; allowed: a file that can be"
    ):
        read_rules(place)


def test_a_folder_in_the_place_of_a_file_is_told(rules):
    rules.file("triggers").unlink()
    rules.file("triggers").mkdir()
    assert rules.problems() == ["triggers.csv: found 'Is a directory'; allowed: a file that can be read"]


def test_a_file_without_permission_is_told(rules, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert "triggers.csv: found 'Permission denied'; allowed: a file that can be read" in rules.problems()


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_lacks_its_header(rules, name):
    rules.file(name).write_text("")
    (problem,) = rules.problems()
    columns = ",".join(RULE_FILES[name].model_fields)
    assert problem.startswith(f"{name}.csv, row 1: found 'no column ")
    assert problem.endswith(f"; allowed: {columns}")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_column_is_named(rules, name):
    rules.change(name, ",why", "")
    columns = ",".join(RULE_FILES[name].model_fields)
    assert rules.problems() == [f"{name}.csv, row 1: found 'no column why'; allowed: {columns}"]


@pytest.mark.parametrize("name", FILES)
def test_an_unknown_column_is_named(rules, name):
    rules.change(name, ",why", ",why,colour")
    (problem,) = rules.problems()
    assert problem.startswith(f"{name}.csv, row 1: found \"an unknown column 'colour'\"; allowed: ")


@pytest.mark.parametrize("header", [" owner", "owner ", "Owner"])
def test_a_column_is_known_by_its_exact_name_only(rules, header):
    rules.change("score_groups", ",owner,", f",{header},")
    (problem,) = rules.problems()
    assert f"score_groups.csv, row 1: found \"no column owner; an unknown column '{header}'\"" in problem


def test_a_column_may_not_occur_twice(rules):
    rules.change("score_groups", ",why", ",why,why")
    (problem,) = rules.problems()
    assert problem.startswith("score_groups.csv, row 1: found 'a column twice'; allowed: score_group,label,")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_semicolons_is_told_as_what_it_is(rules, name):
    rules.file(name).write_bytes(rules.bytes(name).replace(b",", b";"))
    columns = ",".join(RULE_FILES[name].model_fields)
    assert rules.problems() == [f"{name}.csv, row 1: found 'cells separated by semicolons'; allowed: {columns}"]


def test_columns_may_stand_in_another_order(rules):
    before = read_rules(rules.path).rows["score_bands"]
    rules.write(
        "score_bands",
        [["why", "max_score", "band", "owner", "min_score"]]
        + [[row.rule.why, row.rule.max_score, row.rule.band, row.rule.owner, row.rule.min_score] for row in before],
    )
    assert read_rules(rules.path).rows["score_bands"] == before


@pytest.mark.parametrize("name", FILES)
def test_a_byte_order_mark_and_windows_line_endings_change_nothing(rules, name):
    before = read_rules(rules.path).rows[name]
    rules.file(name).write_bytes(b"\xef\xbb\xbf" + rules.bytes(name).replace(b"\n", b"\r\n"))
    assert read_rules(rules.path).rows[name] == before


@pytest.mark.parametrize("name", FILES)
def test_a_missing_last_line_break_and_blank_lines_at_the_end_change_nothing(rules, name):
    before = read_rules(rules.path).rows[name]
    rules.file(name).write_bytes(rules.bytes(name).rstrip(b"\n"))
    assert read_rules(rules.path).rows[name] == before
    rules.file(name).write_bytes(rules.bytes(name) + b"\n\n\n")
    assert read_rules(rules.path).rows[name] == before


def test_a_blank_line_counts_as_a_row_and_is_no_rule(rules):
    rules.change("score_bands", "mql,40", "\nmql,40")
    rules.set_cell("score_bands", 4, "min_score", "x")
    assert rules.problems() == ["score_bands.csv, row 4, column min_score: found 'x'; allowed: a whole number"]


def test_a_line_break_inside_quotes_does_not_shift_the_rows(rules):
    rules.set_cell("score_bands", 2, "why", "Marketing\nkeeps in touch\r\nfor long")
    rules.set_cell("score_bands", 4, "min_score", "x")
    assert rules.problems() == ["score_bands.csv, row 4, column min_score: found 'x'; allowed: a whole number"]


@pytest.mark.parametrize("cells", [",,,,", " , ,,,", ",,", "   "])
def test_a_row_that_was_emptied_and_not_deleted_is_told(rules, cells):
    rules.change("score_bands", "mql,40", f"{cells}\nmql,40")
    assert rules.problems() == [
        "score_bands.csv, row 3: found 'only empty cells'; allowed: a rule, or no row at all: delete it"
    ]


def test_a_comma_without_quotes_is_told_by_its_row(rules):
    rules.change("score_groups", "The score is", "The score, as is,")
    assert rules.problems() == [
        "score_groups.csv, row 2: found '9 cells'; allowed: 7 cells; a comma inside a cell needs quotes around the cell"
    ]


def test_a_comma_in_quotes_is_part_of_the_cell(rules):
    rules.set_cell("score_groups", 2, "why", 'The score, "PQL", is out of 100')
    rule, *_ = read_rules(rules.path).rules("score_groups")
    assert rule.why == 'The score, "PQL", is out of 100'


@pytest.mark.parametrize("cell", ['"The score is out of 100', '"The" score'])
def test_a_quote_without_its_mate_is_told_and_hides_no_rows(rules, cell):
    rules.change("score_weights", "What people do says more than who they are", cell)
    (problem,) = rules.problems()
    assert problem.startswith("score_weights.csv, row 2: found ")
    assert problem.endswith("each one that begins with a quote ends with one, quotes inside it written twice")


def test_one_file_ends_its_lines_in_one_way(rules):
    rules.change("score_bands", "keeps in touch\n", "keeps in touch\r\n")
    assert rules.problems() == [
        "score_bands.csv, row 2: found 'a line that ends in CRLF, the first one in LF'; "
        "allowed: one kind of line ending; save the file anew"
    ]


def test_bytes_that_are_no_utf8_are_told_by_their_cell(rules):
    rules.file("sales_team").write_bytes(
        rules.bytes("sales_team").replace(b"18:00,,,team:sales", b"18:00,,,Ren\xe9", 1)
    )
    assert rules.problems() == [
        r"sales_team.csv, row 2, column owner: found 'Ren\\xe9'; "
        "allowed: UTF-8 text; in a spreadsheet, save as “CSV UTF-8 (comma delimited)”"
    ]


def test_a_file_of_another_encoding_is_told(rules):
    rules.file("score_bands").write_bytes(rules.bytes("score_bands").decode().encode("utf-16"))
    (problem,) = rules.problems()
    assert problem.startswith("score_bands.csv, row 1: found '\\\\xff\\\\xfe")
    assert "allowed: UTF-8 text" in problem


def test_a_cell_longer_than_any_sentence_is_told(rules):
    rules.set_cell("score_bands", 3, "why", "x" * 140_000)
    (problem,) = rules.problems()
    assert problem.startswith("score_bands.csv, row 3: found 'field larger than field limit")


def test_all_problems_of_all_files_are_told_at_once(rules):
    rules.set_cell("score_bands", 2, "min_score", "low")
    rules.set_cell("score_bands", 2, "max_score", "high")
    rules.set_cell("score_bands", 4, "owner", "")
    rules.set_cell("triggers", 3, "is_enabled", "on")
    rules.file("sales_team").unlink()
    assert [problem.split(":")[0] for problem in rules.problems()] == [
        "score_bands.csv, row 2, column min_score",
        "score_bands.csv, row 2, column max_score",
        "score_bands.csv, row 4, column owner",
        "sales_team.csv",
        "triggers.csv, row 3, column is_enabled",
    ]


def test_a_key_occurs_once(rules):
    rules.set_cell("score_bands", 4, "band", "mql")
    assert rules.problems() == [
        "score_bands.csv, row 4, column band: found 'mql'; allowed: each band once; row 3 has it already"
    ]


def test_a_key_of_several_columns_occurs_once(rules):
    rules.set_cell("event_taxonomy", 5, "source_event", "logged_in")
    rules.set_cell("crm_property_map", 11, "object_type", "contacts")
    rules.set_cell("crm_property_map", 11, "property", "zo_pql_score")
    assert rules.problems() == [
        "event_taxonomy.csv, row 5, column source: found 'product, logged_in'; "
        "allowed: each source + source_event once; row 3 has it already",
        "crm_property_map.csv, row 11, column object_type: found 'contacts, zo_pql_score'; "
        "allowed: each object_type + property once; row 3 has it already",
    ]


def test_reading_leaves_every_byte_as_it_was(rules):
    def seen() -> dict:
        return {
            path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in rules.path.rglob("*")
            if path.is_file()
        }

    before = seen()
    assert rules.problems() == []
    assert seen() == before
