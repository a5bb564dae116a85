"""A preview in words: the answer first, short tables, nobody's address."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dagster_project.reports.preview.backtest import Backtest, Found
from dagster_project.reports.preview.consequences import Consequences, Difference, difference
from dagster_project.reports.preview.preview import Preview
from dagster_project.reports.preview.scores import ScoreChanges
from dagster_project.reports.preview.telling import as_markdown, nothing_differs
from dagster_project.rules.proposing import FileChange, Proposal
from dagster_project.rules.reading import RuleBook

HANDOFFS = dict.fromkeys(("handoff_id", "record_key", "handoff_state", "track", "pool"), pl.String)
COLUMNS = {
    "qualified": {"user_id": pl.String},
    "handoffs": HANDOFFS,
    "returns": dict.fromkeys(("return_id", "record_key", "return_reason"), pl.String),
    "values": dict.fromkeys(("object_type", "record_key", "hubspot_id", "property", "value"), pl.String),
    "events": dict.fromkeys(("occurrence_id", "event_name"), pl.String),
    "pairs": dict.fromkeys(("contact_id", "company_id"), pl.String),
    "actions": dict.fromkeys(("action_id", "kind", "trigger_id"), pl.String),
}
FOUND = Found("pql", 50, 60, 20, 10, 5, 0.5, 0.25, 1.5, 0.7, False)


def rows(name: str, more: list[tuple] = (), fewer: list[tuple] = (), otherwise: list[tuple] = ()) -> Difference:
    sides = (more, fewer, otherwise)
    return Difference(*(pl.DataFrame(list(side), schema=COLUMNS[name], orient="row") for side in sides))


def same() -> Preview:
    """Two people who stay as they are."""
    book = RuleBook(Path("rules"))
    scores = {f"{name}_score{side}": [10, 20] for name in ("pql", "fit", "combined") for side in ("", "_after")}
    people = pl.DataFrame({"user_id": ["a", "b"], "band": ["nurture"] * 2, "band_after": ["nurture"] * 2} | scores)
    changes = (FileChange("score_bands.csv", Counter(changed=2, added=1)), FileChange("templates/a.j2", Counter()))
    nothing = {name: rows(name) for name in COLUMNS}
    return Preview(
        Proposal(book, book, changes),
        datetime(2026, 11, 20, 9, tzinfo=UTC),
        ScoreChanges(people, ("nurture", "pql")),
        [],
        Consequences(**nothing, lists={}, held=()),
        {},
        None,
        None,
        (),
    )


def with_consequences(**found) -> Preview:
    return replace(same(), consequences=replace(same().consequences, **found))


def first_line(preview: Preview) -> str:
    return as_markdown(preview).splitlines()[0]


def test_where_nothing_changes_that_is_the_answer():
    text = as_markdown(same())
    assert text.startswith("**Nothing would change for anybody now.** Scored as of 2026-11-20 09:00 UTC with both sets")
    assert "| score_bands.csv | 2 changed, 1 added |\n| templates/a.j2 | as text only |" in text
    assert text.count("Nothing else than under the rules in force.") == 2
    assert "Look at again" not in text


def test_the_answer_counts_what_is_more_and_what_is_no_longer():
    proposed, gone = ("h1", "a", "proposed", "enterprise", None), ("h2", "b", "proposed", "self_service", "reps")
    preview = with_consequences(
        handoffs=rows("handoffs", [proposed], [gone]),
        returns=rows("returns", [], [("r1", "b", "a|b")]),
        values=rows("values", [("contacts", "a", "1", "zo_x", "1"), ("contacts", "b", None, "zo_x", "1")]),
        actions=rows("actions", otherwise=[("x", "sequence", "paywall_hit")]),
    )
    assert first_line(preview).startswith(
        "**0 of 2 contacts would have another score and 0 another band; 1 more handoff, 1 no longer; 1 return no "
        "longer; 2 more values for HubSpot; 1 message or task otherwise.**"
    )
    text = as_markdown(preview)
    assert "| a | more | handed to sales | enterprise | - |" in text
    assert "| b | handed off | sales qualified still; something else keeps it back |" in text
    assert "| b | no longer | a\\|b |" in text
    assert "On 2 contacts:\n\n| property | more | no longer | otherwise |\n| --- | --- | --- | --- |\n" in text
    assert "| contacts: zo_x | 2 | 0 | 0 |" in text
    assert "| enrolments in a sequence: paywall_hit | 0 | 0 | 1 |" in text


def test_what_somebody_is_missing_stands_beside_them():
    gone = rows("handoffs", fewer=[("h2", "b", "proposed", None, None)])
    unqualified = rows("qualified", fewer=[("b",), ("a",)])
    missing = "zo_pql_score is 45 and should be >= 50"
    preview = replace(with_consequences(handoffs=gone, qualified=unqualified), unmet={"a": missing, "b": missing})
    text = as_markdown(preview)
    assert f"| a | sales qualified | {missing} |\n| b | sales qualified or handed off | {missing} |" in text


def test_lists_events_and_associations_are_writes_too():
    preview = with_consequences(
        lists={"zo_hot": (3, 1)},
        events=rows("events", [("o1", "paywall_hit"), ("o2", "paywall_hit")]),
        pairs=rows("pairs", fewer=[("1", "2")]),
    )
    text = as_markdown(preview)
    for row in ("| zo_hot | 3 | 1 |", "| paywall_hit | 2 | 0 | 0 |", "| contact with company | 0 | 1 | 0 |"):
        assert row in text
    assert not text.startswith("**Nothing would change")


def test_a_sync_that_would_be_held_is_said_in_the_first_lines():
    preview = with_consequences(held=("40 of the 50 contacts would get other values",))
    assert (
        "**The next sync would be held for a person to look:** 40 of the 50 contacts would get other values."
        in first_line(preview)
    )


@pytest.mark.parametrize(
    ("proposed", "told"),
    [
        ([FOUND], None),
        (
            [replace(FOUND, threshold=25, flagged=40, found=9, precision=0.225)],
            "Backtest of the PQL score: 9 of 20 buyers found (22 % of those flagged) before they bought; by the rules "
            "in force 5 of 20 buyers found (50 % of those flagged).",
        ),
        ([replace(FOUND, flagged=0, found=0, precision=None)], "0 of 20 buyers found (nobody flagged) before they"),
        ([FOUND, replace(FOUND, score_name="fit")], "Backtest of the fit score: 5 of 20 buyers found (50 % of those "),
    ],
)
def test_the_backtest_is_in_the_answer_where_others_would_be_found(proposed: list[Found], told: str | None):
    moments = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    backtests = (Backtest((FOUND,), 3), Backtest(tuple(proposed), 3))
    text = as_markdown(replace(same(), backtests=backtests, moments=moments))
    assert ("Backtest of" in text) == (told is not None)
    assert told is None or told in text.splitlines()[0]
    assert "| PQL score | in force | 50 | 10 of 60 | 5 of 20 | 50 % | 25 % | 1.50 | 0.70 |" in text
    assert "By the scores of 2 moments, the first of each month from 2026-10-01 to 2026-11-01" in text
    assert "3 buyers without a score from before they bought left out." in text


def test_long_lists_are_cut_and_say_how_much_more_there_is():
    many = [(f"h{number}", f"u{number}", "waiting", None, None) for number in range(23)]
    text = as_markdown(with_consequences(handoffs=rows("handoffs", many)))
    assert text.count("| waits for somebody to take it |") == 20
    assert "… and 3 more." in text


def test_without_a_difference_the_files_that_are_no_rules_are_still_named():
    book = RuleBook(Path("rules"))
    assert nothing_differs(Proposal(book, book, (), ("score_band.csv",))) == (
        "**No rule differs from those in force.**\n\nLeft aside, being no rule files: score_band.csv."
    )


def test_rows_of_two_sides_are_told_apart_by_key_and_by_what_they_say():
    before = pl.DataFrame({"key": ["a", "b", "c", None], "said": ["1", "1", None, "1"]})
    after = pl.DataFrame({"key": ["b", "c", "d", None], "said": ["2", None, "1", "1"]})
    found = difference(before, after, ["key"], ["said"])
    assert found.more.rows() == [("d", "1")]
    assert found.fewer.rows() == [("a", "1")]
    assert found.otherwise.rows() == [("b", "2")]
