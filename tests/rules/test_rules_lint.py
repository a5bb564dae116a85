"""What is allowed and hardly meant is told with file, row, what it is and why it matters."""

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.lint import lint
from dagster_project.rules.lint.weight import MOST_CONDITIONS_TO_RECITE
from dagster_project.rules.schema.fit import FitRule
from dagster_project.rules.seen import SeenEvents
from dagster_project.settings import SHIPPED_RULES_DIR

NO_EFFECT = "Nobody's score changes by it: give it points or switch it off."
NEVER_MET = "Nobody ever earns its points: mend it or switch it off."
NEVER_COUNTS = "Of one attribute the best row counts, so this one never does."
ONE_RULE = "A score that one rule decides says no more than that rule."
VOLUME = "Much use is a hint and no intent: lower its max_points."
OFF = {"is_enabled": "false"}
ON = {"is_enabled": "true"}


def change(rules, file, row, cells):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)


def told(rules, seen=None) -> list[str]:
    """The warnings; notes are looked at by name."""
    return [str(warning) for warning in lint(read_rules(rules.path), seen) if not warning.is_note]


def notes(rules) -> list[str]:
    return [str(warning) for warning in lint(read_rules(rules.path)) if warning.is_note]


def test_there_is_nothing_strange_about_the_shipped_rules():
    assert lint(read_rules(SHIPPED_RULES_DIR)) == []


# Rules that never earn


@pytest.mark.parametrize(
    ("file", "row", "cells", "what"),
    [
        ("engagement_rules", 2, {"points": "0"}, f"trial_started is switched on and gives 0 points. {NO_EFFECT}"),
        (
            "engagement_rules",
            7,
            {**ON, "max_points": "0"},
            f"page_views is switched on and gives 0 points. {NO_EFFECT}",
        ),
        (
            "engagement_rules",
            15,
            {**ON, "threshold": "16"},
            "enterprise_feature can never be met: a window of 14 days lies in at most 15 days, and it asks for 16. "
            + NEVER_MET,
        ),
        (
            "engagement_rules",
            15,
            {**ON, "operator": ">", "threshold": "2", "window_hours": "1"},
            "enterprise_feature can never be met: a window of 1 hour lies in at most 2 days, and it asks for 2. "
            + NEVER_MET,
        ),
        (
            "engagement_rules",
            2,
            {"operator": "<"},
            "trial_started can never be met: it is looked at from the first event on, and then there is always one. "
            + NEVER_MET,
        ),
        (
            "engagement_rules",
            6,
            {"threshold": "80"},
            "usage_near_limit can never be met: it asks for 8000 % of the usage limit, and 1 is all of it. "
            + NEVER_MET,
        ),
        (
            "negative_rules",
            4,
            {"points": "0"},
            f"inactive_over_30_days is switched on and takes 0 points. {NO_EFFECT}",
        ),
        (
            "negative_rules",
            8,
            {**ON, "value": "0"},
            "small_company asks for fewer than 0 employees. It never takes points: mend it or switch it off.",
        ),
        (
            "account_signals",
            4,
            {"threshold": "80"},
            "limit_hit asks for 8000 % of the usage limit, and 1 is all of it. "
            "No company ever shows it: mend it or switch it off.",
        ),
    ],
)
def test_a_rule_that_can_never_earn_is_told(rules, file, row, cells, what):
    rules.without_triggers()
    change(rules, file, row, cells)
    assert told(rules) == [f"warning: {file}.csv, row {row}: {what}"]


@pytest.mark.parametrize(
    ("file", "row", "cells"),
    [
        ("engagement_rules", 2, {"points": "0", **OFF}),
        ("engagement_rules", 15, {**ON, "threshold": "15"}),
        ("engagement_rules", 15, {**ON, "operator": "<=", "threshold": "99"}),
        ("engagement_rules", 15, {**ON, "operator": "!=", "threshold": "99"}),
        ("engagement_rules", 14, {**ON, "operator": "<"}),
        ("engagement_rules", 6, {"threshold": "1"}),
        ("negative_rules", 5, {"points": "0"}),
        ("account_signals", 4, {"threshold": "1"}),
        ("account_signals", 4, {"threshold": "80", **OFF}),
    ],
)
def test_a_rule_at_the_edge_of_what_can_be_met_is_fine(rules, file, row, cells):
    change(rules, file, row, cells)
    assert told(rules) == []


