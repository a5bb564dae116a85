"""Goals, tiers and settings of the reports that would leave a reader with a wrong number."""

import pytest


@pytest.mark.parametrize(
    ("file", "column", "value", "problem"),
    [
        ("goals", "metric_id", "signup", "allowed: 'signups', 'activations'"),
        ("goals", "from_month", "2026-13", "found '2026-13'; allowed: a month such as 2026-11"),
        ("goals", "goal", "-1", "found '-1'; allowed: greater than or equal to 0"),
        ("tiers", "max_employees", "0", "found '0'; allowed: 1 or more"),
        ("report_settings", "value", "0", "found '0'; allowed: a whole number from 1 to 720"),
        ("report_settings", "value", "2.5", "found '2.5'; allowed: a whole number from 1 to 720"),
    ],
)
def test_a_wrong_cell_is_named_with_what_is_allowed(rules, file, column, value, problem):
    rules.set_cell(file, 2, column, value)
    (found,) = rules.problems()
    assert found.startswith(f"{file}.csv, row 2, column {column}")
    assert problem in found


def test_a_goal_of_a_share_is_a_share_and_not_a_percentage(rules):
    rules.change("goals", "win_share,2026-01,0.2", "win_share,2026-01,20")
    expected = "column goal: found '20'; allowed: a share from 0 to 1, such as 0.25 for 25 %"
    assert rules.problems() == [f"goals.csv, row 10, {expected}"]


def test_a_company_is_of_one_tier(rules):
    rules.set_cell("tiers", 2, "max_employees", "50")
    allowed = "sizes that tier small does not have already (up to 50)"
    assert rules.problems() == [f"tiers.csv, row 3, column min_employees: found '50'; allowed: {allowed}"]


def test_a_tier_without_an_end_is_the_last(rules):
    rules.set_cell("tiers", 2, "max_employees", "")
    allowed = "sizes that tier small does not have already (up to any)"
    assert rules.problems() == [f"tiers.csv, row 3, column min_employees: found '50'; allowed: {allowed}"]


def test_a_conversion_is_an_event_that_the_taxonomy_knows(rules):
    rules.change("report_settings", "conversion_events,", "conversion_events,paid|")
    expected = "column value: found 'paid'; allowed: an event_type of event_taxonomy.csv"
    assert rules.problems() == [f"report_settings.csv, row 10, {expected}"]


def test_every_setting_of_the_reports_is_needed(rules):
    rules.keep_rows("report_settings", *range(3, 21))
    expected = "column setting_id: is empty; allowed: a row for first_activity_hours"
    assert rules.problems() == [f"report_settings.csv, {expected}"]


@pytest.mark.parametrize(
    ("setting", "bad", "allowed"), [("weekly_capacity", "none", "1 to 1000"), ("least_won", "1", "2 to")]
)
def test_what_an_audit_judges_by_is_a_whole_number_within_bounds(rules, setting, bad, allowed):
    held = {"weekly_capacity": "3", "least_won": "20"}[setting]
    rules.change("report_settings", f"{setting},{held},", f"{setting},{bad},")
    (problem,) = rules.problems()
    assert f"column value: found '{bad}'; allowed: a whole number from {allowed}" in problem
