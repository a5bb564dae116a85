"""A plan says how much a sync would change, in Markdown that any value leaves whole."""

import re
from datetime import UTC, datetime

import polars as pl
import pytest
from crm_world import CONTACTS, contact, upserting

from dagster_project.crm.changes import CHANGE_SCHEMA, Changes
from dagster_project.crm.planning import EXAMPLES, PlanCounts, count_plan, describe_plan, describe_returns
from dagster_project.crm.return_breaker import OwedReturns
from dagster_project.crm.return_claims import Return


def change(record_key, hubspot_id="101", name="zo_pql_score", value="8", previous=None, *, is_gone=False):
    row = dict.fromkeys(CHANGE_SCHEMA) | {"record_key": record_key, "hubspot_id": hubspot_id, "is_gone": is_gone}
    return row | {"property": name, "value": value, "previous": previous}


def changes(*rows, left_out=None):
    return Changes("contacts", pl.DataFrame(rows, schema=CHANGE_SCHEMA), left_out or {}, 0, {})


def cells(line):
    """The cells of a row of a Markdown table, as a reader sees them: an escaped sign is itself and ends no cell."""
    inside = re.findall(r"(?:\\.|[^|\\])*", line.strip().strip("|"))
    return [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in inside if cell]


def example_rows(text):
    lines = text.splitlines()
    start = lines.index("| record | property | HubSpot has | we would write |") + 2
    return [cells(line) for line in lines[start:] if line.startswith("|")]


# Counts


def test_records_are_counted_once_however_many_of_their_values_differ():
    plan = changes(change("u1"), change("u1", name="zo_band"), change("u2", "102"))
    assert count_plan(plan) == PlanCounts(update=2, find_or_make=0, empty=0, calls=1)


def test_records_to_update_to_find_or_make_and_to_empty_are_told_apart():
    plan = changes(
        change("u1"),
        change("u2", None),
        change("u3", None),
        change("gone", "103", value=None, previous="8", is_gone=True),
    )
    counts = count_plan(plan)
    assert (counts.update, counts.find_or_make, counts.empty, counts.calls) == (1, 2, 1, 2)


def test_a_user_who_moved_is_two_records():
    plan = changes(change("u1", "102"), change("u1", "101", value=None, previous="8", is_gone=True))
    counts = count_plan(plan)
    assert (counts.update, counts.empty) == (1, 1)


@pytest.mark.parametrize(
    ("known", "unknown", "calls"), [(1, 0, 1), (100, 0, 1), (101, 0, 2), (0, 101, 2), (100, 1, 2), (250, 150, 5)]
)
def test_calls_are_counted_by_the_hundred_for_known_and_unknown_records(known, unknown, calls):
    rows = [change(f"k{number}", str(number)) for number in range(known)]
    rows += [change(f"n{number}", None) for number in range(unknown)]
    assert count_plan(changes(*rows)).calls == calls


def test_the_calls_of_a_plan_are_the_calls_of_the_sync(world):
    rows = [*world.add_contacts(150), *(contact(f"new{number}") for number in range(120))]
    world.publish_contacts(*rows)
    counts = count_plan(world.unsynced(upserting(CONTACTS)))
    assert (counts.update, counts.find_or_make) == (150, 120)
    assert counts.calls == world.sync(upserting(CONTACTS)).calls == 4


def test_nothing_is_counted_where_nothing_differs():
    assert count_plan(changes()) == PlanCounts(0, 0, 0, 0)


# Words


def test_nothing_to_do_is_one_sentence():
    assert describe_plan(changes(), []) == "contacts: HubSpot already holds every desired value."


def test_a_plan_in_full():
    plan = changes(
        change("u1", previous="7"),
        change("u2", None),
        change("u3", "103", value=None, previous="9", is_gone=True),
        change("u3", "103", name="zo_band", value=None, previous="mql", is_gone=True),
    )
    assert describe_plan(plan, []) == "\n".join(
        [
            f"contacts: 1 to update, 1 to find or make, 1 to empty; 2 calls, 1 s at most, "
            f"0.00 % of a day's 250,000. Plan {plan.plan_id}.",
            "",
            "| property | records |",
            "| --- | ---: |",
            "| zo_band | 1 |",
            "| zo_pql_score | 3 |",
            "",
            "| record | property | HubSpot has | we would write |",
            "| --- | --- | --- | --- |",
            "| u1 | zo_pql_score | 7 | 8 |",
            "| u2 | zo_pql_score | (nothing) | 8 |",
            "| u3 | zo_pql_score | 9 | (nothing) |",
            "| u3 | zo_band | mql | (nothing) |",
        ]
    )


