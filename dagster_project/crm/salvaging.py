"""Of a record that HubSpot refuses for some of its values, the other values are sent all the same."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from dagster_project.crm.batches import NOT_FOUND, UNACCOUNTED, Outcome, Rejection
from dagster_project.crm.changes import Update
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.sending import send
from dagster_project.crm.transport import HubSpotApi

# What HubSpot puts in front of a list in JSON of the values it does not take.
# Source: HubSpot docs, error handling; recorded error bodies in public client libraries.
NOT_VALID = "Property values were not valid: "
# What tells two updates of one sync apart.
Place = tuple[str, str | None]


def send_what_is_valid(
    updates: Sequence[Update], api: HubSpotApi, mapped: MappedObject, together: Collection[str]
) -> Iterator[Outcome]:
    """As `send`; of a record whose refusal names values, the rest is sent once more without them.

    Args:
        together: Properties that are written all or none: where HubSpot refuses one of them, the others stay behind.
    Yields:
        One outcome per call that was answered. A refusal that names values comes with what became of the rest, so that
        a record is never both refused and settled; it holds the values that were not taken, and no others.
    Raises:
        As `send`. Refusals that were still to be told are not: the next sync meets them again.
    """
    refused: dict[Place, Rejection] = {}
    while updates:
        again: list[Update] = []
        # Closed, so that nothing is on its way any more when the caller stops early.
        with closing(send(updates, api, mapped)) as outcomes:
            for outcome in outcomes:
                rejected = _without_rests(outcome, refused, again, together)
                if outcome.acknowledged or rejected:
                    yield Outcome(outcome.acknowledged, rejected)
        updates = again


def _without_rests(
    outcome: Outcome, refused: dict[Place, Rejection], again: list[Update], together: Collection[str]
) -> list[Rejection]:
    """What is to be told as refused now; the rest of a record whose refusal names values goes to `again`.

    `refused` holds what is told together with what becomes of that rest.
    """
    told: list[Rejection] = []
    settled = {update.place for update, _, _ in outcome.acknowledged}
    for rejection in outcome.rejected:
        place, named = rejection.update.place, _named_with(rejection, together)
        rest = {name: value for name, value in rejection.update.values.items() if name not in named}
        if named and rest:
            refused[place] = _added(refused.get(place), replace(rejection, values=_only(rejection, named)))
            again.append(replace(rejection.update, values=rest))
        elif rejection.category == UNACCOUNTED:
            # The next sync asks for these at once: they are not held back with what was refused.
            settled.add(place)
            told.append(rejection)
        else:
            settled.discard(place)
            told.append(_added(refused.pop(place, None), rejection))
    return told + [refused.pop(place) for place in settled if place in refused]


def _named_with(rejection: Rejection, together: Collection[str]) -> set[str]:
    """The properties of an update that its refusal names, and those that are written with one of them."""
    named = values_named(rejection.message) & rejection.update.values.keys()
    return named | (set(together) if named & set(together) else set())


def values_named(message: str) -> set[str]:
    """The properties that HubSpot says it cannot take, if it says so; a refusal for another reason names none."""
    _, found, listed = message.partition(NOT_VALID)
    if not found:
        return set()
    try:
        items, _ = json.JSONDecoder().raw_decode(listed)
    except ValueError:
        return set()
    items = items if isinstance(items, list) else []
    return {str(item["name"]) for item in items if isinstance(item, dict) and item.get("name")}


def _only(rejection: Rejection, names: Collection[str]) -> dict[str, str | None]:
    return {name: value for name, value in rejection.values.items() if name in names}


def _added(earlier: Rejection | None, rejection: Rejection) -> Rejection:
    """Two refusals of one record in one: under the category of the first, which named values.

    That the record is not there comes first all the same: the ledger forgets it, or its user is sent there for ever.
    """
    if earlier is None:
        return rejection
    return Rejection(
        rejection.update,
        NOT_FOUND if rejection.category == NOT_FOUND else earlier.category,
        f"{earlier.message}; {rejection.message}",
        {**earlier.values, **rejection.values},
    )
