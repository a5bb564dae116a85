"""The message of a handoff, word for word, as the shipped template says it."""

import pytest
from action_rows import action_row
from hypothesis import given
from hypothesis import strategies as st
from message_writing import written

from dagster_project.outreach.slack_text import escaped

Facts = dict[str, object]
NORA: Facts = {
    "contact_name": "Nora Lindqvist",
    "contact_email": "nora@brightloom.io",
    "company_name": "Brightloom",
    "employee_count": 85,
    "combined_score": 65,
    "activated_days_ago": 3,
    "teammates_invited_count": 2,
    "key_action_7d_count": 14,
    "owner_slack_name": "Dana",
    "owner_name": "Dana Reyes",
    "due_minutes": 120,
    "record_url": "https://app.hubspot.com/contacts/1/record/0-1/7",
}
NOTHING_KNOWN: Facts = dict.fromkeys(NORA)


def replace(facts: Facts, **changes: object) -> Facts:
    return facts | changes


def handoff_message(facts: Facts) -> str:
    """The text of the template, before it is escaped."""
    known = dict(facts)
    slack_name = known.pop("owner_slack_name")
    words = written(action_row(1), known, f"@{slack_name}" if slack_name else None)
    return words.text


def test_everything_known_makes_four_lines():
    assert handoff_message(NORA) == (
        "New SQL: Nora Lindqvist at Brightloom (~85 employees)\n"
        "Score 65 - activated 3 days ago, invited 2 teammates, 14 key actions this week\n"
        "Owner: @Dana - first call due within 2 hours\n"
        "Open in HubSpot: https://app.hubspot.com/contacts/1/record/0-1/7"
    )


def test_one_of_each_is_singular():
    one = replace(
        NORA,
        employee_count=1,
        combined_score=1,
        activated_days_ago=1,
        teammates_invited_count=1,
        key_action_7d_count=1,
        due_minutes=60,
    )
    assert handoff_message(one).splitlines()[:3] == [
        "New SQL: Nora Lindqvist at Brightloom (~1 employee)",
        "Score 1 - activated 1 day ago, invited 1 teammate, 1 key action this week",
        "Owner: @Dana - first call due within 1 hour",
    ]


def test_a_count_of_zero_is_known_and_said():
    none_yet = replace(NORA, activated_days_ago=0, teammates_invited_count=0, key_action_7d_count=0)
    assert (
        handoff_message(none_yet).splitlines()[1]
        == "Score 65 - activated today, invited 0 teammates, 0 key actions this week"
    )


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (15, "15 minutes"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (120, "2 hours"),
        (1440, "24 hours"),
    ],
)
def test_the_time_for_the_first_call_is_in_hours_where_it_is_whole_hours(minutes: int, words: str):
    assert (
        handoff_message(replace(NORA, due_minutes=minutes)).splitlines()[2].endswith(f"first call due within {words}")
    )


@pytest.mark.parametrize(
    ("unknown", "line", "words"),
    [
        (["contact_name"], 0, "New SQL: nora@brightloom.io at Brightloom (~85 employees)"),
        (["contact_name", "contact_email"], 0, "New SQL: somebody without a name at Brightloom (~85 employees)"),
        (["company_name"], 0, "New SQL: Nora Lindqvist (~85 employees)"),
        (["employee_count"], 0, "New SQL: Nora Lindqvist at Brightloom"),
        (["company_name", "employee_count"], 0, "New SQL: Nora Lindqvist"),
        (["combined_score"], 1, "activated 3 days ago, invited 2 teammates, 14 key actions this week"),
        (["activated_days_ago"], 1, "Score 65 - invited 2 teammates, 14 key actions this week"),
        (["teammates_invited_count"], 1, "Score 65 - activated 3 days ago, 14 key actions this week"),
        (["key_action_7d_count"], 1, "Score 65 - activated 3 days ago, invited 2 teammates"),
        (["activated_days_ago", "teammates_invited_count", "key_action_7d_count"], 1, "Score 65"),
        (["owner_slack_name"], 2, "Owner: Dana Reyes - first call due within 2 hours"),
        (["owner_slack_name", "owner_name"], 2, "first call due within 2 hours"),
        (["due_minutes"], 2, "Owner: @Dana"),
    ],
)
def test_what_is_not_known_is_left_out_of_its_line(unknown: list[str], line: int, words: str):
    assert handoff_message(replace(NORA, **dict.fromkeys(unknown, None))).splitlines()[line] == words


