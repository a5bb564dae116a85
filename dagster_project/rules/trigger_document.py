"""The whole trigger document as Markdown: what starts what, for whom, by when, and which way to sales and back."""

from collections.abc import Iterator

from dagster_project.rules.english import chapter_of, sql_definition_in_english
from dagster_project.rules.english.segments import asked_in_words
from dagster_project.rules.english.triggers import (
    action_in_words,
    actions_of,
    conditions_of,
    starts_in_words,
    trigger_in_english,
    triggers_by_strength,
)
from dagster_project.rules.markdown import bullets, escaped, table
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.triggers import Trigger

TITLE = "# What triggers what"
INTRODUCTION = (
    "Made of `triggers.csv`, `trigger_conditions.csv`, `trigger_actions.csv` and the rules of the handoff; "
    "`make docs` writes it anew. Minutes and hours count from the moment the trigger starts; in "
    "working hours, from when the owner next works. Nothing is done about suppressed people, about people without a "
    "contact of their own, or twice in one episode. Who owns the contact, or has an open deal with it, acts; else "
    "whose turn it is."
)
SENIORITY = (
    "Of a company the most senior active user is acted on: whoever was active there in the last 30 days and has the "
    "job title of the lowest rank; of several the one with the higher combined score, then the one active last, then "
    "the first by user id. People whose title says nothing come last."
)
# Handoff points and the way back, by file.
TO_SALES = ("routing_rules", "sales_team", "handoff_settings")
BACK = ("return_rules",)


def trigger_document(book: RuleBook) -> str:
    return "\n\n".join([TITLE, INTRODUCTION, *_triggers(book), *_handoff(book), *_return(book)]) + "\n"


def _triggers(book: RuleBook) -> Iterator[str]:
    yield "## All triggers, the strongest first"
    yield table(
        ("", "trigger", "when", "done", "on"),
        [
            (
                str(rule.strength),
                rule.label,
                starts_in_words(book, rule),
                "; ".join(action_in_words(book, action).split(" (")[0] for action in actions_of(book, rule)),
                "yes" if rule.is_enabled else "no",
            )
            for rule in triggers_by_strength(book)
        ],
    )
    for rule in triggers_by_strength(book):
        yield from _trigger(book, rule)


def _trigger(book: RuleBook, rule: Trigger) -> Iterator[str]:
    yield f"### {rule.strength}. {escaped(rule.label)} (`{rule.trigger_id}`)"
    off = "" if rule.is_enabled else " Switched off."
    yield f"{escaped(rule.why)}. Owner: {escaped(rule.owner)}.{off}"
    told = [(name, words) for name, words in trigger_in_english(book, rule) if name != "Done"]
    yield "\n".join(f"- **{name}:** {escaped(words)}." for name, words in told)
    conditions = conditions_of(book, rule)
    if conditions:
        yield table(
            ("condition", "why", "owner"),
            [(asked_in_words(book, other), other.why, other.owner) for other in conditions],
        )
    yield table(
        ("action", "template", "why", "owner"),
        [
            (action_in_words(book, action), action.template or "", action.why, action.owner)
            for action in actions_of(book, rule)
        ],
    )


def _handoff(book: RuleBook) -> Iterator[str]:
    yield "## The way to sales"
    yield escaped(sql_definition_in_english(book))
    for file in TO_SALES:
        yield f"### {chapter_of(file).title}"
        yield bullets(chapter_of(file).sentences(book))
    yield "### Who of a company is acted on"
    yield SENIORITY
    yield bullets(chapter_of("title_seniority").sentences(book))


def _return(book: RuleBook) -> Iterator[str]:
    yield "## The way back to marketing"
    for file in BACK:
        yield bullets(chapter_of(file).sentences(book))
