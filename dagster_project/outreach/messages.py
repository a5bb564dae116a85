"""What an action says: the words of its template, and how they stand in Slack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.outreach.calendars import Calendars
from dagster_project.outreach.errors import RefusedForNow
from dagster_project.outreach.outbox_rows import OutboxRow
from dagster_project.outreach.slack_text import (
    LONGEST_SECTION,
    LONGEST_TEXT,
    MOST_BLOCKS,
    button,
    cut,
    escaped,
    escaped_within,
    header,
    section,
    small_print,
)
from dagster_project.rules.english import sql_definition_in_english
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.template_fields import listed
from dagster_project.rules.templates import TemplateInvalid, render

OPEN_RECORD = "Open in HubSpot"
# A line of a digest says one thing; what is longer is in the record.
LONGEST_LINE = 400


@dataclass(frozen=True)
class Words:
    """The blocks of a template with the facts of one action."""

    subject: str
    text: str
    opener: str
    talking_points: str


@dataclass(frozen=True)
class Message:
    """What is posted: `text` alone is what notifications and screen readers show."""

    text: str
    blocks: list[dict]


@dataclass(frozen=True)
class Writer:
    """Renders templates for the actions of a run. `help_text`: in small print below what tells of a handoff."""

    rules_dir: Path
    calendars: Calendars
    as_of: datetime
    help_text: str | None = None

    def words(self, row: OutboxRow, owner_called: str | None = None) -> Words:
        """Raises:
        RefusedForNow: The template cannot be rendered.
        """
        return self.of_facts(_template(row), self.facts(row, owner_called))

    def of_facts(self, template: str | None, facts: Mapping[str, object]) -> Words:
        if not template:
            raise RefusedForNow("no template is named: mend trigger_actions.csv")
        try:
            return Words(**render(self.rules_dir, template, facts))
        except TemplateInvalid as problem:
            raise RefusedForNow(str(problem)) from None

    def facts(self, row: OutboxRow, owner_called: str | None = None) -> dict[str, object]:
        """The facts of an action as its template may name them."""
        action = row.action
        facts = {name: _tidied(value) for name, value in action.payload["facts"].items()}
        for name in ("moment_at", "handed_off_at"):
            if facts.get(name) is not None:
                facts[name] = datetime.fromisoformat(facts[name]).astimezone(UTC)
        hours = self.calendars.hours(action.kind, action.target, action.payload.get("owner_email"))
        is_today = action.moment_at is not None and hours.is_same_day(action.moment_at, self.as_of)
        return facts | {"owner_called": _tidied(owner_called) or facts.get("owner_name"), "is_today": is_today}

    def message(self, row: OutboxRow, owner_called: str | None = None) -> Message:
        """An action as a message of its own."""
        facts = self.facts(row, owner_called)
        words = self.of_facts(_template(row), facts)
        if not words.text:
            raise RefusedForNow(f"the template {_template(row)} says nothing in its block text")
        is_handoff = row.action.payload.get("is_handoff")
        return _message(words, facts, self.help_text if is_handoff else None)

    def digest_line(self, row: OutboxRow) -> str:
        """An action as a line of a digest, escaped."""
        facts = self.facts(row)
        words = self.of_facts(_template(row), facts)
        said = escaped_within(words.subject or words.text.partition("\n")[0], LONGEST_LINE)
        url = facts.get("record_url")
        return f"• {said} (<{escaped(str(url))}|{OPEN_RECORD}>)" if url else f"• {said}"


def handoff_help(book: RuleBook) -> str:
    """Why there is a message at all, for whoever reads one for the first time."""
    return f"Why you read this: {sql_definition_in_english(book)}"


def _template(row: OutboxRow) -> str | None:
    """What an earlier version put into the outbox names none: there was one message, that of a handoff."""
    return row.action.payload.get("template", row.action.trigger_id)


def _tidied(value: object) -> object:
    """Names come from people: a line break in one must not begin a line of a message, and a blank one is unknown."""
    return " ".join(value.split()) or None if isinstance(value, str) else value


def _message(words: Words, facts: Mapping[str, object], help_text: str | None) -> Message:
    """The text of the template; below it what is known of the person, what to say, and the way to the record."""
    blocks = [section(escaped_within(words.text, LONGEST_SECTION))]
    context = [
        ("Recent pages", "; ".join(listed(facts.get("recent_pages")))),
        ("Features used", "; ".join(listed(facts.get("features_used")))),
        ("Why the score", _bullets(listed(facts.get("score_reasons")))),
        ("Talking points", _bullets(words.talking_points.splitlines())),
    ]
    blocks += [_titled(title, said) for title, said in context if said]
    url = facts.get("record_url")
    way = button(OPEN_RECORD, str(url)) if url else None
    blocks += [way] if way else []
    blocks += [small_print(help_text)] if help_text else []
    return Message(escaped_within(words.text, LONGEST_TEXT), blocks)


def _titled(title: str, said: str) -> dict:
    between = "\n" if "\n" in said or said.startswith("•") else " "
    head = f"*{title}*{between}"
    return section(head + escaped_within(said, LONGEST_SECTION - len(head)))


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"• {line.strip()}" for line in lines if line.strip())


def digest_pages(lines: Sequence[str]) -> list[int]:
    """How many of these lines go into each message, in order; a message takes what Slack's limits allow."""
    pages: list[int] = []
    text = sections = room = 0
    for line in lines:
        # What a message has besides: a header, a line that counts, and the small print.
        starts_section = len(line) + 1 > room
        is_full = text + len(line) + 1 > LONGEST_TEXT - 500 or sections + starts_section > MOST_BLOCKS - 3
        if not pages or is_full:
            pages.append(0)
            text, sections, starts_section = 0, 0, True
        sections += starts_section
        room = (LONGEST_SECTION if starts_section else room) - len(line) - 1
        text += len(line) + 1
        pages[-1] += 1
    return pages


def digest_message(title: str, lines: Sequence[str]) -> Message:
    """The lines as one message; they fit, if they are a page of `digest_pages`."""
    sections: list[str] = []
    for line in lines:
        if sections and len(sections[-1]) + 1 + len(line) <= LONGEST_SECTION:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line)
    text = "\n".join([escaped(title), *lines])
    return Message(text, [header(cut(title, LONGEST_SECTION)), *map(section, sections)])