@pytest.mark.parametrize(
    ("unknown", "lines_left"),
    [
        (["combined_score", "activated_days_ago", "teammates_invited_count", "key_action_7d_count"], "WOL"),
        (["owner_slack_name", "owner_name", "due_minutes"], "WSL"),
        (["record_url"], "WSO"),
    ],
)
def test_a_line_of_which_nothing_is_known_is_left_out(unknown: list[str], lines_left: str):
    beginnings = {"W": "New SQL: ", "S": "Score ", "O": "Owner: ", "L": "Open in HubSpot: "}
    lines = handoff_message(replace(NORA, **dict.fromkeys(unknown, None))).splitlines()
    assert [line.startswith(beginnings[letter]) for line, letter in zip(lines, lines_left, strict=True)] == [True] * 3


def test_of_nothing_known_one_line_is_left():
    assert handoff_message(NOTHING_KNOWN) == "New SQL: somebody without a name"


def test_a_name_cannot_begin_a_line_of_its_own():
    forged = replace(NORA, contact_name="Nora\nScore 100 - call her now", company_name=" Bright\r\n\tloom\u2028 ")
    assert handoff_message(forged).splitlines()[:2] == [
        "New SQL: Nora Score 100 - call her now at Bright loom (~85 employees)",
        "Score 65 - activated 3 days ago, invited 2 teammates, 14 key actions this week",
    ]


def test_a_blank_name_is_an_unknown_one():
    blank = replace(NORA, contact_name="  ", company_name="\t", owner_slack_name="", owner_name="\n")
    assert handoff_message(blank).splitlines()[0] == "New SQL: nora@brightloom.io (~85 employees)"
    assert handoff_message(blank).splitlines()[2] == "first call due within 2 hours"


# Letters that spell none of the words and signs that the test looks for, and every kind of blank.
NAMES = st.none() | st.text(alphabet="xyzäß \n\r\t\x85\u2028\u3000", max_size=8)
COUNTS = st.none() | st.integers(min_value=0, max_value=5_000)


@given(
    facts=st.fixed_dictionaries(
        {
            "contact_name": NAMES,
            "contact_email": NAMES,
            "company_name": NAMES,
            "employee_count": COUNTS,
            "combined_score": COUNTS,
            "activated_days_ago": COUNTS,
            "teammates_invited_count": COUNTS,
            "key_action_7d_count": COUNTS,
            "owner_slack_name": NAMES,
            "owner_name": NAMES,
            "due_minutes": st.none() | st.integers(min_value=1, max_value=10_000),
            "record_url": st.none() | st.just("https://app.hubspot.com/contacts/1/record/0-1/7"),
        }
    )
)
def test_whatever_is_unknown_no_line_is_empty_or_ends_in_the_air(facts: Facts):
    lines = handoff_message(facts).split("\n")
    assert 1 <= len(lines) <= 4
    assert lines[0].startswith("New SQL: ")
    for line in lines:
        assert line == line.strip()
        assert line
        assert "None" not in line
        assert not line.startswith("- ")
        assert not line.endswith((" -", ",", " at", ": ", "(~"))
        assert "  " not in line
        assert ", ," not in line


def test_what_slack_would_read_as_markup_is_escaped():
    tricky = replace(NORA, contact_name="<!channel> Tom & Co", company_name="A<B>C")
    assert escaped(handoff_message(tricky)).splitlines()[0] == (
        "New SQL: &lt;!channel&gt; Tom &amp; Co at A&lt;B&gt;C (~85 employees)"
    )


@given(text=st.text())
def test_escaping_is_undone_by_what_slack_does_to_show_it(text: str):
    safe = escaped(text)
    assert not set(safe) & set("<>")
    assert safe.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text
