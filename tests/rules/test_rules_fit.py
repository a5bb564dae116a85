"""Rules about who people and companies are: what could match nobody is told, with what was probably meant."""

import json

import pytest

from dagster_project.countries import country_codes
from dagster_project.crm.copied_objects import companies, contacts
from dagster_project.crm.fact_properties import PLACES, read_fact_properties
from dagster_project.rules.book import read_rules
from dagster_project.rules.hubspot_industries import HUBSPOT_INDUSTRIES
from dagster_project.settings import SHIPPED_RULES_DIR

# Rows of fit_rules.csv as shipped.
TITLE, HEAD, INDUSTRY, SIZE, REGION, COUNTRY = 2, 5, 6, 10, 12, 13


@pytest.mark.parametrize(
    ("file", "row", "column", "found", "allowed"),
    [
        ("fit_rules", TITLE, "attribute", "title", "'job_title', 'industry', 'employee_count', 'country' or 'region'"),
        ("fit_rules", TITLE, "match", "words", "'whole_words', 'equals' or 'between'"),
        ("icp_definition", 2, "property", "fit_score", "'zo_fit_score', 'fit_completeness_pct'"),
        ("regions", 2, "region", "North America", "small letters, digits and _, beginning with a letter"),
        ("regions", 2, "country_code", "us", "a country code of ISO 3166, two capital letters such as DE"),
        ("regions", 2, "country_code", "USA", "a country code of ISO 3166, two capital letters such as DE"),
        ("fact_sources", 2, "attribute", "title", "'job_title', 'country', 'industry', 'employee_count' or "),
        ("fact_sources", 2, "source", "clearbit", "'product', 'hubspot' or 'enrichment'"),
        ("fact_sources", 2, "priority", "0", "greater than or equal to 1"),
        ("fact_sources", 2, "priority", "first", "a whole number"),
        ("fact_sources", 3, "hubspot_property", "Job Title", "small letters, digits and _, beginning with a letter"),
    ],
)
def test_a_bad_cell_is_told_by_file_row_and_column(rules, file, row, column, found, allowed):
    rules.set_cell(file, row, column, found)
    (problem,) = rules.problems()
    assert problem.startswith(f"{file}.csv, row {row}, column {column}: found {found!r}; allowed: {allowed}")


