"""Triggers: what may start what, how it is said, and what is allowed and hardly meant."""

import pytest

from dagster_project.rules.book import read_rules
from dagster_project.rules.english import describe_rules
from dagster_project.rules.lint import lint

TRIGGERS = (
    "trigger_id,label,starts_with,starts_with_id,at_least_days,subject,strength,gives_way_hours,cool_down_days,"
    "enabled_from,is_enabled,owner,why"
)
CONDITIONS = "trigger_id,condition_id,property,operator,value,owner,why"
ACTIONS = (
    "trigger_id,action,target,template,priority,not_before_minutes,due_minutes,expires_hours,in_working_hours,"
    "is_enabled,owner,why"
)
PAYWALL = {"starts_with": "signal", "starts_with_id": "paywall_hit"}
TEAM = {"starts_with": "signal", "starts_with_id": "team_expansion", "subject": "company"}
USAGE = {"starts_with": "engagement_rule", "starts_with_id": "usage_near_limit", "subject": "company"}
HANDOFF = {"starts_with": "handoff"}
SIZE = {"property": "employee_count", "operator": ">=", "value": "25"}


def trigger(**cells):
    return {
        "trigger_id": "t",
        "label": cells.get("trigger_id", "A trigger"),
        "subject": "contact",
        "strength": "5",
        "cool_down_days": "7",
        "enabled_from": "2026-01-01",
        "is_enabled": "true",
        **PAYWALL,
        **cells,
    }


def handoff(**cells):
    return trigger(**HANDOFF | {"starts_with_id": ""} | cells)


def condition(**cells):
    return {"trigger_id": "t", "condition_id": "c", **SIZE, **cells}


def action(**cells):
    return {
        "trigger_id": "t",
        "action": "hubspot_task",
        "target": "owner",
        "template": "sql_handoff",
        "priority": "high",
        "not_before_minutes": "0",
        "due_minutes": "120",
        "expires_hours": "48",
        "in_working_hours": "true",
        "is_enabled": "true",
        **cells,
    }


def segment_action(**cells):
    return action(**{"action": "segment", "target": "hit_the_paywall", "template": ""} | cells)


def write(rules, triggers, actions=(), conditions=()):
    files = {
        "triggers": (TRIGGERS, triggers),
        "trigger_conditions": (CONDITIONS, conditions),
        "trigger_actions": (ACTIONS, actions),
    }
    for name, (header, rows) in files.items():
        columns = header.split(",")
        filled = [{"owner": "team:x", "why": "why", **row} for row in rows]
        rules.write(name, [columns, *([row.get(column, "") for column in columns] for row in filled)])


def warnings(rules):
    files = ("triggers", "trigger_conditions", "trigger_actions")
    return [str(warning) for warning in lint(read_rules(rules.path)) if warning.file in files]


def paragraph(rules, label="A trigger"):
    (line,) = (line for line in describe_rules(read_rules(rules.path)).splitlines() if f". {label}. When" in line)
    return line


# What may start what


