"""Rows of fit rules that another row always beats, and sizes that stand in two rows."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from dagster_project.countries import country_code
from dagster_project.rules.english.words import counted
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reading import Row, RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.fit import FitRule
from dagster_project.wording import words_of

FILE = "fit_rules"
NEVER_COUNTS = "Of one attribute the best row counts, so this one never does"


def fit_rows_that_never_count(book: RuleBook) -> Iterator[RuleWarning]:
    rows = book.rows[FILE]
    fit_caps = {rule.cap for rule in book.rules("score_groups") if rule.score == "fit"}
    if rows and 0 in fit_caps:
        what = "the group of the fit score gives at most 0 points"
        yield RuleWarning("score_groups", None, what, "No row of fit_rules.csv changes a score")
    for row in rows:
        if row.rule.points == 0:
            yield RuleWarning(
                FILE, row.number, f"{_said(row.rule)} gives 0 points", "It says what no row would say too"
            )
            continue
        better = [other for other in rows if other is not row and _beats(other, row)]
        hidden_by = _covering(row.rule, better) if row.rule.match == "between" else better[:1]
        if hidden_by:
            numbers = ", ".join(str(other.number) for other in hidden_by)
            what = f"{_said(row.rule)} is always beaten by row {numbers}"
            yield RuleWarning(FILE, row.number, what, NEVER_COUNTS)


def overlapping_fit_bands(book: RuleBook) -> Iterator[RuleWarning]:
    bands = [row for row in book.rows[FILE] if row.rule.match == "between"]
    for first, second in combinations(bands, 2):
        low, high = max(_low(first), _low(second)), min(_high(first), _high(second))
        # One band inside the other is an exception to it that somebody wrote on purpose, or one that never counts.
        is_inside = (low, high) in ((_low(first), _high(first)), (_low(second), _high(second)))
        if first.rule.attribute == second.rule.attribute and low <= high and not is_inside:
            what = f"{low} to {high} stands in row {first.number} too"
            why = "The better row counts there; bands that meet leave no doubt"
            yield RuleWarning(FILE, second.number, what, why)


def _beats(other: Row, row: Row) -> bool:
    """Whether `other` gives as much and matches all that `row` does; of a band, whatever part they share."""
    if other.rule.attribute != row.rule.attribute or other.rule.points < row.rule.points:
        return False
    if row.rule.match == "between":
        is_wider = _low(other) <= _low(row) and _high(row) <= _high(other) and _size(other) > _size(row)
        return other.rule.points > row.rule.points or is_wider or other.number < row.number
    if not _matches_all_of(other.rule, row.rule):
        return False
    # Of two rows that say the same for the same points, the second is the one too many.
    is_twin = other.rule.points == row.rule.points and _matches_all_of(row.rule, other.rule)
    return other.number < row.number if is_twin else True


def _matches_all_of(other: FitRule, rule: FitRule) -> bool:
    sought, words = words_of(other.value), words_of(rule.value)
    if other.match == "equals":
        is_country = other.attribute == "country"
        return rule.match == "equals" and (
            country_code(other.value) == country_code(rule.value) if is_country else sought == words
        )
    phrases = [words_of(phrase) for phrase in parts(other.except_words)]
    return any(
        words[start : start + len(sought)] == sought
        and not any(_may_take(phrase, words, range(start, start + len(sought))) for phrase in phrases)
        for start in range(len(words) - len(sought) + 1)
    )


def _may_take(phrase: list[str], words: list[str], places: range) -> bool:
    """Whether a title with these words can have a phrase that does not count over one of these places."""
    for shift in range(1 - len(phrase), len(words)):
        over = [(place, place - shift) for place in range(len(words)) if 0 <= place - shift < len(phrase)]
        is_alike = all(words[place] == phrase[position] for place, position in over)
        if is_alike and any(place in places for place, _ in over):
            return True
    return False


def _covering(rule: FitRule, better: Iterable[Row]) -> list[Row]:
    """The bands that together hold all of this one, or none."""
    taken: list[Row] = []
    next_value, last = rule.min_value or 0, rule.max_value or 0
    for other in sorted(better, key=_low):
        if _low(other) <= next_value <= _high(other):
            taken.append(other)
            next_value = _high(other) + 1
        if next_value > last:
            return taken
    return []


def _said(rule: FitRule) -> str:
    values = f"{rule.min_value} to {rule.max_value}" if rule.match == "between" else rule.value
    return f"{rule.attribute} {values} ({counted(rule.points, 'point')})"


def _low(row: Row) -> int:
    return row.rule.min_value


def _high(row: Row) -> int:
    return row.rule.max_value


def _size(row: Row) -> int:
    return _high(row) - _low(row)
