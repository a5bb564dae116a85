"""What no single cell shows: rows of one file that contradict each other, and names another file does not know."""

import re
from collections.abc import Callable, Iterator

from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema import EVENT_FLAGS

# Columns of `decide.crm_contacts_desired` and `decide.crm_companies_desired` that may become HubSpot properties, and
# what each holds.
DESIRED_COLUMNS = {
    "contacts": {
        "activation_status": "text",
        "pql_score": "number",
        "fit_score": "number",
        "combined_score": "number",
        "band": "text",
        "last_active_at": "datetime",
        "activated_at": "datetime",
        "handoff_at": "datetime",
        "lifecycle_stage": "text",
        "owner_id": "text",
    },
    "companies": {
        "company_id": "text",
        "active_users_30d": "number",
        "pql_count": "number",
        "company_score": "number",
        "last_active_at": "datetime",
    },
}
HUBSPOT_OWN_PROPERTIES = ("lifecyclestage", "hubspot_owner_id")
NUMBER_PROPERTIES = ("zo_pql_score", "zo_fit_score", "zo_combined_score", "zo_company_active_users", "employee_count")
TEXT_VALUES = {
    "zo_activation_status": ("activated", "not_activated"),
    "is_personal_email_domain": ("true", "false"),
}
# Fewer spellings than Python takes for a number: the database has to read it too.
NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
WHOLE_DAYS = re.compile(r"[0-9]{1,5}")


def cross_check(book: RuleBook) -> list[RuleProblem]:
    """Every problem that only shows when the files are read together."""
    return [problem for check in CHECKS for problem in check(book)]


def event_names_are_known(book: RuleBook) -> Iterator[RuleProblem]:
    event_types = {rule.event_type for rule in book.rules("event_taxonomy")}
    known = f"an event_type of event_taxonomy.csv: {', '.join(sorted(event_types))}"
    for row in book.rows["activation_milestones"]:
        if row.rule.event_type not in event_types:
            yield RuleProblem("activation_milestones.csv", row.number, "event_type", row.rule.event_type, known)
    for row in book.rows["engagement_rules"]:
        events = row.rule.events
        if events is not None and events not in event_types and events not in EVENT_FLAGS:
            allowed = f"one of {', '.join(EVENT_FLAGS)}, or {known}"
            yield RuleProblem("engagement_rules.csv", row.number, "events", events, allowed)


def activation_has_a_milestone(book: RuleBook) -> Iterator[RuleProblem]:
    if not book.rows["activation_milestones"]:
        allowed = "at least one milestone: without one nobody is ever activated"
        yield RuleProblem("activation_milestones.csv", None, None, "no rows", allowed)


def engagement_rules_are_complete(book: RuleBook) -> Iterator[RuleProblem]:
    groups = {rule.score_group for rule in book.rules("score_groups")}
    for row in book.rows["engagement_rules"]:
        rule, file = row.rule, "engagement_rules.csv"
        if rule.score_group not in groups:
            allowed = f"a score_group of score_groups.csv: {', '.join(sorted(groups))}"
            yield RuleProblem(file, row.number, "score_group", rule.score_group, allowed)
        if rule.decay != "none" and rule.decay_days is None:
            yield RuleProblem(file, row.number, "decay_days", None, f"days, since decay is {rule.decay}")
        if rule.decay == "none" and rule.decay_days is not None:
            yield RuleProblem(file, row.number, "decay_days", str(rule.decay_days), "empty, since decay is none")
        if rule.aggregate == "company_usage_ratio":
            if rule.events is not None:
                yield RuleProblem(file, row.number, "events", rule.events, "empty for company_usage_ratio")
            if rule.window_hours is not None:
                yield RuleProblem(file, row.number, "window_hours", str(rule.window_hours), "empty: it has no window")
            # A company's usage is a present fact without a history, so there is no last moment to decay from.
            if rule.holds != "current" or rule.decay != "none":
                found = f"{rule.holds}, {rule.decay}"
                yield RuleProblem(file, row.number, "holds", found, "current, with decay none")
        else:
            if rule.events is None:
                yield RuleProblem(
                    file, row.number, "events", None, f"an event type, since aggregate is {rule.aggregate}"
                )
            if rule.threshold != rule.threshold.to_integral_value():
                yield RuleProblem(file, row.number, "threshold", str(rule.threshold), "a whole number of events")
        if (rule.aggregate == "distinct_values") != (rule.property is not None):
            allowed = "the event property to count" if rule.property is None else "empty unless distinct_values"
            yield RuleProblem(file, row.number, "property", rule.property, allowed)
        if rule.aggregate == "distinct_values" and rule.window_hours is not None:
            yield RuleProblem(file, row.number, "window_hours", str(rule.window_hours), "empty for distinct_values")