@pytest.mark.parametrize(
    "cells",
    [
        PAYWALL,
        TEAM,
        USAGE,
        HANDOFF | {"starts_with_id": "", "cool_down_days": "0"},
        {"starts_with": "return", "starts_with_id": "", "cool_down_days": "0"},
        {"starts_with": "engagement_rule", "starts_with_id": "pricing_visited_3x"},
        {"starts_with": "engagement_rule", "starts_with_id": "content_and_pricing"},
        {"starts_with": "dormant", "starts_with_id": "", "at_least_days": "7"},
        {"starts_with": "disengaged", "starts_with_id": "", "at_least_days": "60"},
        {"starts_with": "signal", "starts_with_id": "habitual_use", "at_least_days": "14"},
        PAYWALL | {"cool_down_days": ""},
    ],
)
def test_signals_rules_absence_and_handoffs_may_start_something(rules, cells):
    write(rules, [trigger(**cells)], [action()])
    assert rules.problems() == []


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (
            {"starts_with_id": "paywal"},
            "column starts_with_id: found 'paywal'; allowed: one of signals.csv: paywall_hit, ",
        ),
        (
            {"starts_with": "engagement_rule", "starts_with_id": "paywall_h"},
            "column starts_with_id: found 'paywall_h'; allowed: one of engagement_rules.csv: trial_",
        ),
        ({"starts_with_id": ""}, "column starts_with_id: is empty; allowed: one of signals.csv: "),
        ({"starts_with": "handoff"}, "column starts_with_id: found 'paywall_hit'; allowed: empty for handoff"),
        (
            {"starts_with": "dormant", "starts_with_id": ""},
            "column at_least_days: is empty; allowed: after how many days somebody is dormant",
        ),
        (
            {"at_least_days": "7"},
            "column at_least_days: found '7'; allowed: empty for paywall_hit: days are counted of dormant, ",
        ),
        (
            {"subject": "company"},
            "column subject: found 'company'; allowed: contact, since paywall_hit is of a contact",
        ),
        (
            TEAM | {"subject": "contact"},
            "column subject: found 'contact'; allowed: company, since team_expansion is of a company",
        ),
        (
            USAGE | {"subject": "contact"},
            "column subject: found 'contact'; allowed: company, since usage_near_limit is of a company",
        ),
        (
            HANDOFF | {"starts_with_id": "", "gives_way_hours": "24"},
            "column gives_way_hours: found '24'; allowed: empty for handoff, which is always told",
        ),
        (USAGE | {"cool_down_days": "0"}, "column cool_down_days: found '0'; allowed: at least 1: it holds at every "),
        (TEAM | {"cool_down_days": "0"}, "column cool_down_days: found '0'; allowed: at least 1: it holds at every "),
    ],
)
def test_a_start_that_cannot_be_is_told_with_what_can(rules, cells, problem):
    write(rules, [trigger(**cells)], [action()])
    (found,) = rules.problems()
    assert found.startswith(f"triggers.csv, row 2, {problem}")


def test_two_triggers_have_two_ids_and_two_names(rules):
    write(rules, [trigger(), trigger()], [action()])
    assert rules.problems() == [
        "triggers.csv, row 3, column trigger_id: found 't'; allowed: each trigger_id once; row 2 has it already"
    ]
    write(rules, [trigger(), trigger(trigger_id="u", label="a TRIGGER")], [action(), action(trigger_id="u")])
    assert rules.problems() == [
        "triggers.csv, row 3, column label: found 'a TRIGGER'; allowed: another name: row 2 has it"
    ]


def test_a_trigger_that_is_on_does_something(rules):
    allowed = "a trigger with an enabled row in trigger_actions.csv, or switched off: it would do nothing"
    for actions in ([], [action(is_enabled="false")]):
        write(rules, [trigger()], actions)
        assert rules.problems() == [f"triggers.csv, row 2, column trigger_id: found 't'; allowed: {allowed}"]
    write(rules, [trigger(is_enabled="false")])
    assert rules.problems() == []


# For whom


@pytest.mark.parametrize(
    ("triggers", "cells", "problem"),
    [
        ([trigger()], {"trigger_id": "u"}, "column trigger_id: found 'u'; allowed: a trigger of triggers.csv"),
        ([trigger()], {"property": "plan"}, "column property: found 'plan'; allowed: one of pql_score, fit_score, "),
        # Who is with sales is decided later than what use begins.
        ([trigger()], {"property": "is_with_sales"}, "column property: found 'is_with_sales'; allowed: one of pql_"),
        ([trigger()], {"value": "many"}, "column value: found 'many'; allowed: a number, since employee_count is one"),
        (
            [trigger()],
            {"property": "has_feature_name", "operator": ">=", "value": "true"},
            "column operator: found '>='; allowed: = or !=, since has_feature_name is no number",
        ),
        (
            [handoff()],
            {},
            "column trigger_id: found 't'; allowed: a trigger that starts with use: what a handoff asks for has files",
        ),
    ],
)
def test_a_condition_that_nobody_can_meet_is_told(rules, triggers, cells, problem):
    write(rules, triggers, [action()], [condition(**cells)])
    (found,) = rules.problems()
    assert found.startswith(f"trigger_conditions.csv, row 2, {problem}")


