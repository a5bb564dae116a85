"""Occurrences of one event → HubSpot, in batches, with what became of each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dagster_project.crm.batches import Rejection, refused_alone
from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.event_map import MappedEvent
from dagster_project.crm.halving import sent_in_halves
from dagster_project.crm.occurrence_values import values_of
from dagster_project.crm.transport import HubSpotApi

# Source: HubSpot docs, custom events, limits.
BATCH_SIZE = 500
KNOWN_ALREADY = 409
# So many refused one after the other are no bad luck: it is the event, and halving every batch would ask HubSpot about
# each occurrence by itself.
MOST_REFUSED_IN_A_ROW = 20


@dataclass(frozen=True)
class Occurrence:
    """One event of one contact, as it is sent."""

    occurrence_id: str
    hubspot_id: str
    occurred_at: datetime
    values: dict[str, str]

    def as_input(self, full_name: str) -> dict:
        return {
            "uuid": self.occurrence_id,
            "eventName": full_name,
            "objectId": self.hubspot_id,
            "occurredAt": self.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "properties": self.values,
        }

    def as_update(self, event_name: str) -> Update:
        """As what was refused is remembered; names of properties have no capital letters."""
        said = {"eventName": event_name, "occurredAt": f"{self.occurred_at:%Y-%m-%d %H:%M:%S}", **self.values}
        return Update(self.occurrence_id, self.hubspot_id, None, said, {}, {})


@dataclass
class Sent:
    """What one call brought."""

    taken: Sequence[Occurrence] = ()
    rejected: list[Rejection] = field(default_factory=list)


def read_occurrence(event: MappedEvent, row: dict, changed: Counter[str]) -> Occurrence:
    """A row of `decide.crm_occurrences`; what is not sent as it was stated is counted in `changed`."""
    return Occurrence(
        row["occurrence_id"],
        row["hubspot_id"],
        row["occurred_at"].replace(tzinfo=UTC),
        values_of(event, row["properties"], changed),
    )


def send_occurrences(
    batch: Sequence[Occurrence], api: HubSpotApi, event: MappedEvent, root: str, full_name: str
) -> Iterator[Sent]:
    """Send one batch and yield what HubSpot took, call by call.

    HubSpot answers for a batch as a whole and says nothing of single occurrences: one that it refuses is found by
    halving, and does not hold back the others. That a batch was taken means that HubSpot will look at it.

    Raises:
        CrmUnavailable, CrmUnauthorised: What was yielded stands.
    Source: HubSpot docs, send custom event occurrences.
    """

    def send_some(some: Sequence[Occurrence]) -> Sent:
        # Of equal ids HubSpot takes one.
        inputs = [occurrence.as_input(full_name) for occurrence in some]
        api.post(f"{root}/send/batch", {"inputs": inputs}, repeatable=True)
        return Sent(taken=some)

    def refused(occurrence: Occurrence, refusal: CrmRefused) -> Sent:
        if refusal.status == KNOWN_ALREADY:
            # Sent by a process that was killed before it could write it down.
            return Sent(taken=[occurrence])
        return Sent(rejected=[refused_alone(occurrence.as_update(event.name), refusal)])

    return sent_in_halves(batch, send_some, refused)
