"""Who goes to sales."""

from typing import Annotated, Literal

from dagster_project.rules.schema.cells import Domain, Name, Operator, Rule, Words

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
