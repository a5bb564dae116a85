"""What the events that have come in say of the rules."""

from collections.abc import Iterator

from dagster_project.rules.english.words import counted
from dagster_project.rules.lint.warning import RuleWarning
from dagster_project.rules.reading import Row, RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.events import EVENT_FLAGS
from dagster_project.rules.seen import SeenEvents


def events_that_never_came(book: RuleBook, seen: SeenEvents) -> Iterator[RuleWarning]:
    known = _came(book, seen)
    for file, row, cell in _used(book):
        for name in parts(cell):
            if name not in known:
                what = f"{name} is used, and no such event has come in"
                why = "Nobody can meet it: check the names in event_taxonomy.csv and what the sources send"
                yield RuleWarning(file, row.number, what, why)


def events_to_send_that_never_came(book: RuleBook, seen: SeenEvents) -> Iterator[RuleWarning]:
    known = _came(book, seen)
    for row in book.rows["crm_events"]:
        for name in parts(row.rule.events) if row.rule.is_enabled else ():
            if name not in known:
                what = f"{row.rule.event_name} is sent for {name}, and no such event has come in"
                why = "HubSpot is never told of it: check the names in event_taxonomy.csv and what the sources send"
                yield RuleWarning("crm_events", row.number, what, why)


def _came(book: RuleBook, seen: SeenEvents) -> set[str]:
    """The event types and flags of which an event has come in."""
    rows = seen.taxonomy_rows(book)
    flags = {flag for flag in EVENT_FLAGS if any(getattr(rule, flag) for rule in rows)}
    return {rule.event_type for rule in rows} | flags


def _used(book: RuleBook) -> Iterator[tuple[str, Row, str | None]]:
    for row in book.rows["activation_milestones"]:
        yield "activation_milestones", row, row.rule.event_type
    for file in ("engagement_rules", "signals", "account_signals"):
        for row in book.rows[file]:
            if row.rule.is_enabled:
                yield file, row, row.rule.events


def decay_longer_than_the_data(book: RuleBook, seen: SeenEvents) -> Iterator[RuleWarning]:
    fading = {rule.score_group for rule in book.rules("score_groups") if rule.decays}
    for row in book.rows["engagement_rules"]:
        rule = row.rule
        fades = rule.is_enabled and rule.score_group in fading and rule.decay_days is not None
        if fades and seen.span_days is not None and rule.decay_days > seen.span_days:
            covered = counted(seen.span_days, "day")
            what = f"{rule.rule_id} is halved in {rule.decay_days} days, and the events cover {covered}"
            why = "No score has faded by it yet, so nobody knows whether the time is right"
            yield RuleWarning("engagement_rules", row.number, what, why)
