"""Cells that are right one by one and wrong together."""

import pytest
import yaml

from dagster_project.rules.checks.crm import DESIRED_COLUMNS
from dagster_project.settings import DBT_PROJECT_DIR

DECIDE_MODELS = DBT_PROJECT_DIR / "models" / "marts" / "decide" / "_decide__models.yml"
KINDS = {
    "decimal(18, 4)": "number",
    "varchar": "text",
    "boolean": "boolean",
    "integer": "number",
    "bigint": "number",
    "timestamp": "datetime",
}
TAXONOMY = (
    "activation_feature_used, content_downloaded, dashboard_viewed, enterprise_feature_used, logged_in, "
    "onboarding_completed, page_viewed, paywall_hit, pricing_page_viewed, report_created, report_shared, signed_up, "
    "subscription_started, teammate_invited, trial_started, webinar_attended"
)
KNOWN_EVENTS = f"an event_type of event_taxonomy.csv: {TAXONOMY}"
KNOWN_EVENTS_OR_FLAGS = f"one of is_activity, is_key_action, is_login, or {KNOWN_EVENTS}"


@pytest.mark.parametrize(
    ("file", "row", "cells", "problem"),
    [
        # events are known
        (
            "activation_milestones",
            3,
            {"event_type": "file_uploaded"},
            f"event_type: found 'file_uploaded'; allowed: {KNOWN_EVENTS}",
        ),
        ("engagement_rules", 2, {"events": "is_fun"}, f"events: found 'is_fun'; allowed: {KNOWN_EVENTS_OR_FLAGS}"),
        (
            "engagement_rules",
            2,
            {"events": "trial_started|trial_ended"},
            f"events: found 'trial_ended'; allowed: {KNOWN_EVENTS_OR_FLAGS}",
        ),
        ("signals", 2, {"events": "paywall"}, f"events: found 'paywall'; allowed: {KNOWN_EVENTS_OR_FLAGS}"),
        ("account_signals", 3, {"events": "pricing"}, f"events: found 'pricing'; allowed: {KNOWN_EVENTS_OR_FLAGS}"),
        # fit rules have their value
        (
            "fit_rules",
            2,
            {"match": "between"},
            "match: found 'between'; allowed: between for employee_count, whole_words or equals for the others",
        ),
        (
            "fit_rules",
            10,
            {"match": "equals"},
            "match: found 'equals'; allowed: between for employee_count, whole_words or equals for the others",
        ),
        (
            "fit_rules",
            10,
            {"max_value": "99"},
            "min_value: found '100 to 99'; allowed: two whole numbers, the smaller one first",
        ),
        (
            "fit_rules",
            10,
            {"max_value": ""},
            "min_value: found '100 to None'; allowed: two whole numbers, the smaller one first",
        ),
        ("fit_rules", 10, {"value": "100"}, "value: found '100'; allowed: empty for between"),
        ("fit_rules", 2, {"value": ""}, "value: is empty; allowed: the job_title to look for"),
        ("fit_rules", 2, {"min_value": "1"}, "min_value: found '1 to None'; allowed: empty for whole_words"),
        ("fit_rules", 6, {"max_value": "1"}, "min_value: found 'None to 1'; allowed: empty for equals"),
        # conditions compare like with like
        (
            "sql_definition",
            3,
            {"value": "many"},
            "value: found 'many'; allowed: a number, since zo_pql_score is one",
        ),
        ("sql_definition", 3, {"value": "5_0"}, "value: found '5_0'; allowed: a number, since zo_pql_score is one"),
        (
            "sql_definition",
            3,
            {"value": "\uff15\uff10"},
            "value: found '\uff15\uff10'; allowed: a number, since zo_pql_score is one",
        ),
        ("sql_definition", 3, {"value": "NaN"}, "value: found 'NaN'; allowed: a number, since zo_pql_score is one"),
        (
            "sql_definition",
            2,
            {"operator": ">="},
            "operator: found '>='; allowed: = or !=, since zo_activation_status is text",
        ),
        (
            "sql_definition",
            2,
            {"value": "active"},
            "value: found 'active'; allowed: one of activated, not_activated",
        ),
        ("sql_definition", 4, {"value": "no"}, "value: found 'no'; allowed: one of true, false"),
        (
            "sql_definition",
            4,
            {"property": "band", "value": "hot"},
            "value: found 'hot'; allowed: one of nurture, mql, pql",
        ),
        (
            "sql_definition",
            4,
            {"property": "sales_priority", "value": "high"},
            "value: found 'high'; allowed: one of normal, low",
        ),
        (
            "sql_definition",
            4,
            {"property": "is_icp_match", "value": "yes"},
            "value: found 'yes'; allowed: one of true, false",
        ),
        (
            "icp_definition",
            2,
            {"value": "high"},
            "value: found 'high'; allowed: a number, since zo_fit_score is one",
        ),
        (
            "icp_definition",
            2,
            {"property": "fit_completeness_pct", "value": "50 %"},
            "value: found '50 %'; allowed: a number, since fit_completeness_pct is one",
        ),
        (
            "icp_definition",
            3,
            {"operator": ">"},
            "operator: found '>'; allowed: = or !=, since is_personal_email_domain is text",
        ),
        ("icp_definition", 3, {"value": "no"}, "value: found 'no'; allowed: one of true, false"),
        # absences
        (
            "sales_team",
            4,
            {"absent_until": "2026-11-15"},
            "absent_until: found '2026-11-16 to 2026-11-15'; "
            "allowed: both dates of an absence, the first one first, or neither",
        ),
        (
            "sales_team",
            4,
            {"absent_until": ""},
            "absent_until: found '2026-11-16 to None'; "
            "allowed: both dates of an absence, the first one first, or neither",
        ),
        (
            "sales_team",
            2,
            {"absent_until": "2026-11-15"},
            "absent_until: found 'None to 2026-11-15'; "
            "allowed: both dates of an absence, the first one first, or neither",
        ),
        # the property map
        (
            "crm_property_map",
            12,
            {"source_column": "pql_score"},
            "source_column: found 'pql_score'; "
            "allowed: one of company_id, active_users_30d, active_users_7d, active_users_1d, pql_count, "
            "key_action_7d_count, company_score, strongest_signal, segments, last_active_at",
        ),
        (
            "crm_property_map",
            3,
            {"value_type": "datetime"},
            "value_type: found 'datetime'; allowed: number, since pql_score holds number",
        ),
        (
            "crm_property_map",
            7,
            {"value_type": "number"},
            "value_type: found 'number'; allowed: datetime or date or text, since last_active_at holds datetime",
        ),
        (
            "crm_property_map",
            6,
            {"value_type": "enumeration"},
            "value_type: found 'enumeration'; "
            "allowed: text, since score_reasons may hold anything and an enumeration has its options from the rules",
        ),
        (
            "crm_property_map",
            15,
            {"value_type": "text", "max_changed_pct": ""},
            "value_type: found 'text'; allowed: multi_select, since segments holds multi_select",
        ),
        (
            "crm_property_map",
            16,
            {"value_type": "text"},
            "value_type: found 'text'; allowed: boolean, since is_habitual holds boolean",
        ),
        (
            "crm_property_map",
            3,
            {"value_type": "date"},
            "value_type: found 'date'; allowed: number, since pql_score holds number",
        ),
        (
            "crm_property_map",
            9,
            {"who_wins": "ours"},
            "who_wins: found 'ours'; allowed: theirs: stage and owner are the salesperson's from the handoff on",
        ),
        (
            "crm_property_map",
            3,
            {"label": ""},
            "label: is empty; allowed: the name people see: the property is created with it",
        ),
        (
            "crm_property_map",
            2,
            {"min_change": "2"},
            "min_change: found '2'; allowed: nothing for text: only numbers and instants differ by so much",
        ),
        (
            "crm_property_map",
            8,
            {"description": "When: {sql_defintion}"},
            "description: found '{sql_defintion}'; allowed: {sql_definition}, or no braces",
        ),
    ],
)
def test_cells_that_do_not_go_together_are_told(rules, file, row, cells, problem):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)
    assert rules.problems() == [f"{file}.csv, row {row}, column {problem}"]


