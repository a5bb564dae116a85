"""A desk for deliveries: actions that are owed, handoffs that HubSpot acknowledged, and runs that send."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from action_rows import CHANNEL, handoff_row, write_actions
from delivery_doors import doors, hubspot_api
from sqlalchemy import Engine, insert, select

from dagster_project.crm.owners import Owner
from dagster_project.crm.transport import HubSpotApi
from dagster_project.outreach.act_run import ActRun, DeliverySummary, Door
from dagster_project.outreach.calendars import Calendars, read_calendars
from dagster_project.outreach.delivering import deliver
from dagster_project.outreach.outbox_rows import CLAIM_LASTS
from dagster_project.outreach.slack import Slack
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.rules.book import read_rules
from dagster_project.sandbox.running import Sandbox
from dagster_project.settings import SHIPPED_RULES_DIR
from dagster_project.state.tables import handoffs, identities, outbox, returns
from tests.small_snapshot import AS_OF

AFTER_A_PAUSE = timedelta(minutes=2)
AFTER_A_CRASH = CLAIM_LASTS + timedelta(minutes=1)


@dataclass
class Desk:
    """One snapshot with actions, one state, one sandbox. Time is the sandbox's, and passes only when told to."""

    sandbox: Sandbox
    engine: Engine
    folder: Path
    as_of: datetime = AS_OF
    owners: dict[str, Owner] = field(default_factory=dict)
    owners_asked: list[str] = field(default_factory=list)
    actions: Path | None = None
    suppressed: Suppressed = NOBODY
    help_text: str | None = None
    rules_dir: Path = SHIPPED_RULES_DIR
    slack_kind: Callable[..., Slack] = Slack
    closed: dict[str, str] = field(default_factory=dict)
    _runs: int = 0

    def edit_rules(self, file: str, before: str, after: str) -> None:
        """RevOps changes a rule file of a folder of their own."""
        if self.rules_dir == SHIPPED_RULES_DIR:
            self.rules_dir = self.folder / "rules"
            shutil.copytree(SHIPPED_RULES_DIR, self.rules_dir)
        path = self.rules_dir / file
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")
        self.__dict__.pop("calendars", None)

    @cached_property
    def calendars(self) -> Calendars:
        return read_calendars(read_rules(self.rules_dir))

    def decide(self, *rows: dict) -> None:
        """These actions are in the snapshot that is current."""
        self.actions = write_actions(self.folder / "snapshot", *rows)

    def decide_handoffs(self, count: int) -> None:
        """Decide the two messages of each handoff, that to the owner and that to the channel."""
        both = [(number, target) for number in range(1, count + 1) for target in ("owner", CHANNEL)]
        self.decide(*(handoff_row(number, target=target) for number, target in both))

    def acknowledge(self, *numbers: int, owner_id: str | None = "201") -> None:
        """HubSpot holds these handoffs, with this owner."""
        with self.engine.begin() as connection:
            for number in numbers:
                row = {
                    "handoff_id": f"handoff-{number}",
                    "record_key": f"user-{number}",
                    "episode": 1,
                    "owner_id": owner_id,
                    "owner_reason": "round_robin",
                    "handed_off_at": AS_OF,
                    "run_id": "sync",
                    "claimed_at": AS_OF,
                    "acknowledged_as_of": AS_OF,
                    "acknowledged_at": AS_OF,
                }
                connection.execute(insert(handoffs).values(row))

    def acknowledge_return(self, number: int) -> None:
        """HubSpot holds that this contact went back to marketing."""
        row = {
            "return_id": f"return-{number}",
            "record_key": f"user-{number}",
            "episode": 1,
            "rule_id": "cold",
            "reason": "cold",
            "returned_at": AS_OF,
            "run_id": "sync",
            "claimed_at": AS_OF,
            "acknowledged_as_of": AS_OF,
            "acknowledged_at": AS_OF,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(returns).values(row))

    def identify(self, number: int, hubspot_id: str) -> None:
        """The contact of a handoff has this record."""
        row = {
            "object_type": "contacts",
            "record_key": f"user-{number}",
            "hubspot_id": hubspot_id,
            "matched_by": "email",
            "recorded_at": AS_OF,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(identities).values(row))

    def wait(self, time: timedelta) -> None:
        self.sandbox.clock.advance(time.total_seconds())

    def run(self, *, slack_kind: Callable[..., Slack] | None = None) -> ActRun:
        """The next run."""
        self._runs += 1

        def owner_of(owner_id: str) -> Owner | None:
            self.owners_asked.append(owner_id)
            return self.owners.get(owner_id)

        clock = self.sandbox.clock
        found = doors(
            self.sandbox.url,
            self.rules_dir,
            self.calendars,
            self.as_of,
            clock.now,
            clock.advance,
            slack_kind=slack_kind or self.slack_kind,
            help_text=self.help_text,
        )
        found |= {name: Door(None, reason) for name, reason in self.closed.items()}
        return ActRun(
            self.actions,
            self.engine,
            f"run-{self._runs}",
            self.as_of,
            self.calendars,
            found,
            owner_of,
            lambda record_id: f"https://app.hubspot.com/contacts/1/record/0-1/{record_id}",
            clock.now,
            is_clock_set=True,
            suppressed=self.suppressed,
        )

    def hubspot(self) -> HubSpotApi:
        return hubspot_api(self.sandbox.url, self.sandbox.clock.advance)

    def deliver(self, slack_kind: Callable[..., Slack] | None = None) -> DeliverySummary:
        return deliver(self.run(slack_kind=slack_kind))

    def row(self, action_id: str) -> dict:
        query = select(outbox).where(outbox.c.action_id == action_id)
        with self.engine.connect() as connection:
            return dict(connection.execute(query).mappings().one())

    def states(self) -> dict[str, str]:
        with self.engine.connect() as connection:
            return {row.action_id: row.state for row in connection.execute(select(outbox))}

    def posted(self) -> list[str]:
        """The actions that Slack shows, in the order they were posted, as often as it shows them."""
        return [message["metadata"]["event_payload"]["action_id"] for message in self.sandbox.messages()]

    def texts(self, channel: str | None = None) -> list[str]:
        return [message["text"] for message in self.sandbox.messages(channel)]


def counted(summary: DeliverySummary) -> DeliverySummary:
    """A summary by its numbers alone: without kinds, reasons and problems."""
    empty = DeliverySummary()
    return replace(summary, by_kind=empty.by_kind, waits=empty.waits, problems=[], shut={})
