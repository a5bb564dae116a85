"""Actions put into words, without an outbox."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from action_rows import action_row

from dagster_project.outreach.calendars import Calendars, read_calendars
from dagster_project.outreach.messages import Message, Words, Writer
from dagster_project.outreach.outbox_rows import Action, OutboxRow
from dagster_project.rules.book import read_rules
from dagster_project.rules.template_fields import COLUMNS
from dagster_project.settings import SHIPPED_RULES_DIR
from tests.small_snapshot import AS_OF


@cache
def shipped_calendars() -> Calendars:
    return read_calendars(read_rules(SHIPPED_RULES_DIR))


def outbox_row(row: dict, facts: dict | None = None) -> OutboxRow:
    """A row of decide.actions as the outbox has it; `facts` over those of the row."""
    known = {name: row.get(name) for name in COLUMNS if not isinstance(row.get(name), datetime)} | (facts or {})
    payload = {
        "facts": known,
        "template": row["template"],
        "owner_email": row["owner_email"],
        "contact_id": row.get("hubspot_id"),
        "company_id": row.get("company_hubspot_id"),
        "company_key": row.get("company_key"),
        "is_handoff": row.get("handoff_id") is not None,
    }
    action = Action(
        *(row[name] for name in ("action_id", "trigger_id", "kind", "target", "record_key")),
        payload=payload,
        expires_at=AS_OF,
        moment_at=row["moment_at"].replace(tzinfo=UTC),
        priority=row["priority"],
        episode=row["episode"],
    )
    return OutboxRow(action, "pending", 0, None, None, AS_OF)


def writer(rules_dir: Path = SHIPPED_RULES_DIR, help_text: str | None = None) -> Writer:
    return Writer(rules_dir, shipped_calendars(), AS_OF, help_text)


def written(row: dict, facts: dict | None = None, owner_called: str | None = None) -> Words:
    return writer().words(outbox_row(row, facts), owner_called)


def message(row: dict, facts: dict | None = None, help_text: str | None = None) -> Message:
    return writer(help_text=help_text).message(outbox_row(row, facts))


def words_of(template: str, **facts: object) -> Words:
    """A template with these facts and no others."""
    row = action_row(1, template=template)
    nothing = dict.fromkeys(COLUMNS)
    return writer().words(outbox_row(row, nothing | facts))
