"""The rules as sentences."""

from pathlib import Path

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules, sql_definition_in_english
from dagster_project.rules.english.telling import CHAPTERS, told_files
from dagster_project.rules.schema import RULE_FILES
from dagster_project.settings import SHIPPED_RULES_DIR

# Renew it with `make rules` after a change of the shipped rules, and read the difference aloud.
GOLDEN = Path(__file__).with_name("shipped_rules_in_english.txt")


def sentence(rules) -> str:
    return sql_definition_in_english(read_rules(rules.path))


def lines(rules) -> list[str]:
    return [line.strip() for line in describe_rules(read_rules(rules.path)).splitlines()]


def test_the_definition_that_sales_and_marketing_agree_on():
    assert sql_definition_in_english(read_rules(SHIPPED_RULES_DIR)) == (
        "A contact is sales qualified when activation status is activated and PQL score is at least 50 and the e-mail "
        "domain is not personal and the number of active users of the company is at least 2 and fit score is at least "
        "5."
    )


def test_every_rule_of_the_shipped_files_is_told():
    told = describe_rules(read_rules(SHIPPED_RULES_DIR))
    assert told.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_every_rule_file_has_words_of_its_own():
    assert set(CHAPTERS) == set(RULE_FILES)
    assert told_files() == list(CHAPTERS)


def test_a_file_without_words_of_its_own_is_told_cell_by_cell(monkeypatch):
    monkeypatch.delitem(CHAPTERS, "score_bands")
    told = describe_rules(read_rules(SHIPPED_RULES_DIR)).splitlines()
    assert told[-4:] == [
        "Score bands",
        "  band nurture, min score 0, max score 39.",
        "  band mql, min score 40, max score 69.",
        "  band pql, min score 70, max score 100.",
    ]


@pytest.mark.parametrize(
    ("operator", "value", "words"),
    [
        ("=", "false", "not personal"),
        ("!=", "true", "not personal"),
        ("=", "true", "personal"),
        ("!=", "false", "personal"),
    ],
)
def test_a_yes_or_no_is_told_as_what_it_comes_to(rules, operator, value, words):
    rules.set_cell("sql_definition", 4, "operator", operator)
    rules.set_cell("sql_definition", 4, "value", value)
    assert f" and the e-mail domain is {words} and " in sentence(rules)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"property": "zo_fit_score", "operator": ">", "value": "10"}, "fit score is more than 10"),
        ({"property": "zo_combined_score", "operator": "<", "value": "99.5"}, "combined score is less than 99.5"),
        ({"property": "employee_count", "operator": "<=", "value": "500"}, "number of employees is at most 500"),
        ({"property": "band", "operator": "!=", "value": "nurture"}, "band is not nurture"),
        ({"property": "industry", "operator": "=", "value": "INTERNET"}, "industry is INTERNET"),
        ({"property": "country", "operator": "!=", "value": "France"}, "country is not France"),
        ({"property": "sales_priority", "operator": "=", "value": "normal"}, "sales priority is normal"),
        (
            {"property": "is_icp_match", "operator": "=", "value": "true"},
            "the person matches the ideal customer profile",
        ),
        (
            {"property": "is_icp_match", "operator": "!=", "value": "true"},
            "the person does not match the ideal customer profile",
        ),
    ],
)
def test_every_property_and_operator_has_its_words(rules, cells, words):
    rules.keep_rows("sql_definition", 3)
    rules.set_cell("handoff_settings", 3, "value", "0")
    for column, value in cells.items():
        rules.set_cell("sql_definition", 2, column, value)
    assert sentence(rules) == f"A contact is sales qualified when {words}."


