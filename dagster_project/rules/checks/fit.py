"""Rows of fit rules and of the ideal customer profile that no person or company could ever match."""

from collections.abc import Iterator
from difflib import get_close_matches

from dagster_project.countries import country_code, country_codes, country_name, similar_countries
from dagster_project.rules.hubspot_industries import HUBSPOT_INDUSTRIES
from dagster_project.rules.reading import RuleBook, RuleProblem
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.fit import FitRule
from dagster_project.wording import words_of

Found = tuple[str, object, str]
# How many the models take out of a title.
MAX_PHRASES = 30


def fit_rules_have_their_value(book: RuleBook) -> Iterator[RuleProblem]:
    file, attributes = "fit_rules.csv", {}
    for row in book.rows["fit_rules"]:
        rule = row.rule
        found = _match(rule) or list(_value(rule, book))
        # Points are given and explained by rule_id, once each.
        first = attributes.setdefault(rule.rule_id, rule.attribute)
        if first != rule.attribute:
            found.append(("rule_id", rule.rule_id, f"a rule_id of its own: {rule.rule_id} is about {first} above"))
        for column, value, allowed in found:
            yield RuleProblem(file, row.number, column, None if value is None else str(value), allowed)


def _match(rule: FitRule) -> list[Found]:
    if (rule.attribute == "employee_count") != (rule.match == "between"):
        return [("match", rule.match, "between for employee_count, whole_words or equals for the others")]
    if rule.attribute in ("country", "region") and rule.match != "equals":
        return [("match", rule.match, f"equals for {rule.attribute}")]
    return []


def _value(rule: FitRule, book: RuleBook) -> Iterator[Found]:
    bounds = f"{rule.min_value} to {rule.max_value}"
    if rule.match == "whole_words":
        yield from _exceptions(rule.value, rule.except_words)
    elif rule.except_words is not None:
        yield "except_words", rule.except_words, f"empty for {rule.match}"
    if rule.match == "between":
        if rule.min_value is None or rule.max_value is None or rule.min_value > rule.max_value:
            yield "min_value", bounds, "two whole numbers, the smaller one first"
        if rule.value is not None:
            yield "value", rule.value, "empty for between"
        return
    if rule.value is None:
        yield "value", None, f"the {rule.attribute} to look for"
    elif not words_of(rule.value):
        yield "value", rule.value, "at least one letter or digit: nothing else is compared"
    elif rule.match == "equals":
        yield from (("value", rule.value, allowed) for allowed in unheard_of(rule.attribute, rule.value, book))
    if (rule.min_value, rule.max_value) != (None, None):
        yield "min_value", bounds, f"empty for {rule.match}"


def _exceptions(value: str | None, except_words: str | None) -> Iterator[Found]:
    if len(parts(except_words)) > MAX_PHRASES:
        yield "except_words", f"{len(parts(except_words))} phrases", f"at most {MAX_PHRASES} phrases"
    for phrase in parts(except_words):
        if value is not None and not set(words_of(phrase)) & set(words_of(value)):
            yield "except_words", phrase or except_words, f"phrases, with | between them, that have a word of {value!r}"


def negative_rules_except_what_they_look_for(book: RuleBook) -> Iterator[RuleProblem]:
    file = "negative_rules.csv"
    for row in book.rows["negative_rules"]:
        rule = row.rule
        if rule.condition != "title_word" and rule.except_words is not None:
            yield RuleProblem(file, row.number, "except_words", rule.except_words, f"empty for {rule.condition}")
            continue
        for column, found, allowed in _exceptions(rule.value, rule.except_words):
            yield RuleProblem(file, row.number, column, str(found), allowed)


def conditions_name_what_there_is(book: RuleBook) -> Iterator[RuleProblem]:
    """Industries, countries and regions of the two definitions."""
    for name in ("icp_definition", "sql_definition"):
        for row in book.rows[name]:
            for allowed in unheard_of(row.rule.property, row.rule.value, book):
                yield RuleProblem(f"{name}.csv", row.number, "value", row.rule.value, allowed)


def unheard_of(attribute: str, value: str, book: RuleBook) -> Iterator[str]:
    """What is allowed instead, where a value is none that this attribute can have."""
    if attribute == "industry" and value not in HUBSPOT_INDUSTRIES:
        yield f"a value of HubSpot's property industry{_such_as(_similar_industries(value))}"
    elif attribute == "country" and country_code(value) is None:
        yield f"a country code of ISO 3166{_such_as(similar_countries(value))}"
    elif attribute == "region":
        regions = sorted({rule.region for rule in book.rules("regions")})
        if value not in regions:
            yield f"a region of regions.csv: {', '.join(regions)}"


def _similar_industries(value: str) -> list[str]:
    name = "_".join(words_of(value)).upper()
    sharing = [industry for industry in HUBSPOT_INDUSTRIES if name in industry]
    close = get_close_matches(name, sorted(HUBSPOT_INDUSTRIES), n=3, cutoff=0.6)
    return list(dict.fromkeys([*(word for word in close if word == name), *sorted(sharing), *close]))[:4]


def _such_as(names: list[str]) -> str:
    return f", perhaps {' or '.join(names)}" if names else ""


def regions_name_countries(book: RuleBook) -> Iterator[RuleProblem]:
    for row in book.rows["regions"]:
        code = row.rule.country_code
        if code not in country_codes():
            meant = country_code(code)
            hint = f"{meant} for {country_name(meant)}" if meant else "such as DE"
            allowed = f"a country code of ISO 3166, {hint}"
            yield RuleProblem("regions.csv", row.number, "country_code", code, allowed)


def fact_sources_are_in_order(book: RuleBook) -> Iterator[RuleProblem]:
    file, places = "fact_sources.csv", {}
    for row in book.rows["fact_sources"]:
        rule = row.rule
        if (rule.source == "product") != (rule.hubspot_property is None):
            allowed = "the HubSpot property that holds it" if rule.hubspot_property is None else "empty for product"
            yield RuleProblem(file, row.number, "hubspot_property", rule.hubspot_property, allowed)
        first = places.setdefault((rule.attribute, rule.priority), row.number)
        if first != row.number:
            allowed = f"another number: row {first} has it for {rule.attribute} already"
            yield RuleProblem(file, row.number, "priority", str(rule.priority), allowed)
    named = {attribute for attribute, _ in places}
    for attribute in ("job_title", "country", "industry", "employee_count", "company_country"):
        if attribute not in named:
            allowed = f"a row for {attribute}: without a source it is known of nobody"
            yield RuleProblem(file, None, "attribute", None, allowed)