# What is done


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"trigger_id": "u"}, "column trigger_id: found 'u'; allowed: a trigger of triggers.csv"),
        ({"action": "slack_message", "target": "sales"}, "column target: found 'sales'; allowed: owner, or a channel "),
        ({"action": "slack_digest"}, "column target: found 'owner'; allowed: a channel such as #pql-alerts"),
        ({"target": "#sales"}, "column target: found '#sales'; allowed: owner"),
        (
            {"action": "webhook", "target": "clay", "template": ""},
            "column target: found 'clay'; allowed: enrichment",
        ),
        (
            {"action": "webhook", "target": "enrichment"},
            "column template: found 'sql_handoff'; allowed: empty for webhook",
        ),
        (
            {"action": "segment", "target": "vips", "template": ""},
            "column target: found 'vips'; allowed: a segment of segments.csv that is switched on: hot_not_with_sales, ",
        ),
        (
            {"action": "sequence", "target": "Any name", "template": ""},
            "column template: is empty; allowed: the name of a template: a sequence says something",
        ),
    ],
)
def test_an_action_that_reaches_nobody_is_told(rules, cells, problem):
    write(rules, [trigger()], [segment_action(), action(**cells)])
    (found,) = rules.problems()
    assert found.startswith(f"trigger_actions.csv, row 3, {problem}")


def test_an_action_on_a_segment_that_is_off_is_told(rules):
    rules.set_cell("segments", 4, "is_enabled", "false")
    write(rules, [trigger()], [segment_action()])
    (found,) = rules.problems()
    assert found.startswith("trigger_actions.csv, row 2, column target: found 'hit_the_paywall'; allowed: a segment ")


def test_nothing_waits_for_a_moment_that_moves_on_with_the_clock(rules):
    write(rules, [trigger(**USAGE)], [action(not_before_minutes="60")])
    assert rules.problems() == [
        "trigger_actions.csv, row 2, column not_before_minutes: found '60'; "
        "allowed: 0: the moment of t moves on with the clock, and the wait would never end"
    ]
    write(rules, [trigger()], [action(not_before_minutes="60")])
    assert rules.problems() == []


# How it is said


