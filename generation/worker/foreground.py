"""A job worked on in this process while somebody waits for it, so that no worker need run elsewhere."""

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator

from django.db import connection

from generation import jobs
from generation.models import Job, job_ends
from generation.worker import attempt
from musicgen.processes import signals_noted

LOOK_SECONDS = 0.2


def run_in_foreground(job: Job, on_look: Callable[[Job], None]) -> None:
    """Work on a job until it has ended; read it anew and call `on_look` several times a second meanwhile.

    This process and workers elsewhere compete for it under the same lease: where another one has it, this one waits.
    An interrupt (Ctrl-C) cancels the job; the second one is raised. Raises what the work raised.
    """
    work = _Work(job)
    with signals_noted(signal.SIGINT) as interrupts, _without_line():
        work.start()
        while not work.wait(LOOK_SECONDS):
            if len(interrupts) > 1:
                raise KeyboardInterrupt
            if interrupts:
                jobs.cancel(job=job)
            job.refresh_from_db()
            on_look(job)
    job.refresh_from_db()


@contextlib.contextmanager
def _without_line() -> Iterator[None]:
    """Whoever watches the job need not read its end in the log."""
    logger = logging.getLogger(job_ends.NAME)
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


class _Work(threading.Thread):
    """Claims and runs a job again and again until it has ended."""

    def __init__(self, job: Job) -> None:
        super().__init__(name=f"job {job.pk}", daemon=True)
        self._job = Job.objects.get(pk=job.pk)
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            while self._job.is_active:
                attempt.run(self._job.pk)
                self._job.refresh_from_db()
                if self._job.is_active:
                    time.sleep(LOOK_SECONDS)
        except Exception as error:
            self._error = error
        finally:
            connection.close()

    def wait(self, seconds: float) -> bool:
        """Whether the work has ended within that time. Raises what it raised."""
        self.join(seconds)
        if self._error is not None:
            raise self._error
        return not self.is_alive()
