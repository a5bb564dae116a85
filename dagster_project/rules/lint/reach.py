"""Bands and conditions that no score can reach, and conditions that exclude each other."""

import operator
from collections.abc import Iterable, Iterator
from decimal import ROUND_FLOOR, Decimal

from dagster_project.countries import country_code
from dagster_project.rules.checks.deciding import NUMBER_PROPERTIES, TEXT_VALUES
from dagster_project.rules.english.words import PROPERTY_NAMES, condition_in_words
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reachable import active_profiles, most_combined_score, scores_of
from dagster_project.rules.reading import Row, RuleBook

COMPARISONS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
WHAT_FOLLOWS = {
    "sql_definition": "Nobody is ever sales qualified",
    "icp_definition": "Nobody ever matches the ideal customer profile",
}


def unreachable_bands(book: RuleBook) -> Iterator[RuleWarning]:
    most = {profile.profile: most_combined_score(book, profile) for profile in active_profiles(book)}
    for row in book.rows["score_bands"]:
        band = row.rule
        out_of_reach = {name: score for name, score in most.items() if score < band.min_score}
        if out_of_reach:
            what = f"{band.band} begins at {band.min_score}, and combined scores are {_at_most(out_of_reach)}"
            why = "Nobody is ever in it" if out_of_reach == most else "Nobody of these companies is ever in it"
            yield RuleWarning("score_bands", row.number, what, why)


def unreachable_conditions(book: RuleBook) -> Iterator[RuleWarning]:
    for file, what_follows in WHAT_FOLLOWS.items():
        by_property: dict[str, list[Row]] = {}
        for row in book.rows[file]:
            by_property.setdefault(row.rule.property, []).append(row)
        for name, rows in by_property.items():
            values = list(_values(book, name, rows))
            impossible = [row for row in rows if not met_by(values, [row])]
            for row in impossible:
                what = f"{condition_in_words(row.rule)} can never hold{_because(book, name)}"
                yield RuleWarning(file, row.number, what, what_follows)
            # A country may be in several regions, so conditions on regions leave room for each other.
            if not impossible and name != "region" and not met_by(values, rows):
                numbers = " and ".join(str(row.number) for row in rows)
                what = f"rows {numbers} exclude each other"
                yield RuleWarning(file, rows[-1].number, what, what_follows)
            if not impossible and name == "zo_combined_score":
                yield from _out_of_reach_for_some(book, file, rows)


def _out_of_reach_for_some(book: RuleBook, file: str, rows: list[Row]) -> Iterator[RuleWarning]:
    least = scores_of(book)["zo_combined_score"].start
    most = {profile.profile: most_combined_score(book, profile) for profile in active_profiles(book)}
    for row in rows:
        out_of_reach = {name: score for name, score in most.items() if not met_by(range(least, score + 1), [row])}
        if out_of_reach:
            what = f"{condition_in_words(row.rule)} can never hold where the score is {_at_most(out_of_reach)}"
            yield RuleWarning(file, row.number, what, f"{WHAT_FOLLOWS[file]} at these companies")


def _values(book: RuleBook, name: str, rows: Iterable[Row]) -> Iterable[int | str]:
    """Values of a property, among them one that meets the conditions if there is any."""
    scores = scores_of(book)
    if name in scores:
        return scores[name]
    if name == "fit_completeness_pct":
        return range(101)
    if name in NUMBER_PROPERTIES:
        # Counts without an end: what decides lies next to a number that a condition names.
        named = [int(Decimal(row.rule.value).to_integral_value(ROUND_FLOOR)) for row in rows]
        return [0, *(value + step for value in named for step in (-1, 0, 1, 2) if value + step >= 0)]
    if name == "band":
        most = max(most_combined_score(book, profile) for profile in active_profiles(book))
        return [band.band for band in book.rules("score_bands") if band.min_score <= most]
    return TEXT_VALUES.get(name) or [*(row.rule.value for row in rows), "any other"]


def met_by(values: Iterable[int | str], rows: Iterable[Row]) -> bool:
    """Whether one of the values meets all of these conditions."""
    return any(all(_holds(value, row) for row in rows) for value in values)


def _holds(value: int | str, row: Row) -> bool:
    rule = row.rule
    if isinstance(value, int):
        return COMPARISONS[rule.operator](value, Decimal(rule.value))
    return COMPARISONS[rule.operator](_compared(rule.property, value), _compared(rule.property, rule.value))


def _compared(name: str, value: str) -> str:
    """A text as the models compare it: countries by their code, other texts without regard to capitals."""
    return (country_code(value) if name == "country" else None) or value.casefold()


def _because(book: RuleBook, name: str) -> str:
    scores = scores_of(book)
    if name not in scores:
        return ""
    possible = scores[name]
    return f": the rules that are switched on give {PROPERTY_NAMES[name]} {possible.start} to {possible.stop - 1}"


def _at_most(most: dict[str, int]) -> str:
    return ", ".join(f"at most {score} (profile {name})" for name, score in most.items())
