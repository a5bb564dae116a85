"""Weights, settings and signals that would leave somebody without one answer."""

import pytest


def set_cells(rules, file, row, cells):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)


# Weights


@pytest.mark.parametrize(
    ("row", "cells", "problem"),
    [
        (2, {"fit_weight": "0.41"}, "engagement_weight: found '1.01'; allowed: weights that add up to 1"),
        (3, {"fit_weight": "0.7499"}, "engagement_weight: found '0.9999'; allowed: weights that add up to 1"),
        (3, {"max_employees": "999"}, "max_employees: found '999'; allowed: 1000 or more"),
        (
            3,
            {"is_active": "true", "min_employees": "", "max_employees": ""},
            None,
        ),
    ],
)
def test_weights_of_a_profile_go_together(rules, row, cells, problem):
    set_cells(rules, "score_weights", row, cells)
    if problem is None:
        expected = "column is_active: found 'plg, enterprise'; allowed: true for exactly one profile without bounds"
        assert rules.problems() == [f"score_weights.csv, {expected}"]
    else:
        assert rules.problems() == [f"score_weights.csv, row {row}, column {problem}"]


def test_somebody_of_unknown_size_needs_a_profile_too(rules):
    rules.set_cell("score_weights", 2, "is_active", "false")
    rules.set_cell("score_weights", 3, "is_active", "true")
    expected = "score_weights.csv, column is_active: is empty; allowed: true for exactly one profile without bounds"
    assert rules.problems() == [expected]
    rules.keep_rows("score_weights")
    assert rules.problems() == [expected]


@pytest.mark.parametrize(
    ("enterprise", "smb", "problem"),
    [
        (("1000", ""), ("", "49"), None),
        (("50", ""), ("", "49"), None),
        (("1000", "1000"), ("1001", "1001"), None),
        (
            ("49", ""),
            ("", "49"),
            "row 3, column min_employees: found '49'; allowed: sizes that profile smb does not have already (up to 49)",
        ),
        (
            ("10", ""),
            ("20", "30"),
            "row 4, column min_employees: found '20'; "
            "allowed: sizes that profile enterprise does not have already (up to any)",
        ),
        (
            ("0", "9"),
            ("", "49"),
            "row 4, column min_employees: found '0'; "
            "allowed: sizes that profile enterprise does not have already (up to 9)",
        ),
    ],
)
def test_each_size_of_company_has_one_profile(rules, enterprise, smb, problem):
    for row, (least, most) in ((3, enterprise), (4, smb)):
        set_cells(rules, "score_weights", row, {"min_employees": least, "max_employees": most, "is_active": "true"})
    assert rules.problems() == ([] if problem is None else [f"score_weights.csv, {problem}"])


def test_profiles_that_are_switched_off_may_overlap(rules):
    set_cells(rules, "score_weights", 3, {"min_employees": "1", "max_employees": "5000"})
    assert rules.problems() == []


@pytest.mark.parametrize("weights", [("1", "0"), ("0.3333", "0.6667")])
def test_weights_may_be_divided_at_will(rules, weights):
    set_cells(rules, "score_weights", 2, dict(zip(("fit_weight", "engagement_weight"), weights, strict=True)))
    assert rules.problems() == []


# Settings


@pytest.mark.parametrize(
    ("row", "value", "allowed"),
    [
        (2, "1", "a whole number from -1000 to 0"),
        (2, "-1001", "a whole number from -1000 to 0"),
        (3, "median", "one of max, sum, mean, top_3_mean"),
        (4, "0", "a whole number from 1 to 90"),
        (4, "five", "a whole number from 1 to 90"),
        (5, "91", "a whole number from 1 to 90"),
        (6, "7.5", "a whole number from 1 to 365"),
        (7, "366", "a whole number from 1 to 365"),
        (8, "+60", "a whole number from 1 to 365"),
        (9, "-1", "a whole number from 0 to 1000000"),
        (10, "٣", "a whole number from 1 to 1000000"),
    ],
)
def test_a_setting_holds_what_it_may(rules, row, value, allowed):
    rules.set_cell("score_settings", row, "value", value)
    assert rules.problems() == [f"score_settings.csv, row {row}, column value: found {value!r}; allowed: {allowed}"]


def test_a_setting_that_is_missing_is_named(rules):
    rules.keep_rows("score_settings", *range(3, 10))
    assert rules.problems() == [
        "score_settings.csv, column setting_id: is empty; allowed: a row for pql_floor",
        "score_settings.csv, column setting_id: is empty; allowed: a row for busy_week_key_actions",
    ]


@pytest.mark.parametrize(("row", "value"), [(2, "-1000"), (3, "top_3_mean"), (4, "90"), (9, "0")])
def test_a_setting_may_go_to_its_edge(rules, row, value):
    rules.set_cell("score_settings", row, "value", value)
    assert rules.problems() == []


# Signals


@pytest.mark.parametrize(
    ("file", "row", "cells", "problem"),
    [
        ("signals", 2, {"events": ""}, "events: is empty; allowed: one or more event types"),
        ("signals", 4, {"events": "is_login"}, "events: found 'is_login'; allowed: empty for company_active_users"),
        ("signals", 2, {"threshold": ""}, "threshold: is empty; allowed: a whole number"),
        ("signals", 4, {"threshold": ""}, "threshold: is empty; allowed: a whole number"),
        ("signals", 5, {"threshold": "5"}, "threshold: found '5'; allowed: empty for habitual_use"),
        ("signals", 3, {"strength": "1"}, "strength: found '1'; allowed: each strength once; row 2 has it already"),
        (
            "signals",
            3,
            {"origin": "external"},
            "strength: found '2'; allowed: more than 6: what the product shows is stronger than what others tell",
        ),
        ("account_signals", 3, {"events": ""}, "events: is empty; allowed: one or more event types"),
        ("account_signals", 2, {"events": "is_login"}, "events: found 'is_login'; allowed: empty for active_users"),
        ("account_signals", 3, {"window_hours": ""}, "window_hours: is empty; allowed: hours"),
        ("account_signals", 4, {"window_hours": "24"}, "window_hours: found '24'; allowed: empty for usage_ratio"),
        ("account_signals", 2, {"threshold": "2.5"}, "threshold: found '2.5'; allowed: a whole number"),
        ("account_signals", 3, {"threshold": "0.5"}, "threshold: found '0.5'; allowed: a whole number"),
    ],
)
def test_a_signal_has_what_its_condition_needs(rules, file, row, cells, problem):
    set_cells(rules, file, row, cells)
    assert rules.problems() == [f"{file}.csv, row {row}, column {problem}"]


@pytest.mark.parametrize(
    ("file", "row", "cells"),
    [
        ("signals", 7, {"origin": "external"}),
        ("signals", 2, {"events": "paywall_hit|is_login"}),
        ("signals", 2, {"strength": "99"}),
        ("account_signals", 4, {"threshold": "0.75"}),
        ("account_signals", 3, {"events": "is_key_action", "threshold": "20"}),
    ],
)
def test_signals_at_the_edge_of_what_they_may_say_are_sound(rules, file, row, cells):
    set_cells(rules, file, row, cells)
    assert rules.problems() == []
