"""Whether a service answers that the site uses beside its database.

What is found holds for some seconds, so that however often somebody asks costs nothing.
"""

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)
OK = "ok"
SILENT = "does not answer"
BROKEN = "cannot be asked; the log says why"
KEPT_SECONDS = 5.0
ANSWER_SECONDS = 2.0


class Service:
    """One of them. `ask` gives OK or what is wrong, in words that anybody may read; it may take as long as it likes."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._state: str | None = None
        self._asked_at = 0.0
        self._answered: threading.Event | None = None

    def state(self) -> str:
        """How it is: as it was found a few seconds ago, or asked now, for which this waits ANSWER_SECONDS at most."""
        with self._lock:
            is_new = self._state is not None and time.monotonic() - self._asked_at < KEPT_SECONDS
            if self._state is not None and (is_new or self._answered is not None):
                return self._state
            answered = self._answered or self._begin()
        if not answered.wait(ANSWER_SECONDS):
            with self._lock:
                if self._answered is answered:  # it may come yet, and then counts
                    self._state, self._asked_at = SILENT, time.monotonic()
        return self._state or SILENT

    def _begin(self) -> threading.Event:
        self._answered = answered = threading.Event()
        self._asked_at = time.monotonic()
        threading.Thread(target=self._run, args=(answered,), name="service", daemon=True).start()
        return answered

    def _run(self, answered: threading.Event) -> None:
        try:
            state = self._ask()
        except Exception:
            logger.exception("A service cannot be asked")
            state = BROKEN
        with self._lock:
            self._state, self._asked_at, self._answered = state, time.monotonic(), None
        answered.set()
