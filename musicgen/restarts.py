"""When a process that has died is started again, and when that is given up."""

import random
from collections.abc import Callable

from musicgen.backoff import Backoff

LONG_LIFE_SECONDS = 60.0
MOST_DEATHS_IN_A_ROW = 10
BACKOFF = Backoff(first=1.0, factor=2.0, longest=30.0)


class Restarts:
    """Counts the deaths of one process that followed each other before it lived for `LONG_LIFE_SECONDS`."""

    def __init__(self, backoff: Backoff = BACKOFF) -> None:
        self._backoff = backoff
        self.deaths_in_a_row = 0

    def pause_after(self, lived: float, draw: Callable[[], float] = random.random) -> float | None:
        """Seconds until the next start, after a life of `lived` seconds; None where it is to be given up.

        The first death costs no pause. `draw` is that of `Backoff.pause`.
        """
        self.deaths_in_a_row = 1 if lived >= LONG_LIFE_SECONDS else self.deaths_in_a_row + 1
        if self.deaths_in_a_row >= MOST_DEATHS_IN_A_ROW:
            return None
        return self._backoff.pause(self.deaths_in_a_row - 1, draw) if self.deaths_in_a_row > 1 else 0.0
