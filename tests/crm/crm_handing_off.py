"""Contacts that are about to be handed off, and what became of them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crm_world import World, contact, hubspot_text, naive

STAGE, OWNER, TIME = "lifecyclestage", "hubspot_owner_id", "zo_handoff_at"
SQL_STAGE = "salesqualifiedlead"
DECIDED_AT = datetime(2026, 6, 30, 11, 30, 15, 123_456, UTC)


@dataclass(frozen=True)
class Lead:
    """A contact as the build decided it: who takes it over, since when, and whether that was begun before."""

    record_key: str
    hubspot_id: str | None
    owner_id: str | None
    owner_reason: str = "round_robin"
    decided_at: datetime = DECIDED_AT
    state: str = "proposed"
    pql_score: int = 70
    pool: str | None = "ae"
    turn: int | None = 1
    reason: str = "PQL score 70"
    track: str = "enterprise"

    @property
    def email(self) -> str:
        return f"{self.record_key}@a.example"

    def desired_row(self) -> dict:
        is_begun = self.state in ("proposed", "claimed")
        return contact(
            self.record_key,
            self.hubspot_id,
            pql_score=self.pql_score,
            handoff_at=naive(self.decided_at),
            handoff_reason=self.reason,
            sales_track=self.track,
            lifecycle_stage=SQL_STAGE if is_begun else None,
            owner_id=self.owner_id if is_begun and self.owner_reason != "existing_owner" else None,
        )

    def handoff_row(self) -> dict:
        return {
            "handoff_id": f"handoff of {self.record_key}",
            "record_key": self.record_key,
            "episode": 1,
            "handoff_state": self.state,
            "handed_off_at": naive(self.decided_at),
            "owner_reason": self.owner_reason,
            "owner_id": self.owner_id,
            "pool": self.pool,
            "track": self.track,
            "route_id": "large",
            "turn": self.turn,
            "handoff_reason": self.reason,
        }


def add_lead(world: World, name: str, owner_id: str | None, **held: str) -> Lead:
    """A lead that HubSpot holds, with these properties."""
    (record_id,) = world.sandbox.add_contacts([{"email": f"{name}@a.example"}])
    world.sandbox.edit("contacts", record_id, **{STAGE: "lead", **held})
    return Lead(name, record_id, owner_id)


def publish(world: World, *leads: Lead) -> None:
    world.publish_contacts(*(lead.desired_row() for lead in leads))
    world.publish_handoffs(*(lead.handoff_row() for lead in leads))


def rebuilt(world: World, lead: Lead, **otherwise) -> Lead:
    """As the next build tells it: what was begun is told as it was begun, anything else is decided anew."""
    begun = {row["record_key"]: row for row in world.handoff_rows()}.get(lead.record_key)
    if begun is None:
        return replace(lead, state="proposed", **otherwise)
    return replace(
        lead,
        state="claimed" if begun["acknowledged_at"] is None else "acknowledged",
        owner_id=begun["owner_id"],
        owner_reason=begun["owner_reason"],
        decided_at=begun["handed_off_at"],
        pool=begun["pool"],
        turn=begun["turn"],
    )


def claim(world: World, lead: Lead) -> tuple | None:
    """(owner, reason, time, whether HubSpot has acknowledged it) of a lead's only handoff, or None."""
    rows = [row for row in world.handoff_rows() if row["record_key"] == lead.record_key]
    assert len(rows) < 2
    for row in rows:
        return row["owner_id"], row["owner_reason"], row["handed_off_at"], row["acknowledged_at"] is not None
    return None


def held(world: World, lead: Lead) -> dict[str, str]:
    """What HubSpot holds of the handoff, by the address of the contact."""
    record = world.sandbox.contact(lead.email) or {}
    return {name: record[name] for name in (STAGE, OWNER, TIME) if record.get(name)}


def handed_off(lead: Lead, owner_id: str | None = None) -> dict[str, str]:
    """What HubSpot holds of a handoff that was made as it was decided."""
    return {STAGE: SQL_STAGE, OWNER: owner_id or lead.owner_id, TIME: hubspot_text(lead.decided_at)}


def written(world: World, lead: Lead, name: str) -> list[str]:
    """Every value that a property of the contact ever had, oldest first."""
    history = world.sandbox.history("contacts", world.sandbox.contact(lead.email)["id"])
    return [entry["changes"][name][1] for entry in history if name in entry["changes"]]