def test_a_rule_without_points_is_of_use_where_another_requires_it(rules):
    change(rules, "engagement_rules", 3, {"points": "0"})
    assert len(told(rules)) == 1
    change(rules, "engagement_rules", 2, {"requires": "key_activation_feature"})
    assert told(rules) == []


def test_a_rule_that_requires_one_that_is_switched_off_is_fine_unless_that_can_never_be_met(rules):
    change(rules, "engagement_rules", 2, {"requires": "enterprise_feature"})
    assert told(rules) == []
    change(rules, "engagement_rules", 15, {"threshold": "16"})
    assert told(rules) == [
        "warning: engagement_rules.csv, row 2: trial_started requires enterprise_feature, which can never be met: "
        f"a window of 14 days lies in at most 15 days, and it asks for 16. {NEVER_MET}"
    ]


def test_a_rule_in_a_group_without_points_is_told(rules):
    change(rules, "score_groups", 3, {"cap": "0"})
    assert told(rules) == []
    change(rules, "engagement_rules", 11, ON)
    assert told(rules) == [
        "warning: engagement_rules.csv, row 11: webinar_attended is switched on and its group marketing_engagement "
        f"gives at most 0 points. {NO_EFFECT}"
    ]


def test_competitors_that_nobody_names_take_no_points(rules):
    rules.keep_rows("excluded_domains", 4)
    assert told(rules) == [
        "warning: negative_rules.csv, row 2: competitor_domain is switched on and excluded_domains.csv names no "
        "competitor. It never takes points: name them or switch it off."
    ]


# Rows of fit rules that never count


def fit_rows(rules, *rows):
    """Fit rules of (attribute, match, value or (least, most), points), each of its own rule, and exceptions."""
    lines = [list(FitRule.model_fields)]
    for number, (attribute, match, value, points, *exceptions) in enumerate(rows, start=2):
        text, (least, most) = ("", value) if isinstance(value, tuple) else (value, ("", ""))
        words = exceptions[0] if exceptions else ""
        lines.append([f"r{number}", "R", attribute, match, text, words, least, most, points, "team:x", "x"])
    rules.write("fit_rules", lines)
    # Only fit is looked at here, not what it does to bands and definitions.
    rules.set_cell("icp_definition", 2, "value", "0")
    return [warning for warning in told(rules) if "score_bands" not in warning]


@pytest.mark.parametrize(
    ("rows", "warnings"),
    [
        (
            [("industry", "equals", "INTERNET", 20), ("industry", "equals", "INTERNET", 10)],
            ["row 3: industry INTERNET (10 points) is always beaten by row 2"],
        ),
        (
            [("industry", "equals", "INTERNET", 10), ("industry", "equals", "INTERNET", 20)],
            ["row 2: industry INTERNET (10 points) is always beaten by row 3"],
        ),
        (
            [("industry", "equals", "INTERNET", 10), ("industry", "equals", "INTERNET", 10)],
            ["row 3: industry INTERNET (10 points) is always beaten by row 2"],
        ),
        (
            [("country", "equals", "US", 10), ("country", "equals", "United States", 1)],
            ["row 3: country United States (1 point) is always beaten by row 2"],
        ),
        (
            [
                ("job_title", "whole_words", "Senior Vice President", 15),
                ("job_title", "whole_words", "vice president", 15),
            ],
            ["row 2: job_title Senior Vice President (15 points) is always beaten by row 3"],
        ),
        (
            [("job_title", "equals", "Head of Sales", 5), ("job_title", "whole_words", "Head", 6)],
            ["row 2: job_title Head of Sales (5 points) is always beaten by row 3"],
        ),
        ([("job_title", "equals", "Head", 5), ("job_title", "whole_words", "Head of Sales", 6)], []),
        ([("job_title", "whole_words", "Headmaster", 5), ("job_title", "whole_words", "Head", 6)], []),
        ([("job_title", "whole_words", "Head of Sales", 7), ("job_title", "whole_words", "Head", 6)], []),
        (
            [
                ("job_title", "whole_words", "Head Nurse", 5),
                ("job_title", "whole_words", "Head", 6, "Head Nurse|Head Start"),
            ],
            [],
        ),
        (
            [
                ("job_title", "whole_words", "Head", 5),
                ("job_title", "whole_words", "Head", 6, "Head Start"),
            ],
            [],
        ),
        (
            [
                ("job_title", "whole_words", "Sales Director", 5),
                ("job_title", "whole_words", "Director", 6, "Assistant to the Director"),
            ],
            ["row 2: job_title Sales Director (5 points) is always beaten by row 3"],
        ),
        (
            [
                ("job_title", "whole_words", "Sales Director", 5),
                ("job_title", "whole_words", "Director", 6, "Assistant to the Sales Director"),
            ],
            [],
        ),
        (
            [("employee_count", "between", (100, 200), 5), ("employee_count", "between", (1, 500), 6)],
            ["row 2: employee_count 100 to 200 (5 points) is always beaten by row 3"],
        ),
        (
            [("employee_count", "between", (100, 200), 5), ("employee_count", "between", (1, 500), 5)],
            ["row 2: employee_count 100 to 200 (5 points) is always beaten by row 3"],
        ),
        ([("employee_count", "between", (100, 200), 7), ("employee_count", "between", (1, 500), 5)], []),
        (
            [
                ("employee_count", "between", (100, 300), 5),
                ("employee_count", "between", (200, 500), 8),
                ("employee_count", "between", (1, 199), 6),
            ],
            [
                "row 2: employee_count 100 to 300 (5 points) is always beaten by row 4, 3",
                "row 3: 200 to 300 stands in row 2 too",
                "row 4: 100 to 199 stands in row 2 too",
            ],
        ),
        (
            [("employee_count", "between", (1, 100), 5), ("employee_count", "between", (100, 500), 8)],
            ["row 3: 100 to 100 stands in row 2 too"],
        ),
        ([("employee_count", "between", (1, 99), 5), ("employee_count", "between", (100, 500), 8)], []),
        (
            [("industry", "equals", "INTERNET", 0)],
            ["row 2: industry INTERNET (0 points) gives 0 points"],
        ),
        ([("country", "equals", "US", 10), ("region", "equals", "north_america", 10)], []),
    ],
)
def test_a_row_that_a_better_one_always_beats_is_told(rules, rows, warnings):
    expected = {warning.partition(":")[0]: warning for warning in warnings}
    found = {warning.partition(".csv, ")[2].partition(":")[0]: warning for warning in fit_rows(rules, *rows)}
    assert list(found) == list(expected)
    for row, warning in found.items():
        assert warning.startswith(f"warning: fit_rules.csv, {expected[row]}. ")


