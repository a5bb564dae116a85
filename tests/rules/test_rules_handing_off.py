"""What is wrong with rules of the handoff and of the return, and what they come to in words."""

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules, sql_definition_in_english
from dagster_project.rules.lint import lint


def lines(rules) -> list[str]:
    return [line.strip() for line in describe_rules(read_rules(rules.path)).splitlines()]


@pytest.mark.parametrize(
    ("file", "row", "cells", "problem"),
    [
        ("sales_team", 2, {"works_until": "07:30"}, "works_until: found '07:30'; allowed: a time after 08:00, when"),
        ("sales_team", 2, {"works_from": "8:00"}, "works_from: found '8:00'; allowed: a time of day such as 08:00"),
        ("sales_team", 2, {"works_on": "mon|tues"}, "works_on: found 'mon|tues'; allowed: days of the week with |"),
        ("sales_team", 2, {"time_zone": "Lisbon"}, "time_zone: found 'Lisbon'; allowed: a time zone of the IANA"),
        ("sales_team", 2, {"time_zone": "../etc/passwd"}, "time_zone: found '../etc/passwd'; allowed: a time zone of"),
        ("sales_team", 2, {"hubspot_user_id": "dana"}, "hubspot_user_id: found 'dana'; allowed: an id of HubSpot"),
        (
            "sales_team",
            2,
            {"pool": "account_executives|emea"},
            "pool: found 'emea'; allowed: a pool of routing_rules.csv: dach, finance, account_executives",
        ),
        (
            "routing_rules",
            2,
            {"is_enabled": "true"},
            "pool: found 'dach'; allowed: a pool with a member in sales_team.csv: account_executives",
        ),
        ("routing_rules", 3, {"place": "10"}, "place: found '10'; allowed: a place of its own: row 2 has it already"),
        ("routing_rules", 3, {"track": "smb"}, "track: found 'smb'; allowed: 'enterprise' or 'self_service'"),
        ("routing_conditions", 2, {"route_id": "dach"}, "route_id: found 'dach'; allowed: a route_id of routing_rules"),
        ("routing_conditions", 2, {"value": "latam"}, "value: found 'latam'; allowed: a region of regions.csv: "),
        ("routing_conditions", 4, {"value": "big"}, "value: found 'big'; allowed: a number, since employee_count is"),
        ("routing_conditions", 2, {"operator": ">="}, "operator: found '>='; allowed: = or !=, since region is text"),
        ("handoff_settings", 2, {"value": "sales"}, "value: found 'sales'; allowed: one of pipeline, hubspot"),
        ("handoff_settings", 3, {"value": "101"}, "value: found '101'; allowed: a whole number from 0 to 100"),
        ("return_rules", 2, {"value": "0"}, "value: found '0'; allowed: a whole number of days from 1 to 3650"),
        ("return_rules", 2, {"property": "band"}, "property: found 'band'; allowed: empty for no_owner_activity"),
        ("return_rules", 3, {"operator": ""}, "operator: is empty; allowed: the operator to compare by"),
        ("return_rules", 3, {"value": "low"}, "value: found 'low'; allowed: a number, since zo_pql_score is one"),
    ],
)
def test_what_nobody_could_work_by_is_told_with_its_cell(rules, file, row, cells, problem):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)
    (told,) = rules.problems()
    assert told.startswith(f"{file}.csv, row {row}, column {problem}")


@pytest.mark.parametrize(
    ("file", "row", "cells"),
    [
        ("sales_team", 2, {"pool": "account_executives|dach", "works_on": "sat|sun", "time_zone": "UTC"}),
        ("sales_team", 2, {"sender_email": "sales@orbit.example", "hubspot_user_id": "12345"}),
        ("routing_rules", 2, {"is_enabled": "true", "pool": "account_executives"}),
        ("routing_conditions", 4, {"property": "country", "operator": "!=", "value": "Germany"}),
        ("handoff_settings", 4, {"value": "1000000000"}),
        ("return_rules", 3, {"property": "sales_priority", "operator": "=", "value": "low"}),
    ],
)
def test_what_people_may_want_is_allowed(rules, file, row, cells):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)
    assert rules.problems() == []


def test_a_setting_that_is_not_there_is_told(rules):
    rules.keep_rows("handoff_settings", *range(2, 8))
    assert rules.problems() == [
        "handoff_settings.csv, column setting_id: is empty; allowed: a row for max_returned_pct"
    ]


def test_without_a_team_routes_may_lead_to_nobody(rules):
    rules.keep_rows("sales_team")
    assert rules.problems() == []


def test_without_a_fit_score_to_reach_the_definition_asks_for_none(rules):
    rules.set_cell("handoff_settings", 3, "value", "0")
    assert "fit score" not in sql_definition_in_english(read_rules(rules.path))
    assert "Whoever does enough is handed off, whatever their fit score is." in lines(rules)


def test_routes_are_told_in_the_order_in_which_they_are_tried(rules):
    rules.set_cell("routing_rules", 2, "place", "85")
    told = lines(rules)
    titled = told.index("Handoff: which way")
    assert [line.split(":")[0] for line in told[titled + 1 : titled + 5]] == [
        *("industry_finance", "enterprise_by_size", "territory_dach", "everybody_else")
    ]


def test_a_handoff_that_is_left_to_hubspot_says_so(rules):
    rules.set_cell("handoff_settings", 2, "value", "hubspot")
    assert any(line.startswith("The handoff is left to a HubSpot workflow: only what it") for line in lines(rules))


def test_without_a_rule_nobody_goes_back(rules):
    for row in (2, 3):
        rules.set_cell("return_rules", row, "is_enabled", "false")
    told = lines(rules)
    assert "Nobody goes back to marketing by a rule." in told
    assert "A contact at sales qualified goes back to marketing when PQL score is less than 30 (switched off)." in told


# What is allowed and hardly meant


def warnings(rules) -> list[str]:
    return [str(warning) for warning in lint(read_rules(rules.path)) if warning.file == "routing_rules"]


def test_a_route_behind_one_that_takes_everybody_is_told(rules):
    assert warnings(rules) == []
    rules.set_cell("routing_rules", 4, "place", "95")
    assert warnings(rules) == [
        "warning: routing_rules.csv, row 4: enterprise_by_size comes after everybody_else, which takes everybody. "
        "Nobody ever gets there: give it a lower place."
    ]


def test_routes_that_all_ask_for_something_are_told(rules):
    rules.set_cell("routing_rules", 5, "is_enabled", "false")
    assert warnings(rules) == [
        "warning: routing_rules.csv: every route asks for something. "
        "Contacts that fit none of them wait: add one without conditions, last."
    ]
