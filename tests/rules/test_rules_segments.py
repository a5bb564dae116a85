"""Segments: what a condition may ask, how it is said, and what is allowed and hardly meant."""

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules
from dagster_project.rules.lint import lint
from dagster_project.rules.options import options_of
from dagster_project.rules.seen import SeenEvents

SEGMENTS = "segment_id,label,object_type,kept_as,max_change_pct,max_change_members,compared_days,is_enabled,owner,why"
CONDITIONS = "segment_id,condition_id,property,operator,value,owner,why"


def segment(segment_id="s", label="A segment", object_type="contacts", kept_as="list", enabled="true"):
    return [segment_id, label, object_type, kept_as, "50", "10", "7", enabled, "team:x", "why"]


def condition(name, operator, value, segment_id="s", condition_id="c"):
    return [segment_id, condition_id, name, operator, value, "team:x", "why"]


def write(rules, segments, conditions):
    rules.without_triggers()
    rules.write("segments", [SEGMENTS.split(","), *segments])
    rules.write("segment_conditions", [CONDITIONS.split(","), *conditions])


def told(rules, seen=None):
    files = ("segments", "segment_conditions")
    return [warning.what for warning in lint(read_rules(rules.path), seen) if warning.file in files]


# What a condition may ask


@pytest.mark.parametrize(
    ("object_type", "asked"),
    [
        ("contacts", ("pql_score", ">=", "50")),
        ("contacts", ("days_since_active", "<", "7.5")),
        ("contacts", ("band", "!=", "nurture")),
        ("contacts", ("is_with_sales", "=", "false")),
        ("contacts", ("engagement_rule", "=", "pricing_visited_3x")),
        ("contacts", ("live_signal", "!=", "paywall_hit")),
        ("contacts", ("lifecycle_stage", "=", "lead")),
        ("contacts", ("country", "=", "Germany")),
        ("companies", ("active_users_30d", ">=", "5")),
        ("companies", ("account_signal", "=", "limit_hit")),
        ("companies", ("industry", "=", "COMPUTER_SOFTWARE")),
    ],
)
def test_scores_rules_and_signals_can_be_asked_for(rules, object_type, asked):
    write(rules, [segment(object_type=object_type)], [condition(*asked)])
    assert rules.problems() == []


@pytest.mark.parametrize(
    ("object_type", "asked", "problem"),
    [
        (
            "contacts",
            ("active_users_30d", ">=", "5"),
            "column property: found 'active_users_30d'; allowed: for contacts ",
        ),
        ("companies", ("pql_score", ">=", "5"), "column property: found 'pql_score'; allowed: for companies "),
        (
            "contacts",
            ("pql_score", ">=", "many"),
            "column value: found 'many'; allowed: a number, since pql_score is one",
        ),
        ("contacts", ("band", ">=", "mql"), "column operator: found '>='; allowed: = or !=, since band is no number"),
        ("contacts", ("band", "=", "hot"), "column value: found 'hot'; allowed: one of nurture, mql, pql"),
        ("contacts", ("is_dormant", "=", "yes"), "column value: found 'yes'; allowed: one of true, false"),
        (
            "contacts",
            ("engagement_rule", "=", "unheard_of"),
            "column value: found 'unheard_of'; allowed: one of trial_",
        ),
        # A rule of rules: its parts are conditions of the segment, each in a row.
        ("contacts", ("engagement_rule", "=", "content_and_pricing"), "column value: found 'content_and_pricing'; "),
        ("contacts", ("live_signal", "=", "limit_hit"), "column value: found 'limit_hit'; allowed: one of paywall_hit"),
        ("companies", ("account_signal", "=", "paywall_hit"), "column value: found 'paywall_hit'; allowed: one of sev"),
        (
            "contacts",
            ("country", "=", "Atlantis"),
            "column value: found 'Atlantis'; allowed: a country code of ISO 3166",
        ),
    ],
)
def test_a_condition_that_nothing_can_answer_is_told(rules, object_type, asked, problem):
    write(rules, [segment(object_type=object_type)], [condition(*asked)])
    (told_problem, *_) = rules.problems()
    assert told_problem.startswith(f"segment_conditions.csv, row 2, {problem}")


def test_segments_and_conditions_need_each_other(rules):
    write(rules, [segment("lonely")], [condition("pql_score", ">=", "1", "unheard_of")])
    assert rules.problems() == [
        "segments.csv, row 2, column segment_id: found 'lonely'; "
        "allowed: a segment with a row in segment_conditions.csv: without one everybody is in it",
        "segment_conditions.csv, row 2, column segment_id: found 'unheard_of'; allowed: a segment of segments.csv",
    ]