@pytest.mark.parametrize(
    ("file", "row", "cells", "problem"),
    [
        # industries
        (
            "fit_rules",
            INDUSTRY,
            {"value": "TECHNOLOGY"},
            "value: found 'TECHNOLOGY'; allowed: a value of HubSpot's property industry, perhaps BIOTECHNOLOGY or "
            "INFORMATION_TECHNOLOGY_AND_SERVICES or NANOTECHNOLOGY",
        ),
        (
            "fit_rules",
            INDUSTRY,
            {"value": "Computer Software"},
            "value: found 'Computer Software'; allowed: a value of HubSpot's property industry, "
            "perhaps COMPUTER_SOFTWARE",
        ),
        (
            "fit_rules",
            INDUSTRY,
            {"value": "computer_software"},
            "value: found 'computer_software'; allowed: a value of HubSpot's property industry, "
            "perhaps COMPUTER_SOFTWARE",
        ),
        (
            "fit_rules",
            INDUSTRY,
            {"value": "XYZZY"},
            "value: found 'XYZZY'; allowed: a value of HubSpot's property industry",
        ),
        (
            "icp_definition",
            2,
            {"property": "industry", "operator": "=", "value": "INTERNETT"},
            "value: found 'INTERNETT'; allowed: a value of HubSpot's property industry, perhaps INTERNET",
        ),
        (
            "sql_definition",
            4,
            {"property": "industry", "value": "INTERNETT"},
            "value: found 'INTERNETT'; allowed: a value of HubSpot's property industry, perhaps INTERNET",
        ),
        # countries
        (
            "fit_rules",
            COUNTRY,
            {"value": "Germny"},
            "value: found 'Germny'; allowed: a country code of ISO 3166, perhaps DE or ",
        ),
        ("fit_rules", COUNTRY, {"value": "XX"}, "value: found 'XX'; allowed: a country code of ISO 3166"),
        ("fit_rules", COUNTRY, {"match": "whole_words"}, "match: found 'whole_words'; allowed: equals for country"),
        (
            "icp_definition",
            2,
            {"property": "country", "operator": "=", "value": "Narnia"},
            "value: found 'Narnia'; allowed: a country code of ISO 3166",
        ),
        (
            "sql_definition",
            4,
            {"property": "country", "value": "Unites States"},
            "value: found 'Unites States'; allowed: a country code of ISO 3166, perhaps US",
        ),
        # regions
        (
            "fit_rules",
            REGION,
            {"value": "latam"},
            "value: found 'latam'; allowed: a region of regions.csv: benelux, dach, nordics, "
            "north_america, uk_and_ireland",
        ),
        ("fit_rules", REGION, {"match": "whole_words"}, "match: found 'whole_words'; allowed: equals for region"),
        (
            "icp_definition",
            2,
            {"property": "region", "operator": "=", "value": "latam"},
            "value: found 'latam'; allowed: a region of regions.csv: ",
        ),
        (
            "regions",
            2,
            {"country_code": "UK"},
            "country_code: found 'UK'; allowed: a country code of ISO 3166, GB for United Kingdom",
        ),
        (
            "regions",
            2,
            {"country_code": "ZZ"},
            "country_code: found 'ZZ'; allowed: a country code of ISO 3166, such as DE",
        ),
        # words that do not count
        (
            "fit_rules",
            HEAD,
            {"except_words": "Head Start|Hed Saw"},
            "except_words: found 'Hed Saw'; allowed: phrases, with | between them, that have a word of 'Head'",
        ),
        (
            "fit_rules",
            HEAD,
            {"except_words": "Head Start|"},
            "except_words: found 'Head Start|'; allowed: phrases, with | between them, that have a word of 'Head'",
        ),
        (
            "fit_rules",
            HEAD,
            {"except_words": "|".join(["Head Start"] * 31)},
            "except_words: found '31 phrases'; allowed: at most 30 phrases",
        ),
        (
            "fit_rules",
            INDUSTRY,
            {"except_words": "INTERNET"},
            "except_words: found 'INTERNET'; allowed: empty for equals",
        ),
        ("fit_rules", SIZE, {"except_words": "100"}, "except_words: found '100'; allowed: empty for between"),
        (
            "fit_rules",
            TITLE,
            {"value": "&", "except_words": ""},
            "value: found '&'; allowed: at least one letter or digit",
        ),
        (
            "negative_rules",
            2,
            {"except_words": "rival"},
            "except_words: found 'rival'; allowed: empty for competitor_domain",
        ),
        (
            "negative_rules",
            3,
            {"except_words": "Studnt Life"},
            "except_words: found 'Studnt Life'; allowed: phrases, with | between them, that have a word of 'student'",
        ),
        # one rule, one attribute
        (
            "fit_rules",
            COUNTRY,
            {"rule_id": "target_region"},
            "rule_id: found 'target_region'; allowed: a rule_id of its own: target_region is about region above",
        ),
        # sources
        (
            "fact_sources",
            2,
            {"hubspot_property": "jobtitle"},
            "hubspot_property: found 'jobtitle'; allowed: empty for product",
        ),
        (
            "fact_sources",
            3,
            {"hubspot_property": ""},
            "hubspot_property: is empty; allowed: the HubSpot property that holds it",
        ),
        (
            "fact_sources",
            4,
            {"priority": "2"},
            "priority: found '2'; allowed: another number: row 3 has it for job_title already",
        ),
    ],
)
def test_what_could_match_nobody_is_told_with_what_may_be_meant(rules, file, row, cells, problem):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)
    (told,) = rules.problems()
    assert told.startswith(f"{file}.csv, row {row}, column {problem}")


