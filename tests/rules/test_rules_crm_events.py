"""Events that HubSpot is told one by one: what the files may say, what is hardly meant, and how it is told."""

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.english.crm_events import TOLD_SETTINGS
from dagster_project.rules.lint import lint
from dagster_project.rules.schema.crm import EVENT_SETTINGS
from dagster_project.rules.seen import SeenEvents

EVENT = ["paywall_hit", "paywall_hit", "Label", "Description", "2026-11-01", "true", "team:sales", "Why"]
EVENT_HEADER = ["event_name", "events", "label", "description", "send_from", "is_enabled", "owner", "why"]
PROPERTY_HEADER = ["event_name", "property", "taken_from", "key", "value_type", "label", "owner", "why"]
NO_PROPERTIES = [PROPERTY_HEADER, ["paywall_hit", "p", "properties", "p", "text", "P", "team:sales", "Why"]]
LONG = "a" * 51


def warned(rules, file: str, seen: SeenEvents | None = None) -> list[str]:
    return [str(warning) for warning in lint(read_rules(rules.path), seen) if warning.file == file]


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "allowed"),
    [
        ("crm_events", 2, "event_name", "Paywall Hit", "at most 50 small letters, digits and _"),
        ("crm_events", 2, "event_name", LONG, "at most 50 small letters, digits and _"),
        ("crm_events", 3, "event_name", "paywall_hit", "each event_name once; row 2 has it already"),
        ("crm_events", 2, "label", "a" * 101, "at most 100 characters"),
        ("crm_events", 2, "send_from", "soon", "a date such as 2026-11-16"),
        ("crm_event_properties", 2, "property", LONG, "at most 50 small letters, digits and _"),
        ("crm_event_properties", 2, "event_name", "paywall", "an event_name of crm_events.csv: "),
        ("crm_event_properties", 2, "property", "hs_page", "hs_url or hs_referrer, or a name that does not begin with"),
        ("crm_event_properties", 2, "key", "", "the key of our event's properties that holds the value"),
        ("crm_event_properties", 3, "key", "name", "nothing, since source_event is the name of the event itself"),
        ("crm_event_properties", 3, "value_type", "number", "text, since it is one"),
        ("crm_event_settings", 2, "value", "366", "a whole number from 1 to 365"),
        ("crm_event_settings", 3, "value", "30000001", "a whole number from 1 to 30000000"),
    ],
)
def test_what_hubspot_would_not_take_is_told_with_its_place(rules, file, row, column, value, allowed):
    rules.set_cell(file, row, column, value)
    (problem,) = [line for line in rules.problems() if line.startswith(f"{file}.csv, row {row}, column {column}: ")]
    assert allowed in problem


def test_a_name_of_hubspots_own_is_refused(rules):
    rules.write("crm_events", [EVENT_HEADER, ["hs_paywall", *EVENT[1:]]])
    assert any("which is HubSpot's own" in line for line in rules.problems())


def test_an_event_type_that_the_taxonomy_does_not_know_is_refused(rules):
    rules.set_cell("crm_events", 2, "events", "paywall_hit|paywall_seen")
    (problem,) = rules.problems()
    assert problem.startswith("crm_events.csv, row 2, column events: found 'paywall_seen'; allowed: one of is_activity")


def test_a_setting_that_is_missing_is_named(rules):
    rules.keep_rows("crm_event_settings", 2)
    assert rules.problems() == [
        "crm_event_settings.csv, column setting_id: is empty; allowed: a row for max_occurrences_month"
    ]


def test_fifty_properties_are_allowed_and_one_more_is_not(rules):
    rows = [["paywall_hit", f"p{n}", "properties", f"p{n}", "text", "P", "team:sales", "Why"] for n in range(51)]
    rules.write("crm_event_properties", [PROPERTY_HEADER, *rows[:50]])
    assert rules.problems() == []
    rules.write("crm_event_properties", [PROPERTY_HEADER, *rows])
    (problem,) = rules.problems()
    assert "found '51 properties'; allowed: at most 50 properties for paywall_hit" in problem


def test_five_hundred_events_are_allowed_and_one_more_is_not(rules):
    rules.write("crm_event_properties", NO_PROPERTIES)
    rows = [EVENT, *([f"e{number}", *EVENT[1:]] for number in range(500))]
    rules.write("crm_events", [EVENT_HEADER, *rows[:500]])
    assert rules.problems() == []
    rules.write("crm_events", [EVENT_HEADER, *rows])
    (problem,) = rules.problems()
    assert "found '501 events'; allowed: at most 500 events" in problem


def test_every_setting_has_its_sentence():
    assert set(TOLD_SETTINGS) == set(EVENT_SETTINGS)


# What is allowed and hardly meant


def test_a_property_that_moves_with_every_event_needs_a_min_change(rules):
    lines = rules.file("crm_property_map").read_text(encoding="utf-8").splitlines()
    (row,) = [place for place, line in enumerate(lines, 1) if ",last_active_at," in line]
    rules.set_cell("crm_property_map", row, "min_change", "")
    (warning,) = warned(rules, "crm_property_map")
    assert (
        "zo_last_active_at holds last_active_at, which moves with nearly every event; it has no min_change" in warning
    )
    assert "Each event becomes a write: give it a min_change, or send the events themselves" in warning


def test_a_property_that_counts_over_a_month_is_no_time_series(rules):
    assert "active_users_30d" in rules.file("crm_property_map").read_text(encoding="utf-8")
    assert warned(rules, "crm_property_map") == []


def test_an_event_that_no_rule_looks_at_is_warned_of(rules):
    rules.set_cell("crm_events", 2, "events", "paywall_hit|dashboard_viewed")
    assert warned(rules, "crm_events") == [
        "warning: crm_events.csv, row 2: paywall_hit sends dashboard_viewed, and no rule looks at it. What counts "
        "nowhere is hardly worth a place on a timeline."
    ]


def test_sending_every_activity_is_warned_of(rules):
    rules.set_cell("crm_events", 2, "events", "is_activity")
    (warning,) = warned(rules, "crm_events")
    assert "paywall_hit sends every activity. Counts and last times belong into properties" in warning


def test_key_actions_are_worth_a_place_and_a_row_that_is_off_is_not_looked_at(rules):
    rules.set_cell("crm_events", 4, "is_enabled", "true")
    rules.set_cell("crm_events", 2, "events", "dashboard_viewed")
    rules.set_cell("crm_events", 2, "is_enabled", "false")
    assert warned(rules, "crm_events") == []


def test_more_kinds_of_events_than_anybody_reads_are_warned_of(rules):
    rules.write("crm_event_properties", NO_PROPERTIES)
    rows = [EVENT, *([f"e{number}", *EVENT[1:]] for number in range(20))]
    rules.write("crm_events", [EVENT_HEADER, *rows[:20]])
    assert warned(rules, "crm_events") == []
    rules.write("crm_events", [EVENT_HEADER, *rows])
    (warning,) = warned(rules, "crm_events")
    assert "21 kinds of events are sent, more than 20. A timeline full of them is read by nobody" in warning


def test_an_event_to_send_that_never_came_in_is_warned_of(rules):
    seen = SeenEvents(frozenset({("product", "paywall_encountered")}))
    (warning,) = warned(rules, "crm_events", seen)
    assert "row 3: teammate_invited is sent for teammate_invited, and no such event has come in" in warning