@pytest.mark.parametrize(("count", "more"), [(EXAMPLES, None), (EXAMPLES + 1, 1), (EXAMPLES + 25, 25)])
def test_ten_values_are_shown_and_the_rest_is_counted(count, more):
    text = describe_plan(changes(*(change(f"u{number:02}", str(number)) for number in range(count))), [])
    assert [row[0] for row in example_rows(text)] == [f"u{number:02}" for number in range(EXAMPLES)]
    ending = re.search(r"… and (\d+) more values\.", text)
    assert (int(ending[1]) if ending else None) == more


def test_what_is_left_out_is_counted_below_the_tables_and_is_no_row_of_them():
    plan = changes(change("u1"), left_out={"absent": 3, "a_reason_of_tomorrow": 1})
    above, _, below = describe_plan(plan, []).rpartition("\n\n")
    assert above.splitlines()[-1].startswith("| u1 |")
    first, second = below.splitlines()
    assert "3" in first
    assert "HubSpot does not hold it" in first
    assert "1" in second
    assert "a_reason_of_tomorrow" in second


def test_what_is_left_out_is_told_where_nothing_differs():
    text = describe_plan(changes(left_out={"no_email": 2}), [])
    assert text.startswith("contacts: HubSpot already holds every desired value.\n\n")
    assert "no e-mail address is known" in text


# Values that are no words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a|b", "a|b"),
        ("|", "|"),
        ("||", "||"),
        ("a\\|b", "a\\|b"),
        ("a\\\\|b", "a\\\\|b"),
        ("C:\\team\\", "C:\\team\\"),
        ("one\ntwo", "one two"),
        ("one\r\ntwo", "one two"),
        ("one\u2028two\x0bthree", "one two three"),
        ("a\n| b | c |", "a | b | c |"),
    ],
)
def test_bars_backslashes_and_line_breaks_leave_the_table_whole(value, shown):
    plan = changes(change(value, value=value, previous=value), change("u2", "102"))
    first, second = example_rows(describe_plan(plan, []))
    assert first == [shown, "zo_pql_score", shown, shown]
    assert second == ["u2", "zo_pql_score", "(nothing)", "8"]


def test_a_plan_of_what_a_world_holds(world):
    (row,) = world.add_contacts(1)
    world.publish_contacts(row | {"activation_status": "yes|no"}, contact("absent"))
    text = describe_plan(world.unsynced(), [])
    assert "| u0 | zo_activation_status | (nothing) | yes\\|no |" in text
    assert "HubSpot does not hold it" in text


# Returns


def going_back(number):
    at = datetime(2026, 6, 30, tzinfo=UTC)
    return Return(
        f"r{number}", None, f"u{number}", str(number), 1, "idle", "Idle | really", "201", at, at, is_claimed=False
    )


def test_who_would_go_back_is_told_by_name_and_a_few_of_many():
    text = describe_returns(OwedReturns([going_back(number) for number in range(EXAMPLES + 2)], []), 0)
    assert text.splitlines()[0] == f"returns: {EXAMPLES + 2} contacts would go back to marketing."
    rows = [cells(line) for line in text.splitlines() if line.startswith("| u")]
    assert rows == [[f"u{number}", "201", "Idle | really"] for number in range(EXAMPLES)]
    assert text.splitlines()[-1] == "… and 2 more contacts."


def test_where_nobody_goes_back_the_plan_says_so_and_tells_of_reviews():
    assert describe_returns(OwedReturns([], []), 0) == "returns: nobody goes back to marketing."
    assert describe_returns(OwedReturns([], []), 2).splitlines()[-1] == (
        "2 handoffs in review: the contact waits for an owner in HubSpot."
    )


def test_returns_that_are_held_say_why():
    assert describe_returns(OwedReturns([], [going_back(1)], "too many", "abc"), 0) == "returns: held: too many."
