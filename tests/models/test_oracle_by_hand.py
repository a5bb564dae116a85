"""The oracle gives what a person counts with a pencil, on every edge: else it could not judge the models."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.oracle_engagement import Person, holdings
from tests.oracle.oracle_events import Event, passes
from tests.oracle.oracle_fit import fit, profile_of
from tests.oracle.oracle_points import capped, capped_by_group, decay_factor, half_up, points_full
from tests.oracle.oracle_rule_sets import row_of, shipped
from tests.oracle.oracle_scores import Reason, Scores, score

AS_OF = datetime(2026, 6, 30, 12)
BLINK = timedelta(microseconds=1)
DAY = timedelta(days=1)
TAXONOMY = shipped("event_taxonomy")
GROUPS = {
    "fading": row_of("score_groups", score_group="fading", score="pql", cap="40", decays="true"),
    "lasting": row_of("score_groups", score_group="lasting", score="pql", cap="100", decays="false"),
    "who": row_of("score_groups", score_group="who", score="fit", cap="30", decays="false"),
}


def rule(name: str = "r", **cells: str) -> dict[str, str]:
    said = {"aggregate": "count", "operator": ">=", "threshold": "1", "events": "report_created", "points": "20"}
    said |= {
        "is_enabled": "true",
        "is_per_occurrence": "false",
        "score_group": "fading",
        "holds": "latched",
        "decay": "step",
    }
    return row_of("engagement_rules", rule_id=name, **said | {"decay_days": "90"} | cells)


def event(event_id: str, before: timedelta, kind: str = "report_created", /, **properties: Any) -> Event:
    return Event(event_id, "ana", kind, AS_OF - before, properties)


def held(*rules: dict[str, str], events: list[Event] = (), is_icp_match: bool = False, usage=(None, None)):
    person = Person(events, usage, is_icp_match)
    return list(holdings(person, rules, TAXONOMY, AS_OF).values())


def in_short(*rules, **facts) -> tuple:
    holding = held(*rules, **facts)[-1]
    age = None if holding.last_met_at is None else AS_OF - holding.last_met_at
    return holding.is_met, holding.found, age, holding.proof_event_id


def test_at_the_threshold_is_met_and_one_below_is_not():
    two = [event("e1", 3 * DAY), event("e2", 2 * DAY)]
    assert in_short(rule(threshold="2"), events=two) == (True, 2, 2 * DAY, "e2")
    assert in_short(rule(threshold="3"), events=two) == (False, 2, None, None)


@pytest.mark.parametrize(("apart", "found"), [(DAY, 1), (DAY - BLINK, 2)])
def test_two_events_a_window_apart_are_never_in_it_together(apart, found):
    two = [event("e1", 9 * DAY + apart), event("e2", 9 * DAY)]
    is_met, *_ = in_short(rule(threshold="2", window_hours="24"), events=two)
    assert is_met == (found == 2)


def test_a_window_that_was_full_is_left_at_the_very_moment_its_first_event_leaves_it():
    two = [event("e1", 9 * DAY + 5 * BLINK), event("e2", 9 * DAY)]
    in_window = rule(threshold="2", window_hours="24")
    assert in_short(in_window, events=two) == (True, 2, 8 * DAY + 5 * BLINK, "e2")
    assert in_short(in_window | {"holds": "current"}, events=two) == (False, 0, None, None)


def test_an_event_exactly_a_window_old_has_left_it_and_what_it_met_ended_this_moment():
    assert in_short(rule(window_hours="24"), events=[event("e1", DAY)]) == (True, 1, timedelta(0), "e1")
    assert in_short(rule(window_hours="24", holds="current"), events=[event("e1", DAY)]) == (False, 0, None, None)
    assert in_short(rule(window_hours="24", holds="current"), events=[event("e1", DAY - BLINK)])[0]


def test_an_event_at_the_clock_counts_and_one_after_it_does_not():
    assert in_short(rule(), events=[event("e1", timedelta(0))]) == (True, 1, timedelta(0), "e1")
    assert in_short(rule(), events=[event("e1", -BLINK)]) == (False, None, None, None)


def test_a_rule_that_holds_while_little_happens_does_so_after_the_window_is_empty():
    few = rule(operator="<=", threshold="1", window_hours="24")
    assert in_short(few, events=[event("e1", 9 * DAY)]) == (True, 0, timedelta(0), "e1")
    assert in_short(few) == (False, None, None, None)


def test_a_stretch_can_be_ended_by_an_event_which_then_proves_nothing():
    exactly_one = rule(operator="=", threshold="1", window_hours="72")
    both = [event("e1", 4 * DAY), event("e2", 2 * DAY), event("e3", timedelta(0)), event("e4", timedelta(0))]
    # One event until the second came; one again for the last day, until two more came at the clock.
    assert in_short(exactly_one, events=both) == (True, 1, timedelta(0), "e2")


def test_without_a_window_each_further_event_meets_a_rule_anew_and_others_can_unmeet_it():
    three = [event("e1", 9 * DAY, seats=5), event("e2", 8 * DAY, seats=7), event("e3", 7 * DAY, seats=1)]
    assert in_short(rule(), events=three) == (True, 3, 7 * DAY, "e3")
    latest = rule(aggregate="latest", property="seats", threshold="5")
    assert in_short(latest, events=three) == (True, 7, 8 * DAY, "e2")
    assert in_short(latest | {"holds": "current"}, events=three) == (False, 1, None, None)


def test_an_instant_counts_with_all_its_events_and_the_greatest_id_is_the_last():
    tie = [event("e9", DAY, seats=1), event("e10", DAY, seats=8)]
    assert in_short(rule(threshold="2"), events=tie) == (True, 2, DAY, "e9")
    latest = rule(aggregate="latest", property="seats", operator="=", threshold="1")
    assert in_short(latest, events=tie) == (True, 1, DAY, "e9")
    assert in_short(latest | {"threshold": "8"}, events=tie)[0] is False


def test_days_are_utc_days_and_values_are_texts():
    midnight = timedelta(hours=12)
    around = [event("e1", midnight, name="a"), event("e2", midnight + BLINK, name="A"), event("e3", DAY, name=None)]
    assert in_short(rule(aggregate="distinct_days"), events=around)[1] == 2
    assert in_short(rule(aggregate="distinct_values", property="name"), events=around)[1] == 2


def test_numbers_may_be_written_as_text_and_what_is_none_is_no_value():
    found = [event(f"e{n}", DAY, amount=v) for n, v in enumerate([1, "2.5", 0.1, "x", "", None, True, "1,5"])]
    assert in_short(rule(aggregate="sum", property="amount"), events=found)[1] == Fraction("3.6")
    assert in_short(rule(aggregate="max", property="amount"), events=found)[1] == Fraction("2.5")
    assert in_short(rule(aggregate="max", property="nothing"), events=found) == (False, None, None, None)


def test_an_event_that_carries_no_value_is_none_of_the_events_of_a_rule_that_adds_up():
    two = [event("e1", 2 * DAY, amount=7), event("e2", DAY, amount="none")]
    assert in_short(rule(aggregate="sum", property="amount"), events=two) == (True, 7, 2 * DAY, "e1")
    assert in_short(rule(), events=two) == (True, 2, DAY, "e2")
    ratio = rule(aggregate="ratio_of_latest", property="used", divisor_property="amount", threshold="0")
    assert in_short(ratio, events=[*two, event("e3", DAY, used=1)]) == (True, Fraction("0.1428"), DAY, "e3")


def test_a_value_has_at_most_eighteen_digits_and_four_decimals():
    few, many = "123456789012345678.5", "1234567890123456789"
    found = [event("e1", DAY, amount=few), event("e2", DAY, amount=many), event("e3", DAY, amount="0.00006")]
    assert in_short(rule(aggregate="sum", property="amount"), events=found)[1] == Fraction("123456789012345678.5001")
    large = {"filter_property": "amount", "filter_operator": ">=", "filter_value": "1"}
    assert in_short(rule(**large), events=found)[1] == 1


def test_a_ratio_is_compared_exactly_and_shown_cut():
    ratio = rule(aggregate="ratio_of_latest", property="used", divisor_property="seats", threshold="0.6667")
    assert in_short(ratio, events=[event("e1", DAY, used=2, seats=3)]) == (False, Fraction("0.6666"), None, None)
    below = ratio | {"operator": "<"}
    assert in_short(below, events=[event("e1", DAY, used=2), event("e2", DAY / 2, seats=3)])[:3] == (
        True,
        Fraction("0.6666"),
        DAY / 2,
    )
    assert in_short(below, events=[event("e1", DAY, used=2, seats=0)])[:2] == (False, None)


@pytest.mark.parametrize(
    ("operator", "value", "passing"),
    [
        ("=", "a|1", ["a", 1]),
        ("!=", "a|1", ["A", "10", "", True, "50%"]),
        ("contains", "A", ["a", "A"]),
        ("contains", "0%", ["50%"]),
        (">=", "1", [1, "10"]),
        ("<", "1", []),
        ("is_known", "", ["a", "A", 1, "10", True, "50%"]),
    ],
)
def test_filters(operator, value, passing):
    filtered = rule(filter_property="name", filter_operator=operator, filter_value=value)
    found = ["a", "A", 1, "10", "", None, True, "50%"]
    assert [known for known in found if passes(filtered, event("e", DAY, name=known))] == passing


def test_flags_mean_every_event_that_has_them_and_no_event_twice():
    both = [event("e1", DAY, "file_uploaded"), event("e2", DAY, "page_viewed"), event("e3", DAY, "webinar_attended")]
    assert in_short(rule(events="is_key_action|activation_feature_used"), events=both)[1] == 1
    assert in_short(rule(events="is_activity"), events=both)[1] == 2


def test_what_a_rule_requires_decides_and_its_own_time_stays():
    first, off = rule("a", events="page_viewed"), rule("b", events="page_viewed", is_enabled="false")
    events = [event("e1", 5 * DAY), event("e2", DAY, "page_viewed")]
    assert in_short(first, rule(requires="a"), events=events) == (True, 1, 5 * DAY, "e1")
    assert in_short(off, rule(requires="b"), events=events)[0]
    assert in_short(first, rule(requires="a|icp_match"), events=events) == (False, 1, None, None)
    assert in_short(first, rule(requires="a|icp_match"), events=events, is_icp_match=True)[0]


def test_all_of_is_met_last_with_the_last_of_its_rules():
    early, late = rule("b", events="page_viewed"), rule("a")
    both = rule("both", aggregate="all_of", events="", requires="a|b", threshold="2")
    events = [event("e1", 5 * DAY), event("e2", DAY, "page_viewed")]
    assert in_short(early, late, both, events=events) == (True, 2, DAY, "e2")
    assert in_short(early, late, both | {"holds": "current"}, events=events) == (True, 2, timedelta(0), "e2")
    assert in_short(early, late, both, events=events[:1]) == (False, 1, None, None)
    tie = [event("e1", DAY), event("e2", DAY, "page_viewed")]
    assert in_short(early, late, both, events=tie) == (True, 2, DAY, "e1")
    ideal = rule("ideal", aggregate="all_of", events="", requires="icp_match")
    assert in_short(ideal, is_icp_match=True) == (True, 1, timedelta(0), None)


@pytest.mark.parametrize(
    ("count", "limit", "expected"),
    [
        ("80", "100", (True, Fraction("0.8"))),
        ("79.9999", "100", (False, Fraction("0.7999"))),
        ("1", "0", (False, None)),
    ],
)
def test_a_company_at_its_limit(count, limit, expected):
    usage = rule(aggregate="company_usage_ratio", events="", threshold="0.8", holds="current", decay="none")
    assert in_short(usage, usage=(Fraction(count), Fraction(limit)))[:2] == expected


@pytest.mark.parametrize(
    ("decay", "age", "factor"),
    [
        ("step", 90 * DAY - BLINK, "1"),
        ("step", 90 * DAY, "0.5"),
        ("step", 180 * DAY - BLINK, "0.5"),
        ("step", 180 * DAY, "0.25"),
        # A 1024th has ten decimals, and the tenth is a five.
        ("step", 900 * DAY, "0.000976563"),
        ("linear", 90 * DAY, "0.5"),
        ("linear", 180 * DAY, "0"),
        ("linear", 181 * DAY, "0"),
        ("linear", 45 * DAY, "0.75"),
        ("exponential", 90 * DAY, "0.5"),
        ("exponential", 45 * DAY, "0.707106781"),
        ("exponential", timedelta(0), "1"),
        ("none", 900 * DAY, "1"),
    ],
)
def test_decay(decay, age, factor):
    assert decay_factor(rule(decay=decay), GROUPS, AS_OF - age, AS_OF) == Fraction(factor)
    assert decay_factor(rule(decay=decay, score_group="lasting"), GROUPS, AS_OF - age, AS_OF) == 1


def test_a_factor_between_two_numbers_of_nine_decimals_becomes_the_greater_one():
    five_days = rule(decay="linear", decay_days="5")
    assert decay_factor(five_days, GROUPS, AS_OF - timedelta(microseconds=432), AS_OF) == 1
    assert decay_factor(five_days, GROUPS, AS_OF - timedelta(microseconds=433), AS_OF) == Fraction("0.999999999")


def test_each_time_a_threshold_is_reached_gives_points_up_to_the_most():
    pairs = rule(is_per_occurrence="true", threshold="2", points="7.5", max_points="20")
    assert [points_full(pairs, Fraction(found)) for found in (2, 3, 4, 6, 99)] == [
        Fraction("7.5"),
        Fraction("7.5"),
        15,
        20,
        20,
    ]


def test_caps_are_taken_by_the_most_points_and_then_by_the_smallest_id():
    points = {"b": Fraction(20), "a": Fraction(20), "c": Fraction(30)}
    assert capped(points, Fraction(100)) == points
    assert capped(points, Fraction(70)) == points
    assert capped(points, Fraction("49.5")) == {"c": 30, "a": Fraction("19.5"), "b": 0}


def test_a_total_of_a_hundred_is_taken_in_the_order_after_the_caps_of_groups():
    points = {"a": Fraction(100), "b": Fraction(70), "c": Fraction(5)}
    group_of = {"a": "fading", "b": "lasting", "c": "fading"}
    assert capped_by_group(points, group_of, list(GROUPS.values())) == {"b": 70, "a": 30, "c": 0}


@pytest.mark.parametrize(("points", "rounded"), [("0.5", 1), ("0.4999", 0), ("-0.5", 0), ("-0.5001", -1), ("2.5", 3)])
def test_halves_are_rounded_up(points, rounded):
    assert half_up(Fraction(points)) == rounded


def fit_rule(name: str, attribute: str, match: str, value: str = "", points: str = "10", **cells: str):
    return row_of("fit_rules", rule_id=name, attribute=attribute, match=match, value=value, points=points, **cells)


@pytest.mark.parametrize(
    ("title", "matched"),
    [
        ("VP, Data", True),
        ("vp", True),
        ("Vice  President", True),
        ("vice-president", True),
        ("SVP", False),
        ("", False),
    ],
)
def test_titles_are_matched_by_whole_words(title, matched):
    rules = [fit_rule("t", "job_title", "whole_words", value) for value in ("VP", "Vice President")]
    assert bool(fit({"job_title": title}, rules, [GROUPS["who"]])) == matched


def test_the_best_row_of_an_attribute_counts_and_the_cap_is_shared():
    rules = [
        fit_rule("b", "job_title", "whole_words", "Director", "20"),
        fit_rule("a", "job_title", "whole_words", "Sales", "20"),
        fit_rule("c", "job_title", "whole_words", "Sales Director", "5"),
        fit_rule("size", "employee_count", "between", points="15", min_value="10", max_value="99"),
    ]
    given = fit({"job_title": "Sales Director", "employee_count": 99}, rules, [GROUPS["who"]])
    assert {name: points for name, (_, points) in given.items()} == {"a": 20, "size": 10}
    assert list(fit({"job_title": None, "employee_count": 100}, rules, [GROUPS["who"]])) == []


@pytest.mark.parametrize(("size", "profile"), [(None, "all"), (9, "all"), (10, "some"), (20, "some"), (21, "all")])
def test_bounds_of_a_profile_are_within_it(size, profile):
    bounds = [("off", "1", "", "false"), ("all", "", "", "true"), ("some", "10", "20", "true")]
    names = ("profile", "min_employees", "max_employees", "is_active")
    assert profile_of(size, [dict(zip(names, row, strict=True)) for row in bounds])["profile"] == profile


def test_a_whole_score_with_every_reason_for_it():
    rules = {name: shipped(name) for name in ("event_taxonomy", "score_bands", "excluded_domains", "score_settings")}
    rules |= {"icp_definition": shipped("icp_definition"), "score_weights": shipped("score_weights")}
    rules |= {"score_groups": list(GROUPS.values()), "fit_rules": [fit_rule("de", "country", "equals", "DE", "0.5")]}
    rules["engagement_rules"] = [rule("halved", points="25"), rule("full", events="page_viewed", points="10.2")]
    rules["negative_rules"] = [
        row_of("negative_rules", rule_id="away", condition="inactive_days", value="90", points="-3", is_enabled="true"),
        row_of("negative_rules", rule_id="free", condition="personal_domain", points="-30", is_enabled="true"),
    ]
    events = [event("e1", 90 * DAY + BLINK), event("e2", 89 * DAY, "unheard_of")]
    user = {"user_id": "ana", "email": "ana@acme.example", "job_title": None, "country": "de", "company_id": None}
    scores, reasons = score(events, user, {}, rules, AS_OF)
    # 25 points halved once, 3 away for who is gone more than 90 days: 9.5, and 40 % of 0.5 and 60 % of 9.5 are 5.9.
    half, nine = Fraction("12.5"), Fraction("9.5")
    assert scores == Scores(half, Fraction(-3), nine, Fraction("0.5"), 10, 1, 6, "nurture", "plg", False)
    met_at, next_at = AS_OF - 90 * DAY - BLINK, AS_OF + 90 * DAY - BLINK
    engagement = Reason("pql", "engagement", "halved", half, True, 1, 25, Fraction("0.5"), half, met_at, next_at, "e1")
    assert reasons == [
        engagement,
        Reason("pql", "negative", "away", Fraction(-3)),
        Reason("fit", "fit", "de", Fraction("0.5"), found="de", points_full=Fraction("0.5")),
        Reason("pql", "rounding", "rounding", Fraction("0.5")),
        Reason("fit", "rounding", "rounding", Fraction("0.5")),
    ]
    free, _ = score(events, user | {"email": "ana@gmail.com"}, {}, rules, AS_OF)
    assert (free.negative_points, free.pql_points, free.pql_score) == (-33, 0, 0)
