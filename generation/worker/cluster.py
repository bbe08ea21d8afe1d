"""The cluster: a sentinel and its processes, as the main process of a worker sees them.

Made of django-q2's workers and monitor. None of its processes can be killed or stopped in a way that leaves the
others without messages: they share no locks, and each is watched by its parent.
"""

import logging
import multiprocessing
import os
import time

from generation.worker import drain
from generation.worker.sentinel import STOP_SECONDS, Sentinel

logger = logging.getLogger(__name__)
fork = multiprocessing.get_context("fork")
STUCK_SECONDS = 15.0
LATE_SECONDS = 2.0


class Cluster:
    """A running cluster. The caller's database connection must be closed before."""

    def __init__(self) -> None:
        self._last_round = multiprocessing.RawValue("d", time.monotonic())
        reader, self._lifeline = os.pipe()
        self._process = fork.Process(target=self._run_sentinel, args=(reader,))
        self._process.start()
        os.close(reader)

    @property
    def is_well(self) -> bool:
        """Whether the sentinel lives and goes round."""
        return self._process.is_alive() and time.monotonic() - self._last_round.value < STUCK_SECONDS

    def ask_to_end(self) -> None:
        """Let the jobs in hand end, or be handed back when the grace of the drain is over."""
        os.close(self._lifeline)

    def wait(self) -> None:
        """Wait until the cluster has ended. One that does not is killed."""
        self._process.join(max(0.0, drain.seconds_left()) + STOP_SECONDS + LATE_SECONDS)
        if self._process.is_alive():
            self._kill()

    def end_at_once(self) -> None:
        """End a cluster that is not well. Its other processes end with the sentinel, their jobs are taken by others."""
        self._kill()
        os.close(self._lifeline)

    def _kill(self) -> None:
        self._process.kill()
        self._process.join()

    def _run_sentinel(self, reader: int) -> None:
        os.close(self._lifeline)  # else nobody would see that the main process has ended
        try:
            Sentinel(reader, self._last_round).run()
        except Exception as error:
            logger.critical("The sentinel failed", exc_info=True)
            raise SystemExit(1) from error
