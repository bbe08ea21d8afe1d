"""Trying again after a failure, with pauses that grow and are spread, so that callers do not come back together."""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

Answer = TypeVar("Answer")
LARGEST_EXPONENT = 64


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to pause between tries: `first` seconds, each next pause `factor` times as long, up to `longest`.

    Each pause is drawn from half to one and a half times that.
    """

    first: float
    factor: float
    longest: float

    def pause(self, failed: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait after failed try number `failed`, from 1. `draw` gives a number from 0 to 1."""
        # Without a bound on the exponent a float overflows where tries go on for days.
        grown = self.first * self.factor ** min(failed - 1, LARGEST_EXPONENT)
        return min(self.longest, grown) * (0.5 + draw())


AT_ONCE = Backoff(first=0.0, factor=1.0, longest=0.0)


def _always(error: Any) -> bool:
    return True


def _quietly(error: Any, pause: float) -> None:
    pass


def retry(
    act: Callable[[], Answer],
    failures: type[Exception] | tuple[type[Exception], ...],
    backoff: Backoff,
    *,
    seconds: float = math.inf,
    tries: float = math.inf,
    may_pass: Callable[[Any], bool] = _always,
    on_failure: Callable[[Any, float], None] = _quietly,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Call `act` until it raises none of `failures`, and give its answer.

    The last failure is raised after `tries` tries, where the next one would begin more than `seconds` after the first
    failure, and where `may_pass(error)` is false. `on_failure(error, pause)` is called before each pause, and
    `sleep(pause)` makes it: what either raises ends the tries.
    """
    end: float | None = None
    for failed in count(1):
        try:
            return act()
        except failures as error:
            pause, now = backoff.pause(failed), time.monotonic()
            end = now + seconds if end is None else end
            if failed >= tries or now + pause > end or not may_pass(error):
                raise
            on_failure(error, pause)
        sleep(pause)
    raise AssertionError  # the count has no end
