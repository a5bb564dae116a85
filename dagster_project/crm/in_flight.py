"""Several batches on their way at once, and one caller who is told what became of each as the answers come."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from dagster_project.crm.batches import Outcome
from dagster_project.crm.changes import Update
from dagster_project.crm.errors import CrmCalledOff

# Sends one batch and yields what became of it, call by call. It is given a way to ask whether it has been called off,
# and raises CrmCalledOff where it finds that it has.
SendBatch = Callable[[Sequence[Update], Callable[[], bool]], Iterable[Outcome]]
# polars makes Linux go on with a wait that Ctrl-C interrupts; between two waits Python notices it.
LOOK_UP_SECONDS = 0.1


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

    A caller who is slow holds back what leaves: no more than twice `how_many` batches are ever untold.
    """
    if len(batches) == 1:
        yield from send_batch(batches[0], lambda: False)
        return
    flight = _Flight(batches, send_batch, how_many)
    with ThreadPoolExecutor(most, thread_name_prefix="in-flight") as threads:
        try:
            while True:
                while (batch := flight.next_to_leave()) is not None:
                    threads.submit(flight.send_on_and_on, batch)
                outcome = flight.next_to_tell()
                if outcome is None:
                    break
                yield outcome
        finally:
            # Also when the caller stops early or is interrupted. What is on its way is then waited for, and nobody is
            # left to be told of it: HubSpot has it and the ledger does not know. The next run finds the same
            # difference and writes the same values once more, which changes nothing.
            flight.is_called_off = True
    if flight.first_error is not None:
        raise flight.first_error


class _Flight:
    """Batches that wait, that are on their way, and what was answered and not yet told; shared by all threads."""

    def __init__(self, batches: Sequence[Sequence[Update]], send_batch: SendBatch, how_many: Callable[[], int]) -> None:
        self._send_batch = send_batch
        self._how_many = how_many
        self._changed = threading.Condition()
        self._waiting = deque(batches)
        self._on_the_way = 0
        self._untold: deque[Outcome] = deque()
        self.is_called_off = False
        self.first_error: BaseException | None = None

    def next_to_leave(self) -> Sequence[Update] | None:
        wanted = self._how_many()
        with self._changed:
            if self.is_called_off or not self._waiting or self._on_the_way >= wanted:
                return None
            if self._on_the_way + len(self._untold) >= 2 * wanted:
                return None
            self._on_the_way += 1
            return self._waiting.popleft()

    def send_on_and_on(self, batch: Sequence[Update] | None) -> None:
        """A thread goes on by itself, so that nothing waits for the caller, who takes his time over what he is told."""
        while batch is not None:
            self._send(batch)
            batch = self.next_to_leave()

    def _send(self, batch: Sequence[Update]) -> None:
        error = None
        try:
            for outcome in self._send_batch(batch, lambda: self.is_called_off):
                with self._changed:
                    self._untold.append(outcome)
                    self._changed.notify()
        except CrmCalledOff:
            pass
        except BaseException as raised:
            error = raised
        with self._changed:
            self._on_the_way -= 1
            if error is not None:
                self.is_called_off = True
                self.first_error = self.first_error or error
            self._changed.notify()

    def next_to_tell(self) -> Outcome | None:
        """None: nothing is on its way and nothing more leaves."""
        with self._changed:
            while not self._changed.wait_for(lambda: self._untold or self._is_over(), LOOK_UP_SECONDS):
                pass
            return self._untold.popleft() if self._untold else None

    def _is_over(self) -> bool:
        return not self._on_the_way and (self.is_called_off or not self._waiting)
