"""A desk for deliveries: actions that are owed, handoffs that HubSpot acknowledged, and runs that send."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, select

from dagster_project.crm.owners import Owner
from dagster_project.outreach.delivering import ActRun, DeliverySummary, deliver
from dagster_project.outreach.outbox import CLAIM_LASTS
from dagster_project.outreach.slack import Slack
from dagster_project.privacy.suppression import NOBODY, Suppressed
from dagster_project.sandbox.running import Sandbox
from dagster_project.state.tables import handoffs, identities, outbox
from tests.conftest import TOKEN
from tests.small_snapshot import AS_OF, handoff_action, write_mart

CHANNEL = "#pql-handoff"
AFTER_A_PAUSE = timedelta(minutes=2)
AFTER_A_CRASH = CLAIM_LASTS + timedelta(minutes=1)


@dataclass
class Desk:
    """One snapshot with actions, one state, one Slack. Time is the sandbox's, and passes only when told to."""

    sandbox: Sandbox
    engine: Engine
    snapshot_dir: Path
    as_of: datetime = AS_OF
    owners: dict[str, Owner] = field(default_factory=dict)
    owners_asked: list[str] = field(default_factory=list)
    actions: Path | None = None
    suppressed: Suppressed = NOBODY
    _runs: int = 0

    def decide(self, *rows: dict) -> None:
        """These actions are in the snapshot that is current."""
        self.actions = write_mart(self.snapshot_dir, "decide.actions", *rows)

    def decide_handoffs(self, count: int) -> None:
        """Decide the two messages of each handoff, that to the owner and that to the channel."""
        both = [(number, target) for number in range(1, count + 1) for target in ("owner", CHANNEL)]
        self.decide(*(handoff_action(number, target=target) for number, target in both))

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

    def run(self) -> ActRun:
        """The next run."""
        self._runs += 1

        def owner_of(owner_id: str) -> Owner | None:
            self.owners_asked.append(owner_id)
            return self.owners.get(owner_id)

        return ActRun(
            self.actions,
            self.engine,
            f"run-{self._runs}",
            self.as_of,
            owner_of,
            lambda record_id: f"https://app.hubspot.com/contacts/1/record/0-1/{record_id}",
            self.sandbox.clock.now,
            suppressed=self.suppressed,
        )

    def slack(self, kind: Callable[..., Slack] = Slack) -> Slack:
        return kind(TOKEN, self.sandbox.slack_url, sleep=self.sandbox.clock.advance)

    def deliver(self) -> DeliverySummary:
        return deliver(self.run(), self.slack())

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
