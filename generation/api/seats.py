"""How many streams, or other long requests, there may be at once in one process: in all, and of one user."""

import threading
from collections import Counter
from uuid import UUID


class TooManyOfUser(Exception):
    """The user has as many as one user may have."""


class NoneFree(Exception):
    """All are taken."""


class Seat:
    """The right to one of them, until it is given back, once."""

    def __init__(self, seats: "Seats", user_id: UUID) -> None:
        self._seats = seats
        self._user_id: UUID | None = user_id

    def give_back(self) -> None:
        """Let somebody else have it. Does nothing the second time."""
        user_id, self._user_id = self._user_id, None
        if user_id is not None:
            self._seats._give_back(user_id)


class Seats:
    """So many, of which one user may have `per_user`."""

    def __init__(self, per_user: int) -> None:
        self._per_user = per_user
        self._lock = threading.Lock()
        self._taken: Counter[UUID] = Counter()

    def take(self, user_id: UUID, total: int) -> Seat:
        """One of `total`. Raises NoneFree or TooManyOfUser."""
        with self._lock:
            if self._taken[user_id] >= self._per_user:
                raise TooManyOfUser
            if self._taken.total() >= total:
                raise NoneFree
            self._taken[user_id] += 1
        return Seat(self, user_id)

    @property
    def taken(self) -> int:
        """How many are taken now."""
        return self._taken.total()

    def _give_back(self, user_id: UUID) -> None:
        with self._lock:
            self._taken[user_id] -= 1
            if not self._taken[user_id]:
                del self._taken[user_id]
