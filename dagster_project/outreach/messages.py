"""What a handoff says in Slack."""

from dataclasses import dataclass, replace

from dagster_project.rules.english import sql_definition_in_english
from dagster_project.rules.reading import RuleBook


@dataclass(frozen=True)
class HandoffFacts:
    """What is known about a handoff; None is not known, and then that part of the message is left out."""

    contact_name: str | None
    contact_email: str | None
    company_name: str | None
    employee_count: int | None
    combined_score: int | None
    activated_days_ago: int | None
    teammates_invited_count: int | None
    key_action_7d_count: int | None
    owner_slack_name: str | None
    owner_name: str | None
    due_minutes: int | None
    record_url: str | None


def handoff_message(facts: HandoffFacts) -> str:
    """The message of a handoff in plain text, one line a subject.

        New SQL: Ana Ruiz at Acme (~85 employees)
        Score 65 - activated 3 days ago, invited 2 teammates, 14 key actions this week
        Owner: @dana - first call due within 2 hours
        Open in HubSpot: https://app.hubspot.com/…

    Slack needs `&`, `<` and `>` escaped in it; `escaped` does that. Source: Slack docs, formatting text.
    """
    facts = _tidied(facts)
    lines = [_who(facts), _why(facts), _owner(facts), _where(facts)]
    return "\n".join(line for line in lines if line)


def handoff_help(book: RuleBook) -> str:
    """Why there is a message at all, for whoever reads one for the first time."""
    return f"Why you read this: {sql_definition_in_english(book)}"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _tidied(facts: HandoffFacts) -> HandoffFacts:
    """Names come from people: a line break in one must not begin a line of the message, and a blank one is unknown."""
    texts = {name: value for name, value in vars(facts).items() if isinstance(value, str)}
    return replace(facts, **{name: " ".join(text.split()) or None for name, text in texts.items()})


def _who(facts: HandoffFacts) -> str:
    # A contact without a name is still somebody to call, known by the address.
    line = f"New SQL: {facts.contact_name or facts.contact_email or 'somebody without a name'}"
    if facts.company_name:
        line += f" at {facts.company_name}"
    if facts.employee_count is not None:
        line += f" (~{_counted(facts.employee_count, 'employee')})"
    return line


def _why(facts: HandoffFacts) -> str:
    done = []
    if facts.activated_days_ago is not None:
        ago = f"{_counted(facts.activated_days_ago, 'day')} ago" if facts.activated_days_ago else "today"
        done.append(f"activated {ago}")
    if facts.teammates_invited_count is not None:
        done.append(f"invited {_counted(facts.teammates_invited_count, 'teammate')}")
    if facts.key_action_7d_count is not None:
        done.append(f"{_counted(facts.key_action_7d_count, 'key action')} this week")
    score = f"Score {facts.combined_score}" if facts.combined_score is not None else ""
    return " - ".join(part for part in (score, ", ".join(done)) if part)


def _owner(facts: HandoffFacts) -> str:
    owner = f"@{facts.owner_slack_name}" if facts.owner_slack_name else facts.owner_name
    due = f"first call due within {_duration(facts.due_minutes)}" if facts.due_minutes is not None else ""
    return " - ".join(part for part in (f"Owner: {owner}" if owner else "", due) if part)


def _where(facts: HandoffFacts) -> str:
    return f"Open in HubSpot: {facts.record_url}" if facts.record_url else ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _duration(minutes: int) -> str:
    return _counted(minutes // 60, "hour") if minutes % 60 == 0 else _counted(minutes, "minute")
