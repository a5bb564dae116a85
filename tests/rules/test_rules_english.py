"""The rules as sentences."""

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules, sql_definition_in_english
from dagster_project.settings import SHIPPED_RULES_DIR


def sentence(rules) -> str:
    return sql_definition_in_english(read_rules(rules.path))


def lines(rules) -> list[str]:
    return [line.strip() for line in describe_rules(read_rules(rules.path)).splitlines()]


def test_the_definition_that_sales_and_marketing_agree_on():
    assert sql_definition_in_english(read_rules(SHIPPED_RULES_DIR)) == (
        "A contact is sales qualified when activation status is activated and PQL score is at least 50 and the e-mail "
        "domain is not personal and the number of active users of the company is at least 2."
    )


def test_every_rule_of_the_shipped_files_is_told():
    assert describe_rules(read_rules(SHIPPED_RULES_DIR)).splitlines() == [
        "Sales qualified",
        "  A contact is sales qualified when activation status is activated and PQL score is at least 50 and the "
        "e-mail domain is not personal and the number of active users of the company is at least 2.",
        "",
        "Activated",
        "  A user is activated when all of this has happened, and stays so: Onboarding completed; Key activation "
        "feature used.",
        "",
        "PQL score: what people do",
        "  +20 Free trial started: trial_started, halved at once after every 90 days.",
        "  +25 Key activation feature used: activation_feature_used, halved at once after every 90 days.",
        "  +15 Invited 2+ teammates: 2 or more different invitee_email of teammate_invited, halved at once after every "
        "90 days.",
        "  +20 5+ logins in 7 days: a login at least 5 times within 7 days, halved at once after every 90 days.",
        "  +20 At or over 80 % of the usage limit: the company uses 80 % of its limit or more while it holds.",
        "  Product Signals: at most 100 points.",
        "  All together: at most 100, never below 0, rounded half up once, at the end.",
        "",
        "PQL score: what takes points away",
        "  -100 Works for a competitor: the e-mail domain is a competitor's (excluded_domains.csv).",
        "  -50 Student by job title: the job title has the word student, unless it is a senior one.",
        "  -20 Inactive for over 30 days: no activity for more than 30 days.",
        "",
        "Fit score: who they are",
        "  +15 Senior by job title: job title has the words VP, Vice President, Director, Head.",
        "  +20 Ideal industry: industry is COMPUTER_SOFTWARE, INFORMATION_TECHNOLOGY_AND_SERVICES.",
        "  +15 Ideal industry: industry is INTERNET.",
        "  +10 Ideal industry: industry is FINANCIAL_SERVICES.",
        "  +20 Company of the right size: employee count is 100 to 500.",
        "  +10 Company of the right size: employee count is 501 to 2000.",
        "  +10 Target country: country is United States, US, Canada, CA.",
        "  +8 Target country: country is Germany, DE, United Kingdom, GB.",
        "  +5 Target country: country is France, FR.",
        "  Of the rows of one attribute the best counts. What is not known gives no points.",
        "",
        "Combined score",
        "  40 % of the fit score and 60 % of the PQL score (profile plg).",
        "  Bands: 0 to 39 nurture, 40 to 69 mql, 70 to 100 pql.",
        "",
        "Handoff",
        "  A sales qualified contact keeps its owner, or gets the one of these who has waited longest: "
        "dana.reyes@orbit.example, marco.lindt@orbit.example, priya.nair@orbit.example, tom.okafor@orbit.example.",
        "  New SQL: tell the owner (owner), first call due within 2 hours.",
        "  New SQL: tell the channel (#pql-handoff), first call due within 2 hours.",
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
    ],
)
def test_every_property_and_operator_has_its_words(rules, cells, words):
    rules.keep_rows("sql_definition", 3)
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


def test_a_milestone_that_takes_several_events_says_so(rules):
    rules.set_cell("activation_milestones", 3, "min_count", "3")
    assert any("Onboarding completed; Key activation feature used (3 times)." in line for line in lines(rules))


def test_a_trigger_that_is_switched_off_promises_nothing(rules):
    rules.set_cell("triggers", 3, "is_enabled", "false")
    rules.set_cell("triggers", 2, "due_minutes", "90")
    assert "New SQL: tell the owner (owner), first call due within 1.5 hours." in lines(rules)
    assert not any("New SQL: tell the channel" in line for line in lines(rules))


def test_without_a_team_nobody_is_promised_anybody(rules):
    rules.keep_rows("sales_team")
    assert "A sales qualified contact keeps its owner. Those who have none wait: sales_team.csv is empty." in lines(
        rules
    )
