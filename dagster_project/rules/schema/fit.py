"""Who people and companies are, where that is known from, and the points it gives."""

from typing import Annotated, Literal

from pydantic import Field

from dagster_project.rules.schema.cells import CountryCode, Name, Points, Rule, Whole, Words


class FitRule(Rule):
    """Of the rows of one attribute that match, the best one counts.

    `except_words` are phrases with | between them that are taken out of a text before `value` is looked for in it:
    with `Head Start`, "Head Start Teacher" is no Head and "Head of the Head Start Programme" is one.
    """

    rule_id: Annotated[Name, "key"]
    label: Words
    attribute: Literal["job_title", "industry", "employee_count", "country", "region"]
    match: Literal["whole_words", "equals", "between"]
    value: Annotated[str | None, "key"]
    except_words: Words | None
    min_value: Annotated[Annotated[Whole, Field(ge=0)] | None, "key"]
    max_value: Annotated[Whole, Field(ge=0)] | None
    points: Points
    owner: Words
    why: Words


class IcpCondition(Rule):
    """A person matches the ideal customer profile when all conditions hold; what is not known does not hold."""

    condition_id: Annotated[Name, "key"]
    property: Literal[
        "zo_fit_score",
        "fit_completeness_pct",
        "is_personal_email_domain",
        "employee_count",
        "industry",
        "country",
        "region",
    ]
    operator: Literal["=", "!=", ">=", "<=", ">", "<"]
    value: Words
    owner: Words
    why: Words


class RegionCountry(Rule):
    """A country of a region; it may be in several."""

    region: Annotated[Name, "key"]
    country_code: Annotated[CountryCode, "key"]
    owner: Words
    why: Words


class FactSource(Rule):
    """Where a fact is known from; of those that know it, the one with the lowest `priority` is believed.

    `hubspot_property` says where HubSpot has it, and where an enrichment service keeps in HubSpot what it found.
    """

    attribute: Annotated[Literal["job_title", "country", "industry", "employee_count", "company_country"], "key"]
    source: Annotated[Literal["product", "hubspot", "enrichment"], "key"]
    priority: Annotated[Whole, Field(ge=1, le=9)]
    hubspot_property: Name | None
    owner: Words
    why: Words