def test_the_reason_is_told_with_a_row_that_never_counts(rules):
    assert fit_rows(rules, ("industry", "equals", "INTERNET", 20), ("industry", "equals", "INTERNET", 10)) == [
        f"warning: fit_rules.csv, row 3: industry INTERNET (10 points) is always beaten by row 2. {NEVER_COUNTS}"
    ]


def test_a_fit_score_that_is_capped_at_nothing_is_told(rules):
    change(rules, "score_groups", 4, {"cap": "0"})
    assert told(rules)[0] == (
        "warning: score_groups.csv: the group of the fit score gives at most 0 points. "
        "No row of fit_rules.csv changes a score."
    )


# One rule that decides nearly alone


def test_a_rule_that_gives_over_half_of_all_points_is_told(rules):
    for row in (4, 5, 6):
        change(rules, "engagement_rules", row, OFF)
    # 20 and 25.
    over_half = (
        "warning: engagement_rules.csv, row 3: key_activation_feature gives 25 points, over half of the 45 points of "
        f"all rules that are switched on. {ONE_RULE}"
    )
    assert over_half in told(rules)
    change(rules, "engagement_rules", 2, {"points": "25"})
    assert not any("over half" in warning for warning in told(rules))


def test_a_rule_that_gives_over_half_of_its_group_is_told(rules):
    change(rules, "engagement_rules", 8, ON | {"points": "20"})
    assert told(rules) == []
    change(rules, "engagement_rules", 8, {"points": "20.5"})
    assert told(rules) == [
        "warning: engagement_rules.csv, row 8: pricing_visited_3x gives 20.5 points, over half of the 40 points of "
        f"Marketing Engagement. {ONE_RULE}"
    ]


def test_a_rule_that_gives_over_half_of_both_is_told_once(rules):
    for row in range(2, 7):
        change(rules, "engagement_rules", row, OFF)
    change(rules, "engagement_rules", 8, ON | {"points": "21"})
    (warning,) = (warning for warning in told(rules) if "over half" in warning)
    assert "over half of the 21 points of all rules that are switched on and of the 40 points of Marketing" in warning


