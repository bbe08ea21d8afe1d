"""Randomness that is the same everywhere: one stream for each named decision.

A stream is a Mersenne Twister seeded by a hash of the seed and the decision's name, so a decision that is
added, or taken more often, never moves another. Everything here is built on `random.Random.random()`, the
one method whose sequence Python promises to keep between versions.
"""

import random
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Stream(random.Random):
    """Random numbers for one named decision."""

    def between(self, low: float, high: float) -> float:
        """A number from low to high, all equally likely."""
        return low + (high - low) * self.random()

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self.random() * count)

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[self.below(len(options))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, as likely as its weight; the mapping's order counts."""
        left = self.random() * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return list(weights)[-1]

    def around_zero(self, spread: float) -> float:
        """A bell-shaped number of that standard deviation, never beyond three of them.

        The sum of three uniform numbers has a standard deviation of one half.
        """
        return (self.random() + self.random() + self.random() - 1.5) * 2 * spread


def stream(seed: int, *names: str | int) -> Stream:
    """The stream of the decision called `names` in the piece of that seed."""
    name = "|".join(str(part) for part in (seed, *names))
    return Stream(int.from_bytes(blake2b(name.encode(), digest_size=16).digest(), "little"))
