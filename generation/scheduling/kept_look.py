"""Something that many ask for and that costs as much as the queue is long: looked at now and then, and kept."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings

T = TypeVar("T")
# At most this part of a process's time goes into looking.
MOST = 0.1


class KeptLook(Generic[T]):
    """What `look` returned within the last `settings.QUEUE_LOOK_SECONDS`, or longer where looking takes long."""

    def __init__(self, look: Callable[[], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[T, float] | None = None

    def now(self) -> T:
        """What is to be seen. One thread looks; others that ask meanwhile get what was seen before, if anything was."""
        kept = self._kept
        if kept is not None and self._clock() < kept[1]:
            return kept[0]
        if kept is None or settings.QUEUE_LOOK_SECONDS == 0:
            with self._lock:
                return self._looked()
        if self._lock.acquire(blocking=False):
            try:
                return self._looked()
            finally:
                self._lock.release()
        return kept[0]

    def forget(self) -> None:
        """Look anew when the next one asks."""
        self._kept = None

    def _looked(self) -> T:
        if self._kept is not None and self._clock() < self._kept[1]:
            return self._kept[0]  # another thread has looked while this one waited for it
        began = self._clock()
        seen = self._look()
        ended = self._clock()
        self._kept = seen, ended + _kept_for(ended - began)
        return seen


def _kept_for(took: float) -> float:
    return max(settings.QUEUE_LOOK_SECONDS, took / MOST) if settings.QUEUE_LOOK_SECONDS else 0.0