def negative_rules_have_their_value(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["negative_rules"]:
        rule, file = row.rule, "negative_rules.csv"
        if rule.condition == "competitor_domain" and rule.value is not None:
            allowed = "empty: the domains stand in excluded_domains.csv"
            yield RuleProblem(file, row.number, "value", rule.value, allowed)
        if rule.condition == "title_word" and rule.value is None:
            yield RuleProblem(file, row.number, "value", None, "one or more words of a job title")
        if rule.condition == "inactive_days" and not WHOLE_DAYS.fullmatch(rule.value or ""):
            yield RuleProblem(file, row.number, "value", rule.value, "a whole number of days")


def fit_rules_have_their_value(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["fit_rules"]:
        rule, file = row.rule, "fit_rules.csv"
        if (rule.attribute == "employee_count") != (rule.match == "between"):
            allowed = "between for employee_count, whole_words or equals for the others"
            yield RuleProblem(file, row.number, "match", rule.match, allowed)
        elif rule.match == "between":
            if rule.min_value is None or rule.max_value is None or rule.min_value > rule.max_value:
                found = f"{rule.min_value} to {rule.max_value}"
                yield RuleProblem(file, row.number, "min_value", found, "two whole numbers, the smaller one first")
            if rule.value is not None:
                yield RuleProblem(file, row.number, "value", rule.value, "empty for between")
        else:
            if rule.value is None:
                yield RuleProblem(file, row.number, "value", None, f"the {rule.attribute} to look for")
            if (rule.min_value, rule.max_value) != (None, None):
                found = f"{rule.min_value} to {rule.max_value}"
                yield RuleProblem(file, row.number, "min_value", found, f"empty for {rule.match}")


def one_profile_is_active_and_weights_add_up(book: RuleBook) -> Iterator[RuleProblem]:
    file, rows = "score_weights.csv", book.rows["score_weights"]
    for row in rows:
        total = row.rule.fit_weight + row.rule.engagement_weight
        if total != 1:
            yield RuleProblem(file, row.number, "engagement_weight", str(total), "weights that add up to 1")
    active = [row.rule.profile for row in rows if row.rule.is_active]
    if len(active) != 1:
        yield RuleProblem(file, None, "is_active", ", ".join(active) or None, "true for exactly one profile")


def bands_cover_every_score_once(book: RuleBook) -> Iterator[RuleProblem]:
    file = "score_bands.csv"
    next_score = 0
    for row in sorted(book.rows["score_bands"], key=lambda row: row.rule.min_score):
        band = row.rule
        if band.min_score > band.max_score:
            yield RuleProblem(file, row.number, "max_score", str(band.max_score), f"{band.min_score} or more")
        if band.min_score != next_score:
            what = "a gap" if band.min_score > next_score else "an overlap"
            allowed = f"{next_score}: {what} between the bands would leave a score without one answer"
            yield RuleProblem(file, row.number, "min_score", str(band.min_score), allowed)
        next_score = band.max_score + 1
    if next_score != 101:
        yield RuleProblem(file, None, "max_score", str(next_score - 1), "100 for the highest band")


def sql_conditions_compare_like_with_like(book: RuleBook) -> Iterator[RuleProblem]:
    file = "sql_definition.csv"
    if not book.rows[file.removesuffix(".csv")]:
        yield RuleProblem(
            file, None, None, "no rows", "at least one condition: without one everybody is sales qualified"
        )
    bands = tuple(rule.band for rule in book.rules("score_bands"))
    for row in book.rows["sql_definition"]:
        rule = row.rule
        if rule.property in NUMBER_PROPERTIES:
            if not NUMBER.fullmatch(rule.value):
                yield RuleProblem(file, row.number, "value", rule.value, f"a number, since {rule.property} is one")
            continue
        if rule.operator not in ("=", "!="):
            yield RuleProblem(file, row.number, "operator", rule.operator, f"= or !=, since {rule.property} is text")
        values = bands if rule.property == "band" else TEXT_VALUES.get(rule.property)
        if values is not None and rule.value not in values:
            yield RuleProblem(file, row.number, "value", rule.value, f"one of {', '.join(values)}")


def absences_end_after_they_begin(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["sales_team"]:
        begins, ends = row.rule.absent_from, row.rule.absent_until
        if (begins is None) != (ends is None) or (begins is not None and begins > ends):
            allowed = "both dates of an absence, the first one first, or neither"
            yield RuleProblem("sales_team.csv", row.number, "absent_until", f"{begins} to {ends}", allowed)


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
        if rule.value_type in ("number", "datetime") and rule.value_type != kind:
            allowed = f"{kind}, since {rule.source_column} holds {kind}"
            yield RuleProblem(file, row.number, "value_type", rule.value_type, allowed)
        if (rule.who_wins == "person") != is_hubspots_own:
            allowed = "person for stage and owner, which salespeople change; pipeline for what only the pipeline knows"
            yield RuleProblem(file, row.number, "who_wins", rule.who_wins, allowed)
        if is_hubspots_own:
            continue
        if rule.label is None:
            yield RuleProblem(file, row.number, "label", None, "the name people see: the property is created with it")
        if rule.value_type == "enumeration":
            allowed = f"text, number or datetime; enumeration only for {', '.join(HUBSPOT_OWN_PROPERTIES)}"
            yield RuleProblem(file, row.number, "value_type", rule.value_type, allowed)


CHECKS: tuple[Callable[[RuleBook], Iterator[RuleProblem]], ...] = (
    event_names_are_known,
    activation_has_a_milestone,
    engagement_rules_are_complete,
    negative_rules_have_their_value,
    fit_rules_have_their_value,
    one_profile_is_active_and_weights_add_up,
    bands_cover_every_score_once,
    sql_conditions_compare_like_with_like,
    absences_end_after_they_begin,
    crm_properties_have_a_source,
)
