"""Updates → HubSpot, in batches of which several are on their way at once, with what became of each."""

import gc
from collections.abc import Callable, Iterator, Sequence

from dagster_project.crm.batches import BATCH_SIZE, Outcome, read_answer, refused_alone, update_body, upsert_body
from dagster_project.crm.changes import Update
from dagster_project.crm.halving import sent_in_halves
from dagster_project.crm.in_flight import sent_at_once
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.transport import MOST_AT_ONCE, HubSpotApi


def send(updates: Sequence[Update], api: HubSpotApi, mapped: MappedObject) -> Iterator[Outcome]:
    """Send updates and yield what HubSpot acknowledged, call by call, in the order the answers come.

    Args:
        updates: At most one per record. Those with a record id are updated, and when all of these were answered, the
            others are upserted: an upsert can lead to a record that an update changes too.
    Yields:
        One outcome per call that was answered. The caller writes the ledger as it goes; a crash loses track of what is
        on its way and of what was answered meanwhile, which is about a second of writes that may be repeated.
    Raises:
        CrmUnavailable, CrmUnauthorised: After what was on its way was waited for and yielded; the rest was not sent.

    A rejected record is named in `Outcome.rejected` and does not hold back the others. Close the generator when
    stopping early, so that nothing is on its way any more.
    Source: HubSpot docs, CRM objects, batch update and batch upsert.
    """

    def send_batch(batch: Sequence[Update], is_called_off: Callable[[], bool]) -> Iterator[Outcome]:
        return _send_batch(batch, api, mapped, is_called_off)

    known = [update for update in updates if update.hubspot_id is not None]
    unknown = [update for update in updates if update.hubspot_id is None]
    # All updates live until the last one is sent: Python would look through them for garbage again and again.
    gc.freeze()
    try:
        for group in (known, unknown):
            batches = [group[start : start + BATCH_SIZE] for start in range(0, len(group), BATCH_SIZE)]
            yield from sent_at_once(batches, send_batch, api.calls_at_once, MOST_AT_ONCE)
    finally:
        gc.unfreeze()


def _send_batch(
    batch: Sequence[Update], api: HubSpotApi, mapped: MappedObject, is_called_off: Callable[[], bool]
) -> Iterator[Outcome]:
    is_update = batch[0].hubspot_id is not None
    path = f"/crm/objects/{{version}}/{mapped.object_type}/batch/{'update' if is_update else 'upsert'}"

    def send_some(some: Sequence[Update]) -> Outcome:
        body = update_body(some) if is_update else upsert_body(some, mapped)
        # Writing the same values to the same records twice leaves them as they are.
        answer = api.post(path, body, repeatable=True, is_called_off=is_called_off)
        return read_answer(some, answer.body, mapped)

    return sent_in_halves(batch, send_some, lambda item, refusal: Outcome(rejected=[refused_alone(item, refusal)]))