@pytest.mark.parametrize(
    ("file", "row", "cells"),
    [
        ("fit_rules", 10, {"min_value": "500"}),
        ("fit_rules", 10, {"min_value": "0"}),
        ("sql_definition", 3, {"value": "49.5"}),
        ("sql_definition", 3, {"operator": "!=", "value": "-1"}),
        ("sql_definition", 4, {"operator": "!=", "value": "true"}),
        ("sql_definition", 4, {"property": "band", "operator": "!=", "value": "nurture"}),
        ("sql_definition", 4, {"property": "country", "value": "Côte d'Ivoire"}),
        ("sales_team", 4, {"absent_until": "2026-11-16"}),
        ("crm_property_map", 3, {"value_type": "text"}),
        ("crm_property_map", 2, {"value_type": "enumeration"}),
        ("crm_property_map", 7, {"value_type": "date", "min_change": ""}),
        ("crm_property_map", 3, {"min_change": "0.0001"}),
        ("crm_property_map", 7, {"min_change": "30"}),
        ("crm_property_map", 3, {"description": ""}),
        ("crm_property_map", 9, {"label": "Lifecycle"}),
        ("crm_property_map", 3, {"description": "{sql_definition} {sql_definition}"}),
        ("sql_definition", 4, {"property": "sales_priority", "value": "low"}),
        ("sql_definition", 4, {"property": "is_icp_match", "value": "true"}),
        ("icp_definition", 2, {"property": "fit_completeness_pct", "value": "50"}),
        ("icp_definition", 2, {"property": "region", "operator": "=", "value": "dach"}),
    ],
)
def test_cells_at_the_edge_of_what_goes_together_are_sound(rules, file, row, cells):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)
    assert rules.problems() == []


