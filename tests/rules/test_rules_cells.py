"""What a cell of a rule file may hold: one spelling of each value, which Python and the database read alike."""

import pytest

from dagster_project.rules.book import read_rules

YES_NO = "true or false"
WHOLE = "a whole number"
NUMBER = "a number with at most 4 decimal places"
NAME = "small letters, digits and _, beginning with a letter"
DAY = "a date such as 2026-11-16"


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "allowed"),
    [
        *[("event_taxonomy", 2, "is_login", value, YES_NO) for value in ("yes", "1", "on", "t", "wahr", "truee")],
        *[("activation_milestones", 2, "min_count", value, WHOLE) for value in ("1.0", "1e2", "1_0", "+1", "one", "٣")],
        *[("engagement_rules", 2, "points", value, NUMBER) for value in ("1e1", "20,5", ".5", "0.00001", "NaN", "1_0")],
        *[("sales_team", 4, "absent_from", value, DAY) for value in ("16.11.2026", "2026-11-16T00:00", "46342", "1.1")],
        *[("score_groups", 2, "score_group", value, NAME) for value in ("Product", "2nd", "a-b", "a b", "_a")],
        ("activation_milestones", 2, "min_count", "0", "greater than or equal to 1"),
        ("activation_milestones", 2, "min_count", "9" * 19, WHOLE),
        ("engagement_rules", 2, "points", "-1", "greater than or equal to 0"),
        ("engagement_rules", 2, "points", "100.0001", "less than or equal to 100"),
        ("engagement_rules", 2, "events", "is_login|", "one or more names with | between them, such as a|b"),
        ("engagement_rules", 2, "events", "is_login, signed_up", "one or more names with | between them, such as a|b"),
        ("engagement_rules", 2, "filter_property", "Feature Name", NAME),
        (
            "engagement_rules",
            14,
            "filter_operator",
            "known",
            "'=', '!=', '>=', '<=', '>', '<', 'contains' or 'is_known'",
        ),
        ("engagement_rules", 2, "operator", "=>", "'>=', '>', '<=', '<', '=' or '!='"),
        ("engagement_rules", 2, "threshold", "one", NUMBER),
        ("engagement_rules", 7, "max_points", "101", "less than or equal to 100"),
        ("engagement_rules", 2, "is_per_occurrence", "no", YES_NO),
        ("engagement_rules", 10, "requires", "icp match", "one or more names with | between them, such as a|b"),
        ("engagement_rules", 5, "window_hours", "0", "greater than or equal to 1"),
        ("engagement_rules", 5, "window_hours", "8785", "less than or equal to 8784"),
        ("engagement_rules", 2, "decay_days", "3651", "less than or equal to 3650"),
        (
            *("engagement_rules", 2, "aggregate", "median"),
            "'count', 'distinct_days', 'distinct_values', 'sum', 'max', 'latest', 'ratio_of_latest', "
            "'company_usage_ratio' or 'all_of'",
        ),
        ("engagement_rules", 2, "holds", "Latched", "'latched' or 'current'"),
        ("engagement_rules", 2, "decay", "halved", "'step', 'exponential', 'linear' or 'none'"),
        ("score_groups", 2, "cap", "101", "less than or equal to 100"),
        ("score_groups", 2, "score", "combined", "'pql' or 'fit'"),
        ("score_groups", 2, "decays", "slowly", YES_NO),
        ("negative_rules", 3, "points", "5", "less than or equal to 0"),
        ("negative_rules", 3, "points", "-100.5", "greater than or equal to -100"),
        (
            *("negative_rules", 3, "condition", "title"),
            "'competitor_domain', 'title_word', 'inactive_days', 'no_login_days', 'no_email_open_days', "
            "'personal_domain' or 'small_company'",
        ),
        ("negative_rules", 5, "is_enabled", "off", YES_NO),
        ("fit_rules", 2, "attribute", "title", "'job_title', 'industry', 'employee_count', 'country' or 'region'"),
        ("fit_rules", 10, "min_value", "-1", "greater than or equal to 0"),
        ("score_weights", 2, "fit_weight", "1.1", "less than or equal to 1"),
        ("score_weights", 3, "min_employees", "-1", "greater than or equal to 0"),
        ("icp_definition", 2, "operator", "over", "'=', '!=', '>=', '<=', '>' or '<'"),
        ("score_settings", 3, "setting_id", "company_score", "'pql_floor', 'company_score_method', 'habitual_days'"),
        ("signals", 2, "strength", "0", "greater than or equal to 1"),
        ("signals", 2, "origin", "bought", "'internal' or 'external'"),
        ("signals", 2, "condition", "event", "'events', 'company_active_users', 'habitual_use', 'activated' or "),
        ("signals", 2, "live_days", "3651", "less than or equal to 3650"),
        ("account_signals", 2, "condition", "users", "'active_users', 'events' or 'usage_ratio'"),
        ("account_signals", 4, "threshold", "0", "greater than 0"),
        ("account_signals", 3, "window_hours", "8785", "less than or equal to 8784"),
        ("title_seniority", 2, "rank", "100", "less than or equal to 99"),
        ("score_bands", 4, "max_score", "101", "less than or equal to 100"),
        ("score_bands", 2, "min_score", "-1", "greater than or equal to 0"),
        ("sql_definition", 3, "operator", "=>", "'=', '!=', '>=', '<=', '>' or '<'"),
        ("excluded_domains", 2, "domain", "Gridlark.example", "a domain such as example.com, in small letters"),
        ("excluded_domains", 2, "domain", "gridlark", "a domain such as example.com, in small letters"),
        ("excluded_domains", 2, "kind", "rival", "'competitor', 'free_mail' or 'not_free_mail'"),
        ("sales_team", 2, "member_email", "dana", "one e-mail address"),
        ("sales_team", 2, "member_email", "dana@orbit.example marco@orbit.example", "one e-mail address"),
        ("sales_team", 4, "absent_until", "2026-02-30", "a valid date"),
        (
            "triggers",
            2,
            "starts_with",
            "paywall",
            "'handoff', 'review', 'return', 'signal', 'engagement_rule', ",
        ),
        ("triggers", 2, "subject", "user", "'contact' or 'company'"),
        ("triggers", 2, "strength", "0", "greater than or equal to 1"),
        ("triggers", 6, "gives_way_hours", "0", "greater than or equal to 1"),
        ("triggers", 5, "cool_down_days", "-1", "greater than or equal to 0"),
        ("triggers", 5, "enabled_from", "May", "a date such as 2026-11-16"),
        ("trigger_conditions", 2, "operator", "=>", "'=', '!=', '>=', '<=', '>' or '<'"),
        ("trigger_actions", 2, "target", "pql-handoff", "owner, or a channel such as #pql-handoff"),
        ("trigger_actions", 3, "target", "#PQL", "owner, or a channel such as #pql-handoff"),
        ("trigger_actions", 3, "due_minutes", "0", "greater than or equal to 1"),
        ("trigger_actions", 3, "due_minutes", "999999999", "less than or equal to 527040"),
        ("trigger_actions", 3, "expires_hours", "8785", "less than or equal to 8784"),
        ("trigger_actions", 3, "not_before_minutes", "-1", "greater than or equal to 0"),
        (
            "trigger_actions",
            3,
            "action",
            "email",
            "'slack_message', 'slack_digest', 'hubspot_task', 'sequence', ",
        ),
        ("trigger_actions", 3, "priority", "urgent", "'high', 'medium' or 'low'"),
        ("crm_objects", 2, "object_type", "deals", "'contacts' or 'companies'"),
        ("crm_objects", 2, "max_cleared_pct", "101", "less than or equal to 100"),
        ("crm_objects", 2, "max_refused_pct", "-1", "greater than or equal to 0"),
        ("crm_objects", 2, "max_cleared_values", "many", "a whole number"),
        ("crm_property_map", 3, "max_changed_pct", "101", "less than or equal to 100"),
        ("crm_property_map", 3, "min_change", "0", "greater than 0"),
        (
            "crm_property_map",
            2,
            "value_type",
            "string",
            "'text', 'number', 'boolean', 'date', 'datetime', 'enumeration' or 'multi_select'",
        ),
        ("crm_property_map", 2, "when_unknown", "empty", "'keep' or 'clear'"),
        ("crm_property_map", 2, "who_wins", "sales", "'ours', 'theirs' or 'hold'"),
    ],
)
def test_a_bad_cell_is_told_by_file_row_and_column_with_what_is_allowed(rules, file, row, column, value, allowed):
    rules.set_cell(file, row, column, value)
    (problem,) = rules.problems()
    assert problem.startswith(f"{file}.csv, row {row}, column {column}: found {value!r}; allowed: {allowed}")


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("event_taxonomy", "is_activity"),
        ("activation_milestones", "min_count"),
        ("engagement_rules", "points"),
        ("score_groups", "label"),
        ("negative_rules", "condition"),
        ("fit_rules", "rule_id"),
        ("score_weights", "fit_weight"),
        ("score_bands", "max_score"),
        ("icp_definition", "property"),
        ("score_settings", "value"),
        ("signals", "live_days"),
        ("account_signals", "label"),
        ("title_seniority", "rank"),
        ("sql_definition", "value"),
        ("excluded_domains", "domain"),
        ("sales_team", "member_email"),
        ("triggers", "strength"),
        ("trigger_conditions", "value"),
        ("trigger_actions", "target"),
        ("crm_objects", "unknown_records"),
        ("crm_property_map", "who_wins"),
    ],
)
@pytest.mark.parametrize("also", ["owner", "why"])
def test_an_empty_cell_is_told_where_a_value_is_needed(rules, file, column, also):
    rules.set_cell(file, 2, column, "")
    rules.set_cell(file, 2, also, "")
    assert rules.problems() == [
        f"{file}.csv, row 2, column {name}: is empty; allowed: a value; this cell may not be empty"
        for name in (column, also)
    ]