@pytest.mark.parametrize(
    ("file", "row", "cells"),
    [
        ("fit_rules", COUNTRY, {"value": "Germany"}),
        ("fit_rules", COUNTRY, {"value": "Deutschland"}),
        ("fit_rules", COUNTRY, {"value": "XK"}),
        ("fit_rules", REGION, {"value": "dach"}),
        ("fit_rules", INDUSTRY, {"match": "whole_words", "value": "SOFTWARE"}),
        ("fit_rules", INDUSTRY, {"match": "whole_words", "value": "SOFTWARE", "except_words": "GAME SOFTWARE"}),
        ("fit_rules", TITLE, {"match": "equals", "value": "Owner", "except_words": ""}),
        ("icp_definition", 2, {"property": "industry", "operator": "!=", "value": "DAIRY"}),
        ("icp_definition", 2, {"property": "country", "operator": "!=", "value": "FR"}),
        ("icp_definition", 2, {"property": "region", "operator": "=", "value": "nordics"}),
        ("icp_definition", 2, {"property": "fit_completeness_pct", "operator": ">=", "value": "60"}),
        ("sql_definition", 4, {"property": "is_icp_match", "operator": "=", "value": "true"}),
        ("fact_sources", 4, {"priority": "9"}),
        ("fact_sources", 4, {"hubspot_property": "apollo_title"}),
    ],
)
def test_other_ways_to_say_it_are_sound(rules, file, row, cells):
    for column, value in cells.items():
        rules.set_cell(file, row, column, value)
    assert rules.problems() == []


def test_a_region_that_a_rule_names_has_to_be_there(rules):
    rules.keep_rows("regions")
    assert rules.problems() == [
        f"fit_rules.csv, row {REGION}, column value: found 'north_america'; allowed: a region of regions.csv: ",
        "routing_conditions.csv, row 2, column value: found 'dach'; allowed: a region of regions.csv: ",
    ]


def test_a_fact_without_a_source_is_told(rules):
    rules.keep_rows("fact_sources", *range(2, 14))
    assert rules.problems() == [
        "fact_sources.csv, column attribute: is empty; "
        "allowed: a row for company_country: without a source it is known of nobody"
    ]


def test_the_country_is_in_a_region_once_and_in_several_regions(rules):
    rules.change("regions", "dach,AT", "dach,DE")
    (told,) = rules.problems()
    assert told.startswith("regions.csv, row 5, column region: found 'dach, DE'; allowed: each region + country_code")
    rules.change("regions", "dach,DE", "nordics,DE")
    assert rules.problems() == []


# What the rules say of the copy of HubSpot


def test_the_copy_reads_the_properties_that_the_rules_name(rules):
    rules.change("fact_sources", "clearbit_job_title", "apollo_title")
    facts = read_fact_properties(read_rules(rules.path))
    assert facts["contacts"] == {
        "job_title": "jobtitle",
        "enriched_job_title": "apollo_title",
        "country": "country",
        "enriched_country": "clearbit_country",
    }
    before = contacts(facts=read_fact_properties(read_rules(SHIPPED_RULES_DIR))["contacts"])
    after = contacts(facts=facts["contacts"])
    assert "apollo_title" in after.properties
    assert before.fingerprint != after.fingerprint


def test_a_source_that_is_taken_out_leaves_its_column_empty(rules):
    rules.keep_rows("fact_sources", 2, *range(5, 17))
    facts = read_fact_properties(read_rules(rules.path))
    assert facts["contacts"]["job_title"] is facts["contacts"]["enriched_job_title"] is None
    assert "jobtitle" not in contacts(facts=facts["contacts"]).properties


def test_every_place_of_a_fact_is_a_column_of_the_copy():
    columns = {"contacts": contacts().columns, "companies": companies(None).columns}
    assert all(column in columns[object_type] for object_type, column in PLACES.values())


# Against what others wrote


def test_our_industries_are_hubspots(real_data):
    listed = json.loads((real_data / "hubspot_enums" / "enums.json").read_text(encoding="utf-8"))["company.industry"]
    assert {industry["value"] for industry in listed} == HUBSPOT_INDUSTRIES
    assert len(HUBSPOT_INDUSTRIES) == 148


def test_a_label_of_an_industry_has_the_words_of_its_value(real_data):
    """What the product states as a label is therefore found by a rule that names the value."""
    listed = json.loads((real_data / "hubspot_enums" / "enums.json").read_text(encoding="utf-8"))["company.industry"]

    def words(text: str) -> list[str]:
        return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()

    assert [item for item in listed if words(item["label"]) != words(item["value"])] == []


def test_the_shipped_regions_are_made_of_countries():
    shipped = read_rules(SHIPPED_RULES_DIR).rules("regions")
    assert {rule.country_code for rule in shipped} <= country_codes()
