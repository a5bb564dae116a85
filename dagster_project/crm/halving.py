"""Batches that HubSpot refuses as a whole: halved until it is known which one is to blame."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dagster_project.crm.errors import CrmRefused

Item = TypeVar("Item")
Told = TypeVar("Told")

# Refusals of a whole batch that one record in it can cause.
ONE_RECORD_CAN_CAUSE = {400, 409}


def sent_in_halves(
    batch: Sequence[Item], send: Callable[[Sequence[Item]], Told], refused: Callable[[Item, CrmRefused], Told]
) -> Iterator[Told]:
    """Send a batch and yield what came of it; one that is refused holds back no other.

    A refusal does not say whom it is about; of 100, halving finds the one in seven steps. One half after the other: a
    batch may hold two updates of one record, which only one call at a time keeps apart.

    Args:
        send: Says what came of a batch that was answered.
        refused: Says what came of one that was refused by itself.
    Raises:
        CrmRefused: For a reason that is not one of its records; and what else `send` raises.
    """
    try:
        told = send(batch)
    except CrmRefused as refusal:
        if refusal.status not in ONE_RECORD_CAN_CAUSE:
            raise
        if len(batch) == 1:
            yield refused(batch[0], refusal)
            return
        middle = len(batch) // 2
        yield from sent_in_halves(batch[:middle], send, refused)
        yield from sent_in_halves(batch[middle:], send, refused)
    else:
        yield told
