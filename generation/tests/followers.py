"""A follower in a thread of the test's own process, and jobs that are parked for it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from generation.models import Job
from generation.models.job_states import CallState
from generation.tests.working import wait_until
from generation.worker import attempt, drain
from generation.worker.follower import Follower
from generation.worker.follower_bell import Bell


@contextmanager
def following(bell: Bell) -> Iterator[Follower]:
    """Run a follower until the block ends; it goes as in a drain, which is then taken back."""
    follower = Follower(bell, lambda: None)
    thread = threading.Thread(target=lambda: asyncio.run(follower.run()), name="follower")
    thread.start()
    try:
        yield follower
    finally:
        drain.begin(60)
        bell.ring()
        thread.join(60)
        drain._ends_at.value = 0.0
    assert not thread.is_alive()


def park(job: Job) -> Job:
    """Have a worker begin the job, start its call and leave it to a follower."""
    attempt.run(job.pk)
    job.refresh_from_db()
    assert job.call_state == CallState.FOLLOWED, job.status
    return job


def work_until_ended(job: Job) -> Job:
    """Work on what there is until the job has ended."""

    def ended() -> bool:
        if Job.objects.claimable(timezone.now()).exists():
            attempt.run_next()
        job.refresh_from_db()
        return not job.is_active

    wait_until(ended, 60)
    connection.close()
    return job