@pytest.mark.parametrize(
    ("file", "row", "column", "value"),
    [
        ("event_taxonomy", 3, "source_event", "logged_in "),
        ("event_taxonomy", 3, "is_login", " true"),
        ("score_bands", 2, "min_score", " 0"),
        ("score_bands", 2, "why", "Marketing keeps in touch\n"),
        ("negative_rules", 2, "value", " "),
        ("negative_rules", 3, "value", "\u00a0student"),
    ],
)
def test_blanks_around_a_value_are_told_for_the_database_would_keep_them(rules, file, row, column, value):
    rules.set_cell(file, row, column, value)
    assert rules.problems() == [
        f"{file}.csv, row {row}, column {column}: found {value!r}; allowed: {value.strip()!r}, without blanks around it"
    ]


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "read"),
    [
        ("event_taxonomy", 2, "is_login", "TRUE", "True"),
        ("event_taxonomy", 2, "is_login", "False", "False"),
        ("engagement_rules", 2, "points", "20.5", "20.5"),
        ("engagement_rules", 2, "points", "0", "0"),
        ("engagement_rules", 2, "points", "100", "100"),
        ("negative_rules", 3, "points", "-0.0001", "-0.0001"),
        ("engagement_rules", 5, "window_hours", "8784", "8784"),
        ("engagement_rules", 14, "filter_property", "feature_name", "feature_name"),
        ("engagement_rules", 2, "events", "is_login|signed_up", "is_login|signed_up"),
        ("signals", 2, "strength", "99", "99"),
        ("account_signals", 4, "threshold", "0.0001", "0.0001"),
        ("sales_team", 4, "absent_from", "2026-11-01", "2026-11-01"),
        ("sales_team", 2, "member_email", "Zoë.Björk@firma.example", "Zoë.Björk@firma.example"),
        ("event_taxonomy", 2, "source_event", "Sign Up: \u201cFree\u201d, 2nd 😀", "Sign Up: \u201cFree\u201d, 2nd 😀"),
        ("trigger_actions", 3, "target", "#sales-news_2", "#sales-news_2"),
    ],
)
def test_a_good_cell_is_read_as_what_it_says(rules, file, row, column, value, read):
    rules.set_cell(file, row, column, value)
    assert rules.problems() == []
    rule = read_rules(rules.path).rules(file)[row - 2]
    assert str(getattr(rule, column)) == read
