"""Engagement and negative rules whose cells are right one by one and wrong together."""

import pytest

# Rows of the shipped file.
TRIAL, INVITED, USAGE, PAGES, BOTH, WEBINAR, PAYWALL = 2, 4, 6, 7, 10, 11, 14
MEASURED = {"property": "amount", "window_hours": ""}


@pytest.mark.parametrize(
    ("row", "cells", "problem"),
    [
        # groups
        (
            TRIAL,
            {"score_group": "other"},
            "score_group: found 'other'; allowed: a score_group of score_groups.csv whose score is pql: "
            "marketing_engagement, product_signals",
        ),
        (
            TRIAL,
            {"score_group": "profile_fit"},
            "score_group: found 'profile_fit'; allowed: a score_group of score_groups.csv whose score is pql: "
            "marketing_engagement, product_signals",
        ),
        # what is counted
        (TRIAL, {"events": ""}, "events: is empty; allowed: an event type, since aggregate is count"),
        (USAGE, {"events": "is_login"}, "events: found 'is_login'; allowed: empty for company_usage_ratio"),
        (BOTH, {"events": "is_login"}, "events: found 'is_login'; allowed: empty for all_of"),
        (TRIAL, {"property": "colour"}, "property: found 'colour'; allowed: empty for count"),
        (INVITED, {"property": ""}, "property: is empty; allowed: the event property to count"),
        (TRIAL, {"aggregate": "sum"}, "property: is empty; allowed: the event property to read"),
        (TRIAL, {"aggregate": "max"}, "property: is empty; allowed: the event property to read"),
        (TRIAL, {"aggregate": "latest"}, "property: is empty; allowed: the event property to read"),
        (
            TRIAL,
            {"aggregate": "ratio_of_latest", "property": "used"},
            "divisor_property: is empty; allowed: the event property to divide by",
        ),
        (
            INVITED,
            {"divisor_property": "seats"},
            "divisor_property: found 'seats'; allowed: empty for distinct_values",
        ),
        # filters
        (
            PAYWALL,
            {"filter_operator": ""},
            "filter_operator: is empty; allowed: a property and an operator, or neither",
        ),
        (
            PAYWALL,
            {"filter_property": ""},
            "filter_property: is empty; allowed: a property and an operator, or neither",
        ),
        (PAYWALL, {"filter_value": "sso"}, "filter_value: found 'sso'; allowed: empty for is_known"),
        (PAYWALL, {"filter_operator": "="}, "filter_value: is empty; allowed: what to compare feature_name with"),
        (
            TRIAL,
            {"filter_value": "sso"},
            "filter_value: found 'sso'; allowed: empty for a rule without a filter",
        ),
        (
            PAYWALL,
            {"filter_operator": ">=", "filter_value": "ten"},
            "filter_value: found 'ten'; allowed: a number, since the operator is >=",
        ),
        (USAGE, {"filter_value": "sso"}, "filter_value: found 'sso'; allowed: empty for company_usage_ratio"),
        (BOTH, {"filter_property": "plan"}, "filter_property: found 'plan'; allowed: empty for all_of"),
        # windows and thresholds
        (USAGE, {"window_hours": "24"}, "window_hours: found '24'; allowed: empty for company_usage_ratio"),
        (BOTH, {"window_hours": "24"}, "window_hours: found '24'; allowed: empty for all_of"),
        (USAGE, {"holds": "latched"}, "holds: found 'latched, none'; allowed: current, with decay none"),
        (
            USAGE,
            {"decay": "step", "decay_days": "90"},
            "holds: found 'current, step'; allowed: current, with decay none",
        ),
        (
            USAGE,
            {"operator": "<"},
            "threshold: found '< 0.8'; allowed: >= and more than 0 for company_usage_ratio",
        ),
        (
            USAGE,
            {"threshold": "0"},
            "threshold: found '>= 0'; allowed: >= and more than 0 for company_usage_ratio",
        ),
        (TRIAL, {"threshold": "1.5"}, "threshold: found '1.5'; allowed: a whole number of 1 or more"),
        (TRIAL, {"threshold": "0"}, "threshold: found '0'; allowed: a whole number of 1 or more"),
        (
            TRIAL,
            {"aggregate": "distinct_days", "threshold": "-1"},
            "threshold: found '-1'; allowed: a whole number of 1 or more",
        ),
        (BOTH, {"threshold": "1"}, "threshold: found '>= 1'; allowed: >= 2, the number of rules it requires"),
        (BOTH, {"operator": "="}, "threshold: found '= 2'; allowed: >= 2, the number of rules it requires"),
        # occurrences
        (PAGES, {"max_points": ""}, "max_points: is empty; allowed: the most points it gives"),
        (TRIAL, {"max_points": "20"}, "max_points: found '20'; allowed: empty unless is_per_occurrence"),
        (
            PAGES,
            {"operator": ">"},
            "is_per_occurrence: found 'true'; "
            "allowed: false: only count, distinct_days, distinct_values and sum with >= can be earned several times",
        ),
        (
            PAGES,
            {"aggregate": "max", **MEASURED},
            "is_per_occurrence: found 'true'; "
            "allowed: false: only count, distinct_days, distinct_values and sum with >= can be earned several times",
        ),
        (
            PAGES,
            {"aggregate": "sum", "threshold": "0", **MEASURED},
            "threshold: found '0'; allowed: more than 0, since points are given for each time it is reached",
        ),
        # decay
        (TRIAL, {"decay_days": ""}, "decay_days: is empty; allowed: days, since decay is step"),
        (
            TRIAL,
            {"decay": "exponential", "decay_days": ""},
            "decay_days: is empty; allowed: days, since decay is exponential",
        ),
        (TRIAL, {"decay": "none"}, "decay_days: found '90'; allowed: empty, since decay is none"),
        # what else must be met
        (WEBINAR, {"requires": "icp"}, "requires: found 'icp'; allowed: icp_match, or a rule_id of this file"),
        (
            TRIAL,
            {"requires": "webinar_attended|demo_booked"},
            "requires: found 'demo_booked'; allowed: icp_match, or a rule_id of this file",
        ),
        (
            TRIAL,
            {"requires": "content_and_pricing"},
            "requires: found 'content_and_pricing'; allowed: rules that are no all_of and require nothing but "
            "icp_match themselves",
        ),
        (
            TRIAL,
            {"requires": "trial_started"},
            "requires: found 'trial_started'; allowed: rules that are no all_of and require nothing but "
            "icp_match themselves",
        ),
    ],
)
def test_cells_of_a_rule_that_contradict_each_other_are_told(rules, row, cells, problem):
    for column, value in cells.items():
        rules.set_cell("engagement_rules", row, column, value)
    assert rules.problems() == [f"engagement_rules.csv, row {row}, column {problem}"]


