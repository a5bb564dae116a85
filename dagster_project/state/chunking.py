"""Long lists in short pieces: a database takes a limited number of values a statement."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

VALUES_A_STATEMENT = 100


def chunks(keys: Sequence[Item], size: int = VALUES_A_STATEMENT) -> Iterator[Sequence[Item]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
