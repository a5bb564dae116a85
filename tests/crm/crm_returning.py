"""Contacts that are about to go back to marketing, and what became of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crm_world import CONTACTS, World, naive

from dagster_project.crm.return_breaker import ReturnLimits, find_owed_returns
from dagster_project.crm.returning import MARKETING_STAGE, ReturnSummary, make_returns
from dagster_project.state.tables import returns

STAGE, OWNER = "lifecyclestage", "hubspot_owner_id"
SQL_STAGE = "salesqualifiedlead"
DECIDED_AT = datetime(2026, 6, 30, 11, 30, 15, 123_456, UTC)
BACK = {STAGE: MARKETING_STAGE}
LIMITS = ReturnLimits(most=10, most_pct=20)


@dataclass(frozen=True)
class Lead:
    """A contact that sales has, as the build decided that it goes back."""

    record_key: str
    hubspot_id: str
    owner_id: str | None
    decided_at: datetime = DECIDED_AT
    state: str = "proposed"
    copied_at: datetime | None = None

    @property
    def return_id(self) -> str:
        return f"return of {self.record_key}"

    def row(self) -> dict:
        return {
            "return_id": self.return_id,
            "record_key": self.record_key,
            "hubspot_id": self.hubspot_id,
            "episode": 1,
            "handoff_id": f"handoff of {self.record_key}",
            "return_state": self.state,
            "rule_id": "idle",
            "return_reason": "The owner did nothing",
            "returned_at": naive(self.decided_at),
            "owner_id": self.owner_id,
            "activity_copied_at": self.copied_at and naive(self.copied_at),
        }


def add_lead(world: World, name: str, owner_id: str | None, **held: str) -> Lead:
    """A contact at sales qualified that this owner has."""
    (record_id,) = world.sandbox.add_contacts([{"email": f"{name}@a.example"}])
    owned = {} if owner_id is None else {OWNER: owner_id}
    world.sandbox.edit("contacts", record_id, **{STAGE: SQL_STAGE, **owned, **held})
    return Lead(name, record_id, owner_id)


def publish(world: World, *leads: Lead, in_queue: int | None = None) -> None:
    world.publish_returns(*(lead.row() for lead in leads), in_queue=in_queue)


def rebuilt(world: World, lead: Lead, minutes: int = 60) -> Lead | None:
    """As the next build tells it: what was begun as it was begun; None where it is over."""
    row = {row["return_id"]: row for row in world.rows(returns)}.get(lead.return_id)
    if row is None:
        return Lead(lead.record_key, lead.hubspot_id, lead.owner_id, DECIDED_AT + timedelta(minutes=minutes))
    if row["acknowledged_at"] is not None:
        return None
    return Lead(lead.record_key, lead.hubspot_id, row["owner_id"], row["returned_at"], "claimed")


def take_back(world: World, *, api=None, run_id: str = "run", approved: str = "", limits=LIMITS) -> ReturnSummary:
    """One run."""
    run = world.run(run_id)
    owed = find_owed_returns(run, limits, approved)
    return make_returns(run, api or world.api, CONTACTS, owed.due, lambda line: None, len(owed.held))


def held(world: World, lead: Lead) -> dict[str, str]:
    record = world.sandbox.record("contacts", lead.hubspot_id) or {}
    return {name: record[name] for name in (STAGE, OWNER) if record.get(name)}


def stages(world: World, lead: Lead) -> list[str]:
    """Every stage the contact ever had, oldest first; an empty text where it had none."""
    history = world.sandbox.history("contacts", lead.hubspot_id)
    return [entry["changes"][STAGE][1] or "" for entry in history if STAGE in entry["changes"]]


def claim(world: World, lead: Lead) -> bool | None:
    """Whether HubSpot acknowledged the return; None: nobody has begun it."""
    rows = [row for row in world.rows(returns) if row["return_id"] == lead.return_id]
    assert len(rows) < 2
    return None if not rows else rows[0]["acknowledged_at"] is not None
