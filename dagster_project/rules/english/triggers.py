"""What starts each trigger, for whom, and what is done by when, in plain English."""

from collections.abc import Iterator

from dagster_project.rules.english.chapter import Chapter
from dagster_project.rules.english.segments import asked_in_words
from dagster_project.rules.english.words import OFF, SAID_ALOUD, all_of, counted, hours_in_words
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.triggers import Trigger, TriggerAction, TriggerCondition

STARTS = {
    "handoff": "a contact is handed to sales and HubSpot has it",
    "review": "a qualified contact waits for somebody to look at the account",
    "return": "a contact goes back to marketing and HubSpot has it",
    "dormant": "somebody who was activated has not logged in for {days}",
    "disengaged": "somebody has done nothing at all for {days}: no use, no mail opened, no content",
}
DONE = {
    "slack_message": "a Slack message to {whom}",
    "slack_digest": "a line in the digest of {whom}",
    "hubspot_task": "a HubSpot task for the owner",
    "sequence": "the sequence “{whom}”",
    "webhook": "a webhook to {whom}",
    "segment": "the segment “{whom}”, from which a HubSpot workflow goes on",
}
NEVER_FOR = "suppressed or unknown people"


def trigger_in_english(book: RuleBook, rule: Trigger) -> Iterator[tuple[str, str]]:
    """What is said of one trigger, as pairs of a heading and the words."""
    yield "When", starts_in_words(book, rule)
    yield "For", " and ".join(for_whom(book, rule)) or "everybody it happens to"
    yield "Not for", all_of([*not_for_whom(book, rule), NEVER_FOR])
    yield "Done", "; ".join(action_in_words(book, action) for action in actions_of(book, rule))
    yield "How often", _how_often(rule)
    yield "Gives way to", _gives_way(book, rule)
    yield "From", f"{rule.enabled_from}; what was before begins nothing"


def starts_in_words(book: RuleBook, rule: Trigger) -> str:
    days = counted(rule.at_least_days or 0, "day")
    if rule.starts_with == "signal":
        label = _label(book, "signals", "signal_id", rule.starts_with_id)
        lasting = f" and has held for {days}" if rule.at_least_days else ""
        whose = "a company shows" if rule.subject == "company" else "somebody shows"
        return f"{whose} the signal “{label}”{lasting}"
    if rule.starts_with == "engagement_rule":
        who = "a company" if rule.subject == "company" else "somebody"
        return f"{who} meets “{_label(book, 'engagement_rules', 'rule_id', rule.starts_with_id)}”"
    return STARTS[rule.starts_with].format(days=days)


def for_whom(book: RuleBook, rule: Trigger) -> list[str]:
    who = ["the most senior active user of the company"] if rule.subject == "company" else []
    return who + [asked_in_words(book, other) for other in conditions_of(book, rule) if not _excludes(other)]


def not_for_whom(book: RuleBook, rule: Trigger) -> list[str]:
    """Conditions that say who is left out, turned around."""
    turned = [other.model_copy(update={"operator": "="}) for other in conditions_of(book, rule) if _excludes(other)]
    return [f"those of whom {asked_in_words(book, other)}" for other in turned]


def actions_of(book: RuleBook, rule: Trigger) -> list[TriggerAction]:
    return [other for other in book.rules("trigger_actions") if other.trigger_id == rule.trigger_id]


def action_in_words(book: RuleBook, rule: TriggerAction) -> str:
    """Such as `a HubSpot task for the owner (high priority): not before 1 day, due within 3 days, …`."""
    whom = "the owner" if rule.target == "owner" else rule.target
    if rule.action == "segment":
        whom = _label(book, "segments", "segment_id", rule.target)
    timed = [
        f"not before {_minutes(rule.not_before_minutes)}" if rule.not_before_minutes else "at once",
        f"due within {_minutes(rule.due_minutes)}",
        f"gives up after {hours_in_words(rule.expires_hours)}",
    ]
    hours = "counted in the owner's working hours" if rule.in_working_hours else "at any hour"
    done = DONE[rule.action].format(whom=whom)
    return f"{done} ({rule.priority} priority): {', '.join(timed)}, {hours}{'' if rule.is_enabled else OFF}"


def _sentences(book: RuleBook) -> Iterator[str]:
    for rule in triggers_by_strength(book):
        yield f"{rule.strength}. {rule.label}. {_paragraph(book, rule)}{'' if rule.is_enabled else OFF}."


def _paragraph(book: RuleBook, rule: Trigger) -> str:
    return ". ".join(f"{name}: {words}" for name, words in trigger_in_english(book, rule))


def _how_often(rule: Trigger) -> str:
    who = "each company" if rule.subject == "company" else "each contact"
    if rule.cool_down_days is None:
        return f"once for {who}"
    if rule.cool_down_days == 0:
        return f"each time it happens to {who}"
    return f"once in {counted(rule.cool_down_days, 'day')} for {who}"


def _gives_way(book: RuleBook, rule: Trigger) -> str:
    if rule.gives_way_hours is None:
        return "nothing"
    stronger = [
        other.label for other in triggers_by_strength(book) if other.is_enabled and other.strength < rule.strength
    ]
    which = f", {all_of(stronger) if len(stronger) <= SAID_ALOUD else f'{stronger[0]} to {stronger[-1]}'}"
    within = hours_in_words(rule.gives_way_hours)
    return f"whatever is stronger{which if stronger else ''}, begun for the same person or company within {within}"


def triggers_by_strength(book: RuleBook) -> list[Trigger]:
    return sorted(book.rules("triggers"), key=lambda rule: rule.strength)


def conditions_of(book: RuleBook, rule: Trigger) -> list[TriggerCondition]:
    return [other for other in book.rules("trigger_conditions") if other.trigger_id == rule.trigger_id]


def _excludes(rule: TriggerCondition) -> bool:
    """A stage, a country or an industry that is left out; what is true or false is said as it is."""
    return rule.operator == "!=" and rule.value not in ("true", "false")


def _label(book: RuleBook, file: str, key: str, name: str | None) -> str:
    return next(other.label for other in book.rules(file) if getattr(other, key) == name)


def _minutes(minutes: int) -> str:
    return counted(minutes, "minute") if minutes < 60 or minutes % 30 else hours_in_words(minutes / 60)


def _condition_sentences(book: RuleBook) -> Iterator[str]:
    count = len(book.rules("trigger_conditions"))
    yield f"{count} conditions; those of each trigger are said with it, and all must hold."


def _action_sentences(book: RuleBook) -> Iterator[str]:
    yield f"{len(book.rules('trigger_actions'))} actions; those of each trigger are said with it."


TRIGGERS = Chapter("Triggers, the strongest first", _sentences, _paragraph)
TRIGGER_CONDITIONS = Chapter("Conditions of triggers", _condition_sentences, asked_in_words)
TRIGGER_ACTIONS = Chapter("Actions of triggers", _action_sentences, action_in_words)
