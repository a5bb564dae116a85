"""Who is activated and who goes to sales, in plain English."""

from collections.abc import Iterator

from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.words import condition_in_words, counted
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.deciding import ExcludedDomain, SqlCondition
from dagster_project.rules.schema.events import ActivationMilestone, EventName

DOMAIN_KINDS = {
    "competitor": "competitors",
    "free_mail": "free mail that the public list does not know",
    "not_free_mail": "no free mail, whatever the public list says",
}


def sql_definition_in_english(book: RuleBook) -> str:
    """The one sentence that sales and marketing agree on: what they did and, by min_fit_score, who they are."""
    conditions = [condition_in_words(rule) for rule in book.rules("sql_definition")]
    min_fit_score = next(rule.value for rule in book.rules("handoff_settings") if rule.setting_id == "min_fit_score")
    if min_fit_score != "0":
        conditions.append(f"fit score is at least {min_fit_score}")
    return f"A contact is sales qualified when {' and '.join(conditions)}."


def _definition_sentences(book: RuleBook) -> Iterator[str]:
    yield sql_definition_in_english(book)


def _definition_row(book: RuleBook, rule: SqlCondition) -> str:
    return condition_in_words(rule)


def _activation_sentences(book: RuleBook) -> Iterator[str]:
    milestones = [
        rule.label if rule.min_count == 1 else f"{rule.label} ({rule.min_count} times)"
        for rule in book.rules("activation_milestones")
    ]
    yield f"A user is activated when all of this has happened, and stays so: {'; '.join(milestones)}."


def _milestone(book: RuleBook, rule: ActivationMilestone) -> str:
    return rule.event_type if rule.min_count == 1 else f"{rule.event_type} {counted(rule.min_count, 'time')}"


def _event_sentences(book: RuleBook) -> Iterator[str]:
    events = book.rules("event_taxonomy")
    for what, flag in (("Activities", "is_activity"), ("Key actions", "is_key_action"), ("Logins", "is_login")):
        types = dict.fromkeys(rule.event_type for rule in events if getattr(rule, flag))
        yield f"{what}: {', '.join(types) or 'none'}."
    others = dict.fromkeys(rule.event_type for rule in events if not rule.is_activity)
    if others:
        yield f"No activities, and seen by rules all the same: {', '.join(others)}."


def _event(book: RuleBook, rule: EventName) -> str:
    flags = [
        flag.removeprefix("is_").replace("_", " ")
        for flag in ("is_activity", "is_key_action", "is_login")
        if getattr(rule, flag)
    ]
    kind = f" ({', '.join(flags)})" if flags else ""
    return f"{rule.source_event} of {rule.source} is {rule.event_type}{kind}"


def _domain_sentences(book: RuleBook) -> Iterator[str]:
    for kind, words in DOMAIN_KINDS.items():
        domains = [rule.domain for rule in book.rules("excluded_domains") if rule.kind == kind]
        if domains:
            yield f"{words[0].upper()}{words[1:]}: {', '.join(domains)}."


def _domain(book: RuleBook, rule: ExcludedDomain) -> str:
    return f"{rule.domain}: {DOMAIN_KINDS[rule.kind]}"


SQL_DEFINITION = Chapter("Sales qualified", _definition_sentences, _definition_row)
ACTIVATION = Chapter("Activated", _activation_sentences, _milestone)
TAXONOMY = Chapter("Events", _event_sentences, _event)
DOMAINS = Chapter("Domains", _domain_sentences, _domain)
