"""Jobs worked on in the test's own process, and waiting for what happens elsewhere."""

import threading
import time
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from generation.models import Job
from generation.worker import attempt

LOOK_SECONDS = 0.02


def run(job: Job) -> Job:
    """Work on a job now, however long it was to wait, and read it anew."""
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now())
    attempt.run(job.pk)
    job.refresh_from_db()
    return job


def in_background(job: Job) -> threading.Thread:
    """Work on a job in a thread, which closes its connection at the end."""

    def work() -> None:
        try:
            attempt.run(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_until(
    condition: Callable[[], object], seconds: float = 60.0, *, every: float = LOOK_SECONDS
) -> float:
    """Wait for the condition and return how many seconds that took. Fails where it takes longer than `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "it did not happen in time"
        time.sleep(every)
    return time.monotonic() - began