def test_volume_that_gives_over_a_third_of_the_points_is_told(rules):
    change(rules, "score_groups", 3, {"cap": "100"})
    change(rules, "engagement_rules", 7, ON | {"max_points": "50"})
    # A third of 100 + 50.
    assert told(rules) == []
    change(rules, "engagement_rules", 7, {"max_points": "50.1"})
    assert told(rules) == [
        "warning: engagement_rules.csv, row 7: page_views gives 50.1 points, over half of the 100 points of "
        f"Marketing Engagement. {ONE_RULE}",
        "warning: engagement_rules.csv, row 7: page_views counts every time and gives up to 50.1 points, over a third "
        f"of the 150.1 of all rules that are switched on. {VOLUME}",
    ]


# Definitions that nobody can recite


def test_a_definition_that_is_too_long_to_recite_is_told(rules):
    rows = [["condition_id", "property", "operator", "value", "owner", "why"]]
    rows += [[f"c{number}", "zo_pql_score", ">=", number, "team:x", "x"] for number in range(MOST_CONDITIONS_TO_RECITE)]
    rules.write("sql_definition", rows)
    assert told(rules) == []
    rows.append(["one_more", "zo_fit_score", ">=", "1", "team:x", "x"])
    rules.write("sql_definition", rows)
    assert told(rules) == [
        "warning: sql_definition.csv: 6 conditions, more than the 5 that a person can recite. "
        "What nobody can recite nobody agrees on: leave some out."
    ]
    rules.write("icp_definition", rows[:1] + [[row[0], "zo_fit_score", *row[2:]] for row in rows[1:]])
    assert [warning.partition(".")[0] for warning in told(rules)] == [
        "warning: sql_definition",
        "warning: icp_definition",
    ]


@pytest.mark.parametrize(
    ("points", "total", "why"),
    [
        ("10", "90", "A PQL score is out of 100: nobody can reach it."),
        ("20.5", "100.5", "What goes beyond 100 is cut off, so the best users all look alike."),
    ],
)
def test_points_that_do_not_add_up_to_100_are_noted(rules, points, total, why):
    change(rules, "engagement_rules", 2, {"points": points})
    assert notes(rules) == [
        f"note: engagement_rules.csv: the rules that are switched on add up to {total} points and not to 100. {why}"
    ]


# What the events say


def everything_came(rules, *, but=(), span_days=180) -> SeenEvents:
    taxonomy = read_rules(rules.path).rules("event_taxonomy")
    return SeenEvents(frozenset((r.source, r.source_event) for r in taxonomy if r.event_type not in but), span_days)


def test_events_that_never_came_are_told_wherever_a_rule_that_is_switched_on_needs_them(rules):
    never = ("paywall_hit", "activation_feature_used", "webinar_attended", "pricing_page_viewed")
    assert told(rules, everything_came(rules)) == []
    warnings = [warning.partition(". ")[0] for warning in told(rules, everything_came(rules, but=never))]
    assert [warning for warning in warnings if "crm_events" not in warning] == [
        f"warning: {place}: {name} is used, and no such event has come in"
        for place, name in [
            ("activation_milestones.csv, row 3", "activation_feature_used"),
            ("engagement_rules.csv, row 3", "activation_feature_used"),
            ("signals.csv, row 2", "paywall_hit"),
            ("account_signals.csv, row 3", "pricing_page_viewed"),
        ]
    ]


def test_a_flag_without_a_single_event_is_an_event_that_never_came(rules):
    assert told(rules, everything_came(rules, but=["logged_in"])) == [
        "warning: engagement_rules.csv, row 5: is_login is used, and no such event has come in. "
        "Nobody can meet it: check the names in event_taxonomy.csv and what the sources send."
    ]


def test_an_event_of_several_that_never_came_is_named(rules):
    change(rules, "engagement_rules", 2, {"events": "trial_started|webinar_attended"})
    (warning,) = told(rules, everything_came(rules, but=["webinar_attended"]))
    assert "row 2: webinar_attended is used" in warning


def test_a_decay_longer_than_the_data_is_told(rules):
    assert told(rules, everything_came(rules, span_days=90)) == []
    warnings = told(rules, everything_came(rules, span_days=89))
    assert [warning.split(": ")[1] for warning in warnings] == [
        f"engagement_rules.csv, row {row}" for row in range(2, 6)
    ]
    assert warnings[0] == (
        "warning: engagement_rules.csv, row 2: trial_started is halved in 90 days, and the events cover 89 days. "
        "No score has faded by it yet, so nobody knows whether the time is right."
    )
    change(rules, "score_groups", 2, {"decays": "false"})
    assert told(rules, everything_came(rules, span_days=1)) == []


def test_without_a_known_span_no_decay_is_too_long(rules):
    assert told(rules, everything_came(rules, span_days=None)) == []