def test_a_conjunction_of_nothing_is_told(rules):
    rules.set_cell("engagement_rules", BOTH, "requires", "")
    assert rules.problems() == [
        "engagement_rules.csv, row 10, column requires: is empty; "
        "allowed: the rules that must all be met, such as content_downloaded|pricing_visited",
        "engagement_rules.csv, row 10, column threshold: found '>= 2'; allowed: >= 0, the number of rules it requires",
    ]


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (TRIAL, {"events": "is_activity"}),
        (TRIAL, {"events": "trial_started|is_login"}),
        (TRIAL, {"decay": "none", "decay_days": ""}),
        (TRIAL, {"threshold": "3.0"}),
        (TRIAL, {"operator": "<"}),
        (TRIAL, {"aggregate": "distinct_days", "operator": "!="}),
        (TRIAL, {"aggregate": "sum", "property": "amount", "threshold": "-0.5"}),
        (TRIAL, {"aggregate": "latest", "property": "seats", "operator": "<", "threshold": "0"}),
        (TRIAL, {"aggregate": "ratio_of_latest", "property": "used", "divisor_property": "seats", "threshold": "0.5"}),
        (TRIAL, {"requires": "icp_match"}),
        (TRIAL, {"requires": "content_downloaded_icp"}),
        (INVITED, {"window_hours": "24"}),
        (USAGE, {"threshold": "0.9999"}),
        (PAGES, {"aggregate": "sum", "property": "amount", "threshold": "0.5"}),
        (PAGES, {"aggregate": "distinct_days", "threshold": "2"}),
        (PAYWALL, {"filter_operator": "!=", "filter_value": "sso|audit_log"}),
        (PAYWALL, {"filter_operator": "contains", "filter_value": "Single sign-on"}),
        (PAYWALL, {"filter_operator": "<", "filter_value": "-0.5"}),
        (BOTH, {"requires": "icp_match", "threshold": "1"}),
        (BOTH, {"requires": "icp_match|webinar_attended|content_downloaded_icp", "threshold": "3"}),
    ],
)
def test_cells_at_the_edge_of_what_a_rule_may_say_are_sound(rules, row, cells):
    for column, value in cells.items():
        rules.set_cell("engagement_rules", row, column, value)
    assert rules.problems() == []


DOMAINS_ELSEWHERE = "allowed: empty: excluded_domains.csv lists domains"


@pytest.mark.parametrize(
    ("row", "value", "problem"),
    [
        (2, "gridlark.example", f"found 'gridlark.example'; {DOMAINS_ELSEWHERE}"),
        (7, "gmail.com", f"found 'gmail.com'; {DOMAINS_ELSEWHERE}"),
        (3, "", "is empty; allowed: one or more words of a job title"),
        *[(row, "", "is empty; allowed: a whole number of days") for row in (4, 5, 6)],
        (8, "", "is empty; allowed: a whole number of employees"),
        (8, "few", "found 'few'; allowed: a whole number of employees"),
        *[
            (4, value, f"found {value!r}; allowed: a whole number of days")
            for value in ("thirty", "-30", "²", "99999999", "1.5")
        ],
    ],
)
def test_a_negative_rule_has_the_value_that_its_condition_needs(rules, row, value, problem):
    rules.set_cell("negative_rules", row, "value", value)
    if row == 3:
        rules.set_cell("negative_rules", row, "except_words", "")
    assert rules.problems() == [f"negative_rules.csv, row {row}, column value: {problem}"]


@pytest.mark.parametrize(("row", "value"), [(4, "0"), (4, "9999999"), (8, "1"), (3, "student intern")])
def test_a_negative_rule_may_have_any_sensible_value(rules, row, value):
    rules.set_cell("negative_rules", row, "value", value)
    assert rules.problems() == []
