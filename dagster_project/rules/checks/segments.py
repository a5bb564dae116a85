"""Segments without conditions, conditions that compare what cannot be compared, and names that nobody knows."""

from collections.abc import Iterator, Mapping

from dagster_project.rules.checks.deciding import NUMBER
from dagster_project.rules.checks.fit import unheard_of
from dagster_project.rules.reading import Row, RuleBook, RuleProblem

SEGMENTS, CONDITIONS, MAP = "segments.csv", "segment_conditions.csv", "crm_property_map.csv"
TRUE_OR_FALSE = ("true", "false")
# What a condition may ask of, and whether it is a number, a word of a few, or any text. `int_contact_segments` and
# `int_company_segments` know the same names.
ASKED = {
    "contacts": {
        "pql_score": "number",
        "fit_score": "number",
        "combined_score": "number",
        "fit_completeness_pct": "number",
        "dormant_for_days": "number",
        "days_since_active": "number",
        "key_action_7d_count": "number",
        "key_feature_count_30d": "number",
        "active_teammates_30d": "number",
        "teammates_invited_count": "number",
        "company_active_users_30d": "number",
        "employee_count": "number",
        "activation_status": ("activated", "not_activated"),
        "sales_priority": ("normal", "low"),
        "is_icp_match": TRUE_OR_FALSE,
        "is_habitual": TRUE_OR_FALSE,
        "is_dormant": TRUE_OR_FALSE,
        "is_personal_email_domain": TRUE_OR_FALSE,
        "is_with_sales": TRUE_OR_FALSE,
        "is_in_review": TRUE_OR_FALSE,
        "band": "band",
        "engagement_rule": "engagement_rule",
        "live_signal": "live_signal",
        "lifecycle_stage": "text",
        "industry": "text",
        "country": "text",
    },
    "companies": {
        "active_users_30d": "number",
        "active_users_7d": "number",
        "active_users_1d": "number",
        "key_action_7d_count": "number",
        "user_count": "number",
        "pql_count": "number",
        "company_score": "number",
        "employee_count": "number",
        "account_signal": "account_signal",
        "industry": "text",
        "country": "text",
    },
}


def segments_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    conditioned = {rule.segment_id for rule in book.rules("segment_conditions")}
    mapped = {rule.object_type for rule in book.rules("crm_property_map") if rule.source_column == "segments"}
    labels: dict[tuple[str, str], int] = {}
    for row in book.rows["segments"]:
        rule = row.rule
        if rule.segment_id not in conditioned:
            allowed = "a segment with a row in segment_conditions.csv: without one everybody is in it"
            yield RuleProblem(SEGMENTS, row.number, "segment_id", rule.segment_id, allowed)
        if rule.is_option and rule.object_type not in mapped:
            allowed = f"list, unless {MAP} has a row for {rule.object_type} with the source_column segments"
            yield RuleProblem(SEGMENTS, row.number, "kept_as", rule.kept_as, allowed)
        first = labels.setdefault((rule.object_type, rule.label.casefold()), row.number)
        if first != row.number:
            allowed = f"another name: row {first} has it, and HubSpot takes each label of an option once"
            yield RuleProblem(SEGMENTS, row.number, "label", rule.label, allowed)


def segment_conditions_can_hold(book: RuleBook) -> Iterator[RuleProblem]:
    object_types = {rule.segment_id: rule.object_type for rule in book.rules("segments")}
    for row in book.rows["segment_conditions"]:
        rule = row.rule
        object_type = object_types.get(rule.segment_id)
        if object_type is None:
            yield RuleProblem(CONDITIONS, row.number, "segment_id", rule.segment_id, "a segment of segments.csv")
            continue
        yield from asked_problems(CONDITIONS, row, ASKED[object_type], f"for {object_type} ", book)


def asked_problems(
    file: str, row: Row, asked: Mapping[str, str | tuple[str, ...]], of_whom: str, book: RuleBook
) -> Iterator[RuleProblem]:
    """What is wrong with one condition, of a segment or of a trigger; `asked` is what may be asked for."""
    rule = row.rule
    kind = asked.get(rule.property)
    if kind is None:
        yield RuleProblem(file, row.number, "property", rule.property, f"{of_whom}one of {', '.join(asked)}")
        return
    if kind == "number":
        if not NUMBER.fullmatch(rule.value):
            allowed = f"a number, since {rule.property} is one"
            yield RuleProblem(file, row.number, "value", rule.value, allowed)
        return
    if rule.operator not in ("=", "!="):
        allowed = f"= or !=, since {rule.property} is no number"
        yield RuleProblem(file, row.number, "operator", rule.operator, allowed)
    if kind == "text":
        for allowed in unheard_of(rule.property, rule.value, book):
            yield RuleProblem(file, row.number, "value", rule.value, allowed)
        return
    allowed_values = kind if isinstance(kind, tuple) else _names(kind, book)
    if rule.value not in allowed_values:
        yield RuleProblem(file, row.number, "value", rule.value, f"one of {', '.join(allowed_values)}")


def _names(kind: str, book: RuleBook) -> tuple[str, ...]:
    """What another file knows of this kind. A rule of rules is left out: its parts are conditions of their own here."""
    if kind == "band":
        return tuple(rule.band for rule in book.rules("score_bands"))
    if kind == "engagement_rule":
        return tuple(rule.rule_id for rule in book.rules("engagement_rules") if rule.aggregate != "all_of")
    if kind == "live_signal":
        return tuple(rule.signal_id for rule in book.rules("signals"))
    return tuple(rule.condition_id for rule in book.rules("account_signals"))
