"""How high scores can be at all, and what therefore nobody ever reaches."""

import random
from decimal import Decimal
from itertools import product

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.lint import lint
from dagster_project.rules.reachable import (
    active_profiles,
    most_combined_score,
    most_fit_points,
    most_pql_points,
    rounded,
)
from dagster_project.settings import SHIPPED_RULES_DIR

NEVER_QUALIFIED = "Nobody is ever sales qualified."
NEVER_IDEAL = "Nobody ever matches the ideal customer profile."


def change(rules, file, row, cells):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)


def told(rules) -> list[str]:
    return [str(warning) for warning in lint(read_rules(rules.path)) if not warning.is_note]


def only_trial(rules):
    """Of the engagement rules the first alone, for 20 points, in a group that gives no more."""
    for row in range(3, 7):
        rules.set_cell("engagement_rules", row, "is_enabled", "false")


# The highest scores


def test_the_most_of_the_shipped_rules():
    book = read_rules(SHIPPED_RULES_DIR)
    # The title, the industry, the size, and north_america as the best that one country can have.
    assert (most_pql_points(book), most_fit_points(book)) == (100, 15 + 20 + 20 + 10)
    (plg,) = active_profiles(book)
    assert most_combined_score(book, plg) == 86


def test_each_group_gives_up_to_its_cap_and_all_together_up_to_100(rules):
    change(rules, "score_groups", 2, {"cap": "55.5"})
    assert most_pql_points(read_rules(rules.path)) == Decimal("55.5")
    for row in (8, 11):
        change(rules, "engagement_rules", row, {"is_enabled": "true"})
    assert most_pql_points(read_rules(rules.path)) == Decimal("55.5") + 25
    change(rules, "engagement_rules", 7, {"is_enabled": "true"})
    assert most_pql_points(read_rules(rules.path)) == Decimal("55.5") + 40
    change(rules, "score_groups", 3, {"cap": "45"})
    assert most_pql_points(read_rules(rules.path)) == 100


def test_a_rule_that_is_earned_again_and_again_gives_up_to_its_own_cap(rules):
    only_trial(rules)
    change(rules, "engagement_rules", 2, {"is_per_occurrence": "true", "max_points": "33"})
    assert most_pql_points(read_rules(rules.path)) == 33
    change(rules, "engagement_rules", 2, {"points": "0"})
    assert most_pql_points(read_rules(rules.path)) == 0


def test_fit_is_capped_by_its_group(rules):
    change(rules, "score_groups", 4, {"cap": "50.5"})
    assert most_fit_points(read_rules(rules.path)) == Decimal("50.5")


@pytest.mark.parametrize(
    ("cells", "most"),
    [
        # 55 for title, industry and size, and then what one country has.
        ({}, 65),
        ({"value": "dach"}, 55 + 8 + 10),
        ({"value": "nordics"}, 55 + 10),
        ({"value": "nordics", "points": "3"}, 55 + 8),
    ],
)
def test_country_and_region_give_what_one_country_can_have(rules, cells, most):
    change(rules, "fit_rules", 12, cells)
    assert most_fit_points(read_rules(rules.path)) == most


@pytest.mark.parametrize(("points", "score"), [("0.4999", 0), ("0.5", 1), ("99.5", 100), ("-0.5", 0), ("-0.6", -1)])
def test_scores_are_rounded_half_up(points, score):
    assert rounded(Decimal(points)) == score


def test_the_most_is_what_the_best_of_all_ways_to_earn_gives(rules):
    """Every subset of rules earned, capped as scores are: none gives more, and one gives as much."""
    chance = random.Random(7)
    for _ in range(8):
        for row in range(2, 16):
            rules.set_cell("engagement_rules", row, "is_enabled", chance.choice(["true", "false"]))
            rules.set_cell("engagement_rules", row, "points", str(chance.randrange(40)))
        for row in (2, 3):
            rules.set_cell("score_groups", row, "cap", str(chance.randrange(101)))
        book = read_rules(rules.path)
        caps = {group.score_group: group.cap for group in book.rules("score_groups")}
        enabled = [rule for rule in book.rules("engagement_rules") if rule.is_enabled]
        totals = []
        for earned in product((False, True), repeat=len(enabled)):
            groups = dict.fromkeys(caps, Decimal())
            for rule, is_earned in zip(enabled, earned, strict=True):
                most = rule.max_points if rule.is_per_occurrence and rule.points else rule.points
                groups[rule.score_group] += most * is_earned
            totals.append(min(sum(min(points, caps[name]) for name, points in groups.items()), Decimal(100)))
        assert most_pql_points(book) == max(totals)


# Bands


def test_a_band_above_every_score_is_told(rules):
    change(rules, "score_bands", 3, {"max_score": "86"})
    change(rules, "score_bands", 4, {"min_score": "87"})
    assert told(rules) == [
        "warning: score_bands.csv, row 4: pql begins at 87, and combined scores are at most 86 (profile plg). "
        "Nobody is ever in it."
    ]
    change(rules, "score_bands", 3, {"max_score": "85"})
    change(rules, "score_bands", 4, {"min_score": "86"})
    assert told(rules) == []


def test_a_band_that_companies_of_one_profile_cannot_reach_is_told(rules):
    change(rules, "score_weights", 3, {"is_active": "true", "fit_weight": "0.9", "engagement_weight": "0.1"})
    # 90 % of 65 and 10 % of 100 are 68.5.
    assert told(rules) == [
        "warning: score_bands.csv, row 4: pql begins at 70, and combined scores are at most 69 (profile enterprise). "
        "Nobody of these companies is ever in it."
    ]


