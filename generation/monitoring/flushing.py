"""Adding what this process has counted to the totals of the site, every few seconds and when it ends.

Nobody waits for that: a thread does it, with a connection to the database for so long as it takes. While the database
is away the amounts stay here. A process that is killed loses what it has counted since the last time.
"""

import atexit
import contextlib
import logging
import os
import random
import threading
import uuid
from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from generation.models import Metric, ProcessValue
from musicgen.metrics.names import PROCESS_GAUGES
from musicgen.metrics.pending import PENDING

logger = logging.getLogger(__name__)
FLUSH_SECONDS = 10.0
# How long the end of a process may take because of this.
LAST_FLUSH_SECONDS = 2.0


class Flusher:
    """Stores what is pending in this process. For one thread at a time."""

    def __init__(self) -> None:
        self._process = uuid.uuid4().hex
        self._reported: set[str] = set()
        self._is_away = False

    def flush(self, *, is_last: bool = False) -> None:
        """Add what is pending to the totals, and report what this process has now; at the end, that it has nothing.

        Asks the database nothing where there is nothing to say. What cannot be stored stays pending.
        """
        try:
            self._add()
            self._report(is_last)
        except (DatabaseError, InterfaceError):
            if not self._is_away:
                logger.warning("What was counted cannot be stored yet; trying again", exc_info=True)
            self._is_away = True
        else:
            self._is_away = False

    def _add(self) -> None:
        amounts = PENDING.take()
        if not amounts:
            return
        try:
            Metric.objects.add(amounts)
        except BaseException:
            PENDING.give_back(amounts)
            raise

    def _report(self, is_last: bool) -> None:
        values = {gauge.name: 0.0 if is_last else gauge.value() for gauge in PROCESS_GAUGES}
        reported = {name: value for name, value in values.items() if value or name in self._reported}
        if reported:
            ProcessValue.objects.report(self._process, reported, timezone.now())
        self._reported = {name for name, value in values.items() if value}


class _Thread:
    """Flushes again and again until it is stopped."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Flush a last time, and wait a little until that is done."""
        self._ending.set()
        self._thread.join(LAST_FLUSH_SECONDS)

    def _run(self) -> None:
        flusher = Flusher()
        while not self._ending.wait(FLUSH_SECONDS * random.uniform(0.8, 1.2)):
            self._flush(flusher)
        self._flush(flusher, is_last=True)

    def _flush(self, flusher: Flusher, *, is_last: bool = False) -> None:
        try:
            flusher.flush(is_last=is_last)
        except Exception:
            logger.exception("What was counted cannot be stored")
        finally:
            connection.close()  # of this thread


_running: _Thread | None = None


def start() -> None:
    """Have a thread of this process flush from now on, and when the process ends."""
    global _running
    if _running is None:
        _running = _Thread()
        atexit.register(stop)


def stop() -> None:
    """End the thread, after it has flushed a last time."""
    global _running
    if _running is not None:
        running, _running = _running, None
        running.stop()


@contextlib.contextmanager
def flushing() -> Iterator[None]:
    """Flush while the block runs, and at its end: for a process that ends without Python's own way out."""
    start()
    try:
        yield
    finally:
        stop()


def _start_anew() -> None:
    """A child has none of its parent's threads: where the parent flushes, a forked web process does, too."""
    global _running
    if _running is not None:
        _running = None
        start()


os.register_at_fork(after_in_child=_start_anew)
