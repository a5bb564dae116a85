"""What the sensors of sync and act find: published marts, a state, an environment, and the time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dagster_project.crm.ledger import Acknowledged, append
from dagster_project.crm.list_ledger import RememberedList, claim_list, remember_list
from dagster_project.crm.sent_occurrences import remember_sent
from dagster_project.defs import automation
from dagster_project.defs.lists import segment_lists
from dagster_project.outreach import outbox
from dagster_project.outreach.outbox_rows import Action
from dagster_project.settings import read_settings
from dagster_project.state.database import open_state
from dagster_project.state.tables import handoffs
from tests.conftest import TOKEN
from tests.outreach.action_rows import write_actions
from tests.small_snapshot import AS_OF, publish_small

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
NOBODY_LISTENS = "http://127.0.0.1:9"


class Outside:
    """What a sensor finds: published marts, a state, an environment, and the time."""

    def __init__(self, data_dir: Path, environment: pytest.MonkeyPatch) -> None:
        self.published_dir = data_dir / "published"
        self.environment = environment
        self.at(NOW)
        # A list for each segment is there; nobody is in one.
        for wanted in segment_lists():
            claim_list(
                self.engine, RememberedList(wanted.segment_id, wanted.object_type, wanted.name, None), "sync", NOW
            )
            remember_list(self.engine, wanted.segment_id, f"list of {wanted.segment_id}")

    def at(self, instant: datetime) -> None:
        self.environment.setattr(automation, "utc_now", lambda: instant)

    def go_live(self, *, slack: bool = True) -> None:
        """HubSpot and Slack are named, at an address where nobody listens: a sensor asks neither."""
        self.environment.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        self.environment.setenv("HUBSPOT_BASE_URL", NOBODY_LISTENS)
        if slack:
            self.environment.setenv("SLACK_BOT_TOKEN", TOKEN)
            self.environment.setenv("SLACK_BASE_URL", f"{NOBODY_LISTENS}/api/")

    def decide(
        self,
        *contacts: dict,
        companies: list[dict] | None = None,
        events: list[dict] | None = None,
        members: list[dict] | None = None,
        returns: list[dict] | None = None,
        queue: list[dict] | None = None,
    ) -> None:
        publish_small(
            self.published_dir,
            decide__segment_members=members or [],
            decide__returns=returns or [],
            decide__sales_queue=queue or [],
            decide__crm_contacts_desired=list(contacts),
            decide__crm_companies_desired=companies or [],
            decide__crm_occurrences=events or [],
        )

    @property
    def engine(self) -> Engine:
        return open_state(read_settings().state_database_url)

    def acknowledge(self, record_key: str, hubspot_id: str, name: str, value: str) -> None:
        """HubSpot holds this value on this contact."""
        entry = Acknowledged(record_key, hubspot_id, name, value, None)
        with self.engine.begin() as connection:
            append(connection, "contacts", [entry], run_id="sync", as_of=AS_OF, acknowledged_at=NOW)

    def take(self, event: dict, at: datetime = NOW) -> None:
        """HubSpot took this event."""
        with self.engine.begin() as connection:
            remember_sent(connection, [event["occurrence_id"]], AS_OF, "sync", at)

    def acknowledge_handoff(self, number: int) -> None:
        row = {
            "handoff_id": f"handoff-{number}",
            "record_key": f"user-{number}",
            "episode": 1,
            "owner_id": "201",
            "owner_reason": "round_robin",
            "handed_off_at": AS_OF,
            "run_id": "sync",
            "claimed_at": AS_OF,
            "acknowledged_as_of": AS_OF,
            "acknowledged_at": AS_OF,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(handoffs).values(row))

    def owe_to(self, *actions: dict) -> None:
        """These actions are in the snapshot that is current."""
        publish_small(self.published_dir)
        write_actions((self.published_dir / "current").resolve(), *actions)

    def owe(self, number: int = 1, **columns: object) -> str:
        """A message is in the outbox and due."""
        action = Action(
            f"action-{number}",
            "trigger",
            "slack_message",
            "owner",
            "u1",
            {},
            AS_OF + timedelta(hours=48),
            **columns,
        )
        outbox.enqueue(self.engine, [action], as_of=AS_OF, now=NOW)
        return action.action_id

    def try_in_vain(self, action_id: str, state: str = "pending") -> None:
        """A run tries the message long ago, so that it is due again."""
        long_ago = NOW - timedelta(hours=2)
        assert outbox.claim(self.engine, [action_id], "run", long_ago)
        outbox.settle(self.engine, [action_id], state, run_id="run", as_of=AS_OF, now=long_ago)
