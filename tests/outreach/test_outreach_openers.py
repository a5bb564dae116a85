"""The three openers of the sample, word for word, and what no opener does."""

from pathlib import Path

import pytest
from message_writing import words_of

from dagster_project.rules.templates import template_names
from dagster_project.settings import SHIPPED_RULES_DIR

GOLDEN = Path(__file__).parent / "openers"
NORA = {"first_name": "Nora", "contact_name": "Nora Lindqvist", "company_name": "Brightloom", "employee_count": 85}
PITCHES = ("plan", "price", "pricing", "cost", "upgrade", "offer", "discount", "buy", "demo", "call")


@pytest.mark.parametrize(
    ("trigger", "facts"),
    [
        ("paywall_hit", {"feature_name": "automation rules", "colleagues_active": 4}),
        ("team_expansion", {"company_active_users": 5, "colleagues_active": 4}),
        ("came_and_went", {"days_since_login": 9, "activated_days_ago": 12}),
    ],
)
def test_an_opener_is_what_the_golden_file_says(trigger: str, facts: dict):
    assert words_of(trigger, **NORA, **facts).opener == (GOLDEN / f"{trigger}.txt").read_text(encoding="utf-8").strip()


def test_a_team_is_counted_without_the_one_who_is_spoken_to():
    assert "you and four colleagues" in words_of("team_expansion", **NORA, colleagues_active=4).opener
    assert "you and one colleague at" in words_of("team_expansion", **NORA, colleagues_active=1).opener
    assert "you and 14 colleagues" in words_of("team_expansion", **NORA, colleagues_active=14).opener


def test_whoever_came_and_went_is_asked_and_not_pitched_to():
    opener = words_of("came_and_went", **NORA, plan="free", feature_name="automation rules").opener.lower()
    assert not [word for word in PITCHES if word in opener.replace(",", " ").replace(".", " ").split()]
    assert "?" in opener


@pytest.mark.parametrize(
    ("facts", "subject"),
    [
        (
            {"feature_name": "automation rules", "colleagues_active": 4},
            "High priority: call or email Nora Lindqvist at Brightloom — they tried automation rules today and are "
            "active with 4 colleagues",
        ),
        (
            {"feature_name": "automation rules", "colleagues_active": 1},
            "High priority: call or email Nora Lindqvist at Brightloom — they tried automation rules today and are "
            "active with 1 colleague",
        ),
        (
            {"feature_name": "automation rules", "colleagues_active": 0},
            "High priority: call or email Nora Lindqvist at Brightloom — they tried automation rules today",
        ),
        (
            {"colleagues_active": 4},
            "High priority: call or email Nora Lindqvist at Brightloom — they are active with 4 colleagues",
        ),
        ({}, "High priority: call or email Nora Lindqvist at Brightloom"),
        ({"company_name": None}, "High priority: call or email Nora Lindqvist"),
        (
            {"contact_name": None, "contact_email": "nora@brightloom.io"},
            "High priority: call or email nora@brightloom.io at Brightloom",
        ),
    ],
)
def test_the_task_of_a_paywall_says_whom_to_call_and_why(facts: dict, subject: str):
    assert words_of("paywall_hit", **(NORA | facts)).subject == subject


@pytest.mark.parametrize("template", template_names(SHIPPED_RULES_DIR))
def test_every_shipped_template_says_something_also_where_nothing_is_known(template: str):
    words = words_of(template)
    assert words.subject
    assert words.text
    assert words.talking_points
    said = f"{words.subject}\n{words.text}\n{words.opener}\n{words.talking_points}"
    assert not [wrong for wrong in ("None", "  ", " ,", "{", "}") if wrong in said]
    assert "\n\n" not in words.text
