"""Chance that is the same on every Python version and machine.

Only `random.Random.random` promises that; `choice`, `randrange` and `shuffle` do not, and `log` and `pow` may differ in
the last bit from one C library to the next.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """Draws from one seed; the same calls in the same order give the same draws."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._harmonic: dict[int, list[float]] = {}

    def share(self) -> float:
        """From 0 up to, never including, 1."""
        return self._random.random()

    def below(self, limit: int) -> int:
        return int(self.share() * limit)

    def happens(self, probability: float) -> bool:
        return self.share() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def weighted(self, weights: dict[Item, int]) -> Item:
        ends = list(accumulate(weights.values()))
        return list(weights)[bisect_right(ends, self.share() * ends[-1])]

    def zipf(self, most: int) -> int:
        """1 to `most`, where k is k times rarer than 1: few people do most."""
        if most not in self._harmonic:
            self._harmonic[most] = list(accumulate(1 / rank for rank in range(1, most + 1)))
        ends = self._harmonic[most]
        return 1 + min(bisect_right(ends, self.share() * ends[-1]), most - 1)
