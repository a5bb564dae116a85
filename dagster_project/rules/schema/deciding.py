"""Who goes to sales, and to whom."""

from typing import Annotated, Literal

from dagster_project.rules.schema.cells import Day, Domain, Email, Name, Rule, Words


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
        "sales_priority",
        "is_icp_match",
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