@pytest.mark.parametrize(
    ("row", "cells", "line"),
    [
        (2, {"points": "0.5000"}, "+0.5 Free trial started: trial_started, halved at once after every 90 days."),
        (2, {"decay": "none", "decay_days": ""}, "+20 Free trial started: trial_started."),
        (2, {"decay": "exponential"}, "+20 Free trial started: trial_started, halved gradually every 90 days."),
        (
            2,
            {"decay": "linear"},
            "+20 Free trial started: trial_started, falling evenly, by half in 90 days and to nothing in 180.",
        ),
        (
            2,
            {"is_enabled": "false"},
            "+20 Free trial started: trial_started, halved at once after every 90 days (switched off).",
        ),
        (
            5,
            {"window_hours": "24", "holds": "current", "events": "is_key_action"},
            "+20 5+ logins in 7 days: a key action at least 5 times within 1 day while it holds, "
            "halved at once after every 90 days.",
        ),
        (
            5,
            {"window_hours": "1", "events": "is_activity", "threshold": "1"},
            "+20 5+ logins in 7 days: any activity within 1 hour, halved at once after every 90 days.",
        ),
        (
            5,
            {"window_hours": "36"},
            "+20 5+ logins in 7 days: a login at least 5 times within 36 hours, halved at once after every 90 days.",
        ),
        (
            6,
            {"threshold": "0.755"},
            "+20 At or over 80 % of the usage limit: the company uses 75.5 % of its limit or more while it holds.",
        ),
    ],
)
def test_an_engagement_rule_is_told_with_all_that_it_says(rules, row, cells, line):
    for column, value in cells.items():
        rules.set_cell("engagement_rules", row, column, value)
    assert line in lines(rules)


LATEST = {"aggregate": "latest", "property": "seats", "decay": "none", "decay_days": ""}


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        # every aggregate
        ({"threshold": "2"}, "trial_started at least 2 times"),
        ({"events": "trial_started|is_login|is_key_action"}, "trial_started, a login or a key action"),
        ({"aggregate": "distinct_days"}, "trial_started on at least one day"),
        ({"aggregate": "distinct_days", "threshold": "3"}, "trial_started on 3 or more different days"),
        ({"aggregate": "distinct_values", "property": "plan"}, "1 or more different plan of trial_started"),
        ({"aggregate": "sum", "property": "amount"}, "the sum of amount of trial_started is at least 1"),
        ({"aggregate": "max", "property": "amount"}, "the largest amount of trial_started is at least 1"),
        ({"aggregate": "latest", "property": "amount"}, "the last amount of trial_started is at least 1"),
        (
            {"aggregate": "ratio_of_latest", "property": "used", "divisor_property": "seats", "threshold": "0.905"},
            "the last used of trial_started is at least 90.5 % of the last seats",
        ),
        # every operator
        ({"operator": ">"}, "trial_started more than 1 time"),
        ({"operator": "<=", "threshold": "2"}, "trial_started at most 2 times"),
        ({"operator": "<", "threshold": "2"}, "trial_started fewer than 2 times"),
        ({"operator": "=", "threshold": "2"}, "trial_started exactly 2 times"),
        ({"operator": "!=", "threshold": "2"}, "trial_started any number of times but 2 times"),
        ({**LATEST, "operator": "<", "threshold": "2.5"}, "the last seats of trial_started is less than 2.5"),
        ({**LATEST, "operator": "!=", "threshold": "-1"}, "the last seats of trial_started is not -1"),
        (
            {"aggregate": "distinct_values", "property": "plan", "operator": "<=", "threshold": "4"},
            "at most 4 different plan of trial_started",
        ),
        # filters
        ({"filter_property": "plan", "filter_operator": "is_known"}, "trial_started where plan is known"),
        (
            {"filter_property": "plan", "filter_operator": "=", "filter_value": "pro|team"},
            "trial_started where plan is pro or team",
        ),
        (
            {"filter_property": "plan", "filter_operator": "!=", "filter_value": "free"},
            "trial_started where plan is not free",
        ),
        (
            {"filter_property": "plan", "filter_operator": "contains", "filter_value": "Pro"},
            "trial_started where plan contains Pro",
        ),
        (
            {"filter_property": "seats", "filter_operator": ">=", "filter_value": "10", "window_hours": "48"},
            "trial_started where seats is at least 10 within 2 days",
        ),
        # each time
        (
            {"is_per_occurrence": "true", "max_points": "30"},
            "each trial_started, at most 30 points",
        ),
        (
            {"is_per_occurrence": "true", "max_points": "1", "events": "is_login", "threshold": "3"},
            "every 3 times a login, at most 1 point",
        ),
        (
            {"is_per_occurrence": "true", "max_points": "40", "events": "is_activity"},
            "each activity, at most 40 points",
        ),
        (
            {"is_per_occurrence": "true", "max_points": "30", "aggregate": "distinct_days"},
            "each day with trial_started, at most 30 points",
        ),
        (
            {"is_per_occurrence": "true", "max_points": "30", "aggregate": "distinct_days", "threshold": "2"},
            "every 2 different days with trial_started, at most 30 points",
        ),
        (
            {"is_per_occurrence": "true", "max_points": "30", "aggregate": "distinct_values", "property": "plan"},
            "every different plan of trial_started, at most 30 points",
        ),
        (
            {"is_per_occurrence": "true", "max_points": "30", "aggregate": "sum", "property": "gb", "threshold": "0.5"},
            "every 0.5 of the sum of gb of trial_started, at most 30 points",
        ),
        # what else must be met
        (
            {"requires": "webinar_attended|icp_match"},
            "trial_started, only if “Webinar attended” is met and the person matches the ideal customer profile",
        ),
    ],
)
def test_whatever_a_rule_asks_for_has_its_words(rules, cells, what):
    for column, value in ({"decay": "none", "decay_days": ""} | cells).items():
        rules.set_cell("engagement_rules", 2, column, value)
    assert f"+20 Free trial started: {what}." in lines(rules)


