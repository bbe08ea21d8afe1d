"""How many streams, or other long requests, there may be at once in one process: in all, and of one caller."""

import threading
from collections import Counter
from typing import NamedTuple, cast

from rest_framework.request import Request

from accounts.models import User
from generation.api.throttling import caller_of


class TooManyOfCaller(Exception):
    """The caller has as many as one caller may have."""


class NoneFree(Exception):
    """All are taken, or all that guests may have."""


class Caller(NamedTuple):
    """Whose a seat is: a user's, or that of all guests of one address together."""

    name: str
    is_guest: bool = False

    @classmethod
    def of(cls, request: Request) -> "Caller":
        """Whoever makes this request, who is logged in."""
        return cls(caller_of(request), cast(User, request.user).is_guest)


class Seat:
    """The right to one of them, until it is given back, once."""

    def __init__(self, seats: "Seats", caller: Caller) -> None:
        self._seats = seats
        self._caller: Caller | None = caller

    def give_back(self) -> None:
        """Let somebody else have it. Does nothing the second time."""
        caller, self._caller = self._caller, None
        if caller is not None:
            self._seats._give_back(caller)


class Seats:
    """So many, of which one caller may have `per_caller`. A quarter is kept for accounts, whatever guests do."""

    def __init__(self, per_caller: int) -> None:
        self._per_caller = per_caller
        self._lock = threading.Lock()
        self._taken: Counter[Caller] = Counter()

    def take(self, caller: Caller, total: int) -> Seat:
        """One of `total`. Raises NoneFree or TooManyOfCaller."""
        with self._lock:
            if self._taken[caller] >= self._per_caller:
                raise TooManyOfCaller
            all_taken_by_guests = caller.is_guest and self._of_guests() >= for_guests(total)
            if self.taken >= total or all_taken_by_guests:
                raise NoneFree
            self._taken[caller] += 1
        return Seat(self, caller)

    @property
    def taken(self) -> int:
        """How many are taken now."""
        return self._taken.total()

    def _of_guests(self) -> int:
        return sum(count for caller, count in self._taken.items() if caller.is_guest)

    def _give_back(self, caller: Caller) -> None:
        with self._lock:
            self._taken[caller] -= 1
            if not self._taken[caller]:
                del self._taken[caller]


def for_guests(total: int) -> int:
    """How many of so many all guests may have together: three quarters, and one at least."""
    return max(1, total * 3 // 4)
