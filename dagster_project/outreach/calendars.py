"""Whose working hours count for an action: those of its owner, else those of its channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster_project.outreach.working_hours import WorkingHours
from dagster_project.rules.reading import RuleBook
from dagster_project.rules.schema.cells import parts
from dagster_project.rules.schema.channels import Channel
from dagster_project.rules.schema.handing_off import SalesMember

DIGEST = "slack_digest"
# The target of an action that goes to whoever owns the contact.
OWNER_TARGET = "owner"
# The row of channels.csv by which each kind of action leaves.
CHANNEL_OF = {
    "slack_message": "slack",
    DIGEST: "slack",
    "hubspot_task": "hubspot_task",
    "sequence": "sequence",
    "webhook": "webhook",
}


@dataclass(frozen=True)
class Calendars:
    """What sales_team.csv and channels.csv say about time, and which channels are switched off."""

    channels: Mapping[str, Channel]
    team: Mapping[str, SalesMember]

    def hours(self, kind: str, target: str, owner_email: str | None) -> WorkingHours:
        """Of the owner where the action is theirs and they are on the team; a channel in Slack has its own hours."""
        member = None if target.startswith("#") else self.member(owner_email)
        rule = member or self.channels[CHANNEL_OF[kind]]
        absences = ()
        if member is not None and member.absent_from is not None and member.absent_until is not None:
            absences = ((member.absent_from, member.absent_until),)
        days = parts(rule.works_on)
        return WorkingHours(rule.time_zone, days, rule.works_from, rule.works_until, absences)

    def off_work(self, kind: str, target: str, owner_email: str | None, instant: datetime) -> str | None:
        """Until when it waits for those whose hours count, in words; None: they are at work."""
        hours = self.hours(kind, target, owner_email)
        if hours.works_at(instant):
            return None
        opens = hours.next_opening(instant).astimezone(ZoneInfo(hours.zone))
        return f"work begins again on {opens:%a %d %b at %H:%M} ({hours.zone})"

    def member(self, email: str | None) -> SalesMember | None:
        return self.team.get(email.strip().lower()) if email else None

    def digest_at(self) -> str | None:
        return self.channels["slack"].digest_at

    def is_on(self, kind: str) -> bool:
        return self.channels[CHANNEL_OF[kind]].is_enabled


def read_calendars(book: RuleBook) -> Calendars:
    return Calendars(
        {rule.channel: rule for rule in book.rules("channels")},
        {rule.member_email.strip().lower(): rule for rule in book.rules("sales_team")},
    )