def test_points_of_a_group_that_does_not_fade_are_told_as_such(rules):
    rules.set_cell("score_groups", 2, "decays", "false")
    told = lines(rules)
    assert "Product Signals: at most 100 points of the PQL score, not fading." in told
    assert "+20 Free trial started: trial_started, not fading, since its group does not." in told


def test_the_sum_of_what_is_switched_on_is_told(rules):
    rules.set_cell("engagement_rules", 2, "is_enabled", "false")
    rules.set_cell("engagement_rules", 7, "is_enabled", "true")
    rules.set_cell("engagement_rules", 7, "max_points", "12.5")
    assert "The rules that are switched on add up to 92.5 points." in lines(rules)


def test_a_floor_below_zero_is_told(rules):
    rules.set_cell("score_settings", 2, "value", "-100")
    told = lines(rules)
    assert (
        "All together: at most 100, then negative points, never below -100; rounded half up once, at the end." in told
    )
    assert "A PQL score never falls below -100." in told


def test_each_profile_says_for_whom_it_holds(rules):
    for row in (3, 4):
        rules.set_cell("score_weights", row, "is_active", "true")
    rules.set_cell("score_weights", 4, "min_employees", "10")
    told = lines(rules)
    assert "40 % of the fit score and 60 % of the PQL score (profile plg) for everybody else." in told
    assert (
        "75 % of the fit score and 25 % of the PQL score (profile enterprise) for companies of 1000 employees or more."
        in told
    )
    assert "30 % of the fit score and 70 % of the PQL score (profile smb) for companies of 10 to 49 employees." in told


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("sum", "A company's score is the sum of the combined scores of its people."),
        ("mean", "A company's score is the mean of the combined scores of its people."),
        ("top_3_mean", "A company's score is the mean of the three best combined scores of its people."),
    ],
)
def test_the_score_of_a_company_is_told_by_its_setting(rules, value, line):
    rules.set_cell("score_settings", 3, "value", value)
    assert line in lines(rules)


def test_signals_are_told_from_the_strongest_down(rules):
    rules.set_cell("signals", 2, "strength", "9")
    rules.set_cell("signals", 2, "is_enabled", "false")
    rules.set_cell("signals", 3, "threshold", "2")
    told = lines(rules)
    start = told.index("Signals, the strongest first") + 1
    assert told[start] == "2. Used an enterprise feature: enterprise_feature_used at least 2 times, live for 30 days."
    assert told[start + 5] == "9. Hit the paywall: paywall_hit, live for 14 days (switched off)."


def test_a_signal_that_others_tell_says_so(rules):
    rules.set_cell("signals", 7, "origin", "external")
    assert any(line.endswith("live for 30 days, told by others than the product.") for line in lines(rules))


def test_by_how_much_a_value_must_differ_is_told(rules):
    rules.set_cell("crm_property_map", 3, "min_change", "2.50")
    rules.set_cell("crm_property_map", 7, "min_change", "60")
    told = lines(rules)
    score = "zo_pql_score of contacts: pql_score as number, emptied when unknown; sent when it differs by 2.5 or more"
    assert f"{score}; a sync that would change more than 60 % of them is held." in told
    assert any(line.endswith("emptied when unknown; sent when it differs by 60 minutes or more.") for line in told)


def test_a_milestone_that_takes_several_events_says_so(rules):
    rules.set_cell("activation_milestones", 3, "min_count", "3")
    assert any("Onboarding completed; Key activation feature used (3 times)." in line for line in lines(rules))


def test_without_a_team_nobody_is_promised_anybody(rules):
    rules.keep_rows("sales_team")
    assert "A sales qualified contact keeps its owner. Those who have none wait: sales_team.csv is empty." in lines(
        rules
    )
