"""Pauses between tries: growing, and spread so that what failed together does not come back together."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to pause between tries: `first` seconds, each next pause `factor` times as long, up to `longest`.

    Each pause is drawn between half and one and a half times that ("equal jitter" around the mean).
    """

    first: float
    factor: float
    longest: float

    def pause(self, failed: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait after failed try number `failed`, from 1. `draw` gives a number from 0 to 1."""
        # The exponent is bounded, because a float overflows where tries go on for days.
        grown = self.first * self.factor ** min(failed - 1, 64)
        return min(self.longest, grown) * (0.5 + draw())

    def pauses(self, draw: Callable[[], float] = random.random) -> Iterator[float]:
        """The pauses after the first failed try, the second, and so on for ever."""
        failed = 0
        while True:
            failed += 1
            yield self.pause(failed, draw)
