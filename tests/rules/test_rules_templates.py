"""A message template that cannot be rendered is told with file and line, what was found and what is allowed."""

from pathlib import Path

import pytest

from dagster_project.rules.template_fields import FIELDS, counted_words, days_ago, duration, known, spelled_words
from dagster_project.rules.templates import (
    BLOCKS,
    TemplateInvalid,
    missing_template,
    render,
    template_names,
    template_problems,
)
from dagster_project.settings import SHIPPED_RULES_DIR

SOUND = "{% block subject %}Call {{ first_name }}{% endblock %}"


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "templates").mkdir(exist_ok=True)
    (tmp_path / "templates" / "mine.j2").write_text(text, encoding="utf-8")
    return tmp_path


def problems(tmp_path: Path, text: str) -> list[str]:
    return [str(problem) for problem in template_problems(written(tmp_path, text))]


def test_the_shipped_templates_are_sound():
    assert list(template_problems(SHIPPED_RULES_DIR)) == []
    assert len(template_names(SHIPPED_RULES_DIR)) >= 15


@pytest.mark.parametrize(
    ("body", "line", "found"),
    [
        ("\n\n{{ feature_nane }}", 3, "feature_nane"),
        ("{% if colleagues %}x{% endif %}", 1, "colleagues"),
        ("\n{{ first_name.upper() }}", 2, ".upper"),
        ("{{ ''.__class__ }}", 1, ".__class__"),
        ("{{ first_name | tojson }}", 1, "filter tojson"),
        ("\n{{ counted(employee_count, }}", 2, "unexpected '}'"),
        ("{% include 'sql_handoff.j2' %}", 1, "include"),
        ("{% import 'other.j2' as other %}", 1, "import"),
        ("\n\n\n{{ employee_count + 1 }}", 4, "unsupported operand type(s) for +: 'NoneType' and 'int'"),
        ("{{ range(10) }}", 1, "range"),
        ("{{ self }}", 1, "self"),
    ],
)
def test_what_cannot_be_said_is_told_with_its_line(tmp_path: Path, body: str, line: int, found: str):
    told = problems(tmp_path, "{% block text %}" + body + "{% endblock %}")
    assert told
    assert told[0].startswith(f"templates/mine.j2, line {line}: found {found!r}") or found in told[0]
    assert "; allowed: " in told[0]


def test_an_unknown_field_is_told_with_those_there_are(tmp_path: Path):
    (told,) = problems(tmp_path, "{% block text %}{{ name }}{% endblock %}")
    assert "contact_name" in told
    assert "helper (counted, days_ago" in told


def test_every_problem_is_told_at_once(tmp_path: Path):
    assert (
        len(problems(tmp_path, "{% block text %}{{ one }}\n{{ two }}{% endblock %}{% block oops %}{% endblock %}")) == 3
    )


@pytest.mark.parametrize(
    ("text", "found"), [("no block at all", "no block"), ("{% block body %}x{% endblock %}", "block body")]
)
def test_a_template_has_blocks_of_the_names_there_are(tmp_path: Path, text: str, found: str):
    assert f"found {found!r}; allowed: the blocks {', '.join(BLOCKS)}" in problems(tmp_path, text)[0]


def test_what_is_no_text_is_told(tmp_path: Path):
    written(tmp_path, "")
    (tmp_path / "templates" / "mine.j2").write_bytes(b"{% block text %}\xff{% endblock %}")
    assert "UTF-8" in str(next(iter(template_problems(tmp_path))))


def test_a_folder_without_templates_has_no_problem(tmp_path: Path):
    assert list(template_problems(tmp_path)) == []


def test_a_template_that_is_named_and_not_there_says_which_are(tmp_path: Path):
    assert missing_template(written(tmp_path, SOUND), "mine") is None
    assert missing_template(tmp_path, "other") == ("a file templates/other.j2 beside the rules, or one of these: mine")
    with pytest.raises(TemplateInvalid, match=r"there is no template templates/other\.j2"):
        render(tmp_path, "other", FIELDS)


def test_what_is_not_known_is_empty_and_a_block_that_is_not_there_too(tmp_path: Path):
    assert render(written(tmp_path, SOUND), "mine", {}) == {
        "subject": "Call",
        "text": "",
        "opener": "",
        "talking_points": "",
    }


def test_a_template_cannot_reach_out_of_its_facts(tmp_path: Path):
    escape = "{% block text %}{{ ('x' | list)['__class__'] }}{% endblock %}"
    with pytest.raises(TemplateInvalid):
        render(written(tmp_path, escape), "mine", FIELDS)


def test_an_edited_template_is_rendered_as_it_is_now(tmp_path: Path):
    assert render(written(tmp_path, SOUND), "mine", FIELDS)["subject"] == "Call Nora"
    assert render(written(tmp_path, SOUND.replace("Call", "Write to")), "mine", FIELDS)["subject"] == "Write to Nora"


def test_helpers_say_numbers_as_people_do_and_nothing_where_nothing_is_known():
    assert [spelled_words(count, "colleague") for count in (0, 1, 4, 13, None)] == [
        "no colleagues",
        "one colleague",
        "four colleagues",
        "13 colleagues",
        "",
    ]
    assert [counted_words(1, "company", "companies"), counted_words(2, "company", "companies")] == [
        "1 company",
        "2 companies",
    ]
    assert [duration(minutes) for minutes in (1, 60, 90, 1_440, 4_320, None)] == [
        "1 minute",
        "1 hour",
        "90 minutes",
        "24 hours",
        "3 days",
        "",
    ]
    assert [days_ago(days) for days in (0, 1, 3, None)] == ["today", "1 day ago", "3 days ago", ""]
    assert known(["a", None, "", "b"], " - ") == "a - b"
