"""The heartbeat: while a worker makes music, a thread keeps its lease and listens for a request to cancel."""

import logging
import threading
import time
from copy import copy
from dataclasses import replace
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from generation import job_cleanup
from generation.models import Lease
from generation.models.job_states import Stage
from generation.queue import messages
from generation.worker import drain
from musicgen.logging import with_ids

logger = logging.getLogger(__name__)
STOP_SECONDS = 0.6


class Heartbeat:
    """Renews a lease every `JOB_HEARTBEAT_SECONDS`, with the stage and progress of the work, while its block runs.

    The work sets `stage` and `progress` and asks `should_stop()`, which turns true once the owner asked to cancel
    (`canceled`) or the job was taken away (`lost`).
    """

    def __init__(self, lease: Lease) -> None:
        job = copy(lease.job)  # the thread reads it anew while the work goes on with its own
        self._lease = replace(lease, job=job)
        self._done = False
        self._due = threading.Event()
        self._thread = threading.Thread(target=with_ids(self._run), name=f"heartbeat {job.pk}", daemon=True)
        self.stage: str = job.stage or Stage.STARTING
        self.progress = job.progress
        self.canceled = False
        self.lost = False
        self._stop_by = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done = True
        self._due.set()
        self._thread.join()

    def should_stop(self) -> bool:
        return self.canceled or self.lost

    def at(self, stage: str) -> None:
        """Note what the work is at, and have a beat write it down at once."""
        self.stage = stage
        self._due.set()

    def _run(self) -> None:
        try:
            while not self._done and not self.lost:
                if self._due.wait(settings.JOB_HEARTBEAT_SECONDS):
                    self._due.clear()
                if not self._done:
                    self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            self.lost = not self._lease.beat(stage=self.stage, progress=self.progress)
            self.canceled = self._lease.job.cancel_requested_at is not None
            if self.canceled and not self.lost:
                self._end_canceled()
            elif drain.is_over() and not self.lost:
                self._hand_back()
        except DatabaseError:
            # The lease outlives many beats: a short outage of the database must not cost the work.
            logger.warning("Heartbeat of job %s missed", self._lease.job.pk, exc_info=True)
            connection.close()

    def _end_canceled(self) -> None:
        """End the job where the work has not done so a moment after its owner asked: some steps cannot be left."""
        now = time.monotonic()
        self._stop_by = self._stop_by or now + STOP_SECONDS
        if now < self._stop_by:
            return
        with transaction.atomic():
            if self._lease.end_canceled():
                job_cleanup.schedule_cleanup(self._lease.job)
        self.lost = True

    def _hand_back(self) -> None:
        """Let another worker have the job: this one must end and may not wait for it."""
        with transaction.atomic():
            handed_back = self._lease.hand_back(detail="its worker was told to end")
            if handed_back:
                messages.wake_for_job(self._lease.job.pk)
        self.lost = handed_back
