"""Jobs with a past: completed in so many seconds, or at work for so long."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, Lease, Worker
from generation.models.job_states import Stage
from generation.tests.api_calls import stored_track


def ordered(owner: User, duration: float = 30, variations: int = 1, engine: str | None = None) -> Job:
    request = MusicRequest(prompt="rainy night", duration=duration, variations=variations, seed=7)
    return jobs.submit(owner=owner, request=request, engine=engine)


def completed(owner: User, took: float, duration: float = 30, variations: int = 1) -> Job:
    """A job that was made and stored in `took` seconds, a tenth of them for storing."""
    job = ordered(owner, duration, variations)
    assert job.claim("worker")
    stored_track(job)
    assert Lease(job, "worker").complete(generate_seconds=0.9 * took, store_seconds=0.1 * took)
    return job


def at_work(job: Job, since: float, progress: float | None = None) -> Job:
    """Have a worker work on the job since so many seconds; it has just reported the progress."""
    assert job.claim(f"worker {job.pk}")
    assert Lease(job, f"worker {job.pk}").beat(stage=Stage.GENERATING, progress=progress)
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        created_at=now - timedelta(seconds=since + 1),
        started_at=now - timedelta(seconds=since),
        claimed_at=now - timedelta(seconds=since),
        lease_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
    )
    job.refresh_from_db()
    return job


def worker(slots: int) -> Worker:
    return Worker.objects.create(host="here", pid=1, slots=slots)
