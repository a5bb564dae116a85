"""Who people and companies are, in plain English."""

from collections.abc import Iterator
from decimal import Decimal

from dagster_project.counting import signed_number
from dagster_project.countries import country_code, country_name
from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import SAID_ALOUD, any_of, condition_in_words, not_counting
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.fit import FactSource, FitRule, IcpCondition, RegionCountry

HOW = {"whole_words": "has the words", "equals": "is", "between": "is"}


def _sentences(book: RuleBook) -> Iterator[str]:
    alike: dict[tuple[str, str, str, Decimal], list[FitRule]] = {}
    for rule in book.rules("fit_rules"):
        alike.setdefault((rule.rule_id, rule.attribute, rule.match, rule.points), []).append(rule)
    for (_, attribute, match, points), rules in alike.items():
        values = any_of([_value(rule) for rule in rules])
        but = not_counting("|".join(rule.except_words for rule in rules if rule.except_words), SAID_ALOUD)
        yield f"{signed_number(points)} {rules[0].label}: {_attribute(attribute)} {HOW[match]} {values}{but}."
    yield "Of the rows of one attribute the best counts. What is not known gives no points."


def _row(book: RuleBook, rule: FitRule) -> str:
    return f"{_attribute(rule.attribute)} {HOW[rule.match]} {_value(rule)}{not_counting(rule.except_words)}"


def _attribute(name: str) -> str:
    return name.replace("_", " ")


def _value(rule: FitRule) -> str:
    if rule.match == "between":
        return f"{rule.min_value} to {rule.max_value}"
    return _country(rule.value) if rule.attribute == "country" else str(rule.value)


def _country(cell: str | None) -> str:
    code = country_code(cell)
    return str(cell) if code is None else country_name(code)


def icp_definition_in_english(book: RuleBook) -> str:
    conditions = [condition_in_words(rule) for rule in book.rules("icp_definition")]
    return f"A person matches the ideal customer profile when {' and '.join(conditions)}."


def _icp_sentences(book: RuleBook) -> Iterator[str]:
    yield icp_definition_in_english(book)
    yield "What is not known does not hold."


def _icp_row(book: RuleBook, rule: IcpCondition) -> str:
    return condition_in_words(rule)


def _region_sentences(book: RuleBook) -> Iterator[str]:
    countries: dict[str, list[str]] = {}
    for rule in book.rules("regions"):
        countries.setdefault(rule.region, []).append(_country(rule.country_code))
    for region, codes in countries.items():
        yield f"{region}: {', '.join(codes)}."


def _region_row(book: RuleBook, rule: RegionCountry) -> str:
    return f"{_country(rule.country_code)} is in the region {rule.region}"


def _source_sentences(book: RuleBook) -> Iterator[str]:
    sources: dict[str, list[FactSource]] = {}
    for rule in sorted(book.rules("fact_sources"), key=lambda rule: rule.priority):
        sources.setdefault(rule.attribute, []).append(rule)
    for attribute, rules in sources.items():
        yield f"{_attribute(attribute).capitalize()}: {', else '.join(_source(rule) for rule in rules)}."


def _source_row(book: RuleBook, rule: FactSource) -> str:
    return f"{_attribute(rule.attribute)} as {_source(rule)} has it, priority {rule.priority}"


def _source(rule: FactSource) -> str:
    return rule.source if rule.hubspot_property is None else f"{rule.source} ({rule.hubspot_property} in HubSpot)"


FIT = Chapter("Fit score: who they are", _sentences, _row)
ICP = Chapter("Ideal customer profile", _icp_sentences, _icp_row)
REGIONS = Chapter("Regions", _region_sentences, _region_row)
FACT_SOURCES = Chapter("Whom to believe about people and companies", _source_sentences, _source_row)
