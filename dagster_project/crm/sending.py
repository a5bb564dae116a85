"""Updates → HubSpot, batch by batch, with what became of each."""

from collections.abc import Iterator, Sequence

from dagster_project.crm.batches import BATCH_SIZE, Outcome, Rejection, read_answer, update_body, upsert_body
from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmRefused
from dagster_project.crm.property_map import MappedObject
from dagster_project.crm.transport import HubSpotApi

# Refusals of a whole batch that one record in it can cause.
ONE_RECORD_CAN_CAUSE = {400, 409}


def send(updates: Sequence[Update], api: HubSpotApi, mapped: MappedObject) -> Iterator[Outcome]:
    """Send updates and yield what HubSpot acknowledged, batch by batch.

    Args:
        updates: In the order to send, at most one per record. Those with a record id are updated, the others upserted.
    Yields:
        One outcome per call that was answered, before the next batch leaves, so that the caller writes the ledger as it
        goes and a crash loses track of one batch at most.
    Raises:
        CrmUnavailable, CrmUnauthorised: Outcomes already yielded stand; the rest was not sent.

    A rejected record is named in `Outcome.rejected` and does not hold back the others.
    Source: HubSpot docs, CRM objects, batch update and batch upsert.
    """
    known = [update for update in updates if update.hubspot_id is not None]
    unknown = [update for update in updates if update.hubspot_id is None]
    for group in (known, unknown):
        for start in range(0, len(group), BATCH_SIZE):
            yield from _send_batch(group[start : start + BATCH_SIZE], api, mapped)


def _send_batch(batch: Sequence[Update], api: HubSpotApi, mapped: MappedObject) -> Iterator[Outcome]:
    is_update = batch[0].hubspot_id is not None
    body = update_body(batch) if is_update else upsert_body(batch, mapped)
    path = f"/crm/objects/{{version}}/{mapped.object_type}/batch/{'update' if is_update else 'upsert'}"
    try:
        # Writing the same values to the same records twice leaves them as they are.
        answer = api.post(path, body, repeatable=True)
    except CrmRefused as refusal:
        if refusal.status not in ONE_RECORD_CAN_CAUSE:
            raise
        if len(batch) == 1:
            yield Outcome(rejected=[Rejection(batch[0], refusal.category, refusal.hubspot_message, batch[0].values)])
            return
        # The refusal does not say which record is to blame; halving finds it in seven steps.
        middle = len(batch) // 2
        yield from _send_batch(batch[:middle], api, mapped)
        yield from _send_batch(batch[middle:], api, mapped)
        return
    yield read_answer(batch, answer.body, mapped)