def test_a_trigger_is_one_paragraph(rules):
    out = condition(condition_id="d", property="lifecycle_stage", operator="!=", value="customer")
    write(
        rules,
        [handoff(trigger_id="h", strength="1", label="Handoff"), trigger(label="A trigger", gives_way_hours="24")],
        [action(trigger_id="h"), action(not_before_minutes="1440", due_minutes="4320", expires_hours="168")],
        [condition(), out],
    )
    assert paragraph(rules) == (
        "  5. A trigger. When: somebody shows the signal “Hit the paywall”. For: number of employees is at least 25. "
        "Not for: those of whom lifecycle stage is customer and suppressed or unknown people. "
        "Done: a HubSpot task for the owner (high priority): not before 1 day, due within 3 days, gives up after 7 "
        "days, counted in the owner's working hours. How often: once in 7 days for each contact. "
        "Gives way to: whatever is stronger, Handoff, begun for the same person or company within 1 day. "
        "From: 2026-01-01; what was before begins nothing."
    )


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"cool_down_days": ""}, "How often: once for each contact."),
        ({"cool_down_days": "0"}, "How often: each time it happens to each contact."),
        (TEAM, "When: a company shows the signal “Team is growing”. For: the most senior active user of the company."),
        (USAGE, "When: a company meets “At or over 80 % of the usage limit”."),
        (TEAM, "once in 7 days for each company."),
        (
            {"starts_with": "dormant", "starts_with_id": "", "at_least_days": "7"},
            "When: somebody who was activated has not logged in for 7 days.",
        ),
        (
            {"starts_with": "disengaged", "starts_with_id": "", "at_least_days": "60"},
            "When: somebody has done nothing at all for 60 days: no use, no mail opened, no content.",
        ),
        (
            {"starts_with": "signal", "starts_with_id": "habitual_use", "at_least_days": "14"},
            "When: somebody shows the signal “Uses it out of habit” and has held for 14 days.",
        ),
        (
            {"gives_way_hours": "48"},
            "Gives way to: whatever is stronger, begun for the same person or company within 2",
        ),
        ({"is_enabled": "false"}, "what was before begins nothing (switched off)."),
    ],
)
def test_what_starts_it_how_often_and_what_it_gives_way_to_is_said(rules, cells, words):
    write(rules, [trigger(**{"label": "A trigger"} | cells)], [action()])
    assert words in paragraph(rules)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"action": "slack_message", "target": "#sales"}, "a Slack message to #sales (high priority): at once, "),
        ({"action": "slack_digest", "target": "#sales"}, "a line in the digest of #sales (high priority)"),
        ({"action": "sequence", "target": "Hello"}, "the sequence “Hello” (high priority)"),
        ({"action": "webhook", "target": "enrichment", "template": ""}, "a webhook to enrichment (high priority)"),
        (
            {"action": "segment", "target": "hit_the_paywall", "template": ""},
            "the segment “Hit the paywall lately”, from which a HubSpot workflow goes on (high priority)",
        ),
        ({"due_minutes": "15", "in_working_hours": "false"}, "due within 15 minutes, gives up after 2 days, at any "),
        ({"is_enabled": "false"}, "counted in the owner's working hours (switched off)"),
    ],
)
def test_what_is_done_is_said(rules, cells, words):
    write(rules, [trigger(is_enabled="false")], [action(**cells)])
    assert words in paragraph(rules, label="A trigger")


# What is allowed and hardly meant


def test_the_shipped_triggers_have_nothing_to_warn_of(rules):
    assert warnings(rules) == []


def test_a_trigger_whose_signal_or_rule_can_never_be_is_told(rules):
    rules.set_cell("signals", 2, "is_enabled", "false")
    write(rules, [trigger()], [segment_action()])
    assert warnings(rules) == [
        "warning: triggers.csv, row 2: t starts with the signal paywall_hit, which is switched off. "
        "It never fires: mend it or switch it off."
    ]
    rules.set_cell("engagement_rules", 6, "threshold", "80")
    write(rules, [trigger(**USAGE)], [segment_action()])
    assert warnings(rules) == [
        "warning: triggers.csv, row 2: t starts with usage_near_limit, which can never be met: it asks for 8000 % of "
        "the usage limit, and 1 is all of it. It never fires: mend it or switch it off."
    ]
    write(rules, [trigger(**USAGE, is_enabled="false")], [segment_action()])
    assert warnings(rules) == []


@pytest.mark.parametrize(
    ("conditions", "what"),
    [
        (
            [condition(property="pql_score", operator=">", value="100")],
            "row 2: PQL score is more than 100: of t this can never hold",
        ),
        (
            [condition(), condition(condition_id="d", operator="<")],
            "row 3: rows 2 and 3, of t, exclude each other",
        ),
        (
            [
                condition(property="band", operator="=", value="mql"),
                condition(condition_id="d", property="band", operator="=", value="pql"),
            ],
            "row 3: rows 2 and 3, of t, exclude each other",
        ),
    ],
)
def test_conditions_that_nobody_can_meet_together_are_told(rules, conditions, what):
    write(rules, [trigger()], [segment_action()], conditions)
    assert warnings(rules) == [f"warning: trigger_conditions.csv, {what}. It never fires: mend it or switch it off."]


def test_only_an_event_says_which_feature_it_was_about(rules):
    known = condition(property="has_feature_name", operator="=", value="true")
    write(rules, [trigger()], [segment_action()], [known])
    assert warnings(rules) == []
    write(rules, [trigger(**USAGE)], [segment_action()], [known])
    assert warnings(rules) == [
        "warning: trigger_conditions.csv, row 2: it is known which feature they wanted: of t this can never hold. "
        "It never fires: mend it or switch it off."
    ]


