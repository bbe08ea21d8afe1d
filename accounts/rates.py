"""Rates: how often somebody may do something, counted by all processes of the site together.

A count holds for a window of fixed length, such as a minute, and lies in Redis, or else in the database
(`RateCount`). Counted one by one it is exact. Counted in steps, a process adds only every so many: what happens often
costs a statement a step, and each process may let through one step more than the rate.
"""

import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache as remembered
from hashlib import sha256
from math import ceil
from threading import Lock
from typing import Self

from django.conf import settings
from django.core.cache import cache
from django.db.models import F

from accounts.shared_counts import RateCount
from musicgen.metrics.names import REFUSALS

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MAX_HELD = 10_000


class TooOften(Exception):
    """Something was done more often than its rate allows. `wait` is in how many seconds it may be done again."""

    def __init__(self, standing: "Standing") -> None:
        super().__init__(f"Too often. Try again in {standing.wait} seconds.")
        self.standing = standing
        self.wait = standing.wait


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in so many seconds."""

    allowed: int
    seconds: int

    @classmethod
    @remembered
    def parse(cls, text: str) -> Self:
        """Read "1200/min": the first letter of the unit counts."""
        allowed, _, unit = text.partition("/")
        return cls(int(allowed), _SECONDS[unit[0]])


@dataclass(frozen=True, slots=True)
class Standing:
    """The how manieth time it is in this window, which ends in `seconds_left`."""

    rate: Rate
    number: int
    seconds_left: float

    @property
    def is_over(self) -> bool:
        return self.number > self.rate.allowed

    @property
    def left(self) -> int:
        """How many more times it may be done in this window."""
        return max(0, self.rate.allowed - self.number)

    @property
    def wait(self) -> int:
        """Whole seconds until the next window."""
        return int(self.seconds_left + 1)

    @property
    def reset(self) -> int:
        """Whole seconds that this window still lasts."""
        return ceil(self.seconds_left)


class _Held:
    """What one process knows of a count: what all had added when it last added, and what it has yet to add."""

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.shared = 0
        self.own = 0


class HeldCounts:
    """The counts that this process has to do with, those of the present windows."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = Lock()

    def clear(self) -> None:
        """Forget all; what was yet to be added is lost."""
        with self._lock:
            self._held.clear()

    def count(self, what: str, who: str, rate: Rate, step: int = 1) -> Standing:
        """Count once more. Beyond the rate nothing is added, so that what is refused costs no statement."""
        now = time.time()
        window = int(now // rate.seconds)
        ends_at = (window + 1) * rate.seconds
        key = _key(what, who, rate, window)
        with self._lock:
            held = self._of(key, ends_at, now)
            held.own += 1
            due = held.own if held.own >= step and held.shared < rate.allowed else 0
            number = held.shared + held.own
            if due:
                held.own = 0
                held.shared += due
        if due:
            number = _add(key, due, ends_at - now, ends_at)
            with self._lock:
                held.shared = max(held.shared, number)
        return Standing(rate, number, ends_at - now)

    def take_back(self, what: str, who: str, rate: Rate) -> None:
        """Count once less, where it was counted in this window and with steps of one."""
        key = _key(what, who, rate, int(time.time() // rate.seconds))
        with self._lock:
            held = self._held.get(key)
            if held is None or held.shared < 1:
                return
            held.shared -= 1
        _take_one(key)

    def _of(self, key: str, ends_at: float, now: float) -> _Held:
        if key not in self._held:
            if len(self._held) >= MAX_HELD:
                self._held = {key: held for key, held in self._held.items() if held.ends_at > now}
            if len(self._held) >= MAX_HELD:
                self._held.clear()
            self._held[key] = _Held(ends_at)
        return self._held[key]


HELD = HeldCounts()


def count(what: str, who: str, rate: str, *, steps: int | None = None) -> Standing:
    """Count that somebody does something, and say how they stand. Exact, or with `steps` to one part in so many."""
    standing = _counted(what, who, rate, steps)
    if standing.is_over:
        REFUSALS.add(what)
    return standing


def take_back(what: str, who: str, rate: str) -> None:
    """Count once less what was just counted one by one, and came to nothing that should count."""
    HELD.take_back(what, who, Rate.parse(rate))


def check(what: str, who: str, rates: Iterable[str]) -> None:
    """Count that somebody does something. Raises TooOften beyond one of the rates, for the longest wait."""
    over = [standing for rate in rates if (standing := _counted(what, who, rate)).is_over]
    if over:
        REFUSALS.add(what)
        raise TooOften(max(over, key=lambda standing: standing.wait))


def _counted(what: str, who: str, rate: str, steps: int | None = None) -> Standing:
    parsed = Rate.parse(rate)
    return HELD.count(what, who, parsed, max(1, parsed.allowed // steps) if steps else 1)


def _key(what: str, who: str, rate: Rate, window: int) -> str:
    return f"{what}:{who}:{rate.allowed}/{rate.seconds}:{window}"


def _add(key: str, amount: int, seconds_left: float, ends_at: float) -> int:
    if not settings.REDIS_URL:
        return RateCount.objects.add(_hashed(key), amount, datetime.fromtimestamp(ends_at, UTC))
    name = f"rate:{key}"
    cache.add(name, 0, int(seconds_left) + 1)
    try:
        return int(cache.incr(name, amount))
    except ValueError:  # a full Redis threw it out just now
        cache.set(name, amount, int(seconds_left) + 1)
        return amount


def _take_one(key: str) -> None:
    if not settings.REDIS_URL:
        RateCount.objects.filter(pk=_hashed(key), number__gt=0).update(number=F("number") - 1)
        return
    with suppress(ValueError):  # a full Redis threw it out
        cache.decr(f"rate:{key}")


def _hashed(key: str) -> uuid.UUID:
    """What stands for a key in the database. With another `SECRET_KEY` all is counted anew."""
    return uuid.UUID(bytes=sha256(f"{settings.SECRET_KEY}{key}".encode()).digest()[:16])
