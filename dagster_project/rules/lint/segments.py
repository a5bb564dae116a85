"""Segments that say nothing: twice the same, without an end of conditions, with nobody or everybody in them."""

from collections import Counter
from collections.abc import Iterator

from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.segments import SegmentCondition
from dagster_project.rules.seen import SeenEvents

FILE = "segments"
# What HubSpot allows a list of its own to ask for; one that asks for more could never be rebuilt there.
MOST_CONDITIONS = 250


def _conditions(book: RuleBook) -> dict[str, list[SegmentCondition]]:
    found: dict[str, list[SegmentCondition]] = {rule.segment_id: [] for rule in book.rules(FILE)}
    for rule in book.rules("segment_conditions"):
        found[rule.segment_id].append(rule)
    return found


def segments_twice_the_same(book: RuleBook) -> Iterator[RuleWarning]:
    conditions, first_of = _conditions(book), {}
    for row in book.rows[FILE]:
        rule = row.rule
        asked = Counter((item.property, item.operator, item.value) for item in conditions[rule.segment_id])
        for (name, operator, value), count in asked.items():
            if count > 1:
                what = f"{rule.segment_id} asks {count} times for {name} {operator} {value}"
                yield RuleWarning(FILE, row.number, what, "Once is enough: delete the others")
        first = first_of.setdefault((rule.object_type, frozenset(asked)), rule.segment_id)
        if first != rule.segment_id:
            what = f"{rule.segment_id} asks for the same as {first}"
            yield RuleWarning(FILE, row.number, what, "The same people are in both: keep one of them")


def segments_with_too_many_conditions(book: RuleBook) -> Iterator[RuleWarning]:
    conditions = _conditions(book)
    for row in book.rows[FILE]:
        count = len(conditions[row.rule.segment_id])
        if count > MOST_CONDITIONS:
            what = f"{row.rule.segment_id} has {count} conditions, and a list in HubSpot may have {MOST_CONDITIONS}"
            yield RuleWarning(FILE, row.number, what, "Nobody can build or check it there: leave some out")


def segments_of_what_is_off(book: RuleBook) -> Iterator[RuleWarning]:
    """An engagement rule that is off is looked at for the segment; a signal that is off nobody shows."""
    on = {
        "live_signal": {rule.signal_id for rule in book.rules("signals") if rule.is_enabled},
        "account_signal": {rule.condition_id for rule in book.rules("account_signals") if rule.is_enabled},
    }
    for row in book.rows["segment_conditions"]:
        rule = row.rule
        if rule.property in on and rule.value not in on[rule.property]:
            what = f"{rule.segment_id} asks for {rule.value}, which is switched off"
            yield RuleWarning(
                "segment_conditions", row.number, what, "Nobody shows it: switch it on, or ask for another"
            )


def segments_of_nobody_or_everybody(book: RuleBook, seen: SeenEvents) -> Iterator[RuleWarning]:
    if seen.segment_sizes is None:
        return
    for row in book.rows[FILE]:
        rule, everybody = row.rule, seen.record_counts.get(row.rule.object_type, 0)
        if not rule.is_enabled or not everybody:
            continue
        size = seen.segment_sizes.get(rule.segment_id, 0)
        if size == 0:
            what = f"nobody of the {everybody:,} {rule.object_type} of the last build is in {rule.segment_id}"
            yield RuleWarning(FILE, row.number, what, "Its conditions may ask for too much: look at them again")
        elif size == everybody:
            what = f"all {everybody:,} {rule.object_type} of the last build are in {rule.segment_id}"
            yield RuleWarning(FILE, row.number, what, "Its conditions ask for nothing: look at them again")
