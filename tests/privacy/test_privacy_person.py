"""Where a name stands in a text, and where only something like it does."""

import json

import pytest

from dagster_project.privacy.person import Person

NORA = Person(
    frozenset({"u_nora", "7", "12345678"}), frozenset({"nora@a.example"}), full_names=frozenset({"Nora Bergström"})
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to nora@a.example.", "to [erased]."),
        ("to Nora@A.example, and others", "to [erased], and others"),
        ("the handoff of u_nora (nora@a.example)", "the handoff of [erased] ([erased])"),
        ("Nora Bergström called", "[erased] called"),
        (json.dumps("a\nNora Bergström called"), '"a\\n[erased] called"'),
        ("account 12345678", "account [erased]"),
    ],
)
def test_a_name_is_taken_out_wherever_it_stands(text, left):
    assert NORA.taken_out_of(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "eleanora@a.example",
        "ann.nora@a.example",
        "nora@a.example.org",
        "u_nora_2 and xu_nora",
        "7 rows",
        "123456789",
        "Nora Bergströms",
    ],
)
def test_what_is_only_like_a_name_stays(text):
    assert NORA.taken_out_of(text) == text


def test_somebody_without_a_name_is_in_no_text():
    assert Person().taken_out_of("anything") == "anything"
    assert Person().sql_pattern is None
