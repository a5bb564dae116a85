"""What people do, and the points it earns or costs."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import (
    Name,
    Names,
    NegativePoints,
    Number,
    Points,
    Rule,
    Whole,
    WindowHours,
    Words,
    YesNo,
)

COUNTING = ("count", "distinct_days", "distinct_values")
MEASURING = ("sum", "max", "latest", "ratio_of_latest")
AGGREGATES = (*COUNTING, *MEASURING, "company_usage_ratio", "all_of")
ICP_MATCH = "icp_match"


class EngagementRule(Rule):
    """What people do, and the points it earns.

    `events` are event types or flags of `event_taxonomy`; empty for facts about the company and for `all_of`.
    `requires` names other rules of this file, or `icp_match`, that must be met too.
    """

    rule_id: Annotated[Name, "key"]
    label: Words
    events: Names | None
    filter_property: Name | None
    filter_operator: Literal["=", "!=", ">=", "<=", ">", "<", "contains", "is_known"] | None
    filter_value: Words | None
    aggregate: Literal[AGGREGATES]
    property: Name | None
    divisor_property: Name | None
    window_hours: WindowHours | None
    operator: Literal[">=", ">", "<=", "<", "=", "!="]
    threshold: Number
    requires: Names | None
    points: Points
    is_per_occurrence: YesNo
    max_points: Points | None
    score_group: Name
    holds: Literal["latched", "current"]
    decay: Literal["step", "exponential", "linear", "none"]
    decay_days: Annotated[Whole, Field(ge=1, le=3650)] | None
    is_enabled: YesNo
    owner: Words
    why: Words


class ScoreGroup(Rule):
    """The most points that the rules of a group give together, of which score, and whether they decay."""

    score_group: Annotated[Name, "key"]
    label: Words
    score: Literal["pql", "fit"]
    cap: Points
    decays: YesNo
    owner: Words
    why: Words


class NegativeRule(Rule):
    """What takes points away. `value`: words of a title, days, or the employees that a small company has fewer of.

    `except_words` are phrases of titles that do not count, as in `fit_rules`.
    """

    rule_id: Annotated[Name, "key"]
    label: Words
    condition: Literal[
        "competitor_domain",
        "title_word",
        "inactive_days",
        "no_login_days",
        "no_email_open_days",
        "personal_domain",
        "small_company",
    ]
    value: str | None
    except_words: Words | None
    points: NegativePoints
    is_enabled: YesNo
    owner: Words
    why: Words