def test_a_definition_without_conditions_would_qualify_everybody(rules):
    rules.keep_rows("sql_definition")
    assert rules.problems() == [
        "sql_definition.csv: found 'no rows'; allowed: at least one condition: without one everybody is sales qualified"
    ]


def test_an_ideal_customer_without_conditions_would_be_everybody(rules):
    rules.keep_rows("icp_definition")
    assert rules.problems() == [
        "icp_definition.csv: found 'no rows'; "
        "allowed: at least one condition: without one everybody matches the ideal customer profile"
    ]


def test_without_milestones_nobody_would_ever_be_activated(rules):
    rules.keep_rows("activation_milestones")
    assert rules.problems() == [
        "activation_milestones.csv: found 'no rows'; "
        "allowed: at least one milestone: without one nobody is ever activated"
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("negative_rules", "fit_rules", "signals", "account_signals", "title_seniority"),
        *("excluded_domains", "sales_team", "triggers", "segments"),
    ],
)
def test_a_team_may_do_without_these_rules(rules, name):
    without_segments(rules)
    rules.keep_rows(name)
    assert rules.problems() == []


def without_segments(rules):
    rules.without_triggers()
    for name in ("segments", "segment_conditions"):
        rules.keep_rows(name)


def test_without_groups_no_engagement_rule_has_one(rules):
    rules.keep_rows("score_groups")
    problems = rules.problems()
    assert len(problems) == 15
    assert problems[0] == (
        "engagement_rules.csv, row 2, column score_group: found 'product_signals'; "
        "allowed: a score_group of score_groups.csv whose score is pql: "
    )
    rules.keep_rows("engagement_rules")
    without_segments(rules)
    assert rules.problems() == []


def test_a_mapped_object_needs_a_row_that_says_how_it_is_written(rules):
    rules.keep_rows("crm_objects", 2)
    assert rules.problems() == [
        "crm_objects.csv, column object_type: found 'contacts'; "
        "allowed: a row for companies, which crm_property_map.csv writes"
    ]
    rules.keep_rows("crm_objects")
    assert [problem.split(";")[0] for problem in rules.problems()] == [
        "crm_objects.csv, column object_type: is empty",
        "crm_objects.csv, column object_type: is empty",
    ]


def test_an_object_that_nothing_is_written_on_is_fine(rules):
    rules.keep_rows("crm_property_map", *range(2, 11), 15)
    assert rules.problems() == []


def test_problems_across_files_wait_until_every_cell_is_right(rules):
    rules.set_cell("score_weights", 2, "fit_weight", "1")
    rules.set_cell("trigger_actions", 2, "due_minutes", "soon")
    assert rules.problems() == ["trigger_actions.csv, row 2, column due_minutes: found 'soon'; allowed: a whole number"]
    rules.set_cell("trigger_actions", 2, "due_minutes", "120")
    assert len(rules.problems()) == 1


def test_problems_of_all_checks_are_told_at_once(rules):
    rules.set_cell("score_weights", 2, "fit_weight", "1")
    rules.set_cell("score_bands", 3, "min_score", "41")
    rules.set_cell("sales_team", 4, "absent_until", "")
    assert [problem.split(":")[0] for problem in rules.problems()] == [
        "score_weights.csv, row 2, column engagement_weight",
        "score_bands.csv, row 3, column min_score",
        "sales_team.csv, row 4, column absent_until",
    ]


@pytest.mark.parametrize("objects", ["contacts", "companies"])
def test_what_can_be_mapped_is_what_the_mart_has(objects):
    models = yaml.safe_load(DECIDE_MODELS.read_text(encoding="utf-8"))["models"]
    (mart,) = (model for model in models if model["name"] == f"crm_{objects}_desired")
    kinds = {column["name"]: KINDS[column["data_type"]] for column in mart["columns"]}
    # Several names in one text.
    kinds["segments"] = "multi_select"
    assert {name: kinds.get(name) for name in DESIRED_COLUMNS[objects]} == DESIRED_COLUMNS[objects]