def test_a_value_needs_a_property_to_stand_in(rules):
    write(
        rules,
        [segment(object_type="companies", kept_as="list_and_property")],
        [condition("active_users_30d", ">=", "5")],
    )
    assert rules.problems() == [
        "segments.csv, row 2, column kept_as: found 'list_and_property'; allowed: list, unless crm_property_map.csv "
        "has a row for companies with the source_column segments"
    ]
    rules.set_cell("segments", 2, "is_enabled", "false")
    assert rules.problems() == []


def test_two_segments_of_one_kind_have_two_names(rules):
    write(
        rules,
        [segment("a"), segment("b", "a SEGMENT"), segment("c", object_type="companies")],
        [condition("pql_score", ">=", "1", name) for name in ("a", "b")] + [condition("pql_count", ">=", "1", "c")],
    )
    (problem,) = rules.problems()
    assert problem.startswith(
        "segments.csv, row 3, column label: found 'a SEGMENT'; allowed: another name: row 2 has it"
    )


# The options of the property


def test_segments_that_are_values_are_the_options_of_their_property(rules):
    write(
        rules,
        [
            segment("one", "One", kept_as="property"),
            segment("two", "Two", kept_as="list_and_property"),
            segment("listed", "Listed"),
            segment("off", "Off", kept_as="property", enabled="false"),
        ],
        [condition("pql_score", ">=", "1", name) for name in ("one", "two", "listed", "off")],
    )
    options = options_of(read_rules(rules.path), "contacts", "segments")
    assert [(option.value, option.label) for option in options] == [("one", "One"), ("two", "Two")]


# In words


def test_a_segment_is_said_with_its_conditions_and_where_it_is_kept(rules):
    write(
        rules,
        [segment(kept_as="list_and_property"), segment("off", "Another", kept_as="property", enabled="false")],
        [
            condition("engagement_rule", "=", "pricing_visited_3x"),
            condition("live_signal", "!=", "paywall_hit", condition_id="d"),
            condition("is_habitual", "!=", "true", condition_id="e"),
            condition("pql_score", ">=", "50", "off"),
        ],
    )
    lines = [line.strip() for line in describe_rules(read_rules(rules.path)).splitlines()]
    start = lines.index("Segments") + 1
    assert lines[start : start + 2] == [
        "A segment (contacts, kept as a list and a value): “Pricing page 3+ times in 7 days” is met now and the signal "
        "“Hit the paywall” is not live and use is not habitual.",
        "Another (contacts, kept as a value of the segments property): PQL score is at least 50 (switched off).",
    ]


# Hardly meant


def test_segments_that_ask_for_the_same_are_told(rules):
    same = ("pql_score", ">=", "50")
    write(
        rules,
        [segment("a"), segment("b", "Another"), segment("c", "A third", "companies")],
        [
            condition(*same, "a"),
            condition(*same, "b"),
            condition("pql_count", ">=", "1", "c"),
            condition("pql_count", ">=", "1", "c", "d"),
        ],
    )
    assert told(rules) == ["b asks for the same as a", "c asks 2 times for pql_count >= 1"]


@pytest.mark.parametrize(("count", "warnings"), [(250, 0), (251, 1)])
def test_more_conditions_than_a_list_in_hubspot_may_have_are_told(rules, count, warnings):
    asked = [condition("pql_score", "!=", str(number), condition_id=f"c{number}") for number in range(count)]
    write(rules, [segment()], asked)
    assert told(rules) == [f"s has {count} conditions, and a list in HubSpot may have 250"] * warnings


def test_a_signal_that_is_off_is_shown_by_nobody(rules):
    rules.set_cell("signals", 2, "is_enabled", "false")
    write(rules, [segment()], [condition("live_signal", "=", "paywall_hit")])
    assert told(rules) == ["s asks for paywall_hit, which is switched off"]


@pytest.mark.parametrize(
    ("sizes", "warnings"),
    [
        ({"s": 3}, []),
        ({}, ["nobody of the 7 contacts of the last build is in s"]),
        ({"s": 7}, ["all 7 contacts of the last build are in s"]),
        (None, []),
    ],
)
def test_a_segment_of_nobody_or_everybody_is_told_once_there_is_a_build(rules, sizes, warnings):
    write(rules, [segment()], [condition("pql_score", ">=", "50")])
    seen = SeenEvents(frozenset(), None, sizes, {"contacts": 7, "companies": 0})
    assert told(rules, seen) == warnings
    rules.set_cell("segments", 2, "is_enabled", "false")
    assert told(rules, seen) == []
