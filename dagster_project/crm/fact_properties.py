"""Which HubSpot properties hold what is known of people and companies, as `fact_sources.csv` says it."""

from collections.abc import Mapping

from dagster_project.rules.reading import RuleBook

# Where the copy keeps each fact: object type and column, by attribute and source.
PLACES = {
    ("job_title", "hubspot"): ("contacts", "job_title"),
    ("job_title", "enrichment"): ("contacts", "enriched_job_title"),
    ("country", "hubspot"): ("contacts", "country"),
    ("country", "enrichment"): ("contacts", "enriched_country"),
    ("industry", "hubspot"): ("companies", "industry"),
    ("industry", "enrichment"): ("companies", "enriched_industry"),
    ("employee_count", "hubspot"): ("companies", "employee_count"),
    ("employee_count", "enrichment"): ("companies", "enriched_employee_count"),
    ("company_country", "hubspot"): ("companies", "country"),
    ("company_country", "enrichment"): ("companies", "enriched_country"),
}
FactProperties = Mapping[str, Mapping[str, str | None]]


def read_fact_properties(book: RuleBook) -> FactProperties:
    """`{object type: {column: property}}`; None for a source that the rules do not name, whose column stays empty."""
    found: dict[str, dict[str, str | None]] = {"contacts": {}, "companies": {}}
    for object_type, column in PLACES.values():
        found[object_type][column] = None
    for rule in book.rules("fact_sources"):
        if (rule.attribute, rule.source) in PLACES:
            object_type, column = PLACES[rule.attribute, rule.source]
            found[object_type][column] = rule.hubspot_property
    return found
