"""Several batches on their way at once, and one caller who is told what became of each as the answers come."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from dagster_project.crm.batches import Outcome
from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmCalledOff

# Sends one batch and yields what became of it, call by call. It is given a way to ask whether it has been called off,
# and raises CrmCalledOff where it finds that it has.
SendBatch = Callable[[Sequence[Update], Callable[[], bool]], Iterable[Outcome]]


@dataclass(frozen=True)
class _Ended:
    """Nothing more will be told of a batch."""

    error: BaseException | None


def sent_at_once(
    batches: Sequence[Sequence[Update]], send_batch: SendBatch, how_many: Callable[[], int], most: int
) -> Iterator[Outcome]:
    """Send batches in threads and yield, in the caller's thread, whatever `send_batch` yields of them.

    Args:
        batches: No record is in two of them.
        how_many: Batches to have on their way now, at least one and never more than `most`; asked before each one.
    Raises:
        The first error of a batch, after everything that was on its way has been waited for and told. No batch leaves
        after an error.

    Nothing leaves that the caller has not come back for: no more than twice `how_many` batches are ever untold.
    """
    if len(batches) == 1:
        yield from send_batch(batches[0], lambda: False)
        return
    waiting, untold = deque(batches), deque[Outcome]()
    answers: SimpleQueue[Outcome | _Ended] = SimpleQueue()
    is_called_off = threading.Event()
    on_the_way, first_error = 0, None

    def send(batch: Sequence[Update]) -> None:
        error = None
        try:
            for outcome in send_batch(batch, is_called_off.is_set):
                answers.put(outcome)
        except CrmCalledOff:
            pass
        except BaseException as raised:
            # Here and not in the caller's thread, which may be busy while others get their turn to leave.
            is_called_off.set()
            error = raised
        answers.put(_Ended(error))

    with ThreadPoolExecutor(most, thread_name_prefix="in-flight") as threads:
        try:
            while True:
                wanted = how_many()
                while waiting and not is_called_off.is_set():
                    if on_the_way >= wanted or on_the_way + len(untold) >= 2 * wanted:
                        break
                    threads.submit(send, waiting.popleft())
                    on_the_way += 1
                # Telling comes last: the caller takes its time, and the next batches travel meanwhile.
                if untold and answers.empty():
                    yield untold.popleft()
                elif on_the_way:
                    answer = answers.get()
                    if isinstance(answer, _Ended):
                        on_the_way -= 1
                        first_error = first_error or answer.error
                    else:
                        untold.append(answer)
                else:
                    break
        finally:
            # Also when the caller stops early or is interrupted. What is on its way is then waited for, and nobody is
            # left to be told of it: HubSpot has it and the ledger does not know. The next run finds the same
            # difference and writes the same values once more, which changes nothing.
            is_called_off.set()
    if first_error is not None:
        raise first_error
