"""Who goes to sales, and who is told."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import Domain, Name, Operator, Rule, Target, Whole, Words, YesNo

# What a condition on one person may ask of; `int_people_asked` has a column for each.
PersonProperty = Literal[
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
    "region",
    "sales_priority",
    "is_icp_match",
]


class SqlCondition(Rule):
    condition_id: Annotated[Name, "key"]
    property: PersonProperty
    operator: Operator
    value: Words
    owner: Words
    why: Words


class ExcludedDomain(Rule):
    domain: Annotated[Domain, "key"]
    kind: Literal["competitor", "free_mail", "not_free_mail"]
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
