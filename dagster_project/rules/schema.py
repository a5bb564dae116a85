"""The rule files: which columns each has, and what a cell may hold."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _written_as(pattern: str, allowed: str) -> BeforeValidator:
    """One way to write a value: what else Python takes for one, the database may read as another, or not at all."""

    def judge(cell: object) -> object:
        if isinstance(cell, str) and not re.fullmatch(pattern, cell):
            raise ValueError(allowed)
        return cell

    return BeforeValidator(judge)


Name = Annotated[str, _written_as("[a-z][a-z0-9_]*", "small letters, digits and _, beginning with a letter")]
Words = Annotated[str, Field(min_length=1)]
Email = Annotated[str, _written_as(r"[^@\s]+@[^@\s]+\.[^@\s]+", "one e-mail address")]
Domain = Annotated[str, _written_as(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain such as example.com, in small letters")]
Target = Annotated[str, _written_as("owner|#[a-z0-9_-]+", "owner, or a channel such as #pql-handoff")]
YesNo = Annotated[bool, _written_as("(?i:true|false)", "true or false")]
Whole = Annotated[int, _written_as("-?[0-9]{1,18}", "a whole number")]
Number = Annotated[Decimal, _written_as(r"-?[0-9]{1,14}(\.[0-9]{1,4})?", "a number with at most 4 decimal places")]
Day = Annotated[date, _written_as("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date such as 2026-11-16")]
Points = Annotated[Number, Field(ge=0, le=100)]
NegativePoints = Annotated[Number, Field(ge=-100, le=0)]
Score = Annotated[Whole, Field(ge=0, le=100)]

EVENT_FLAGS = ("is_activity", "is_key_action", "is_login")


class Rule(BaseModel):
    """One row. Every row says whose it is and why it is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def key_columns(cls) -> tuple[str, ...]:
        """The columns that together occur once in the file."""
        return tuple(name for name, field in cls.model_fields.items() if "key" in field.metadata)


class EventName(Rule):
    source: Annotated[Name, "key"]
    source_event: Annotated[Words, "key"]
    event_type: Name
    is_activity: YesNo
    is_key_action: YesNo
    is_login: YesNo
    owner: Words
    why: Words


class ActivationMilestone(Rule):
    milestone_id: Annotated[Name, "key"]
    label: Words
    event_type: Name
    min_count: Annotated[Whole, Field(ge=1)]
    owner: Words
    why: Words


class EngagementRule(Rule):
    """`events` is an event type or one of the flags of `event_taxonomy`; empty for facts about the company."""

    rule_id: Annotated[Name, "key"]
    label: Words
    events: Name | None
    aggregate: Literal["count", "distinct_values", "company_usage_ratio"]
    property: Name | None
    window_hours: Annotated[Whole, Field(ge=1, le=24 * 366)] | None
    threshold: Annotated[Number, Field(gt=0)]
    points: Points
    score_group: Name
    holds: Literal["latched", "current"]
    decay: Literal["step", "exponential", "linear", "none"]
    decay_days: Annotated[Whole, Field(ge=1, le=3650)] | None
    is_enabled: YesNo
    owner: Words
    why: Words


class ScoreGroup(Rule):
    score_group: Annotated[Name, "key"]
    label: Words
    cap: Points
    owner: Words
    why: Words


class NegativeRule(Rule):
    rule_id: Annotated[Name, "key"]
    label: Words
    condition: Literal["competitor_domain", "title_word", "inactive_days"]
    value: str | None
    points: NegativePoints
    owner: Words
    why: Words


class FitRule(Rule):
    """Of the rows of one attribute that match, the best one counts."""

    rule_id: Annotated[Name, "key"]
    label: Words
    attribute: Literal["job_title", "industry", "employee_count", "country"]
    match: Literal["whole_words", "equals", "between"]
    value: Annotated[str | None, "key"]
    min_value: Annotated[Annotated[Whole, Field(ge=0)] | None, "key"]
    max_value: Annotated[Whole, Field(ge=0)] | None
    points: Points
    owner: Words
    why: Words


class ScoreWeights(Rule):
    profile: Annotated[Name, "key"]
    fit_weight: Annotated[Number, Field(ge=0, le=1)]
    engagement_weight: Annotated[Number, Field(ge=0, le=1)]
    is_active: YesNo
    owner: Words
    why: Words


class ScoreBand(Rule):
    band: Annotated[Name, "key"]
    min_score: Score
    max_score: Score
    owner: Words
    why: Words


class SqlCondition(Rule):
    condition_id: Annotated[Name, "key"]
    property: Literal[
        "zo_activation_status",
        "zo_pql_score",
        "zo_fit_score",
        "zo_combined_score",
        "zo_company_active_users",
        "is_personal_email_domain",
        "band",
        "employee_count",
        "industry",
        "country",
    ]
    operator: Literal["=", "!=", ">=", "<=", ">", "<"]
    value: Words
    owner: Words
    why: Words


class ExcludedDomain(Rule):
    domain: Annotated[Domain, "key"]
    kind: Literal["competitor", "free_mail", "not_free_mail"]
    owner: Words
    why: Words


class SalesMember(Rule):
    member_email: Annotated[Email, "key"]
    absent_from: Day | None
    absent_until: Day | None
    owner: Words
    why: Words


class Trigger(Rule):
    trigger_id: Annotated[Name, "key"]
    label: Words
    action: Literal["slack_message"]
    target: Target
    due_minutes: Annotated[Whole, Field(ge=1, le=60 * 24 * 366)]
    expires_hours: Annotated[Whole, Field(ge=1, le=24 * 366)]
    is_enabled: YesNo
    owner: Words
    why: Words


class CrmObject(Rule):
    """`max_cleared_pct`: a sync that would empty more of its records than this is refused."""

    object_type: Annotated[Literal["contacts", "companies"], "key"]
    unknown_records: Literal["update", "upsert"]
    max_cleared_pct: Annotated[Whole, Field(ge=0, le=100)]
    owner: Words
    why: Words


class CrmProperty(Rule):
    object_type: Annotated[Literal["contacts", "companies"], "key"]
    property: Annotated[Name, "key"]
    source_column: Name
    value_type: Literal["text", "number", "datetime", "enumeration"]
    label: Words | None
    description: Words | None
    when_unknown: Literal["keep", "clear"]
    who_wins: Literal["pipeline", "person"]
    is_unique: YesNo
    owner: Words
    why: Words


RULE_FILES: dict[str, type[Rule]] = {
    "event_taxonomy": EventName,
    "activation_milestones": ActivationMilestone,
    "engagement_rules": EngagementRule,
    "score_groups": ScoreGroup,
    "negative_rules": NegativeRule,
    "fit_rules": FitRule,
    "score_weights": ScoreWeights,
    "score_bands": ScoreBand,
    "sql_definition": SqlCondition,
    "excluded_domains": ExcludedDomain,
    "sales_team": SalesMember,
    "triggers": Trigger,
    "crm_objects": CrmObject,
    "crm_property_map": CrmProperty,
}
