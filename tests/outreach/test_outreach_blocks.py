"""What a message shows in Slack, and that Slack takes it whatever people are called."""

import re
from html import unescape

import pytest
from action_rows import action_row
from hypothesis import given
from hypothesis import strategies as st
from message_writing import message, outbox_row, writer

from dagster_project.outreach.messages import digest_message, digest_pages
from dagster_project.outreach.slack_text import (
    LONGEST_SECTION,
    LONGEST_TEXT,
    MOST_BLOCKS,
    button,
    cut,
    escaped,
    escaped_within,
    header,
)
from dagster_project.sandbox.slack_format import block_mistakes

RECORD = "https://app.hubspot.com/contacts/1/record/0-1/7"
CONTEXT = {
    "recent_pages": "/pricing; /docs/automation",
    "features_used": "reports; automation rules",
    "score_reasons": "Hit the paywall +20; 5+ logins in 7 days +10",
    "record_url": RECORD,
}
ENTITY = re.compile(r"&(?:amp|lt|gt);")


def shown(blocks: list[dict]) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "section"]


def test_below_the_four_lines_stand_pages_features_reasons_and_what_to_say():
    blocks = message(action_row(1), CONTEXT).blocks
    first, *others = shown(blocks)
    assert first.splitlines()[0] == "New SQL: Nora Lindqvist 1 at Brightloom (~85 employees)"
    assert others == [
        "*Recent pages* /pricing; /docs/automation",
        "*Features used* reports; automation rules",
        "*Why the score*\n• Hit the paywall +20\n• 5+ logins in 7 days +10",
        "*Talking points*\n• Ask what they set out to do before saying anything about plans.",
    ]
    assert blocks[-1]["elements"] == [
        {"type": "button", "text": {"type": "plain_text", "text": "Open in HubSpot"}, "url": RECORD}
    ]


def test_notifications_show_the_four_lines_alone():
    assert message(action_row(1), CONTEXT).text.splitlines()[-1] == f"Open in HubSpot: {RECORD}"
    assert len(message(action_row(1), CONTEXT).text.splitlines()) == 4


def test_what_is_not_known_has_no_heading_and_no_button():
    blocks = message(action_row(1)).blocks
    assert [block["type"] for block in blocks] == ["section", "section"]
    assert shown(blocks)[1].startswith("*Talking points*")


def test_an_address_that_slack_would_not_take_is_no_button():
    assert button("Open", "https://x.example/" + "y" * 3_000) is None


def test_only_what_tells_of_a_handoff_has_the_definition_in_small_print():
    handoff = {**action_row(1), "handoff_id": "handoff-1"}
    assert message(handoff, help_text="Why > you").blocks[-1]["elements"][0]["text"] == "Why &gt; you"
    assert message(action_row(1), help_text="Why").blocks[-1]["type"] == "section"


@given(name=st.text(max_size=80) | st.just("<&>" * 30_000), reasons=st.lists(st.text(max_size=4_000), max_size=6))
def test_slack_takes_the_blocks_whatever_people_are_called_and_did(name: str, reasons: list[str]):
    facts = CONTEXT | {"contact_name": name, "score_reasons": "; ".join(reasons)}
    made = message(action_row(1), facts)
    assert block_mistakes(made.blocks) == []
    assert 0 < len(made.text) <= LONGEST_TEXT


@given(text=st.text(alphabet="ab &<>\n", max_size=400), most=st.integers(12, 120))
def test_a_cut_never_splits_an_entity_and_keeps_the_beginning(text: str, most: int):
    safe = escaped_within(text, most)
    assert len(safe) <= most
    assert "&" not in ENTITY.sub("", safe)
    assert text.startswith(unescape(safe).removesuffix("…"))
    assert safe == escaped(text) or safe.endswith("…")


def test_a_cut_is_made_between_words_where_one_ends_nearby():
    assert cut("one two three four", 15) == "one two three…"
    assert escaped_within("one two three four", 15) == "one two three…"
    assert cut("x" * 40, 10) == "x" * 9 + "…"
    assert header("y" * 200)["text"]["text"] == "y" * 149 + "…"


# Digests


def lines(count: int, length: int = 60) -> list[str]:
    return [f"• {number} ".ljust(length, "x") for number in range(count)]


def test_a_line_of_a_digest_names_the_person_and_leads_to_the_record():
    row = outbox_row(action_row(1, template="content_icp"), {"record_url": RECORD, "contact_name": "Tom & <Ann>"})
    assert (
        writer().digest_line(row)
        == f"• Reads up on us: Tom &amp; &lt;Ann&gt; at Brightloom (<{RECORD}|Open in HubSpot>)"
    )


def test_a_digest_has_all_lines_in_as_few_blocks_as_they_take():
    made = digest_message("3 things to know", lines(3))
    assert made.text.splitlines() == ["3 things to know", *lines(3)]
    assert [block["type"] for block in made.blocks] == ["header", "section"]


@pytest.mark.parametrize("length", [20, 60, 1_600, 2_999])
def test_what_does_not_fit_into_one_digest_goes_into_the_next(length: int):
    all_lines = lines(700, length)
    pages, place = digest_pages(all_lines), 0
    assert sum(pages) == 700
    for count in pages:
        page = all_lines[place : place + count]
        made = digest_message("things to know", page)
        assert block_mistakes(made.blocks) == []
        assert len(made.blocks) <= MOST_BLOCKS
        assert len(made.text) <= LONGEST_TEXT
        assert all(len(text) <= LONGEST_SECTION for text in shown(made.blocks))
        assert "\n".join(shown(made.blocks)).split("\n") == page
        place += count


def test_no_line_is_no_digest():
    assert digest_pages([]) == []
