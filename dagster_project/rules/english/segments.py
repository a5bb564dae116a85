"""Who is in which segment and where it is kept, in plain English."""

from collections.abc import Iterator

from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import COMPARED, OFF
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.segments import Segment, SegmentCondition
from dagster_project.rules.schema.triggers import TriggerCondition

KEPT_AS = {"list": "a list", "property": "a value of the segments property", "list_and_property": "a list and a value"}
NAMES = {
    "pql_score": "PQL score",
    "fit_completeness_pct": "the share of the fit that is known, in %,",
    "dormant_for_days": "days without a login",
    "days_since_active": "days without any activity",
    "key_action_7d_count": "key actions in 7 days",
    "key_feature_count_30d": "key features used in 30 days",
    "active_teammates_30d": "active colleagues in 30 days",
    "teammates_invited_count": "people invited",
    "company_active_users_30d": "active users of the company in 30 days",
    "employee_count": "number of employees",
    "active_users_30d": "active users in 30 days",
    "active_users_7d": "active users in 7 days",
    "active_users_1d": "active users in 24 hours",
    "user_count": "number of users",
    "pql_count": "number of PQLs",
}
# Yes or no: what is said when it is so, and when it is not.
YES_OR_NO = {
    "is_icp_match": ("the ideal customer profile matches", "the ideal customer profile does not match"),
    "is_habitual": ("use is habitual", "use is not habitual"),
    "is_dormant": ("they are dormant", "they are not dormant"),
    "is_personal_email_domain": ("the e-mail domain is personal", "the e-mail domain is not personal"),
    "has_feature_name": ("it is known which feature they wanted", "it is not known which feature they wanted"),
    "is_with_sales": ("sales has them", "sales does not have them"),
    "is_in_review": ("they wait for a look before the handoff", "they do not wait for a look before the handoff"),
}
# What is looked up in another file, with the column that says what people call it.
NAMED_ELSEWHERE = {
    "engagement_rule": ("engagement_rules", "rule_id", "“{label}” is met now", "“{label}” is not met now"),
    "live_signal": ("signals", "signal_id", "the signal “{label}” is live", "the signal “{label}” is not live"),
    "account_signal": (
        "account_signals",
        "condition_id",
        "the company shows “{label}”",
        "the company does not show “{label}”",
    ),
}


def _segment_sentences(book: RuleBook) -> Iterator[str]:
    for rule in book.rules("segments"):
        yield f"{rule.label} ({rule.object_type}, kept as {KEPT_AS[rule.kept_as]}): {_segment(book, rule)}{_off(rule)}."


def _off(rule: Segment) -> str:
    return "" if rule.is_enabled else OFF


def _segment(book: RuleBook, rule: Segment) -> str:
    conditions = [
        asked_in_words(book, condition)
        for condition in book.rules("segment_conditions")
        if condition.segment_id == rule.segment_id
    ]
    return " and ".join(conditions)


def _condition_sentences(book: RuleBook) -> Iterator[str]:
    count = len(book.rules("segment_conditions"))
    yield f"{count} conditions; those of each segment are said with it, and all must hold."


def asked_in_words(book: RuleBook, rule: SegmentCondition | TriggerCondition) -> str:
    """A condition of a segment or of a trigger, such as `PQL score is at least 50`."""
    if rule.property in YES_OR_NO:
        is_so, is_not_so = YES_OR_NO[rule.property]
        return is_so if (rule.value == "true") == (rule.operator == "=") else is_not_so
    if rule.property in NAMED_ELSEWHERE:
        file, key, holds, holds_not = NAMED_ELSEWHERE[rule.property]
        label = next(other.label for other in book.rules(file) if getattr(other, key) == rule.value)
        return (holds if rule.operator == "=" else holds_not).format(label=label)
    return f"{NAMES.get(rule.property, rule.property.replace('_', ' '))} {COMPARED[rule.operator]} {rule.value}"


SEGMENTS = Chapter("Segments", _segment_sentences, _segment)
SEGMENT_CONDITIONS = Chapter("Conditions of segments", _condition_sentences, asked_in_words)
