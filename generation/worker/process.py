"""The worker as a process: keeps a cluster running, shows that it lives, reaps, and drains on SIGTERM."""

import gc
import logging
import os
import select
import signal
import socket
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from generation.engines.registry import get_engine
from generation.models import Worker
from generation.monitoring.flushing import FLUSH_SECONDS, Flusher
from generation.monitoring.sampling import Sampler
from generation.worker import drain, reaper
from generation.worker.cluster import Cluster
from generation.worker.warm_up import warm_up
from musicgen.freed_memory import give_back_freed_memory
from musicgen.logging import log_uncaught_errors
from musicgen.process_names import show_role
from musicgen.readiness import report_ready

logger = logging.getLogger(__name__)
TICK_SECONDS = 4.0


class WorkerProcess:
    """One `qcluster`: keeps a cluster running, beats and reaps until it is to stop."""

    def __init__(self) -> None:
        self._row = Worker(
            host=socket.gethostname()[:100], pid=os.getpid(), slots=settings.GENERATION_WORKERS
        )
        self._woken, self._waker = os.pipe()
        self._sampler = Sampler()
        self._flusher = Flusher()
        self._flush_at = 0.0

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then let the jobs in hand end or hand them back."""
        show_role("main")
        log_uncaught_errors()
        for alias in settings.ENGINES:
            get_engine(alias).warm()
        warm_up()
        keep_what_is_warm()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)
        cluster = self._started()
        logger.info("Worker ready: %d jobs at once", settings.GENERATION_WORKERS)
        report_ready()
        while not drain.has_begun():
            if not cluster.is_well:
                logger.error("The cluster of this worker has ended or hangs; starting another")
                cluster.end_at_once()
                cluster = self._started()
            self._tick()
            select.select([self._woken], [], [], TICK_SECONDS)
        logger.info("Worker stopping: the jobs in hand have %.0f seconds", max(0.0, drain.seconds_left()))
        cluster.ask_to_end()
        self._leave()
        cluster.wait()

    def _started(self) -> Cluster:
        connection.close()  # the children must not share a connection with this process
        return Cluster()

    def _on_signal(self, signum: int, frame: Any) -> None:
        drain.begin(settings.WORKER_GRACE_SECONDS)
        os.write(self._waker, b"!")

    def _tick(self) -> None:
        try:
            self._row.seen_at = timezone.now()
            self._row.save()
            Worker.objects.stale().delete()
            reaper.reap()
            self._sampler.sample()
        except DatabaseError:
            logger.warning("The worker cannot reach the database; trying again", exc_info=True)
            connection.close()
        self._flush()

    def _flush(self, *, is_last: bool = False) -> None:
        """Without a thread, which must not be there when the processes of a cluster are forked."""
        if is_last or time.monotonic() >= self._flush_at:
            self._flush_at = time.monotonic() + FLUSH_SECONDS
            self._flusher.flush(is_last=is_last)

    def _leave(self) -> None:
        self._flush(is_last=True)
        try:
            self._row.delete()
        except DatabaseError:
            logger.warning("The worker could not take its row away; it will go stale", exc_info=True)


def keep_what_is_warm() -> None:
    """What is loaded by now stays for good: the garbage collectors of the children need neither walk nor copy it.

    Writing a score makes many objects, and each full collection in its midst would walk all of Django. What loading
    has freed goes back first: each child would fill the gaps with objects of its own, and so copy the pages about them.
    """
    gc.unfreeze()  # what was loaded first, among which is some garbage
    gc.collect()
    give_back_freed_memory()
    gc.freeze()
