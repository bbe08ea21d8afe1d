"""What one process has counted and not yet added to the totals of the site. Knows no database."""

import os
import threading
from collections.abc import Iterable, Mapping

# The name of a series and the values of its labels.
Key = tuple[str, ...]
# Labels are few by construction. Should one not be, what goes beyond this is not counted.
MOST_SERIES = 5000


class Pending:
    """Amounts by series. Any thread may add; one takes them all, and gives back what could not be stored.

    A process that is forked begins with nothing: what was counted before is its parent's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._amounts: dict[Key, float] = {}

    def add(self, amounts: Iterable[tuple[Key, float]]) -> None:
        """Add to some series at once."""
        with self._lock:
            held = self._amounts
            for key, amount in amounts:
                if key in held:
                    held[key] += amount
                elif len(held) < MOST_SERIES:
                    held[key] = amount

    def take(self) -> dict[Key, float]:
        """All that is pending; nothing is then."""
        with self._lock:
            taken, self._amounts = self._amounts, {}
        return taken

    def give_back(self, taken: Mapping[Key, float]) -> None:
        """Let what was taken be pending again."""
        self.add(taken.items())

    def start_anew(self) -> None:
        """In a child after a fork: a thread that it lacks may have held the lock."""
        self._lock = threading.Lock()
        self._amounts = {}


PENDING = Pending()
os.register_at_fork(after_in_child=PENDING.start_anew)
