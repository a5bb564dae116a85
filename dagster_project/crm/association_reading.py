"""Which records are associated with which, read from HubSpot: of everything, or of what may have been moved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from dagster_project.crm.copied_objects import ENGAGEMENTS
from dagster_project.crm.errors import CrmUnavailable
from dagster_project.crm.object_reading import CopyState, ObjectRead
from dagster_project.crm.paging import next_of
from dagster_project.crm.transport import HubSpotApi

# Source: HubSpot docs, associate records guide. These calls have a daily budget of their own, 500,000 an account.
BATCH_SIZE = 1_000


@dataclass(frozen=True)
class Pair:
    """Two object types, read from the one of which a record has few of the other.

    Args:
        moves_both: A new association shows as a change of either end (HubSpot counts a company's contacts and a
            contact's deals). Else only of the first; what is added to an old call is found by the next full read.
    """

    from_type: str
    to_type: str
    moves_both: bool

    @property
    def name(self) -> str:
        return f"{self.from_type}_{self.to_type}"


PAIRS = (
    Pair("contacts", "companies", moves_both=True),
    Pair("deals", "contacts", moves_both=True),
    Pair("deals", "companies", moves_both=True),
    *(
        Pair(kind.name, to_type, moves_both=False)
        for kind in ENGAGEMENTS
        for to_type in ("contacts", "companies", "deals")
    ),
)


class Held(Protocol):
    """What the last copy says."""

    def ids(self, object_type: str) -> set[str]:
        """Of all records of a type."""

    def associated_from(self, pair: Pair, to_ids: Iterable[str]) -> set[str]:
        """Ids of the records that lead to one of these."""


@dataclass(frozen=True)
class PairRead:
    """Associations as rows of the raw table; those of other `from_ids` stay as they are unless this is all of them."""

    pair: Pair
    rows: list[dict]
    is_whole: bool
    from_ids: frozenset[str]


def read_pair(
    api: HubSpotApi, pair: Pair, read: Mapping[str, ObjectRead], past: Mapping[str, CopyState], held: Held
) -> PairRead:
    """Read the associations of two object types that were read just before.

    Raises:
        CrmError: See `HubSpotApi.call`; nothing is half read.
    """
    start, end = read[pair.from_type], read[pair.to_type]
    is_whole = pair.name not in past or start.is_whole or end.is_whole
    if not is_whole:
        ids = _moved(api, pair, start, end, held)
    elif start.is_whole:
        ids = start.ids
    else:
        ids = held.ids(pair.from_type) | start.ids
    ids -= start.gone
    if end.is_whole and not end.items:
        return PairRead(pair, [], is_whole, frozenset(ids))
    rows = [
        {
            "from_type": pair.from_type,
            "from_id": from_id,
            "to_type": pair.to_type,
            "to_id": str(other["toObjectId"]),
            "type_category": kind["category"],
            "type_id": kind["typeId"],
            "type_label": kind.get("label"),
        }
        for from_id, others in _associated(api, pair.from_type, pair.to_type, ids)
        for other in others
        for kind in other["associationTypes"]
    ]
    return PairRead(pair, rows, is_whole, frozenset(ids))


def _moved(api: HubSpotApi, pair: Pair, start: ObjectRead, end: ObjectRead, held: Held) -> set[str]:
    """Records whose associations may be others now: changed ones, and those that lead, or led, to a changed one."""
    ids = start.ids | held.associated_from(pair, end.gone | (end.ids if pair.moves_both else set()))
    if pair.moves_both:
        for _, others in _associated(api, pair.to_type, pair.from_type, end.ids):
            ids |= {str(other["toObjectId"]) for other in others}
    return ids


def _associated(api: HubSpotApi, from_type: str, to_type: str, ids: Iterable[str]) -> list[tuple[str, list[dict]]]:
    """(id, associated records) of those that have any; one with many can come several times."""
    path = f"/crm/associations/{{version}}/{from_type}/{to_type}/batch/read"
    found: list[tuple[str, list[dict]]] = []
    waiting = [{"id": record_id} for record_id in sorted(ids, key=int)]
    while waiting:
        inputs, waiting = waiting[:BATCH_SIZE], waiting[BATCH_SIZE:]
        answer = api.post(path, {"inputs": inputs}, repeatable=True).body
        results, errors = answer.get("results") or [], answer.get("errors") or []
        # A record without any is answered as not found; any other silence would be taken for "none", and delete.
        failed = [error for error in errors if error.get("category") != "OBJECT_NOT_FOUND"]
        if failed or not (results or errors):
            why = failed[0].get("message") if failed else "an answer without results"
            raise CrmUnavailable(f"HubSpot could not read the associations of {from_type} with {to_type}: {why}")
        for result in results:
            record_id = str(result["from"]["id"])
            found.append((record_id, result["to"]))
            after = next_of(result)
            if after is not None:
                waiting.append({"id": record_id, "after": after})
    return found