# Conditions


@pytest.mark.parametrize(
    ("cells", "is_told"),
    [
        ({"value": "20"}, False),
        ({"value": "20.5"}, True),
        ({"operator": ">", "value": "19"}, False),
        ({"operator": ">", "value": "20"}, True),
        ({"operator": "=", "value": "20"}, False),
        ({"operator": "=", "value": "21"}, True),
        ({"operator": "=", "value": "10.5"}, True),
        ({"operator": "<", "value": "0"}, True),
        ({"operator": "<=", "value": "0"}, False),
        ({"operator": "!=", "value": "20"}, False),
    ],
)
def test_a_threshold_beyond_every_score_is_told(rules, cells, is_told):
    only_trial(rules)
    change(rules, "sql_definition", 3, cells)
    assert any("sql_definition.csv, row 3" in warning for warning in told(rules)) == is_told


def test_what_follows_from_a_threshold_that_nobody_reaches_is_told(rules):
    only_trial(rules)
    assert (
        "warning: sql_definition.csv, row 3: PQL score is at least 50 can never hold: the rules that are switched on "
        f"give PQL score 0 to 20. {NEVER_QUALIFIED}"
    ) in told(rules)


def test_a_floor_below_zero_makes_scores_below_zero_possible(rules):
    change(rules, "sql_definition", 3, {"operator": "<", "value": "-99"})
    assert len(told(rules)) == 1
    change(rules, "score_settings", 2, {"value": "-100"})
    assert told(rules) == []


def test_an_ideal_customer_who_fits_better_than_anybody_can_is_told(rules):
    change(rules, "icp_definition", 2, {"value": "66"})
    assert told(rules) == [
        "warning: icp_definition.csv, row 2: fit score is at least 66 can never hold: the rules that are switched on "
        f"give fit score 0 to 65. {NEVER_IDEAL}"
    ]


def test_a_fit_that_is_known_to_more_than_all_of_it_is_told(rules):
    change(rules, "icp_definition", 2, {"property": "fit_completeness_pct", "value": "101"})
    assert len(told(rules)) == 1


def test_a_combined_score_that_one_profile_cannot_reach_is_told(rules):
    change(rules, "score_weights", 3, {"is_active": "true"})
    # 75 % of 65 and 25 % of 100 are 73.75.
    change(rules, "sql_definition", 3, {"property": "zo_combined_score", "value": "75"})
    assert told(rules) == [
        "warning: sql_definition.csv, row 3: combined score is at least 75 can never hold where the score is at most "
        "74 (profile enterprise). Nobody is ever sales qualified at these companies."
    ]
    change(rules, "sql_definition", 3, {"value": "87"})
    assert told(rules) == [
        "warning: sql_definition.csv, row 3: combined score is at least 87 can never hold: the rules that are switched "
        f"on give combined score 0 to 86. {NEVER_QUALIFIED}"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("zo_pql_score", ">=", "50"), ("zo_pql_score", "<", "50")),
        (("zo_pql_score", ">", "50"), ("zo_pql_score", "<", "51")),
        (("employee_count", ">", "100"), ("employee_count", "<", "101")),
        (("zo_company_active_users", "=", "2"), ("zo_company_active_users", "!=", "2")),
        (("country", "=", "DE"), ("country", "=", "FR")),
        (("country", "=", "DE"), ("country", "!=", "Germany")),
        (("is_icp_match", "=", "true"), ("is_icp_match", "!=", "true")),
        (("band", "=", "pql"), ("band", "=", "mql")),
    ],
)
def test_conditions_that_exclude_each_other_are_told(rules, first, second):
    for row, cells in ((3, first), (5, second)):
        change(rules, "sql_definition", row, dict(zip(("property", "operator", "value"), cells, strict=True)))
    assert told(rules) == [f"warning: sql_definition.csv, row 5: rows 3 and 5 exclude each other. {NEVER_QUALIFIED}"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("zo_pql_score", ">=", "50"), ("zo_pql_score", "<", "51")),
        (("employee_count", ">", "100"), ("employee_count", "<", "102")),
        (("country", "!=", "DE"), ("country", "!=", "FR")),
        (("country", "=", "DE"), ("country", "=", "Germany")),
        (("band", "!=", "nurture"), ("band", "!=", "mql")),
        (("zo_company_active_users", ">=", "1000000"), ("zo_company_active_users", "!=", "1000000")),
    ],
)
def test_conditions_that_leave_room_for_somebody_are_fine(rules, first, second):
    for row, cells in ((3, first), (5, second)):
        change(rules, "sql_definition", row, dict(zip(("property", "operator", "value"), cells, strict=True)))
    assert told(rules) == []


def test_a_country_may_be_in_two_regions(rules):
    for row, region in ((2, "dach"), (3, "nordics")):
        change(rules, "icp_definition", row, {"property": "region", "operator": "=", "value": region})
    assert told(rules) == []


def test_a_band_that_nobody_is_in_qualifies_nobody(rules):
    only_trial(rules)
    change(rules, "sql_definition", 3, {"property": "band", "operator": "=", "value": "pql"})
    assert f"warning: sql_definition.csv, row 3: band is pql can never hold. {NEVER_QUALIFIED}" in told(rules)