def test_a_condition_on_a_signal_that_is_off_is_told_and_two_signals_may_show_at_a_time(rules):
    both = [
        condition(property="live_signal", operator="=", value="paywall_hit"),
        condition(condition_id="d", property="live_signal", operator="=", value="team_expansion"),
    ]
    write(rules, [trigger(**USAGE)], [segment_action()], both)
    assert warnings(rules) == []
    rules.set_cell("signals", 4, "is_enabled", "false")
    assert warnings(rules) == [
        "warning: trigger_conditions.csv, row 3: the signal “Team is growing” is live: of t this can never hold. "
        "It never fires: mend it or switch it off."
    ]


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"action": "slack_message", "target": "owner"},
        {"action": "slack_message", "target": "#sales"},
        {"action": "slack_digest", "target": "#sales"},
    ],
)
def test_sales_is_not_told_of_just_anybody(rules, cells):
    write(rules, [trigger()], [action(**cells)])
    assert warnings(rules) == [
        "warning: triggers.csv, row 2: t tells sales of people of any company, however small or unfit. "
        "Much use at a company that does not fit is no reason to call: ask for a size, a fit or a priority."
    ]


@pytest.mark.parametrize(
    "asked",
    [
        ("employee_count", ">=", "25"),
        ("fit_score", ">", "10"),
        ("combined_score", ">=", "40"),
        ("is_icp_match", "=", "true"),
        ("sales_priority", "=", "normal"),
    ],
)
def test_a_size_a_fit_or_a_priority_is_enough(rules, asked):
    write(
        rules, [trigger()], [action()], [condition(**dict(zip(("property", "operator", "value"), asked, strict=True)))]
    )
    assert warnings(rules) == []


@pytest.mark.parametrize(
    "asked",
    [
        ("employee_count", "<", "25"),
        ("is_icp_match", "=", "false"),
        ("sales_priority", "=", "low"),
        ("pql_score", ">=", "50"),
    ],
)
def test_much_use_or_being_small_is_no_minimum(rules, asked):
    write(
        rules, [trigger()], [action()], [condition(**dict(zip(("property", "operator", "value"), asked, strict=True)))]
    )
    assert len(warnings(rules)) == 1


def test_marketing_may_hear_of_anybody_and_a_handoff_has_its_own_gate(rules):
    to_marketing = action(action="slack_message", target="#marketing-leads")
    write(
        rules,
        [trigger(), handoff(trigger_id="h")],
        [segment_action(), to_marketing, action(trigger_id="h")],
    )
    assert warnings(rules) == []


def test_more_than_two_triggers_within_thirty_days_are_told(rules):
    names = ("first", "second", "third")

    def roll_out(*days):
        triggers = [trigger(trigger_id=name, enabled_from=day) for name, day in zip(names, days, strict=True)]
        write(rules, triggers, [segment_action(trigger_id=name) for name in names])
        return warnings(rules)

    assert roll_out("2026-01-01", "2026-01-02", "2026-01-30") == [
        "warning: triggers.csv, row 4: third begins within 30 days of first and second. "
        "Nobody can tell which of them helps: roll out one, watch it for 30 days, then the next."
    ]
    assert roll_out("2026-01-01", "2026-01-02", "2026-01-31") == []


def test_an_action_that_is_given_up_or_late_before_its_time_is_told(rules):
    write(rules, [trigger()], [segment_action(due_minutes="121", expires_hours="2")])
    (warning,) = warnings(rules)
    assert warning.startswith(
        "warning: trigger_actions.csv, row 2: the segment of t gives up after 2 hours and is due "
    )
    write(rules, [trigger()], [segment_action(due_minutes="120", expires_hours="2")])
    assert warnings(rules) == []
    write(rules, [trigger()], [segment_action(not_before_minutes="120")])
    assert warnings(rules) == [
        "warning: trigger_actions.csv, row 2: the segment of t waits for 120 minutes and is due within 2 hours. "
        "It is late before it may begin: let it be due later."
    ]
