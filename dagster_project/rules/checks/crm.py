"""HubSpot properties that nothing could fill."""

import re
from collections.abc import Iterator

from dagster_project.rules.options import options_of
from dagster_project.rules.reading import RuleBook, RuleProblem

# Columns of `decide.crm_contacts_desired` and `decide.crm_companies_desired` that may become HubSpot properties, and
# what each holds.
DESIRED_COLUMNS = {
    "contacts": {
        "user_id": "text",
        "activation_status": "text",
        "pql_score": "number",
        "fit_score": "number",
        "combined_score": "number",
        "band": "text",
        "score_reasons": "text",
        "fit_completeness_pct": "number",
        "strongest_signal": "text",
        "sales_priority": "text",
        "dormant_for_days": "number",
        "segments": "multi_select",
        "is_habitual": "boolean",
        "is_icp_match": "boolean",
        "last_active_at": "datetime",
        "last_login_at": "datetime",
        "time_to_value_hours": "number",
        "key_action_7d_count": "number",
        "key_feature_count_30d": "number",
        "key_actions_per_active_day": "number",
        "teammates_invited_count": "number",
        "active_teammates_30d": "number",
        "company_active_users_30d": "number",
        "is_personal_email_domain": "boolean",
        "activated_at": "datetime",
        "is_sales_qualified": "boolean",
        "is_review_required": "boolean",
        "handoff_at": "datetime",
        "handoff_reason": "text",
        "sales_track": "text",
        "returned_at": "datetime",
        "return_reason": "text",
        "lifecycle_stage": "text",
        "owner_id": "text",
        "pause_sequences": "boolean",
        "webinar_topic": "text",
    },
    "companies": {
        "company_id": "text",
        "active_users_30d": "number",
        "active_users_7d": "number",
        "active_users_1d": "number",
        "pql_count": "number",
        "key_action_7d_count": "number",
        "company_score": "number",
        "strongest_signal": "text",
        "segments": "multi_select",
        "last_active_at": "datetime",
    },
}
# How a column of each kind may be written, where it is not just as it is or as text.
KINDS_WRITTEN_AS = {
    "datetime": ("datetime", "date", "text"),
    "multi_select": ("multi_select",),
    "boolean": ("boolean",),
}
HUBSPOT_OWN_PROPERTIES = ("lifecyclestage", "hubspot_owner_id")
# In a description it stands for the sentence that sql_definition.csv comes to.
SQL_DEFINITION = "{sql_definition}"
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def crm_properties_have_a_source(book: RuleBook) -> Iterator[RuleProblem]:
    file = "crm_property_map.csv"
    mapped = {row.rule.object_type for row in book.rows["crm_property_map"]}
    described = {rule.object_type for rule in book.rules("crm_objects")}
    for object_type in sorted(mapped - described):
        allowed = f"a row for {object_type}, which crm_property_map.csv writes"
        yield RuleProblem("crm_objects.csv", None, "object_type", ", ".join(sorted(described)) or None, allowed)
    for row in book.rows["crm_property_map"]:
        rule = row.rule
        columns = DESIRED_COLUMNS[rule.object_type]
        if rule.source_column not in columns:
            yield RuleProblem(file, row.number, "source_column", rule.source_column, f"one of {', '.join(columns)}")
        is_hubspots_own = rule.property in HUBSPOT_OWN_PROPERTIES
        kind = columns.get(rule.source_column, rule.value_type)
        if rule.value_type not in KINDS_WRITTEN_AS.get(kind, (kind, "text", "enumeration")):
            allowed = f"{' or '.join(KINDS_WRITTEN_AS.get(kind, (kind,)))}, since {rule.source_column} holds {kind}"
            yield RuleProblem(file, row.number, "value_type", rule.value_type, allowed)
        if rule.min_change is not None and rule.value_type not in ("number", "datetime"):
            allowed = f"nothing for {rule.value_type}: only numbers and instants differ by so much"
            yield RuleProblem(file, row.number, "min_change", str(rule.min_change), allowed)
        if is_hubspots_own and rule.who_wins != "theirs":
            allowed = "theirs: stage and owner are the salesperson's from the handoff on"
            yield RuleProblem(file, row.number, "who_wins", rule.who_wins, allowed)
        for placeholder in PLACEHOLDER.findall(rule.description or ""):
            if placeholder != SQL_DEFINITION:
                allowed = f"{SQL_DEFINITION}, or no braces"
                yield RuleProblem(file, row.number, "description", placeholder, allowed)
        if is_hubspots_own:
            continue
        if rule.label is None:
            yield RuleProblem(file, row.number, "label", None, "the name people see: the property is created with it")
        if rule.value_type == "enumeration" and not options_of(book, rule.object_type, rule.source_column):
            allowed = (
                f"text, since {rule.source_column} may hold anything and an enumeration has its options from the rules"
            )
            yield RuleProblem(file, row.number, "value_type", rule.value_type, allowed)
